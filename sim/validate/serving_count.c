/* Errors of predicted serving runs: one for each configuration, and what they come to. */
#include "sim/base/index_map.h"
#include "sim/base/stats.h"
#include "sim/base/text.h"
#include "sim/validate/serving.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const ll_served_names[LL_N_SERVED] = {"tpot", "ttft", "whole"};

bool ll_serving_aside(int i_row) { return (i_row + 1) % 10 == 0; }

double ll_serving_output(const ll_serving_row *row)
{
    const bool uniform = !strcmp(row->word[LL_SERVING_SOURCE], "InferenceX"); /* 0.8 to 1.0 */
    return (uniform ? 0.9 : 1) * (double)row->count[LL_SERVING_OSL];
}

double ll_serving_value(const ll_serving_row *row, double ttft_s, double tpot_s, ll_served what)
{
    if (what == LL_SERVED_TTFT) return ttft_s;
    return what == LL_SERVED_TPOT ? tpot_s : ttft_s + tpot_s * (ll_serving_output(row) - 1);
}

double ll_serving_error(double predicted, double low, double high)
{
    if (predicted < low) return 100 * (predicted / low - 1);
    return predicted > high ? 100 * (predicted / high - 1) : 0;
}

/* A configuration: its runs by all versions. */
typedef struct configuration {
    const ll_serving_row *row; /* one of them */
    int n;
    double low[LL_N_SERVED], high[LL_N_SERVED], predicted[LL_N_SERVED]; /* predicted: the sum */
} configuration;

static uint64_t configuration_key(const ll_serving_row *row)
{
    uint64_t h = ll_text_hash(LL_HASH_START, row->count, sizeof row->count);
    for (int w = 0; w < LL_N_SERVING_WORD; w++)
        if (w != LL_SERVING_VERSION && w != LL_SERVING_MEASURED)
            h = ll_text_hash(h, row->word[w], strlen(row->word[w]) + 1);
    return h;
}

/* Whether the row has a prediction, counts, and belongs to those set aside, or to the others. */
static bool counted(const ll_serving *v, int i, bool aside)
{
    return !*v->row[i].excluded && v->outcome[i].tpot_s > 0 && ll_serving_aside(i) == aside;
}

static int configurations_make(const ll_serving *v, bool aside, ll_arena *mem, configuration **out)
{
    ll_index_map map;
    ll_index_map_init(&map, mem);
    *out = ll_arena_array(mem, v->n_row + 1, configuration);
    for (int i = 0; i < v->n_row; i++) {
        if (!counted(v, i, aside)) continue;
        const ll_serving_row *row = &v->row[i];
        configuration *c = &(*out)[ll_index_map_of(&map, configuration_key(row))];
        c->row = row;
        for (int q = 0; q < LL_N_SERVED; q++) {
            const double measured = ll_serving_value(row, row->ttft_s, row->tpot_s, (ll_served)q);
            c->low[q] = c->n ? fmin(c->low[q], measured) : measured;
            c->high[q] = c->n ? fmax(c->high[q], measured) : measured;
            c->predicted[q] +=
                ll_serving_value(row, v->outcome[i].ttft_s, v->outcome[i].tpot_s, (ll_served)q);
        }
        c->n++;
    }
    return (int)map.n;
}

/* ---- scopes: what a configuration is counted under ---- */

typedef const char *(*scope_name)(const ll_serving_row *row, ll_arena *mem);

static const char *everything(const ll_serving_row *row, ll_arena *mem)
{
    (void)row, (void)mem;
    return "all";
}

static const char *kind(const ll_serving_row *row, ll_arena *mem)
{
    const char *model = row->word[LL_SERVING_MODEL];
    (void)mem;
    return !strncmp(model, "Llama-", 6) || !strcmp(model, "Qwen3-32B") ? "dense" : "experts";
}

static const char *concurrency(const ll_serving_row *row, ll_arena *mem)
{
    int64_t low = 1;
    while (low * 4 <= row->count[LL_SERVING_CONCURRENCY])
        low *= 4;
    return ll_arena_printf(mem, "%lld to %lld", (long long)low, (long long)(4 * low - 1));
}

#define WORD(function, word_)                                             \
    static const char *function(const ll_serving_row *row, ll_arena *mem) \
    {                                                                     \
        (void)mem;                                                        \
        return row->word[word_];                                          \
    }
WORD(source, LL_SERVING_SOURCE)
WORD(chip, LL_SERVING_CHIP)
WORD(backend, LL_SERVING_BACKEND)
WORD(model, LL_SERVING_MODEL)

static const char *series(const ll_serving_row *row, ll_arena *mem)
{
    return ll_arena_printf(mem, "%s %s %s %s", row->word[LL_SERVING_MODEL],
                           row->word[LL_SERVING_PRECISION], row->word[LL_SERVING_BACKEND],
                           row->word[LL_SERVING_CHIP]);
}

static const struct {
    const char *name;
    scope_name of;
    bool aside; /* of the rows that are set aside */
} scopes[] = {{"all", everything, false},       {"set aside", everything, true},
              {"set aside", backend, true},     {"kind", kind, false},
              {"source", source, false},        {"chip", chip, false},
              {"engine", backend, false},       {"model", model, false},
              {"requests", concurrency, false}, {"series", series, false}};
enum { N_SCOPE = sizeof scopes / sizeof *scopes };

/* Errors of the n configurations of that name. */
static void stats_fill(const configuration *c, int n, const char *const *name, ll_arena *mem,
                       ll_serving_stats *out)
{
    double *x = ll_arena_array(mem, n + 1, double);
    for (int q = 0; q < LL_N_SERVED; q++) {
        int above = 0, below = 0;
        out->n = 0;
        for (int i = 0; i < n; i++) {
            if (strcmp(name[i], out->name) != 0) continue;
            const double e =
                ll_serving_error(c[i].predicted[q] / c[i].n, c[i].low[q], c[i].high[q]);
            above += e > 0, below += e < 0;
            x[out->n++] = e;
        }
        ll_stats_sort(out->n, x);
        out->of[q].bias = ll_stats_quantile(out->n, x, 0.5);
        out->of[q].above = above + below ? (double)above / (above + below) : 0.5;
        out->of[q].median = ll_stats_median_abs(out->n, x);
        out->of[q].p90 = ll_stats_quantile(out->n, x, 0.9);
    }
}

static int by_name(const void *a, const void *b)
{
    const char *p = *(const char *const *)a, *q = *(const char *const *)b;
    const double x = strtod(p, NULL), y = strtod(q, NULL); /* "16 to 63" */
    return x != y ? (x > y) - (x < y) : strcmp(p, q);
}

void ll_serving_stats_make(ll_serving *v, ll_arena *mem)
{
    configuration *c[2];
    const int n[2] = {configurations_make(v, false, mem, &c[0]),
                      configurations_make(v, true, mem, &c[1])};
    v->n_stats = 0;
    v->stats = ll_arena_array(mem, N_SCOPE * (n[0] + n[1] + 1), ll_serving_stats);
    for (int s = 0; s < N_SCOPE; s++) {
        const int which = scopes[s].aside, m = n[which];
        const char **name = ll_arena_array(mem, m + 1, const char *);
        const char **sorted = ll_arena_array(mem, m + 1, const char *);
        for (int i = 0; i < m; i++)
            sorted[i] = name[i] = scopes[s].of(c[which][i].row, mem);
        qsort(sorted, (size_t)m, sizeof *sorted, by_name);
        for (int i = 0; i < m; i++) {
            if (i > 0 && !strcmp(sorted[i], sorted[i - 1])) continue;
            ll_serving_stats *out = &v->stats[v->n_stats++];
            *out = (ll_serving_stats){.scope = scopes[s].name, .name = sorted[i]};
            stats_fill(c[which], m, name, mem, out);
        }
    }
}
