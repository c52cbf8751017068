/* Which figures of a configuration a training step rests on: evidence counts only for what is used.
 */
#ifndef LL_WORK_EVIDENCE_H
#define LL_WORK_EVIDENCE_H

#include "sim/work/study.h"

#include <stdbool.h>

/* Whether the entry has a part in the result of the study. Not so: choices (they have no evidence),
 * the peaks of other precisions, the software of collectives that no transfer of the job can be, a
 * power or a window that is switched off, and texts. */
bool ll_evidence_counts(const ll_study *study, const ll_config_entry *entry);

/* The weakest of those that count. */
ll_evidence ll_evidence_weakest(const ll_study *study);

#endif
