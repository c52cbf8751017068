#include "sim/engine/flow/throughput.h"

#include <math.h>

static const double shrink = 0.1; /* an unknown shrinks at most by this factor per step */

static inline double larger(double a, double b) { return a > b ? a : b; }

/* Numbers the links that rows here use; needed: [n_loc] their global numbers, ascending. */
static void number_locally(ll_throughput *t, ll_arena *mem)
{
    const int64_t n_entry = t->sys.first[t->sys.n_row];
    int32_t *loc = ll_arena_array(mem, t->sys.n_link, int32_t);
    int32_t *link_loc = ll_arena_array(mem, n_entry, int32_t);
    for (int64_t e = 0; e < n_entry; e++)
        loc[t->sys.link[e]] = 1;
    for (int64_t l = 0; l < t->sys.n_link; l++)
        t->n_loc += loc[l];
    int32_t *needed = ll_arena_array(mem, t->n_loc, int32_t);
    int32_t n = 0;
    for (int64_t l = 0; l < t->sys.n_link; l++) {
        if (loc[l] == 0) continue;
        needed[n] = (int32_t)l;
        loc[l] = n++;
    }
    for (int64_t e = 0; e < n_entry; e++)
        link_loc[e] = loc[t->sys.link[e]];
    t->needed = needed;
    t->link_loc = link_loc;
}

static void create_rows(ll_throughput *t, ll_arena *mem)
{
    const int64_t n = t->sys.n_row, n_entry = t->sys.first[n];
    t->cap = ll_arena_array(mem, t->n_own, double);
    t->mean = ll_arena_array(mem, t->n_own, double);
    t->load = ll_arena_array(mem, t->n_own, double);
    t->slope = ll_arena_array(mem, t->n_own, double);
    t->first = ll_arena_array(mem, n + 1, int64_t);
    t->link = ll_arena_array(mem, n_entry, int32_t);
    t->share = ll_arena_array(mem, n_entry, double);
    t->row = ll_arena_array(mem, n, int64_t);
    t->mult = ll_arena_array(mem, n, double);
    t->window = ll_arena_array(mem, n, double);
    t->tau = ll_arena_array(mem, n, double);
    t->rate = ll_arena_array(mem, n, double);
    t->stiff = ll_arena_array(mem, n, double);
    for (int64_t l = 0; l < t->n_own; l++) {
        t->cap[l] = t->sys.cap_Bps[l] / t->c_unit;
        t->mean[l] = t->sys.mean_s[l] / t->q_unit;
    }
}

void ll_throughput_init(ll_throughput *t, const ll_system *system, bool pair, ll_comm *comm,
                        ll_arena *mem)
{
    *t = (ll_throughput){.sys = *system, .n_own = system->link_hi - system->link_lo};
    for (int64_t i = 0; i < system->n_row; i++)
        t->q_unit = fmax(t->q_unit, system->tau_s[i]);
    for (int64_t l = 0; l < t->n_own; l++)
        t->c_unit = fmax(t->c_unit, system->cap_Bps[l]);
    ll_comm_max_f64(comm, 1, &t->q_unit);
    ll_comm_max_f64(comm, 1, &t->c_unit);
    create_rows(t, mem);
    if (pair) t->idle = ll_arena_array(mem, t->n_own, double);
    if (ll_comm_size(comm) > 1) {
        number_locally(t, mem);
    } else {
        t->n_loc = t->n_own;
        t->link_loc = system->link;
    }
    t->last = ll_arena_array(mem, t->n_loc, int64_t);
}

void ll_throughput_take(ll_throughput *t, const double *mult)
{
    const ll_system *s = &t->sys;
    int64_t n = 0, at = 0;
    for (int64_t i = 0; i < s->n_row; i++) {
        if (!(mult[i] > 0)) continue;
        const int64_t begin = at;
        for (int64_t e = s->first[i]; e < s->first[i + 1]; e++) {
            const int32_t l = t->link_loc[e];
            const int64_t met = t->last[l]; /* an entry of a row before, if not of this one */
            if (met >= begin && met < at && t->link[met] == l) {
                t->share[met] += s->share[e];
                continue;
            }
            t->last[l] = at;
            t->link[at] = l;
            t->share[at++] = s->share[e];
        }
        t->row[n] = i;
        t->mult[n] = mult[i];
        t->window[n] = s->window_B[i] / (t->c_unit * t->q_unit);
        t->tau[n] = s->tau_s[i] / t->q_unit;
        t->first[++n] = at;
    }
    t->n_act = n;
}

static void rows_load(ll_throughput *t, const double *q, double *out)
{
    for (int64_t i = 0; i < t->n_act; i++) {
        double trip = t->tau[i];
        for (int64_t e = t->first[i]; e < t->first[i + 1]; e++)
            trip += t->share[e] * q[t->link[e]];
        t->rate[i] = t->window[i] / trip;
        const double sent = t->mult[i] * t->rate[i];
        t->stiff[i] = sent / trip;
        for (int64_t e = t->first[i]; e < t->first[i + 1]; e++)
            out[t->link[e]] += t->share[e] * sent;
    }
}

static void rows_diagonal(const ll_throughput *t, double *out)
{
    for (int64_t i = 0; i < t->n_act; i++)
        for (int64_t e = t->first[i]; e < t->first[i + 1]; e++)
            out[t->link[e]] += t->share[e] * t->share[e] * t->stiff[i];
}

void ll_throughput_sum(ll_throughput *t, ll_row_sum sum, const double *in, double *out)
{
    switch (sum) {
    case LL_ROW_LOAD:
        rows_load(t, in, out);
        break;
    case LL_ROW_DIAGONAL:
        rows_diagonal(t, out);
        break;
    }
}

void ll_throughput_dense(const ll_throughput *t, double *out)
{
    const int64_t n = t->n_own;
    for (int64_t i = 0; i < t->n_act; i++)
        for (int64_t a = t->first[i]; a < t->first[i + 1]; a++)
            for (int64_t b = t->first[i]; b < t->first[i + 1]; b++)
                out[t->link[a] * n + t->link[b]] += t->share[a] * t->share[b] * t->stiff[i];
    for (int64_t l = 0; l < n; l++)
        out[l * (n + 1)] += t->slope[l];
}

void ll_throughput_residual(ll_throughput *t, const double *q, double *f)
{
    for (int64_t l = 0; l < t->n_own; l++) {
        const double room = t->mean[l] + q[l];
        t->load[l] = f[l];
        if (t->idle == NULL) t->slope[l] = t->cap[l] * t->mean[l] / (room * room);
        f[l] = t->cap[l] * q[l] / room - f[l];
    }
}

void ll_throughput_step(ll_throughput *t, double length, bool pair, const double *q,
                        const double *y, double *w)
{
    for (int64_t l = 0; l < t->n_own; l++)
        w[l] = larger(q[l] - length * y[l], shrink * q[l]);
    for (int64_t l = 0; l < t->n_own && t->idle != NULL; l++) {
        const double before = t->idle[l], mean = t->mean[l], room = 1 / (mean + w[l]);
        const double linear = (mean - before * (w[l] - q[l])) / (mean + q[l]);
        const double least = larger(linear, shrink * before);
        t->idle[l] = !pair ? mean * room : least < 1 ? least : 1;
        t->slope[l] = t->cap[l] * t->idle[l] * room;
    }
}

void ll_throughput_settle(ll_throughput *t, const double *q)
{
    for (int64_t l = 0; l < t->n_own && t->idle != NULL; l++) {
        const double room = 1 / (t->mean[l] + q[l]);
        t->idle[l] = t->mean[l] * room;
        t->slope[l] = t->cap[l] * t->idle[l] * room;
    }
}

double ll_throughput_worst_frac(const ll_throughput *t, const double *f)
{
    double worst = 0;
    for (int64_t l = 0; l < t->n_own; l++) {
        if (fabs(f[l]) <= worst * t->load[l]) continue;
        if (!isfinite(f[l])) return HUGE_VAL;
        if (t->load[l] > 0) worst = fabs(f[l]) / t->load[l];
    }
    return worst;
}

void ll_throughput_start(const ll_throughput *t, const double *wait_s, double *q)
{
    for (int64_t l = 0; l < t->n_own; l++) {
        const double rho = t->load[l] / t->cap[l];
        q[l] = wait_s[l] / t->q_unit;
        if (!(rho > 0))
            q[l] = 0;
        else if (!(q[l] > 0))
            q[l] = rho < 0.9 ? t->mean[l] * rho / (1 - rho) : fmax(9 * t->mean[l], 0.3 * (rho - 1));
    }
}

void ll_throughput_answer(const ll_throughput *t, const double *q, double *wait_s, double *rate_Bps)
{
    for (int64_t l = 0; l < t->n_own; l++)
        wait_s[l] = q[l] * t->q_unit;
    for (int64_t i = 0; i < t->sys.n_row; i++)
        rate_Bps[i] = 0;
    for (int64_t i = 0; i < t->n_act; i++)
        rate_Bps[t->row[i]] = t->rate[i] * t->c_unit;
}
