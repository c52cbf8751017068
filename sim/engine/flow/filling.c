#include "sim/engine/flow/filling.h"

#include "sim/comm/progress.h"

#include <math.h>

/* Rows that start later than at 0. */
typedef struct arrivals {
    ll_clock clock;
    int64_t *row;    /* [n_node] -1: no bytes, or its row is on another rank */
    double *start_s; /* [n_row] INFINITY: has started, or not released yet */
    double *end_s;   /* [n_node] 0: has not ended */
    double *fresh_s; /* [n_node] ends of nodes in this time step; else 0 */
    double next_s;   /* earliest start_s over all ranks */
} arrivals;

typedef struct filling {
    const ll_rows *rows;
    ll_comm *comm;
    double batch_frac;
    ll_price *price;
    ll_filling_work work;
    arrivals *arrivals; /* NULL: all rows start at 0 */
    double *row_end_s;  /* [n_row]; NULL: not asked for */
    double now_s;
    double *left_B; /* [n_row] bytes of one flow still to be sent */
    double *mult;   /* [n_row] 0: has ended */
    double *rate;   /* [n_row] */
    double *wait;   /* [own links] */
} filling;

/* Notes the largest utilisation. Of the exact solution it is q / (g + q) < 1; the residual is
 * added, so that a bad solve shows as a link above its capacity. */
static void note_utilisation(filling *f, double residual_frac)
{
    const ll_system *s = &f->rows->system;
    double worst = 0;
    for (int64_t l = 0; l < s->link_hi - s->link_lo; l++)
        worst = fmax(worst, f->wait[l] / (s->mean_s[l] + f->wait[l]));
    ll_comm_max_f64(f->comm, 1, &worst);
    worst /= 1 - fmin(residual_frac, 0.5);
    f->work.max_util_frac = fmax(f->work.max_util_frac, worst);
}

/* ---- Arrivals -------------------------------------------------------------------------------- */

/* Sets the start times of the rows of nodes that were released since the last call. */
static void schedule(filling *f)
{
    arrivals *a = f->arrivals;
    for (int64_t node; (node = ll_clock_take(&a->clock)) >= 0;)
        if (a->row[node] >= 0) a->start_s[a->row[node]] = a->clock.ready[node];
}

static arrivals *arrivals_create(filling *f, const ll_timing *timing, ll_arena *mem)
{
    arrivals *a = ll_arena_new(mem, arrivals);
    const int64_t n_row = f->rows->system.n_row;
    a->clock = ll_clock_create(timing, 1, mem);
    a->row = ll_arena_array(mem, timing->n_node, int64_t);
    a->start_s = ll_arena_array(mem, n_row, double);
    a->end_s = ll_arena_array(mem, timing->n_node, double);
    a->fresh_s = ll_arena_array(mem, timing->n_node, double);
    for (int64_t node = 0; node < timing->n_node; node++)
        a->row[node] = -1;
    for (int64_t k = 0; k < n_row; k++) {
        a->start_s[k] = INFINITY;
        if (f->rows->node[k] < 0) continue;
        a->row[f->rows->node[k]] = k;
        f->mult[k] = 0;
    }
    return a;
}

/* Starts the rows that start now. If nothing is on the wire, time advances to the next start. False
 * if no row is left. Collective. */
static bool arrive(filling *f)
{
    arrivals *a = f->arrivals;
    for (;;) {
        uint64_t n_active = 0;
        a->next_s = INFINITY;
        for (int64_t k = 0; k < f->rows->system.n_row; k++) {
            if (a->start_s[k] <= f->now_s) {
                f->mult[k] = f->rows->mult[k];
                a->start_s[k] = INFINITY;
            }
            n_active += f->mult[k] > 0;
            a->next_s = fmin(a->next_s, a->start_s[k]);
        }
        ll_comm_sum_u64(f->comm, 1, &n_active);
        ll_comm_min_f64(f->comm, 1, &a->next_s);
        if (n_active > 0) return true;
        if (isinf(a->next_s)) return false;
        f->now_s = a->next_s;
    }
}

/* Releases the successors of the nodes that ended in this time step. Collective. */
static void release(filling *f)
{
    arrivals *a = f->arrivals;
    const int64_t n = a->clock.timing->n_node;
    ll_comm_max_f64(f->comm, n, a->fresh_s);
    for (int64_t node = 0; node < n; node++) {
        if (!(a->fresh_s[node] > 0)) continue;
        a->end_s[node] = a->fresh_s[node];
        ll_clock_end(&a->clock, node, a->fresh_s[node]);
        a->fresh_s[node] = 0;
    }
    schedule(f);
}

/* ---- Steps of time --------------------------------------------------------------------------- */

static void row_ends(filling *f, int64_t k, double end_s)
{
    double *last_s = &f->price->end_s[f->rows->traffic[k]];
    *last_s = fmax(*last_s, end_s);
    if (f->row_end_s != NULL) f->row_end_s[k] = end_s;
    if (f->arrivals != NULL && f->rows->node[k] >= 0)
        f->arrivals->fresh_s[f->rows->node[k]] = end_s;
}

/* One time step; *n_left: rows of all ranks that have not ended. Collective. */
static void advance(filling *f, uint64_t *n_left)
{
    const ll_rows *rows = f->rows;
    const int64_t n = rows->system.n_row;
    double least[2] = {INFINITY, INFINITY}; /* t_1 - now; min r_k */
    for (int64_t k = 0; k < n; k++) {
        if (!(f->mult[k] > 0)) continue;
        least[0] = fmin(least[0], f->left_B[k] / f->rate[k]);
        least[1] = fmin(least[1], rows->size_B[k] / f->rate[k]);
    }
    ll_comm_min_f64(f->comm, 2, least);
    double step_s = least[0] + f->batch_frac * least[1], last_s = 0;
    const double free_s = f->arrivals == NULL ? (double)INFINITY : f->arrivals->next_s - f->now_s;
    step_s = fmin(step_s, free_s); /* or until the next start */
    for (int64_t k = 0; k < n; k++) {
        const double reach_s = step_s + f->batch_frac * rows->size_B[k] / f->rate[k];
        const double end_s = f->left_B[k] / f->rate[k];
        if (f->mult[k] > 0 && end_s <= reach_s) last_s = fmax(last_s, end_s);
    }
    ll_comm_max_f64(f->comm, 1, &last_s);
    const bool none = f->arrivals != NULL && !(last_s > 0); /* the step ends with a start */
    const double to_s = none ? step_s : fmin(step_s, last_s);
    *n_left = 0;
    for (int64_t k = 0; k < n; k++) {
        if (!(f->mult[k] > 0)) continue;
        const double reach_s = step_s + f->batch_frac * rows->size_B[k] / f->rate[k];
        const double sent_B = f->rate[k] * to_s;
        if (f->left_B[k] / f->rate[k] > reach_s) {
            f->left_B[k] -= sent_B;
            ++*n_left;
            continue;
        }
        const double moved = fabs(sent_B - f->left_B[k]) / rows->size_B[k];
        f->work.batch_err_frac = fmax(f->work.batch_err_frac, moved);
        row_ends(f, k, f->now_s + to_s + rows->latency_s[k]);
        f->mult[k] = 0;
    }
    f->now_s = f->arrivals == NULL || to_s < free_s ? f->now_s + to_s : f->arrivals->next_s;
    ll_comm_sum_u64(f->comm, 1, n_left);
}

/* Solves the equations for the rows present. For the progress line, each solve is assumed to end
 * half of them. */
static ll_status solve(filling *f, ll_equations *eq, ll_progress *progress, ll_solve_info *info,
                       ll_error *err)
{
    ll_progress one;
    ll_progress_piece(progress, (progress->total - progress->done) / 2);
    ll_progress_begin(&one, f->comm, "flow", "of the solve", 1);
    ll_equations_show(eq, &one);
    const ll_status status = ll_equations_solve(eq, f->mult, f->wait, f->rate, info, err);
    ll_progress_end(&one);
    return status;
}

static ll_status fill(filling *f, ll_equations *eq, ll_progress *progress, ll_error *err)
{
    for (uint64_t n_left = 1; n_left > 0;) {
        ll_solve_info info;
        if (f->arrivals != NULL && !arrive(f)) break;
        LL_TRY(solve(f, eq, progress, &info, err));
        if (f->work.n_solve++ == 0 || f->arrivals != NULL) note_utilisation(f, info.residual_frac);
        f->work.n_newton += info.n_newton;
        f->work.residual_frac = fmax(f->work.residual_frac, info.residual_frac);
        advance(f, &n_left);
        if (f->arrivals == NULL) {
            ll_progress_reach(progress, progress->total - (double)n_left);
            continue;
        }
        release(f);
        n_left = 1; /* arrive() finds out */
    }
    return LL_OK;
}

/* Flows without bytes end when they are released; they may be the last of their traffic. */
static void node_ends(const filling *f, double *node_s)
{
    const arrivals *a = f->arrivals;
    const ll_timing *timing = a->clock.timing;
    for (int64_t node = 0; node < timing->n_node; node++) {
        const double end_s = fmax(a->end_s[node], a->clock.ready[node]);
        double *last_s = &f->price->end_s[ll_timing_traffic(timing, node)];
        *last_s = fmax(*last_s, end_s);
        if (node_s != NULL) node_s[node] = end_s;
    }
}

ll_status ll_filling_run(const ll_filling *how, const ll_rows *rows, ll_comm *comm, ll_arena *mem,
                         const ll_filling_ends *ends, ll_filling_work *work, ll_error *err)
{
    ll_price *price = ends->price;
    const ll_system *s = &rows->system;
    filling f = {.rows = rows,
                 .comm = comm,
                 .batch_frac = how->batch_frac,
                 .price = price,
                 .row_end_s = ends->row_s};
    f.left_B = ll_arena_array(mem, s->n_row, double);
    f.mult = ll_arena_array(mem, s->n_row, double);
    f.rate = ll_arena_array(mem, s->n_row, double);
    f.wait = ll_arena_array(mem, s->link_hi - s->link_lo, double);
    for (int64_t k = 0; k < s->n_row; k++) {
        f.left_B[k] = rows->size_B[k];
        f.mult[k] = rows->mult[k];
        double *latency_s = &price->latency_s[rows->traffic[k]];
        *latency_s = fmax(*latency_s, rows->latency_s[k]);
    }
    if (how->timing != NULL) {
        f.arrivals = arrivals_create(&f, how->timing, mem);
        schedule(&f);
    }
    ll_equations *eq = NULL;
    ll_status status = ll_equations_create(s, how->tolerance, comm, mem, &eq, err);
    ll_progress progress;
    uint64_t n_row = (uint64_t)s->n_row;
    ll_comm_sum_u64(comm, 1, &n_row);
    ll_progress_begin(&progress, comm, "flow", "of the flows", (double)(n_row + 1));
    if (status == LL_OK) status = fill(&f, eq, &progress, err);
    ll_progress_end(&progress);
    ll_equations_destroy(eq);
    LL_TRY(status);
    if (f.arrivals != NULL) node_ends(&f, ends->node_s);
    ll_comm_max_f64(comm, LL_MAX_TRAFFIC, price->end_s);
    ll_comm_max_f64(comm, LL_MAX_TRAFFIC, price->latency_s);
    ll_comm_max_f64(comm, 1, &f.work.batch_err_frac);
    *work = f.work;
    return LL_OK;
}
