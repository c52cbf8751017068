#include "sim/command/agree.h"

#include "sim/base/text.h"
#include "sim/version.h"

#include <stdlib.h>
#include <string.h>

static const char *const variables[] = {"LINELOSS_CONFIGS"};

enum { N_VARIABLE = sizeof variables / sizeof *variables };

/* The items to compare, each ended by 0: the version, each variable ("" or "=value"), each
 * argument. */
static void start_tell(int argc, char *const *argv, ll_text *out)
{
    ll_text_add(out, "%s (%s)%c", ll_version(), ll_git(), '\0');
    for (int i = 0; i < N_VARIABLE; i++) {
        const char *value = getenv(variables[i]);
        ll_text_add(out, "%s%s%c", value ? "=" : "", value ? value : "", '\0');
    }
    for (int i = 1; i < argc; i++)
        ll_text_add(out, "%s%c", argv[i], '\0');
}

static const char *variable_text(const char *item, ll_arena *mem)
{
    return item && *item ? ll_arena_printf(mem, "'%.200s'", item + 1) : "not set";
}

/* item NULL: this rank has fewer arguments. */
static const char *argument_text(const char *item, ll_arena *mem)
{
    return item ? ll_arena_printf(mem, "'%.200s'", item) : "missing";
}

/* The error of item i, which is `here` on this rank and `first` on rank 0; NULL: it has none. */
static ll_status fault(int i, const char *first, const char *here, int rank, ll_arena *mem,
                       ll_error *err)
{
    const int i_variable = i - 1, i_argument = i - N_VARIABLE;
    if (i == 0)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "rank 0 runs version %s, rank %d version %s: every rank needs the same "
                            "program",
                            first, rank, here);
    if (i_variable < N_VARIABLE)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s is %s on rank 0, and %s on rank %d: every rank needs the same "
                            "environment, as by `mpirun -x %s`",
                            variables[i_variable], variable_text(first, mem),
                            variable_text(here, mem), rank, variables[i_variable]);
    return ll_error_set(err, LL_ERR_CONFIG,
                        "argument %d is %s on rank 0, and %s on rank %d: every rank needs the same "
                        "command line",
                        i_argument, argument_text(first, mem), argument_text(here, mem), rank);
}

ll_status ll_agree_on_start(int argc, char *const *argv, ll_comm *comm, ll_arena *mem,
                            ll_error *err)
{
    ll_text mine;
    ll_text_init(&mine, mem);
    start_tell(argc, argv, &mine);
    const char *first = mine.s, *here = mine.s;
    size_t n = mine.n;
    ll_comm_bcast(comm, mem, &first, &n);
    const char *first_end = first + n, *here_end = here + mine.n;
    ll_status status = LL_OK;
    for (int i = 0; status == LL_OK && (first < first_end || here < here_end); i++) {
        const char *a = first < first_end ? first : NULL, *b = here < here_end ? here : NULL;
        if (!a || !b || strcmp(a, b) != 0) status = fault(i, a, b, ll_comm_rank(comm), mem, err);
        if (a) first += strlen(a) + 1;
        if (b) here += strlen(b) + 1;
    }
    return ll_comm_agree(comm, status, err);
}
