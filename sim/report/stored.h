/* Reads a result back from the JSON that `run` wrote.
 *
 * The study is made anew from the configuration in the file, and the figures are taken from the
 * file, without running the study. The checksum is computed again, so a file with a changed figure
 * is an error. So is one whose configuration, by its hash, means something else to this version. */
#ifndef LL_REPORT_STORED_H
#define LL_REPORT_STORED_H

#include "sim/report/report.h"

/* Whether the argument of a command is such a file: it ends in ".json". */
bool ll_stored_is(const char *path);

/* Rank 0 reads. Errors (LL_ERR_CONFIG) name the file and what is wrong with it. Collective. */
ll_status ll_stored_read(const char *path, ll_comm *comm, ll_arena *mem, ll_study *study,
                         ll_result *result, ll_standing *standing, ll_error *err);

/* Whether another command than `run` wrote the file, such as `compare` or `net`: it is an object
 * with the commit of lineloss and without a study. False for a file that is missing or not JSON.
 * Rank 0 reads. Collective. */
bool ll_stored_is_other(const char *path, ll_comm *comm, ll_arena *mem);

#endif
