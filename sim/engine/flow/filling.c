#include "sim/engine/flow/filling.h"

#include <math.h>

typedef struct filling {
    const ll_rows *rows;
    ll_comm *comm;
    double batch_frac;
    ll_price *price;
    double now_s;
    double *left_B; /* [n_row] bytes of one flow that are not sent yet */
    double *mult;   /* [n_row] 0: has ended */
    double *rate;   /* [n_row] */
    double *wait;   /* [own links] */
} filling;

/* The load of a link is its capacity times q / (g + q), but for the residual of the equations, which
 * counts here: so a bad solve shows as a link over its capacity. */
static void note_utilisation(filling *f, double residual_frac)
{
    const ll_system *s = &f->rows->system;
    double worst = 0;
    for (int64_t l = 0; l < s->link_hi - s->link_lo; l++)
        worst = fmax(worst, f->wait[l] / (s->mean_s[l] + f->wait[l]));
    ll_comm_max_f64(f->comm, 1, &worst);
    f->price->max_util_frac = worst / (1 - fmin(residual_frac, 0.5));
}

/* One step of time; *n_left: rows of all ranks that are still there. Collective. */
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
    for (int64_t k = 0; k < n; k++) {
        const double reach_s = step_s + f->batch_frac * rows->size_B[k] / f->rate[k];
        const double end_s = f->left_B[k] / f->rate[k];
        if (f->mult[k] > 0 && end_s <= reach_s) last_s = fmax(last_s, end_s);
    }
    ll_comm_max_f64(f->comm, 1, &last_s);
    const double to_s = fmin(step_s, last_s);
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
        double *end_s = &f->price->end_s[rows->traffic[k]];
        f->price->batch_err_frac = fmax(f->price->batch_err_frac, moved);
        *end_s = fmax(*end_s, f->now_s + to_s + rows->latency_s[k]);
        f->mult[k] = 0;
    }
    f->now_s += to_s;
    ll_comm_sum_u64(f->comm, 1, n_left);
}

static ll_status fill(filling *f, ll_equations *eq, ll_error *err)
{
    for (uint64_t n_left = 1; n_left > 0;) {
        ll_solve_info info;
        LL_TRY(ll_equations_solve(eq, f->mult, f->wait, f->rate, &info, err));
        if (f->price->n_solve++ == 0) note_utilisation(f, info.residual_frac);
        f->price->n_newton += info.n_newton;
        f->price->residual_frac = fmax(f->price->residual_frac, info.residual_frac);
        advance(f, &n_left);
    }
    return LL_OK;
}

ll_status ll_filling_run(const ll_rows *rows, double tolerance, double batch_frac, ll_comm *comm,
                         ll_arena *mem, ll_price *price, ll_error *err)
{
    const ll_system *s = &rows->system;
    filling f = {.rows = rows, .comm = comm, .batch_frac = batch_frac, .price = price};
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
    ll_equations *eq = NULL;
    ll_status status = ll_equations_create(s, tolerance, comm, mem, &eq, err);
    if (status == LL_OK) status = fill(&f, eq, err);
    ll_equations_destroy(eq);
    LL_TRY(status);
    ll_comm_max_f64(comm, LL_MAX_TRAFFIC, price->end_s);
    ll_comm_max_f64(comm, LL_MAX_TRAFFIC, price->latency_s);
    ll_comm_max_f64(comm, 1, &price->batch_err_frac);
    return LL_OK;
}
