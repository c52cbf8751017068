/* Where a study stands beside published steps: what the recorded validation says of it. */
#ifndef LL_VALIDATE_STANDING_H
#define LL_VALIDATE_STANDING_H

#include "sim/report/report.h"
#include "sim/validate/validation_record.h"

/* The record beside the shipped configurations; NULL if there is none that can be read. Rank 0
 * reads. Collective. */
const ll_record *ll_standing_record(ll_comm *comm, ll_arena *mem);

/* record: may be NULL. Not collective. */
const ll_standing *ll_standing_of(const ll_record *record, const ll_study *study,
                                  const ll_result *result, ll_arena *mem);

#endif
