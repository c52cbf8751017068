/* The command line: `lineloss COMMAND [arguments] [options]`, read by one table of options.
 *
 * Options may stand anywhere after the command, as `--name value` or `--name=value`. What follows
 * `--petsc` is handed to PETSc. An unknown command or option is an error with the nearest spelling,
 * and so is an option that is given twice. `help COMMAND` is `COMMAND --help` (help.h).
 *
 * Where a command compares variants, `--` separates them, and a setting (--set, --seed, --engine,
 * --fold) holds for the studies of its part; one before the first study holds for all:
 *
 *     compare --seed 7 nvl72 --set job.tp=4 -- nvl72 --set job.tp=8
 *             all      part 0                  part 1
 *
 * For every other command, all words after `--` are arguments, as is usual.
 */
#ifndef LL_COMMAND_OPTIONS_H
#define LL_COMMAND_OPTIONS_H

#include "sim/base/arena.h"
#include "sim/base/status.h"
#include "sim/base/text.h"
#include "sim/print/table.h"

#include <stdbool.h>

typedef enum ll_option_id {
    LL_OPT_SET,
    LL_OPT_FORMAT,
    LL_OPT_OUT,
    LL_OPT_FORCE,
    LL_OPT_SEED,
    LL_OPT_ENGINE,
    LL_OPT_FOLD,
    LL_OPT_BESIDE,
    LL_OPT_TIMING,
    LL_OPT_COLLECTIVE,
    LL_OPT_ALGORITHM,
    LL_OPT_SIZES,
    LL_OPT_TOKENS,
    LL_OPT_ROUTING,
    LL_OPT_ROW,
    LL_OPT_CHIPS,
    LL_OPT_GROUP,
    LL_OPT_TRAFFIC,
    LL_OPT_PATTERN,
    LL_OPT_FLOWS,
    LL_OPT_LOAD,
    LL_OPT_CYCLES,
    LL_OPT_RECORD,
    LL_OPT_CHECK,
    LL_OPT_DEADLOCK,
    LL_OPT_COLUMNS,
    LL_OPT_OVER,
    LL_OPT_ZIP,
    LL_OPT_SCALING,
    LL_OPT_PROGRESS,
    LL_OPT_NO_PROGRESS,
    LL_OPT_QUIET,
    LL_OPT_HELP,
    LL_OPT_VERSION,
    LL_N_OPT
} ll_option_id;

struct ll_command;

/* The settings that hold for one argument: those for all studies, except of paths that its own part
 * sets too, then those of its part. */
typedef struct ll_settings {
    int n_set;
    const char *const *set; /* [n_set] as in ll_options */
    const char *own;        /* those of its part, which label variants: "job.tp=4 seed=2", or "" */
} ll_settings;

typedef struct ll_options {
    const struct ll_command *command; /* NULL: only --help or --version was given */
    const char *program;              /* argv[0] */
    int n_arg;
    const char **arg;           /* [n_arg], as given */
    const ll_settings *arg_set; /* [n_arg] */
    int n_set;
    const char **set; /* [n_set] those of all parts: "path=value" of --set, "--seed seed=7" of a
                         shorthand, as ll_config_parse takes them */
    int n_over;
    const char **over; /* [n_over] values of --over, in their order */
    int n_petsc;
    const char **petsc; /* [n_petsc] what followed --petsc */
    /* value of each option, or NULL; "" for one that takes none. Of --help: the word `help`, or the
     * topic after it ("man"), if that is how help was asked for. */
    const char *value[LL_N_OPT];
    ll_format format;
} ll_options;

/* Strings are borrowed from argv, the rest lives in mem. Errors are LL_ERR_CONFIG. Not collective.
 */
ll_status ll_options_parse(int argc, char **argv, ll_arena *mem, ll_options *out, ll_error *err);

typedef struct ll_option_row {
    const char *name, *alias; /* "--output", "-o" or NULL */
    const char *value;        /* metavariable; NULL: takes none */
    const char *doc;
} ll_option_row;

extern const ll_option_row ll_option_rows[LL_N_OPT];

/* Whether the command takes the option; NULL: whether every command and the program itself do. */
bool ll_command_takes(const struct ll_command *command, int id);

/* "--set PATH=VALUE", "--output, -o DIR". In mem. */
const char *ll_option_usage(const ll_option_row *row, ll_arena *mem);

#endif
