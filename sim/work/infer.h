/* Inference: what the workloads prefill, decode and serve share.
 *
 * An *instance* is the chips that run one inference engine: tp chips hold the keys and values of
 * the same requests (an attention rank), pp stages follow each other, and attention ranks that
 * share experts (ep etp / tp of them) run every layer together. Instances know nothing of each
 * other.
 *
 * The pipeline is kept full: pp groups of requests are under way at once, each at another stage,
 * and a group comes back to the first stage with its next token when it has left the last one. So
 * an iteration takes each group once through all stages, and no stage waits but for the sends. */
#ifndef LL_WORK_INFER_H
#define LL_WORK_INFER_H

#include "sim/work/graph.h"
#include "sim/work/study.h"

/* Attention ranks that run every layer together; 1 for a dense model. */
int64_t ll_infer_sharing(const ll_layout *layout);

/* Groups of requests that are under way at once: attention ranks times pipeline stages. A batch
 * (ll_batch) is of one of them. */
int64_t ll_infer_groups(const ll_layout *layout);

/* The part of the model and of the batch that one chip gets; `batch` and the study are borrowed. */
ll_split ll_infer_split(const ll_study *study, const ll_batch *batch);

/* What the workload's keys say of the layout: `requests` in all, of `seq` tokens, dealt to the
 * groups (rounded up). Experts get etp = tp where neither ep nor etp is given. */
void ll_infer_lay(ll_study *study, int64_t requests, int64_t seq);

/* Whether inference can have the study's layout. Each fault in `why` names the key and what would
 * be legal. Pure. */
bool ll_infer_legal(const ll_study *study, ll_faults *why);

/* FLOP of an iteration that count as work, over all chips, if every group has that batch. */
double ll_infer_flop(const ll_study *study, const ll_batch *batch);

/* Memory of the fullest stage. cache_B: what keys and values take of it. */
void ll_infer_memory(const ll_study *study, double cache_B, ll_arena *mem, ll_memory *out);

/* Bytes on a chip of the fullest stage that are left for keys and values. */
double ll_infer_cache_room_B(const ll_study *study, ll_arena *mem);

/* Bytes on a chip of the fullest stage that a request of `seq` tokens takes in the cache, in whole
 * blocks of the cache. */
double ll_infer_request_B(const ll_study *study, double seq);

/* The graph of an iteration in which every group has that batch. LL_IDEAL_ROUTING in `removes`:
 * experts are equally full. Not collective. */
void ll_infer_graph(const ll_study *study, const ll_batch *batch, unsigned removes, ll_arena *mem,
                    ll_graph *out);

/* Hooks of ll_workload_type, for a workload whose iterations are batches and that has `batch`. */
double ll_infer_work_flop(const ll_study *study);
unsigned ll_infer_collectives(const ll_study *study, ll_arena *mem);
ll_status ll_infer_build(const ll_study *study, const void *shape, unsigned removes, ll_arena *mem,
                         ll_graph *out, ll_error *err);

extern const ll_cause ll_infer_ladder[]; /* ended by {0} */

#endif
