/* The commands of lineloss: one file cmd_<name>.c each, one line in the list below. */
#ifndef LL_COMMAND_COMMAND_H
#define LL_COMMAND_COMMAND_H

#include "sim/base/arena.h"
#include "sim/base/status.h"
#include "sim/comm/comm.h"
#include "sim/command/options.h"

#include <stdint.h>

typedef struct ll_command {
    const char *name, *doc;  /* "run"; one line */
    const char *usage;       /* arguments: "STUDY" */
    const char *help;        /* paragraphs that say what is printed, and examples */
    uint64_t options;        /* bit i: takes ll_option_id i */
    int min_arg, max_arg;    /* number of arguments */
    bool has_variants;       /* `--` separates variants, each with settings of its own */
    const char *missing_arg; /* what to type if there are too few */

    /* Print to standard output on rank 0 only. Collective; the same status on every rank. */
    ll_status (*run)(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err);
} ll_command;

/* clang-format off */
#define LL_COMMANDS(X) \
    X(answer) X(run) X(compare) X(net) X(curves) X(kernels) X(calibrate) X(check) X(list) \
    X(validate) X(pareto) X(sweep) X(plan)
/* clang-format on */
#define LL_COMMAND_DECLARE(name) extern const ll_command ll_command_##name;
LL_COMMANDS(LL_COMMAND_DECLARE)
#undef LL_COMMAND_DECLARE

extern const ll_command *const ll_commands[]; /* ended by NULL */

#define LL_OPT_BIT(id) ((uint64_t)1 << (id))
#define LL_OPT_STUDY                                                                \
    (LL_OPT_BIT(LL_OPT_SET) | LL_OPT_BIT(LL_OPT_SEED) | LL_OPT_BIT(LL_OPT_ENGINE) | \
     LL_OPT_BIT(LL_OPT_FOLD) | LL_OPT_BIT(LL_OPT_PROGRESS) | LL_OPT_BIT(LL_OPT_NO_PROGRESS))

/* Write `text` to standard output; LL_ERR_RUN if it cannot be written. Not collective. */
ll_status ll_command_write(const ll_text *text, ll_error *err);

/* Print `text` on standard output, on rank 0; an error if it cannot be written. Collective. */
ll_status ll_command_print(ll_comm *comm, const ll_text *text, ll_error *err);

#endif
