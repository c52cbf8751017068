/* A study beside published steps: the recorded errors of its chip, and whether the study lies
 * inside the validated range. */
#ifndef LL_VALIDATE_STANDING_H
#define LL_VALIDATE_STANDING_H

#include "sim/report/report.h"
#include "sim/validate/validation_record.h"

/* The record among the shipped configurations; NULL if none can be read. Rank 0 reads. Collective.
 * */
const ll_record *ll_standing_record(ll_comm *comm, ll_arena *mem);

/* record: may be NULL. A mixture of experts has no published steps, nor has inference: those that
 * were recorded are of training dense models, and their errors do not hold for it. Not collective.
 */
const ll_standing *ll_standing_of(const ll_record *record, const ll_study *study,
                                  const ll_result *result, ll_arena *mem);

#endif
