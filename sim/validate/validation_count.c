/* The statistics of a validation: quantiles of errors by group, and the losses of scaling series.
 */
#include "sim/base/stats.h"
#include "sim/validate/validation.h"

#include <math.h>
#include <string.h>

const char *const ll_validation_state_names[LL_N_VALIDATION_STATE] = {
    [LL_VALIDATION_OK] = "ok",
    [LL_VALIDATION_MISFIT] = "does not fit",
    [LL_VALIDATION_FAILED] = "failed",
    [LL_VALIDATION_NOT_MODELLED] = "not modelled"};

double ll_validation_error(const ll_validation_outcome *o)
{
    return o->measured > 0 ? 100 * (o->predicted / o->measured - 1) : 0;
}

double ll_validation_other_error(const ll_validation_outcome *o, int k)
{
    return 100 * (o->other_predicted[k] / o->other_measured[k] - 1);
}

bool ll_validation_beyond(const ll_validation *v, int i_row)
{
    const ll_validation_outcome *o = &v->outcome[i_row];
    return o->state == LL_VALIDATION_OK && strcmp(v->row[i_row].group, "memory") != 0 &&
           fabs(ll_validation_error(o)) > 100 * v->row[i_row].band_frac;
}

const char *ll_validation_cause(const ll_validation *v, int i_row)
{
    if (!ll_validation_beyond(v, i_row)) return "";
    return *v->row[i_row].cause ? v->row[i_row].cause : "NO CAUSE STATED";
}

static bool counted(const ll_validation *v, int i)
{
    return v->outcome[i].state == LL_VALIDATION_OK && strcmp(v->row[i].group, "memory") != 0 &&
           strcmp(v->row[i].group, "layer") != 0;
}

/* A list of errors with the bands and names of their rows. */
typedef struct sample {
    int n;
    double *error, *band; /* [n] percent */
    const char **what;    /* [n] */
} sample;

static sample sample_new(int cap, ll_arena *mem)
{
    return (sample){0, ll_arena_array(mem, cap, double), ll_arena_array(mem, cap, double),
                    ll_arena_array(mem, cap, const char *)};
}

static void sample_add(sample *s, double error, double band, const char *what)
{
    s->error[s->n] = error;
    s->band[s->n] = band;
    s->what[s->n++] = what;
}

static void stats_fill(const sample *s, ll_arena *mem, ll_validation_stats *out)
{
    double *sorted = ll_arena_array(mem, s->n, double);
    out->n = s->n;
    out->worst_row = "";
    for (int i = 0; i < s->n; i++) {
        sorted[i] = fabs(s->error[i]);
        out->mean_err += s->error[i] / s->n;
        out->share_positive += (s->error[i] > 0 ? 1.0 : 0.0) / s->n;
        out->share_in_band += (sorted[i] <= s->band[i] ? 1.0 : 0.0) / s->n;
        if (i > 0 && sorted[i] <= out->worst) continue;
        out->worst = sorted[i];
        out->worst_row = s->what[i];
    }
    ll_stats_sort(s->n, sorted);
    out->median_abs_err = ll_stats_quantile(s->n, sorted, 0.5);
    out->p90_abs_err = ll_stats_quantile(s->n, sorted, 0.9);
}

static void envelope_add(const ll_validation_outcome *o, ll_arena *mem, ll_validation_stats *out)
{
    if (o->n_chip > out->max_chip) out->max_chip = o->n_chip;
    if (o->work_flop <= 0) return; /* collectives have no layout */
    if (o->tp > out->max_tp) out->max_tp = o->tp;
    if (o->cp > out->max_cp) out->max_cp = o->cp;
    if (o->pp > out->max_pp) out->max_pp = o->pp;
    if (o->seq > out->max_seq) out->max_seq = o->seq;
    if (!strstr(out->precisions, o->precision))
        out->precisions = ll_arena_printf(mem, "%s%s%s", out->precisions,
                                          *out->precisions ? " " : "", o->precision);
}

/* Statistics over all counted rows, or over those of a family or of a chip. */
static void stats_rows(const ll_validation *v, const char *scope, const char *name, ll_arena *mem,
                       ll_validation_stats *out)
{
    const bool family = !strcmp(scope, "family"), chip = !strcmp(scope, "chip");
    sample s = sample_new(v->n_row, mem);
    *out = (ll_validation_stats){.scope = scope, .name = name, .precisions = ""};
    for (int i = 0; i < v->n_row; i++) {
        const ll_validation_outcome *o = &v->outcome[i];
        if (!counted(v, i) || (family && strcmp(o->family, name) != 0) ||
            (chip && (strcmp(o->chip, name) != 0 || o->work_flop <= 0)))
            continue;
        sample_add(&s, ll_validation_error(o), 100 * v->row[i].band_frac,
                   ll_arena_printf(mem, "%s %s", v->row[i].id, v->row[i].what));
        envelope_add(o, mem, out);
    }
    stats_fill(&s, mem, out);
}

static bool in_open20(const ll_validation *v, int i) { return !strcmp(v->row[i].group, "open20"); }

/* Whether row i is the first counted line of its id in the yardstick. */
static bool first_of_id(const ll_validation *v, int i)
{
    bool first = in_open20(v, i) && counted(v, i);
    for (int k = 0; k < i && first; k++)
        first = !(in_open20(v, k) && counted(v, k) && !strcmp(v->row[k].id, v->row[i].id));
    return first;
}

/* One error for an id: the median of the absolute errors of its lines, with the sign of most of
 * them. n_line: their number. */
static double id_error(const ll_validation *v, const char *id, ll_arena *mem, int *n_line)
{
    double *error = ll_arena_array(mem, v->n_row, double);
    int n = 0, n_positive = 0;
    for (int i = 0; i < v->n_row; i++) {
        if (!counted(v, i) || !in_open20(v, i) || strcmp(v->row[i].id, id) != 0) continue;
        const double e = ll_validation_error(&v->outcome[i]);
        error[n++] = fabs(e);
        n_positive += e > 0;
    }
    ll_stats_sort(n, error);
    *n_line = n;
    return (2 * n_positive > n ? 1 : -1) * ll_stats_quantile(n, error, 0.5);
}

static void stats_open20(const ll_validation *v, ll_arena *mem, ll_validation_stats *out)
{
    sample s = sample_new(v->n_row, mem);
    *out = (ll_validation_stats){.scope = "open20", .name = "all", .precisions = ""};
    for (int i = 0; i < v->n_row; i++) {
        const ll_validation_row *r = &v->row[i];
        int n_line;
        if (in_open20(v, i) && counted(v, i)) envelope_add(&v->outcome[i], mem, out);
        if (first_of_id(v, i))
            sample_add(&s, id_error(v, r->id, mem, &n_line), 100 * r->band_frac, r->id);
    }
    stats_fill(&s, mem, out);
}

/* Quantiles of the yardstick if every row takes the best, or the worst, of the settings that its
 * source leaves open. An id of several lines leaves nothing open. */
static void stats_otherwise(const ll_validation *v, ll_arena *mem, ll_validation_stats *out)
{
    double *side[2] = {ll_arena_array(mem, v->n_row, double),
                       ll_arena_array(mem, v->n_row, double)};
    int n = 0;
    for (int i = 0; i < v->n_row; i++) {
        if (!first_of_id(v, i)) continue;
        int n_line;
        side[0][n] = side[1][n] = fabs(id_error(v, v->row[i].id, mem, &n_line));
        const int n_other = n_line == 1 ? v->row[i].n_other : 0;
        for (int k = 0; k < n_other; k++) {
            const double error = fabs(ll_validation_other_error(&v->outcome[i], k));
            side[0][n] = fmin(side[0][n], error);
            side[1][n] = fmax(side[1][n], error);
        }
        out->n_open += n_other > 0;
        n++;
    }
    for (int w = 0; w < 2; w++)
        ll_stats_sort(n, side[w]);
    out->median_best = ll_stats_quantile(n, side[0], 0.5);
    out->median_worst = ll_stats_quantile(n, side[1], 0.5);
    out->p90_best = ll_stats_quantile(n, side[0], 0.9);
    out->p90_worst = ll_stats_quantile(n, side[1], 0.9);
}

/* Names of families or chips in the order in which the table has them. */
static int names_find(const ll_validation *v, bool chip, const char **name)
{
    int n = 0;
    for (int i = 0; i < v->n_row; i++) {
        const ll_validation_outcome *o = &v->outcome[i];
        const char *mine = chip ? o->chip : o->family;
        int at = 0;
        if (!counted(v, i) || (chip && o->work_flop <= 0)) continue;
        while (at < n && strcmp(name[at], mine) != 0)
            at++;
        if (at == n) name[n++] = mine;
    }
    return n;
}

static double rate(double work_flop, double step_s, double n_chip)
{
    return work_flop / (step_s * n_chip);
}

static void series_fill(const ll_validation *v, const char *name, ll_validation_series *out)
{
    int lo = -1, hi = -1;
    *out = (ll_validation_series){.name = name};
    for (int i = 0; i < v->n_row; i++) {
        const ll_validation_outcome *o = v->outcome;
        if (!counted(v, i) || strcmp(v->row[i].series, name) != 0 || o[i].work_flop <= 0) continue;
        out->n++;
        if (lo < 0 || o[i].n_chip < o[lo].n_chip) lo = i;
        if (hi < 0 || o[i].n_chip > o[hi].n_chip) hi = i;
    }
    if (lo < 0) return;
    const ll_validation_outcome *a = &v->outcome[lo], *b = &v->outcome[hi];
    const double n_a = (double)a->n_chip, n_b = (double)b->n_chip;
    out->chip = a->chip;
    out->from_chip = a->n_chip;
    out->to_chip = b->n_chip;
    out->measured_loss =
        100 - 100 * rate(b->work_flop, b->measured, n_b) / rate(a->work_flop, a->measured, n_a);
    out->predicted_loss =
        100 - 100 * rate(b->work_flop, b->predicted, n_b) / rate(a->work_flop, a->predicted, n_a);
    const ll_validation_row *x = &v->row[lo], *y = &v->row[hi];
    while (out->n_other < x->n_other && out->n_other < y->n_other &&
           !strcmp(x->other[out->n_other], y->other[out->n_other])) {
        const int k = out->n_other++;
        out->other_loss[k] = 100 - 100 * rate(b->work_flop, b->other_predicted[k], n_b) /
                                       rate(a->work_flop, a->other_predicted[k], n_a);
    }
    out->other = x->other;
}

static void series_count(ll_validation *v, ll_arena *mem)
{
    ll_validation_series *series = ll_arena_array(mem, v->n_row, ll_validation_series);
    int n = 0;
    for (int i = 0; i < v->n_row; i++) {
        const char *name = v->row[i].series;
        int at = 0;
        while (at < n && strcmp(series[at].name, name) != 0)
            at++;
        if (!*name || at < n) continue;
        series_fill(v, name, &series[n]);
        if (series[n].to_chip > series[n].from_chip) n++;
    }
    v->series = series;
    v->n_series = n;
}

void ll_validation_count(ll_validation *v, ll_arena *mem)
{
    const char **name = ll_arena_array(mem, v->n_row, const char *);
    ll_validation_stats *stats = ll_arena_array(mem, 2 * v->n_row + 2, ll_validation_stats);
    v->n_stats = 0;
    stats_open20(v, mem, &stats[0]);
    stats_otherwise(v, mem, &stats[0]);
    v->n_stats = stats[0].n > 0;
    stats_rows(v, "all", "all", mem, &stats[v->n_stats++]);
    for (int chip = 0; chip < 2; chip++) {
        const int n = names_find(v, chip, name);
        for (int k = 0; k < n; k++)
            stats_rows(v, chip ? "chip" : "family", name[k], mem, &stats[v->n_stats++]);
    }
    v->stats = stats;
    series_count(v, mem);
}
