/* Which values of a configuration a result depends on. The evidence of a result is that of the
 * weakest value which it depends on; values that are not used do not count. */
#ifndef LL_WORK_EVIDENCE_H
#define LL_WORK_EVIDENCE_H

#include "sim/work/study.h"

#include <stdbool.h>

/* Whether the result of the study depends on the entry. It does not on: choices and texts (they
 * need no evidence), peaks of other precisions, the software of collectives that the job does not
 * use, and a power or a window that is switched off. */
bool ll_evidence_counts(const ll_study *study, const ll_config_entry *entry);

/* The weakest evidence among the entries that count. */
ll_evidence ll_evidence_weakest(const ll_study *study);

#endif
