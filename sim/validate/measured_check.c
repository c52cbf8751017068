/* A run of rows, as a whole: what it proves, what it contradicts. */
#include "sim/validate/measured.h"

#include <math.h>
#include <string.h>

enum { MAX_CHIP = 1000000 };

/* Tables that people copy are rounded once more here and there. */
#define SLACK 1e-3

bool ll_measured_proves(const ll_measured_row *row)
{
    const ll_said *t = &row->time_us, *a = &row->algbw_GBps;
    const double us_GBps = 1e3; /* bytes of a microsecond at 1 GB/s */
    const double least = row->size_B / ((t->value + t->half) * us_GBps);
    const double most =
        t->value > t->half ? row->size_B / ((t->value - t->half) * us_GBps) : (double)INFINITY;
    return least * (1 - SLACK) <= a->value + a->half && most * (1 + SLACK) >= a->value - a->half;
}

/* ---- The number of ranks --------------------------------------------------------------------- */

typedef struct range {
    double low, high;
} range;

/* busbw / algbw of a row, algbw as narrow as the time makes it. */
static range factor_of(const ll_measured_row *row)
{
    const ll_said *t = &row->time_us, *a = &row->algbw_GBps, *b = &row->busbw_GBps;
    double low = a->value - a->half, high = a->value + a->half;
    low = fmax(low, row->size_B / ((t->value + t->half) * 1e3));
    if (t->value > t->half) high = fmin(high, row->size_B / ((t->value - t->half) * 1e3));
    if (low > high) low = high = a->value; /* by the slack */
    return (range){(b->value - b->half) / high,
                   low > 0 ? (b->value + b->half) / low : (double)INFINITY};
}

/* How many ranks have the factor: those of ll_collective_bus_factor, turned round. */
static double ranks_of(int collective, double factor)
{
    const double whole = collective == LL_ALL_REDUCE ? 2 : 1;
    if (factor >= whole) return MAX_CHIP;
    return fmax(1, whole / (whole - factor));
}

/* Whether the two rates of a run tell how many ranks there were. */
static bool tells_ranks(const ll_run *run, int collective)
{
    return collective != LL_BROADCAST && collective != LL_SEND && run->row[0].busbw_GBps.value >= 0;
}

/* The ranks that all rows allow; low > high: they contradict each other. */
static range ranks_range(const ll_run *run, int collective)
{
    range n = {1, MAX_CHIP};
    for (int i = 0; i < run->n_row && tells_ranks(run, collective); i++) {
        const range f = factor_of(&run->row[i]);
        n.low = fmax(n.low, ceil(ranks_of(collective, f.low) - 1e-9));
        n.high = fmin(n.high, floor(ranks_of(collective, f.high) + 1e-9));
    }
    return n;
}

/* The row that says most: the one with the narrowest factor. */
static const ll_measured_row *sharpest(const ll_run *run)
{
    const ll_measured_row *best = &run->row[0];
    for (int i = 1; i < run->n_row; i++) {
        const range f = factor_of(&run->row[i]), g = factor_of(best);
        if (f.high - f.low < g.high - g.low) best = &run->row[i];
    }
    return best;
}

/* Rows whose busbw is not algbw times the factor of n; *first: the first of them. */
static int count_against(const ll_run *run, int collective, double n, const ll_measured_row **first)
{
    const double factor = ll_collective_bus_factor((ll_collective)collective, n);
    int count = 0;
    for (int i = run->n_row - 1; i >= 0; i--) {
        const range f = factor_of(&run->row[i]);
        if (run->row[i].busbw_GBps.value < 0) continue; /* not said */
        if (f.low * (1 - SLACK) <= factor && f.high * (1 + SLACK) >= factor) continue;
        *first = &run->row[i];
        count++;
    }
    return count;
}

/* What the list of ranks says; 0: nothing, or not all. */
static int listed(const ll_ranks *r) { return r->n == 0 || r->cut ? 0 : r->n / r->n_group; }

static ll_status list_check(const ll_measured *m, ll_error *err)
{
    const ll_ranks *r = &m->run.ranks;
    if (r->twice)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s:%d: the numbers of the ranks start again: two runs at once, each a "
                            "world of its own (nccl-tests without MPI?); expected the output of "
                            "one",
                            m->file, r->twice);
    if (r->n_group > 1 && (r->apart || (!r->cut && r->n % r->n_group)))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s:%d: groups 0 to %d of the ranks, whose members are apart "
                            "(NCCL_TESTS_SPLIT); expected one communicator of the first n chips",
                            m->file, m->run.row[0].line, r->n_group - 1);
    return LL_OK;
}

static ll_status one_rank(const ll_measured *m, int line, ll_error *err)
{
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s:%d: busbw says that one rank ran alone, in each world of its own "
                        "(nccl-tests without MPI?): a copy within a chip; expected two ranks or "
                        "more",
                        m->file, line);
}

/* What the rates say of a collective that the run is not; "" if nothing. */
static const char *other_collective(const ll_run *run, int collective, ll_arena *mem)
{
    const int other = collective == LL_ALL_REDUCE ? LL_ALL_GATHER : LL_ALL_REDUCE;
    const range n = ranks_range(run, other);
    if (n.low > n.high || n.high < 2) return "";
    return ll_arena_printf(mem, "; %s among %.0f would have it",
                           other == LL_ALL_REDUCE ? "an all_reduce"
                                                  : "an all_gather, reduce_scatter or all_to_all",
                           n.low);
}

static ll_status rates_check(const ll_measured *m, int collective, int n, ll_error *err)
{
    const ll_run *run = &m->run;
    const ll_measured_row *first = NULL;
    const int n_against = count_against(run, collective, n, &first);
    if (n_against == 0) return LL_OK;
    const double ratio = first->busbw_GBps.value / first->algbw_GBps.value;
    const double is = round(ranks_of(collective, ratio));
    const bool exact =
        fabs(ll_collective_bus_factor((ll_collective)collective, is) - ratio) < 0.01 * ratio;
    const char *of = exact ? ll_arena_printf(m->mem, ", but that of %.0f", is)
                           : other_collective(run, collective, m->mem);
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s:%d: busbw / algbw = %.4g / %.4g is not the %.4g of %s of %d chips%s "
                        "(%d of %d rows)",
                        m->file, first->line, first->busbw_GBps.value, first->algbw_GBps.value,
                        ll_collective_bus_factor((ll_collective)collective, n),
                        ll_collective_names[collective], n, of, n_against, run->n_row);
}

/* The list, --chips, or else the two rates say n, or the last number of a list that has lost its
 * beginning; the rates of every row have to agree. */
static ll_status ranks_find(const ll_measured *m, int collective, int *out, ll_error *err)
{
    const ll_run *run = &m->run;
    const ll_ranks *list = &run->ranks;
    const range n = ranks_range(run, collective);
    const int said = listed(list), asked = m->given->n_chip;
    const bool told = tells_ranks(run, collective),
               ends = list->n && !list->open && list->n_group == 1;
    LL_TRY(list_check(m, err));
    if (said == 1 || (told && n.low <= n.high && n.high < 2))
        return one_rank(m, sharpest(run)->line, err);
    if (said && asked && said != asked)
        return ll_error_set(err, LL_ERR_CONFIG, "%s:%d: %d ranks are listed, but --chips is %d",
                            m->file, run->row[0].line, said, asked);
    *out = said ? said : asked ? asked : n.low == n.high ? (int)n.low : 0;
    if (!*out && ends && n.low <= list->last + 1 && list->last < n.high) *out = list->last + 1;
    if (!*out && n.low > n.high) *out = (int)fmax(2, fmin(n.low, MAX_CHIP));
    if (*out) return rates_check(m, collective, *out, err);
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s:%d: figures of an unknown number of chips: no list of ranks, and busbw "
                        "/ algbw %s; give it with --chips N",
                        m->file, run->row[0].line,
                        run->row[0].busbw_GBps.value < 0 ? "is not there"
                        : told                           ? "is not exact enough"
                                                         : "is 1 for any");
}

/* ---- The rest -------------------------------------------------------------------------------- */

static ll_status values_check(const ll_measured *m, ll_error *err)
{
    const ll_run *run = &m->run;
    int n_wrong = 0, first = run->failed;
    for (int i = run->n_row - 1; i >= 0; i--) {
        if (run->row[i].n_wrong <= 0) continue;
        n_wrong++;
        first = run->row[i].line;
    }
    if (!first) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s:%d: #wrong: values came back wrong in %d of %d rows%s; such times are "
                        "of a machine that is broken, and are not fitted to",
                        m->file, first, n_wrong, run->n_row,
                        run->failed ? ", and the run ends with FAILED" : "");
}

static ll_status columns_check(const ll_measured *m, ll_error *err)
{
    const ll_run *run = &m->run;
    const ll_measured_row *first = NULL;
    int n = 0;
    for (int i = run->n_row - 1; i >= 0; i--) {
        const ll_measured_row *row = &run->row[i];
        if (ll_measured_proves(row) && row->n_blank == run->row[0].n_blank) continue;
        first = row;
        n++;
    }
    if (!first) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s:%d: algbw = %.4g GB/s, but %.0f B in %.4g us are %.4g GB/s (%d of %d "
                        "rows): columns or units are not what the heading says",
                        m->file, first->line, first->algbw_GBps.value, first->size_B,
                        first->time_us.value, first->size_B / first->time_us.value / 1e3, n,
                        run->n_row);
}

/* busbw above algbw is that of an all-reduce alone. */
static ll_status collective_find(const ll_measured *m, int *out, ll_error *err)
{
    const ll_run *run = &m->run;
    *out = run->collective - 1;
    if (*out >= 0) return LL_OK;
    if (run->other)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s:%d: %s is not modelled; expected all_reduce, all_gather, "
                            "reduce_scatter, all_to_all, broadcast or send",
                            m->file, run->row[0].line, run->other);
    *out = LL_ALL_REDUCE;
    if (factor_of(sharpest(run)).low > 1 + SLACK) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s:%d: figures of an unknown collective; expected a file name such as "
                        "all_gather.txt, or \"# Collective test starting: ...\"",
                        m->file, run->row[0].line);
}

ll_status ll_measured_run_end(ll_measured *m, ll_error *err)
{
    ll_run *run = &m->run;
    int collective = 0, n = 0;
    if (run->n_row == 0) return LL_OK;
    LL_TRY(columns_check(m, err));
    LL_TRY(values_check(m, err));
    LL_TRY(collective_find(m, &collective, err));
    LL_TRY(ranks_find(m, collective, &n, err));
    for (int i = 0; i < run->n_row; i++) {
        const ll_measured_row *row = &run->row[i];
        const ll_point p = {.cluster = "",
                            .source = "",
                            .line = row->line,
                            .collective = (ll_collective)collective,
                            .n = n,
                            .size_B = row->size_B,
                            .time_s = 1e-6 * row->time_us.value};
        ll_measured_point_add(m, &p);
    }
    run->n_row = 0;
    run->failed = 0;
    return LL_OK;
}
