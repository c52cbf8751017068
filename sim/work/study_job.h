/* Checks of the job of a study: layout, software and workload against the model and the chips.
 * Where the values come from, a file or a search, makes no difference. */
#ifndef LL_WORK_STUDY_JOB_H
#define LL_WORK_STUDY_JOB_H

#include "sim/work/study.h"

/* Completes the layout (schedule, order of axes, dp, load of the experts) of a study whose keys are
 * filled, and says whether the job is legal. Each fault in `why` names the key. Memory is not
 * looked at. Not collective. */
bool ll_study_job_legal(ll_study *study, ll_arena *mem, ll_faults *why);

/* Whether study->memory fits the chip. False: how much is missing, and which keys to change, is
 * added to `why`. Pure. */
bool ll_study_memory_fits(const ll_study *study, ll_faults *why);

#endif
