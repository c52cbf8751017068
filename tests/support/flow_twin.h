/* The slow twin of engine `flow`: the throughput equations of sim/engine/flow/throughput.h with
 * dense matrices, and progressive filling with a solve for each flow that ends. Lists that start at
 * 0.
 *
 * phi(q), whose gradient is F, is convex, so Newton's steps, halved until phi falls, lead to its
 * minimum. Windows and round trips are those of sim/machine/wire.h, latencies those of the longest
 * path. */
#ifndef LL_TESTS_SUPPORT_FLOW_TWIN_H
#define LL_TESTS_SUPPORT_FLOW_TWIN_H

#include "sim/engine/engine.h"

#include <math.h>
#include <string.h>

typedef struct dense {
    int n_flow, n_link;
    double *share;      /* [n_flow][n_link] of a flow's bytes on a link */
    double *cap, *mean; /* [n_link] c and g */
    double *window_B, *trip_s, *tail_s, *size_B, *rate_Bps; /* [n_flow] */
    bool *runs;                                             /* [n_flow] */
    double *q, *next, *step, *f, *jacobian;                 /* [n_link], [n_link][n_link] */
} dense;

static inline double *dense_row(const dense *d, int flow)
{
    return d->share + (size_t)flow * (size_t)d->n_link;
}

/* Round trip of a flow with the delays q. */
static inline double dense_trip(const dense *d, int flow, const double *q)
{
    double trip_s = d->trip_s[flow];
    for (int l = 0; l < d->n_link; l++)
        trip_s += dense_row(d, flow)[l] * q[l];
    return trip_s;
}

static inline double dense_phi(const dense *d, const double *q)
{
    double phi = 0;
    for (int l = 0; l < d->n_link; l++)
        phi += d->cap[l] * (q[l] - d->mean[l] * log1p(q[l] / d->mean[l]));
    for (int i = 0; i < d->n_flow; i++)
        if (d->runs[i]) phi -= d->window_B[i] * log(dense_trip(d, i, q));
    return phi;
}

/* F and its Jacobian at q, and the rates there. Returns the largest |F| over the load of a link. */
static inline double dense_gradient(dense *d)
{
    const size_t n = (size_t)d->n_link;
    memset(d->f, 0, n * sizeof *d->f);
    memset(d->jacobian, 0, n * n * sizeof *d->jacobian);
    for (int i = 0; i < d->n_flow; i++) {
        if (!d->runs[i]) continue;
        const double *a = dense_row(d, i), trip_s = dense_trip(d, i, d->q);
        d->rate_Bps[i] = d->window_B[i] / trip_s;
        for (size_t l = 0; l < n; l++) {
            if (!(a[l] > 0)) continue;
            d->f[l] -= a[l] * d->rate_Bps[i];
            for (size_t k = 0; k < n; k++)
                d->jacobian[l * n + k] += a[l] * a[k] * d->rate_Bps[i] / trip_s;
        }
    }
    double worst = 0;
    for (size_t l = 0; l < n; l++) {
        const double room_s = d->mean[l] + d->q[l], load_Bps = -d->f[l];
        d->f[l] += d->cap[l] * d->q[l] / room_s;
        d->jacobian[l * n + l] += d->cap[l] * d->mean[l] / (room_s * room_s);
        if (load_Bps > 0) worst = fmax(worst, fabs(d->f[l]) / load_Bps);
    }
    return worst;
}

/* step := - J^-1 F, by Cholesky's factors of J, which replace it. */
static inline void dense_step(dense *d)
{
    const size_t n = (size_t)d->n_link;
    double *j = d->jacobian;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= i; k++) {
            double sum = j[i * n + k];
            for (size_t m = 0; m < k; m++)
                sum -= j[i * n + m] * j[k * n + m];
            j[i * n + k] = i == k ? sqrt(sum) : sum / j[k * n + k];
        }
    for (size_t i = 0; i < n; i++) {
        double sum = -d->f[i];
        for (size_t m = 0; m < i; m++)
            sum -= j[i * n + m] * d->step[m];
        d->step[i] = sum / j[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t m = i + 1; m < n; m++)
            d->step[i] -= j[m * n + i] * d->step[m];
        d->step[i] /= j[i * n + i];
    }
}

/* False if the equations are not solved to 1e-12. */
static inline bool dense_solve(dense *d)
{
    for (int turn = 0; turn < 500; turn++) {
        if (dense_gradient(d) < 1e-12) return true;
        dense_step(d);
        const double phi = dense_phi(d, d->q);
        for (double part = 1; part > 1e-12; part /= 2) {
            for (int l = 0; l < d->n_link; l++) /* a delay shrinks to a tenth at most */
                d->next[l] = fmax(d->q[l] + part * d->step[l], 0.1 * d->q[l]);
            if (dense_phi(d, d->next) <= phi + 1e-14 * fabs(phi)) break;
        }
        memcpy(d->q, d->next, (size_t)d->n_link * sizeof *d->q);
    }
    return dense_gradient(d) < 1e-10; /* as far as rounding lets it */
}

/* ---- The system of a list -------------------------------------------------------------------- */

/* number: [topo->n_link] of the links in use, else -1. */
static inline void dense_flow(dense *d, const ll_topology *topo, const ll_traffic *list,
                              const ll_wire *wire, int i, const int *number)
{
    const int32_t n_path = topo->type->n_path(topo, list->src[i], list->dst[i]);
    double longest_s = 0;
    for (int32_t p = 0; p < n_path; p++) {
        int64_t id[LL_MAX_HOP];
        double latency_s = 0, lane_Bps = (double)INFINITY;
        const int n = topo->type->route(topo, list->src[i], list->dst[i], p, LL_MAX_HOP, id);
        for (int h = 0; h < n; h++) {
            ll_link l;
            topo->type->link(topo, id[h], &l);
            dense_row(d, i)[number[id[h]]] += 1.0 / n_path;
            latency_s += l.latency_s;
            lane_Bps = fmin(lane_Bps, l.bw_Bps);
        }
        d->trip_s[i] += (2 * latency_s + wire->packet_B / lane_Bps) / n_path;
        longest_s = fmax(longest_s, latency_s);
    }
    d->size_B[i] = list->list_B[i];
    d->tail_s[i] = longest_s;
}

static inline void dense_windows(dense *d, const ll_traffic *list, const ll_wire *wire)
{
    for (int i = 0; i < d->n_flow; i++) {
        double share_Bps = (double)INFINITY;
        for (int l = 0; l < d->n_link; l++) {
            double k = 0;
            for (int other = 0; other < d->n_flow; other++)
                if (list->src[other] == list->src[i]) k += dense_row(d, other)[l];
            if (dense_row(d, i)[l] > 0) share_Bps = fmin(share_Bps, d->cap[l] / k);
        }
        d->window_B[i] = wire->packet_B * ll_wire_window_packets(wire, share_Bps, d->trip_s[i]);
    }
}

/* Numbers the links that the list uses; returns how many. */
static inline int dense_links(const ll_topology *topo, const ll_traffic *list, int *number)
{
    int n_link = 0;
    for (int64_t id = 0; id < topo->n_link; id++)
        number[id] = -1;
    for (int64_t i = 0; i < list->n_list; i++)
        for (int32_t p = 0; p < topo->type->n_path(topo, list->src[i], list->dst[i]); p++) {
            int64_t id[LL_MAX_HOP];
            const int n = topo->type->route(topo, list->src[i], list->dst[i], p, LL_MAX_HOP, id);
            for (int h = 0; h < n; h++)
                if (number[id[h]] < 0) number[id[h]] = n_link++;
        }
    return n_link;
}

static inline dense dense_create(const ll_topology *topo, const ll_traffic *list,
                                 const ll_wire *wire, ll_arena *mem)
{
    int *number = ll_arena_array(mem, topo->n_link, int);
    const int n_flow = (int)list->n_list, n_link = dense_links(topo, list, number);
    dense d = {.n_flow = n_flow, .n_link = n_link};
    double **const of_flow[] = {&d.window_B, &d.trip_s, &d.tail_s, &d.size_B, &d.rate_Bps};
    double **const of_link[] = {&d.cap, &d.mean, &d.q, &d.next, &d.step, &d.f};
    for (int k = 0; k < 5; k++)
        *of_flow[k] = ll_arena_array(mem, n_flow, double);
    for (int k = 0; k < 6; k++)
        *of_link[k] = ll_arena_array(mem, n_link, double);
    d.share = ll_arena_array(mem, (int64_t)n_flow * n_link, double);
    d.jacobian = ll_arena_array(mem, (int64_t)n_link * n_link, double);
    d.runs = ll_arena_array(mem, n_flow, bool);
    for (int64_t id = 0; id < topo->n_link; id++) {
        if (number[id] < 0) continue;
        ll_link l;
        topo->type->link(topo, id, &l);
        d.cap[number[id]] = l.bw_Bps * l.width;
        d.mean[number[id]] = wire->kappa * wire->packet_B / l.bw_Bps;
        d.q[number[id]] = d.mean[number[id]];
    }
    for (int i = 0; i < n_flow; i++)
        dense_flow(&d, topo, list, wire, i, number);
    dense_windows(&d, list, wire);
    return d;
}

/* end_s: [list->n_list] when the last byte of each flow is there. False if a solve fails. */
static inline bool flow_twin(const ll_topology *topo, const ll_traffic *list, const ll_wire *wire,
                             double *end_s)
{
    ll_arena *mem = ll_arena_create("flow twin");
    dense d = dense_create(topo, list, wire, mem);
    bool solved = true;
    for (int i = 0; i < d.n_flow; i++)
        d.runs[i] = true;
    double now_s = 0;
    for (int n_left = d.n_flow; n_left > 0 && solved;) {
        double step_s = (double)INFINITY;
        solved = dense_solve(&d);
        for (int i = 0; i < d.n_flow; i++)
            if (d.runs[i]) step_s = fmin(step_s, d.size_B[i] / d.rate_Bps[i]);
        now_s += step_s;
        for (int i = 0; i < d.n_flow; i++) {
            if (!d.runs[i]) continue;
            d.runs[i] = d.size_B[i] > d.rate_Bps[i] * step_s * (1 + 1e-12);
            d.size_B[i] -= d.rate_Bps[i] * step_s;
            if (d.runs[i]) continue;
            end_s[i] = now_s + d.tail_s[i];
            n_left--;
        }
    }
    ll_arena_destroy(mem);
    return solved;
}

#endif
