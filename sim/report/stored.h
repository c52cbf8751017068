/* A result that was computed before, read back from the JSON that `run` wrote.
 *
 * The study is made anew from the configuration in the file, and the figures are taken from the
 * file: nothing is run. The checksum is computed again, so a file with another figure is refused;
 * so is one whose configuration means something else to this version, which its hash tells. */
#ifndef LL_REPORT_STORED_H
#define LL_REPORT_STORED_H

#include "sim/report/report.h"

/* Whether the argument of a command names such a file: it ends in ".json". */
bool ll_stored_is(const char *path);

/* Rank 0 reads. Errors (LL_ERR_CONFIG) name the file and what is wrong with it. Collective. */
ll_status ll_stored_read(const char *path, ll_comm *comm, ll_arena *mem, ll_study *study,
                         ll_result *result, ll_standing *standing, ll_error *err);

/* Whether the file is what another command than `run` wrote, such as `compare` or `net`: an object
 * with the commit of lineloss, but of no study. Rank 0 reads; no file, or one that is no JSON, is
 * not. Collective. */
bool ll_stored_is_other(const char *path, ll_comm *comm, ll_arena *mem);

#endif
