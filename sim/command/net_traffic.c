#include "sim/command/net_traffic.h"

#include "sim/base/words.h"
#include "sim/command/net_job.h"
#include "sim/engine/channel_load.h"
#include "sim/traffic/flow_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool ll_net_traffic_asked(const ll_options *opt)
{
    return opt->value[LL_OPT_TRAFFIC] || opt->value[LL_OPT_PATTERN] || opt->value[LL_OPT_FLOWS];
}

/* ---- Patterns -------------------------------------------------------------------------------- */

/* The coordinates of a part of the chips are a line of them. */
static ll_grid grid_of(const ll_topology *topo, int32_t n_chip)
{
    ll_grid grid = {.n_dim = 1, .size = {n_chip}};
    if (n_chip < topo->n_chip) return grid;
    grid.n_dim = topo->n_dim;
    for (int d = 0; d < topo->n_dim; d++) {
        grid.size[d] = topo->dim[d].size;
        grid.open[d] = strcmp(topo->dim[d].type, "line") == 0;
    }
    return grid;
}

typedef struct worst {
    const ll_topology *topo;
    ll_arena *mem;
    double busy_s;
    ll_synthetic_ask *ask;
    const char *name;
} worst;

/* Keeps the pattern if its busiest link has more to do than that of all before. */
static void worst_try(worst *w, ll_synthetic_ask ask, const char *name)
{
    if (ll_synthetic_obstacle(&ask, w->mem) != NULL) return;
    const ll_arena_mark mark = ll_arena_here(w->mem);
    const ll_traffic t = ll_synthetic_make(&ask, w->mem);
    const double busy_s = ll_channel_load_of(w->topo, &t, w->mem).busy_s;
    ll_arena_release(w->mem, mark);
    if (busy_s <= w->busy_s * (1 + 1e-9)) return;
    w->busy_s = busy_s;
    w->name = name;
    *w->ask = ask;
}

static const char *worst_find(const ll_topology *topo, ll_arena *mem, ll_synthetic_ask *io)
{
    static const ll_synthetic fixed[] = {LL_SYNTHETIC_TORNADO,   LL_SYNTHETIC_BIT_COMPLEMENT,
                                         LL_SYNTHETIC_TRANSPOSE, LL_SYNTHETIC_BIT_REVERSAL,
                                         LL_SYNTHETIC_SHUFFLE,   LL_SYNTHETIC_PERMUTATION};
    worst w = {.topo = topo, .mem = mem, .ask = io};
    ll_synthetic_ask ask = *io;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        ask.what = fixed[i];
        worst_try(&w, ask, ll_synthetic_rows[fixed[i]].name);
    }
    ask.what = LL_SYNTHETIC_SHIFT;
    for (int32_t d = 0, stride = 1; d < ask.grid.n_dim; stride *= ask.grid.size[d++])
        for (int32_t k = 1; k < ask.grid.size[d]; k++) {
            ask.arg = k * stride;
            worst_try(&w, ask, ll_arena_printf(mem, "shift:%d", ask.arg));
        }
    return w.name;
}

/* Which pattern the word before a colon names; LL_N_SYNTHETIC: "adversarial". */
static ll_status name_pick(const char *word, ll_arena *mem, int *out, ll_error *err)
{
    const char *names[LL_N_SYNTHETIC + 1];
    for (int i = 0; i < LL_N_SYNTHETIC; i++)
        names[i] = ll_synthetic_names[i];
    names[LL_N_SYNTHETIC] = "adversarial";
    return ll_words_pick(&(ll_words){LL_N_SYNTHETIC + 1, names, NULL},
                         ll_arena_printf(mem, "%.*s", (int)strcspn(word, ":"), word), out, err,
                         "--pattern %s: ", word);
}

/* The number after the colon, or that of the pattern without one. 0, which has an obstacle: it is
 * no number. */
static int32_t arg_of(const ll_synthetic_row *row, const char *colon, int32_t n_chip)
{
    char *end;
    if (colon == NULL) return row->arg_def < 0 ? n_chip - 1 : row->arg_def;
    const long given = strtol(colon + 1, &end, 10);
    return end != colon + 1 && !*end && given >= 0 && given <= INT32_MAX ? (int32_t)given : 0;
}

ll_status ll_net_pattern_parse(const char *word, const ll_topology *topo, ll_arena *mem,
                               ll_synthetic_ask *io, const char **name, ll_error *err)
{
    const char *colon = strchr(word, ':'), *obstacle;
    int id;
    LL_TRY(name_pick(word, mem, &id, err));
    io->what = (ll_synthetic)id;
    io->grid = grid_of(topo, io->n_chip);
    io->size_B = 1;
    *name = word;
    const ll_synthetic_row *row = id < LL_N_SYNTHETIC ? &ll_synthetic_rows[id] : NULL;
    if (colon && (row == NULL || row->arg == NULL))
        return ll_error_set(err, LL_ERR_CONFIG, "--pattern %s: it takes no number", word);
    if (row == NULL) {
        *name = ll_arena_printf(mem, "adversarial (%s)", worst_find(topo, mem, io));
        return LL_OK;
    }
    if (row->arg) io->arg = arg_of(row, colon, io->n_chip);
    obstacle = ll_synthetic_obstacle(io, mem);
    return obstacle ? ll_error_set(err, LL_ERR_CONFIG, "--pattern %s: needs %s", word, obstacle)
                    : LL_OK;
}

/* As a formula where there is one: it takes no memory, and engine flow folds it. */
static ll_traffic traffic_of(const ll_synthetic_ask *ask, ll_arena *mem)
{
    ll_traffic t = {.pattern = LL_PATTERN_SHIFT,
                    .arg = 1,
                    .size_B = ask->size_B,
                    .group = {ask->n_chip, 1, {ask->n_chip}, {1}}};
    if (ask->what == LL_SYNTHETIC_ALL_TO_ALL)
        t.pattern = LL_PATTERN_ALL;
    else if (ask->what == LL_SYNTHETIC_SHIFT)
        t.arg = ask->arg;
    else if (ask->what != LL_SYNTHETIC_RING)
        return ll_synthetic_make(ask, mem);
    return t;
}

static ll_status pattern_read(const ll_options *opt, const ll_study *study, ll_arena *mem,
                              ll_net_traffic *out, ll_error *err)
{
    const ll_topology *topo = study->cluster.topo;
    const char *sizes = opt->value[LL_OPT_SIZES], *name;
    ll_net_job *job = ll_arena_new(mem, ll_net_job);
    ll_synthetic_ask ask;
    int32_t n_chip;
    LL_TRY(ll_net_chips_parse(opt, topo, &n_chip, err));
    ask = (ll_synthetic_ask){.n_chip = n_chip, .seed = (uint64_t)study->seed};
    LL_TRY(ll_net_pattern_parse(opt->value[LL_OPT_PATTERN], topo, mem, &ask, &name, err));
    LL_TRY(ll_net_sizes_parse(LL_OPT_SIZES, sizes ? sizes : "1MiB", job, err));
    ll_traffic *traffic = ll_arena_array(mem, job->n_size, ll_traffic);
    for (int i = 0; i < job->n_size; i++) {
        ask.size_B = job->size_B[i];
        traffic[i] = traffic_of(&ask, mem);
    }
    *out = (ll_net_traffic){.text = ll_arena_printf(mem, "pattern %s among %d chips", name, n_chip),
                            .n = job->n_size,
                            .traffic = traffic,
                            .size_B = job->size_B};
    if (ll_traffic_n_flow(&traffic[0]) > 0) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG, "--pattern %s: no chip of %d sends to another one",
                        opt->value[LL_OPT_PATTERN], n_chip);
}

/* ---- Files ----------------------------------------------------------------------------------- */

static ll_status file_read(const ll_options *opt, const ll_study *study, ll_comm *comm,
                           ll_arena *mem, ll_net_traffic *out, ll_error *err)
{
    const char *file = opt->value[LL_OPT_TRAFFIC], *text;
    size_t n;
    ll_traffic *t = ll_arena_new(mem, ll_traffic);
    double *size_B = ll_arena_new(mem, double);
    LL_TRY(ll_source_file(file, "flows, a line SRC DST BYTES each", comm, mem, &text, &n, err));
    LL_TRY(ll_flow_file_parse(file, text, study->cluster.topo->n_chip, mem, t, err));
    *size_B = t->list_B[0];
    for (int64_t i = 1; i < t->n_list; i++)
        if (t->list_B[i] != t->list_B[0]) *size_B = (double)NAN;
    *out = (ll_net_traffic){.text = ll_arena_printf(mem, "the flows of %s", file),
                            .n = 1,
                            .traffic = t,
                            .size_B = size_B};
    return LL_OK;
}

static ll_status options_check(const ll_options *opt, ll_error *err)
{
    static const ll_option_id collective[] = {LL_OPT_COLLECTIVE, LL_OPT_ALGORITHM, LL_OPT_GROUP,
                                              LL_OPT_TOKENS,     LL_OPT_ROUTING,   LL_OPT_ROW};
    static const ll_option_id pattern[] = {LL_OPT_SIZES, LL_OPT_CHIPS};
    const bool file = opt->value[LL_OPT_TRAFFIC] != NULL;
    for (size_t i = 0; i < sizeof collective / sizeof *collective; i++)
        if (opt->value[collective[i]])
            return ll_error_set(err, LL_ERR_CONFIG, "%s: is for collectives, not for flows",
                                ll_option_rows[collective[i]].name);
    for (size_t i = 0; i < sizeof pattern / sizeof *pattern && file; i++)
        if (opt->value[pattern[i]])
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s: is for --pattern; a file says who sends how many bytes",
                                ll_option_rows[pattern[i]].name);
    if (file == (opt->value[LL_OPT_PATTERN] != NULL))
        return ll_error_set(
            err, LL_ERR_CONFIG, "%s: expected %s", file ? "--traffic and --pattern" : "--flows",
            file ? "one of them" : "--traffic FILE or --pattern P, such as --pattern tornado");
    return LL_OK;
}

ll_status ll_net_traffic_read(const ll_options *opt, const ll_study *study, ll_comm *comm,
                              ll_arena *mem, ll_net_traffic *out, ll_error *err)
{
    LL_TRY(options_check(opt, err));
    return opt->value[LL_OPT_TRAFFIC] ? file_read(opt, study, comm, mem, out, err)
                                      : pattern_read(opt, study, mem, out, err);
}
