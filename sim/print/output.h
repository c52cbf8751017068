/* Result files: a file is complete or does not exist, and a command writes all of its files or
 * none.
 *
 * A file is written under a hidden name and renamed when it is complete, so that a reader never
 * sees half of one, and a run that is stopped leaves the file of the run before it. Files that
 * belong together are a set: they are written to a hidden folder, the stage, and moved to their
 * places together when all of them are complete:
 *
 *   ll_output set = {.dir = "results", .main = "nvl72.json", .identity = ...};
 *   LL_TRY(ll_output_check(&set, comm, err));           before the work
 *   LL_TRY(ll_output_begin(&set, comm, mem, err));      after it
 *   LL_TRY(ll_output_write(set.stage, "nvl72.json", &text, comm, err));   and pictures, ...
 *   LL_TRY(ll_output_commit(&set, comm, err));
 *
 * No result overwrites another one silently. `identity` is text, such as the hash of the
 * configuration, that the main file contains if it is of the same configuration: such a file is
 * replaced, with a note on standard error if it changes. A file of another configuration is an
 * error before the work begins; if it appears during the work, the stage becomes a folder beside
 * it, and a note says so. Settings of the command line are part of the name (ll_output_variant), so
 * that the runs of a job array, which differ in them, write side by side into one folder. Processes
 * that commit at the same time take turns.
 */
#ifndef LL_PRINT_OUTPUT_H
#define LL_PRINT_OUTPUT_H

#include "sim/base/status.h"
#include "sim/base/text.h"
#include "sim/comm/comm.h"

#include <stdbool.h>

typedef struct ll_output {
    const char *dir;
    const char *main;     /* the file that stands for the set: "nvl72.json" */
    const char *identity; /* NULL: any result is replaced, with a note */
    bool force;           /* a result of another configuration is replaced too */
    const char *stage;    /* between begin and commit: where the files go */
} ll_output;

/* Make `dir` (and its parents) if it is missing, and check that files can be written there.
 * Error (LL_ERR_CONFIG): it has a result of another configuration. Collective. */
ll_status ll_output_check(const ll_output *set, ll_comm *comm, ll_error *err);

/* Sets stage. Collective. */
ll_status ll_output_begin(ll_output *set, ll_comm *comm, ll_arena *mem, ll_error *err);

/* Move all files of the stage to dir. Collective. */
ll_status ll_output_commit(const ll_output *set, ll_comm *comm, ll_error *err);

/* As ll_output_check, for files that are replaced without a note. Collective. */
ll_status ll_output_prepare(const char *dir, ll_comm *comm, ll_error *err);

/* Rank 0 writes `text` to dir/name. Collective. */
ll_status ll_output_write(const char *dir, const char *name, const ll_text *text, ll_comm *comm,
                          ll_error *err);

/* The line of a JSON result that has this field of its configuration. */
const char *ll_output_identity(uint64_t config_hash, ll_arena *mem);

/* The name of a result: "nvl72+job.tp=4+seed=2" from nvl72 and settings "path=value". Settings
 * whose text would make a bad or long file name are replaced by their hash. */
const char *ll_output_variant(const char *name, int n_set, const char *const *set, ll_arena *mem);

/* `name` as a file name: letters, digits and "._-+=" stay, the rest becomes '_'. In mem. */
const char *ll_output_file_name(const char *name, const char *suffix, ll_arena *mem);

/* Remove incomplete files, and the directory if it was made for nothing: at the end of the program,
 * and in signal handlers. Returns how many files are complete and in their places. */
int ll_output_abandon(void);

#endif
