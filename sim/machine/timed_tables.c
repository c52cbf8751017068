#include "sim/machine/timed_tables.h"

#include "sim/base/mix.h"

#include <math.h>
#include <string.h>

/* Octaves over which shapes of a table are alike. */
#define LENGTH 2.0

static int n_other(ll_timed_kind kind) { return ll_timed_types[kind].n_dim - 1; }

static bool same_group(const ll_timed *a, ll_timed_kind kind, ll_timed_precision precision,
                       const char *variant)
{
    return a->kind == kind && a->precision == precision && !strcmp(a->variant, variant);
}

static bool is_point(const double *x, int i, int n_dim, const double *at)
{
    return memcmp(x + (ptrdiff_t)i * n_dim, at, (size_t)n_dim * sizeof *x) == 0;
}

/* Index of the point among n, or n. near: an index that is tried first, as rows of a shape follow
 * each other. */
static int point_find(const double *x, int n, int n_dim, const double *at, int near)
{
    int i = 0;
    if (near < n && is_point(x, near, n_dim, at)) return near;
    while (i < n && !is_point(x, i, n_dim, at))
        i++;
    return i;
}

static int column_find(const double *column, int n, double size)
{
    int c = 0;
    while (c < n && column[c] < size)
        c++;
    return c;
}

static void other_sizes(const ll_timed *t, double *at)
{
    for (int d = 0; d < n_other(t->kind); d++)
        at[d] = log2(t->at[d + 1]);
}

/* Columns, ascending, and points of the rows of a group; returns the number of points. */
static int points_find(ll_timed_group *g, int n, const ll_timed *const *row, double *column,
                       double *x)
{
    const int n_dim = n_other(g->kind);
    int n_point = 0, point = 0;
    for (int i = 0; i < n; i++) {
        const double size = log2(row[i]->at[0]);
        const int c = column_find(column, g->n_column, size);
        if (c == g->n_column || column[c] > size) {
            memmove(column + c + 1, column + c, (size_t)(g->n_column - c) * sizeof *column);
            column[c] = size;
            g->n_column++;
        }
        double at[LL_TIMED_MAX_DIM];
        other_sizes(row[i], at);
        point = point_find(x, n_point, n_dim, at, point);
        if (point == n_point)
            memcpy(x + (ptrdiff_t)n_point++ * n_dim, at, (size_t)n_dim * sizeof *x);
    }
    return n_point;
}

/* What was not measured has the ratio of the nearest size that was. */
static void gaps_fill(int n_column, double *value)
{
    for (int c = 1; c < n_column; c++)
        if (isnan(value[c])) value[c] = value[c - 1];
    for (int c = n_column - 2; c >= 0; c--)
        if (isnan(value[c])) value[c] = value[c + 1];
}

/* row: [n] of the group. */
static void group_make(const ll_chip *chip, ll_timed_group *g, int n, const ll_timed *const *row,
                       bool without, ll_arena *mem)
{
    const int n_dim = n_other(g->kind);
    double *column = ll_arena_array(mem, n + 1, double);
    double *x = ll_arena_array(mem, (size_t)n * (size_t)n_dim, double);
    const int n_point = points_find(g, n, row, column, x), n_column = g->n_column;
    double *value = ll_arena_array(mem, (size_t)n_point * (size_t)n_column, double);
    for (int i = 0; i < n_point * n_column; i++)
        value[i] = (double)NAN;
    g->column = column;
    g->low = ll_arena_array(mem, n_dim, double);
    g->high = ll_arena_array(mem, n_dim, double);
    for (int d = 0; d < n_dim; d++) {
        g->low[d] = g->high[d] = x[d];
        for (int i = 0; i < n_point; i++) {
            g->low[d] = fmin(g->low[d], x[(ptrdiff_t)i * n_dim + d]);
            g->high[d] = fmax(g->high[d], x[(ptrdiff_t)i * n_dim + d]);
        }
    }
    for (int i = 0, point = 0; i < n; i++) {
        double at[LL_TIMED_MAX_DIM];
        other_sizes(row[i], at);
        point = point_find(x, n_point, n_dim, at, point);
        const int c = column_find(column, n_column, log2(row[i]->at[0]));
        value[(ptrdiff_t)point * n_column + c] =
            log(row[i]->time_s / ll_timed_roofline_s(chip, row[i]));
    }
    for (int i = 0; i < n_point; i++)
        gaps_fill(n_column, value + (ptrdiff_t)i * n_column);
    const ll_kriging_points points = {n_point, n_dim, x, LENGTH};
    ll_kriging_fit(&points, n_column, value, without, mem, &g->ratio);
    g->scratch = ll_arena_array(mem, n_point + n_column, double);
}

/* ---- What is remembered ---------------------------------------------------------------------- */

enum { N_SLOT = 1024 }; /* a power of two */

/* The ratios of a shape, in every column of its group. */
typedef struct slot {
    const ll_timed_group *group; /* NULL: empty */
    double at[LL_TIMED_MAX_DIM]; /* sizes but the first; the rest 0 */
    double *ratio;               /* [n_column] ln */
} slot;

struct ll_timed_memory {
    slot slot[N_SLOT];
};

static struct ll_timed_memory *memory_make(const ll_kernel_tables *tables, ll_arena *mem)
{
    struct ll_timed_memory *memory = ll_arena_new(mem, struct ll_timed_memory);
    int n_column = 0;
    for (int i = 0; i < tables->n; i++)
        if (tables->group[i].n_column > n_column) n_column = tables->group[i].n_column;
    double *ratio = ll_arena_fill(mem, (size_t)N_SLOT * (size_t)n_column, double);
    for (int i = 0; i < N_SLOT; i++)
        memory->slot[i].ratio = ratio + (ptrdiff_t)i * n_column;
    return memory;
}

static slot *slot_of(const ll_kernel_tables *tables, const ll_timed_group *g, const double *at)
{
    uint64_t hash = (uint64_t)(g - tables->group);
    for (int d = 0; d < n_other(g->kind); d++)
        hash = ll_mix_f64(hash, at[d]);
    return &tables->memory->slot[hash & (N_SLOT - 1)];
}

/* ---- Making ---------------------------------------------------------------------------------- */

void ll_kernel_tables_make(const ll_chip *chip, int n, const ll_timed *const *row, bool without,
                           ll_arena *mem, ll_kernel_tables *out)
{
    ll_timed_group *group = ll_arena_array(mem, n, ll_timed_group);
    const ll_timed **some = ll_arena_array(mem, n, const ll_timed *);
    bool *taken = ll_arena_array(mem, n, bool);
    *out = (ll_kernel_tables){.group = group};
    for (int i = 0; i < n; i++) {
        const ll_timed *first = row[i];
        int n_some = 0;
        if (taken[i]) continue;
        for (int k = i; k < n; k++) {
            if (!same_group(row[k], first->kind, first->precision, first->variant)) continue;
            taken[k] = true;
            if (row[k]->time_s > 0 && ll_timed_has_model(row[k]) &&
                chip->peak_flop_per_s[ll_timed_width(row[k]->precision)] > 0)
                some[n_some++] = row[k];
        }
        if (n_some == 0) continue;
        ll_timed_group *g = &group[out->n++];
        g->kind = first->kind;
        g->precision = first->precision;
        g->variant = first->variant;
        group_make(chip, g, n_some, some, without, mem);
    }
    if (!without) out->memory = memory_make(out, mem);
}

/* ---- Prediction ------------------------------------------------------------------------------ */

/* Moves attention whose heads no point has to the point with as many heads per head of keys whose
 * heads of keys are nearest in number, with the same number of them in the batch. */
static void heads_find(const ll_timed_group *g, double *at)
{
    enum { HEADS, KV, BATCH };
    const double small = 1e-9;
    const double *best = NULL;
    if (g->kind != LL_TIMED_PREFILL && g->kind != LL_TIMED_DECODE) return;
    for (int i = 0; i < g->ratio.point.n; i++) {
        const double *x = g->ratio.point.x + (ptrdiff_t)i * n_other(g->kind);
        if (fabs(x[HEADS] - x[KV] - at[HEADS] + at[KV]) > small) continue;
        if (fabs(x[KV] - at[KV]) < small) return;
        if (!best || fabs(x[KV] - at[KV]) < fabs(best[KV] - at[KV])) best = x;
    }
    if (!best) return;
    at[BATCH] += at[KV] - best[KV];
    at[KV] = best[KV];
    at[HEADS] = best[HEADS];
}

static void ratios_find(const ll_timed_group *g, const ll_timed *t, double *ratio)
{
    double at[LL_TIMED_MAX_DIM];
    other_sizes(t, at);
    heads_find(g, at);
    for (int d = 0; d < n_other(g->kind); d++)
        at[d] = fmin(fmax(at[d], g->low[d]), g->high[d]);
    ll_kriging_likeness(&g->ratio, at, g->scratch);
    for (int c = 0; c < g->n_column; c++)
        ratio[c] = ll_kriging_value(&g->ratio, g->scratch, c);
}

/* ln of the ratio in each column. known: the shape is in the table, and they are by the others. */
static const double *ratios_of(const ll_kernel_tables *tables, const ll_timed_group *g,
                               const ll_timed *t, bool *known)
{
    const int n_dim = n_other(g->kind);
    double *own = g->scratch + g->ratio.point.n;
    *known = false;
    if (!tables->memory) {
        double at[LL_TIMED_MAX_DIM];
        other_sizes(t, at);
        const int i = point_find(g->ratio.point.x, g->ratio.point.n, n_dim, at, 0);
        *known = i < g->ratio.point.n && g->ratio.without;
        if (*known) return g->ratio.without + (ptrdiff_t)i * g->n_column;
        ratios_find(g, t, own);
        return own;
    }
    slot *s = slot_of(tables, g, t->at + 1);
    const size_t size = (size_t)n_dim * sizeof *s->at;
    if (s->group != g || memcmp(s->at, t->at + 1, size) != 0) {
        s->group = g;
        memcpy(s->at, t->at + 1, size);
        ratios_find(g, t, s->ratio);
    }
    return s->ratio;
}

static double ratio_at(const ll_kernel_tables *tables, const ll_timed_group *g, const ll_timed *t,
                       bool *known)
{
    const double *ratio = ratios_of(tables, g, t, known);
    const double size = fmin(fmax(log2(t->at[0]), g->column[0]), g->column[g->n_column - 1]);
    const int c = column_find(g->column, g->n_column, size);
    if (c == 0 || !(g->column[c] > size)) return exp(ratio[c]);
    const double step = (size - g->column[c - 1]) / (g->column[c] - g->column[c - 1]);
    return exp(step * ratio[c] + (1 - step) * ratio[c - 1]);
}

/* The group of a kernel; NULL: the chip has no table of it. Experts with copies, by load, are as if
 * balanced; other laws of popularity are nearest to the one that there is. */
static const ll_timed_group *group_of(const ll_kernel_tables *tables, const ll_timed *t)
{
    const ll_timed_group *near = NULL;
    const bool even = strcmp(t->variant, "balanced") == 0 || strstr(t->variant, "eplb");
    for (int i = 0; i < tables->n; i++) {
        const ll_timed_group *g = &tables->group[i];
        if (same_group(t, g->kind, g->precision, g->variant)) return g;
        if (t->kind == LL_TIMED_EXPERTS && g->kind == t->kind && g->precision == t->precision &&
            even == (strcmp(g->variant, "balanced") == 0))
            near = g;
    }
    return near;
}

bool ll_kernel_tables_have(const ll_kernel_tables *tables, const ll_timed *t)
{
    return group_of(tables, t) != NULL;
}

/* A product alone takes as long as the linear layer of its shape, less the quantisation. */
static double alone_s(const ll_chip *chip, const ll_kernel_tables *tables, const ll_timed *t,
                      bool *known)
{
    ll_timed whole = *t;
    whole.variant = "";
    const double whole_s = ll_timed_predict_s(chip, tables, &whole, known);
    return whole_s > 0 ? fmax(chip->kernel_floor_s, whole_s - ll_timed_quantise_s(chip, t)) : 0;
}

double ll_timed_predict_s(const ll_chip *chip, const ll_kernel_tables *tables, const ll_timed *t,
                          bool *known)
{
    bool ignored;
    if (!known) known = &ignored;
    if (!strcmp(t->variant, LL_TIMED_ALONE)) return alone_s(chip, tables, t, known);
    const double roofline_s = ll_timed_roofline_s(chip, t);
    *known = false;
    const ll_timed_group *g = roofline_s > 0 ? group_of(tables, t) : NULL;
    return g ? roofline_s * ratio_at(tables, g, t, known) : roofline_s;
}
