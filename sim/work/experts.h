/* Keys of the group `job` about experts (sim/model/experts.h). */
#ifndef LL_WORK_EXPERTS_H
#define LL_WORK_EXPERTS_H

#include "sim/base/fault.h"
#include "sim/base/key.h"
#include "sim/model/model.h"

extern const ll_key ll_experts_keys[];

/* Sets `hot`: picks of the fullest of ep ranks over the mean, where each chip routes `n_token`
 * tokens. Of a law: drawn, in mem. */
void ll_experts_route(ll_experts *experts, const ll_model *model, double n_token, int64_t seed,
                      ll_arena *mem);

/* Whether these experts can be laid out on the tp * cp * dp = n_stage chips of a pipeline stage,
 * and every key has an effect. Each fault in `why` names the key and what would be legal. Pure. */
bool ll_experts_legal(const ll_experts *experts, const ll_model *model, int64_t n_stage,
                      ll_faults *why);

#endif
