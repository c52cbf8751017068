#include "sim/machine/timed_model.h"

#include "sim/machine/kernel.h"

#include <math.h>
#include <string.h>

/* Octaves over which shapes of a table are alike. */
#define LENGTH 2.0

static const int widths[LL_N_TIMED_PRECISION] = {
    [LL_TIMED_FP4] = LL_PRECISION_FP4,       [LL_TIMED_FP8] = LL_PRECISION_FP8,
    [LL_TIMED_FP8_BLOCK] = LL_PRECISION_FP8, [LL_TIMED_BF16] = LL_PRECISION_BF16,
    [LL_TIMED_FP16] = LL_PRECISION_FP16,     [LL_TIMED_W4A16] = LL_PRECISION_BF16,
    [LL_TIMED_W4A8] = LL_PRECISION_FP8};

/* Bytes that quantising moves per element of the input. */
static const double quantise_B[LL_N_TIMED_PRECISION] = {
    [LL_TIMED_FP4] = 4.5, [LL_TIMED_FP8] = 5, [LL_TIMED_FP8_BLOCK] = 3};

/* Fraction of the memory bandwidth that quantising kernels reach. Set on the tables of measured FP8
 * GEMMs (configs/kernels/{h100,h200,b200,gb300}_gemm.csv): with it, GEMMs with n from 512 to 16384
 * agree best on one rate. */
#define QUANTISE_FRAC 0.7

int ll_timed_width(ll_timed_precision precision) { return widths[precision]; }

static double quantise_s(const ll_chip *chip, const ll_timed *t)
{
    return chip->quantise_s[t->precision] +
           quantise_B[t->precision] * t->at[0] * t->at[2] / (QUANTISE_FRAC * chip->memory_Bps);
}

double ll_timed_extra_s(const ll_chip *chip, const ll_timed *t)
{
    return chip->kernel_floor_s + quantise_s(chip, t);
}

/* A norm, an activation: kernels that compute as they stream. */
static double small_s(const ll_chip *chip, const ll_timed *t)
{
    return chip->kernel_floor_s + ll_kernel_stream_s(chip, t->at[0] * t->at[1]) / chip->stream_frac;
}

static double product_s(const ll_chip *chip, const ll_timed *t)
{
    const ll_matmul p = {.batch = 1, .m = t->at[0], .n = t->at[1], .k = t->at[2], .out_B = 2};
    ll_chip alone = *chip;
    alone.gemm_sustained = 1; /* these were measured alone */
    return ll_timed_extra_s(chip, t) + ll_kernel_matmul_s(&alone, widths[t->precision], &p);
}

/* Time of the FLOP of causal attention. */
static double causal_s(const ll_chip *chip, int precision, const ll_attention_shape *shape)
{
    const ll_kernel kernel = ll_kernel_attention(shape, false, precision);
    return ll_kernel_attention_flop_s(chip, chip->peak_flop_per_s[precision], &kernel);
}

/* Two kernels more come before attention of a prompt: they turn queries and keys, and write keys
 * and values to the cache. */
static double attention_s(const ll_chip *chip, const ll_timed *t)
{
    const double s = t->at[0], heads = t->at[1], kv = t->at[2], batch = t->at[3];
    const double cache_B = strcmp(t->variant, "fp8") == 0 ? 1 : 2;
    if (t->kind == LL_TIMED_DECODE)
        return chip->attention_floor_s +
               ll_kernel_stream_s(chip, 2 * batch * s * 128 * kv * cache_B);
    const ll_attention_shape shape = {batch, heads, kv, s, s, 128, 128, 0.5, 1};
    return chip->attention_floor_s + 2 * chip->kernel_floor_s +
           causal_s(chip, widths[t->precision], &shape) +
           2 * ll_kernel_stream_s(chip, batch * s * 128 * 2 * (2 * heads + 2 * kv));
}

static double mla_s(const ll_chip *chip, const ll_timed *t)
{
    const double s = t->at[0], heads = t->at[1], batch = t->at[2];
    const double cache_B = strcmp(t->variant, "fp8") == 0 ? 1 : 2;
    const double rate = chip->peak_flop_per_s[LL_PRECISION_BF16] * chip->attention_frac;
    const ll_attention_shape shape = {batch, heads, heads, s, s, 192, 128, 0.5, 1};
    if (t->kind == LL_TIMED_MLA_PREFILL)
        return chip->attention_floor_s + 2 * chip->kernel_floor_s +
               fmax(causal_s(chip, LL_PRECISION_BF16, &shape),
                    ll_kernel_stream_s(chip, batch * s * heads * 2 * (2 * 192 + 2 * 128)));
    return chip->attention_floor_s + hypot(2.0 * (576 + 512) * batch * s * fmax(heads, 16) / rate,
                                           ll_kernel_stream_s(chip, batch * s * 576 * cache_B));
}

/* Tokens are spread evenly over the experts, or by a law that is steeper the larger x is in
 * "power_law_x"; then the busiest rank has more than its share. */
static double experts_s(const ll_chip *chip, const ll_timed *t)
{
    const double tokens = t->at[0], hidden = t->at[1], ffn = t->at[2], topk = t->at[3];
    const double experts = t->at[4], slots = t->at[5], tp = t->at[6], ep = t->at[7];
    const int precision = widths[t->precision];
    const bool skewed = strncmp(t->variant, "power", 5) == 0;
    const double draws = tokens * topk, local = slots / ep;
    const double touched =
        skewed ? local * (1 - pow(1 - 1 / experts, draws)) : fmin(local, fmax(1, draws / ep));
    const double weight_B = t->precision == LL_TIMED_W4A16 || t->precision == LL_TIMED_W4A8
                                ? 0.53
                                : ll_precision_B((ll_precision)precision);
    const double more = skewed && !strstr(t->variant, "eplb") ? 1 + 0.25 * log2(ep) : 1;
    const double flop = 6 * hidden * ffn / tp * draws / ep * fmin(more, ep);
    const double rate = chip->peak_flop_per_s[precision] * chip->gemm_frac[precision];
    return chip->experts_floor_s +
           hypot(flop / rate, ll_kernel_stream_s(chip, 3 * hidden * ffn / tp * touched * weight_B +
                                                           10 * hidden * draws / ep));
}

bool ll_timed_has_model(const ll_timed *t)
{
    if (t->kind == LL_TIMED_GEMM) return t->precision <= LL_TIMED_FP16;
    return t->kind != LL_TIMED_SMALL || t->at[1] > 0;
}

double ll_timed_roofline_s(const ll_chip *chip, const ll_timed *t)
{
    if (!ll_timed_has_model(t)) return 0;
    if (!(chip->peak_flop_per_s[widths[t->precision]] > 0)) return 0;
    switch (t->kind) {
    case LL_TIMED_GEMM:
        return product_s(chip, t);
    case LL_TIMED_PREFILL:
    case LL_TIMED_DECODE:
        return attention_s(chip, t);
    case LL_TIMED_MLA_PREFILL:
    case LL_TIMED_MLA_DECODE:
        return mla_s(chip, t);
    case LL_TIMED_EXPERTS:
        return experts_s(chip, t);
    case LL_TIMED_SMALL:
        return small_s(chip, t);
    case LL_N_TIMED:
        break;
    }
    return 0;
}

/* ---- Chips ----------------------------------------------------------------------------------- */

static int plain(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A' + 'a';
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : 0;
}

/* The n bytes at `word` against a whole name, letters and digits alone. */
static bool alike(const char *word, size_t n, const char *name)
{
    const char *end = word + n;
    for (;;) {
        while (word < end && !plain(*word))
            word++;
        while (*name && !plain(*name))
            name++;
        if (word == end || !*name) return word == end && !*name;
        if (plain(*word++) != plain(*name++)) return false;
    }
}

bool ll_timed_is_chip(const ll_chip *chip, const char *word)
{
    if (!word || alike(word, strlen(word), chip->name)) return true;
    for (const char *s = chip->measured_as; *s;) {
        const size_t n = strcspn(s, " ");
        if (n > 0 && alike(s, n, word)) return true;
        s += n + (s[n] == ' ');
    }
    return false;
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static int n_other(ll_timed_kind kind) { return ll_timed_types[kind].n_dim - 1; }

static bool same_group(const ll_timed *a, ll_timed_kind kind, ll_timed_precision precision,
                       const char *variant)
{
    return a->kind == kind && a->precision == precision && !strcmp(a->variant, variant);
}

/* Index of the point among n, or n. */
static int point_find(const double *x, int n, int n_dim, const double *at)
{
    int i = 0;
    while (i < n && memcmp(x + (ptrdiff_t)i * n_dim, at, (size_t)n_dim * sizeof *x) != 0)
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
    int n_point = 0;
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
        if (point_find(x, n_point, n_dim, at) == n_point)
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
    for (int i = 0; i < n; i++) {
        double at[LL_TIMED_MAX_DIM];
        other_sizes(row[i], at);
        const int point = point_find(x, n_point, n_dim, at);
        const int c = column_find(column, n_column, log2(row[i]->at[0]));
        value[(ptrdiff_t)point * n_column + c] =
            log(row[i]->time_s / ll_timed_roofline_s(chip, row[i]));
    }
    for (int i = 0; i < n_point; i++)
        gaps_fill(n_column, value + (ptrdiff_t)i * n_column);
    const ll_kriging_points points = {n_point, n_dim, x, LENGTH};
    ll_kriging_fit(&points, n_column, value, without, mem, &g->ratio);
    g->scratch = ll_arena_array(mem, n_point, double);
}

void ll_kernel_tables_make(const ll_chip *chip, int n, const ll_timed *const *row, bool without,
                           ll_arena *mem, ll_kernel_tables *out)
{
    ll_timed_group *group = ll_arena_array(mem, n, ll_timed_group);
    const ll_timed **some = ll_arena_array(mem, n, const ll_timed *);
    bool *taken = ll_arena_array(mem, n, bool);
    *out = (ll_kernel_tables){0, group};
    for (int i = 0; i < n; i++) {
        const ll_timed *first = row[i];
        int n_some = 0;
        if (taken[i]) continue;
        for (int k = i; k < n; k++) {
            if (!same_group(row[k], first->kind, first->precision, first->variant)) continue;
            taken[k] = true;
            if (row[k]->time_s > 0 && ll_timed_roofline_s(chip, row[k]) > 0)
                some[n_some++] = row[k];
        }
        if (n_some == 0) continue;
        ll_timed_group *g = &group[out->n++];
        g->kind = first->kind;
        g->precision = first->precision;
        g->variant = first->variant;
        group_make(chip, g, n_some, some, without, mem);
    }
}

/* ln of the ratio in a column, by the others if the shape is point i of the table. */
static double column_ratio(const ll_timed_group *g, int i, int c)
{
    if (g->ratio.without && i < g->ratio.point.n)
        return g->ratio.without[(ptrdiff_t)i * g->n_column + c];
    return ll_kriging_value(&g->ratio, g->scratch, c);
}

static double ratio_at(const ll_timed_group *g, const ll_timed *t, bool *known)
{
    const int n_dim = n_other(g->kind);
    double at[LL_TIMED_MAX_DIM];
    other_sizes(t, at);
    const int i = point_find(g->ratio.point.x, g->ratio.point.n, n_dim, at);
    for (int d = 0; d < n_dim; d++)
        at[d] = fmin(fmax(at[d], g->low[d]), g->high[d]);
    *known = i < g->ratio.point.n && g->ratio.without;
    if (!*known) ll_kriging_likeness(&g->ratio, at, g->scratch);
    const double size = fmin(fmax(log2(t->at[0]), g->column[0]), g->column[g->n_column - 1]);
    const int c = column_find(g->column, g->n_column, size);
    const double here = column_ratio(g, i, c);
    if (c == 0 || !(g->column[c] > size)) return exp(here);
    const double step = (size - g->column[c - 1]) / (g->column[c] - g->column[c - 1]);
    return exp(step * here + (1 - step) * column_ratio(g, i, c - 1));
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

/* A product alone takes as long as the linear layer of its shape, less the quantisation. */
static double alone_s(const ll_chip *chip, const ll_kernel_tables *tables, const ll_timed *t,
                      bool *known)
{
    ll_timed whole = *t;
    whole.variant = "";
    const double whole_s = ll_timed_predict_s(chip, tables, &whole, known);
    return whole_s > 0 ? fmax(chip->kernel_floor_s, whole_s - quantise_s(chip, t)) : 0;
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
    return g ? roofline_s * ratio_at(g, t, known) : roofline_s;
}
