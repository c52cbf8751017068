/* Where a study stands beside published steps: what the recorded validation says of it. */
#ifndef LL_VALIDATE_STANDING_H
#define LL_VALIDATE_STANDING_H

#include "sim/report/report.h"

/* From the record beside the shipped configurations. Not collective. */
const ll_standing *ll_standing_of(const ll_study *study, const ll_result *result, ll_arena *mem);

#endif
