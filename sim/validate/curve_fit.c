#include "sim/validate/curve_fit.h"

#include "sim/base/stats.h"
#include "sim/validate/robust.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CANDIDATE = LL_N_ALGORITHM, N_START = 24, N_STEP = 200 };
#define KNEE 0.03 /* deviations below 3 % count as squares */

#define BIT(c) (1u << (c)) /* of a collective */
enum {
    RINGS = BIT(LL_ALL_REDUCE) | BIT(LL_ALL_GATHER) | BIT(LL_REDUCE_SCATTER) | BIT(LL_BROADCAST),
    ANY = BIT(LL_N_COLLECTIVE) - 1
};

/* What else than a point of one of the collectives is needed. */
typedef enum need { NEED_NOTHING, NEED_LL, NEED_LL128, NEED_TWO_SIZES, NEED_IN_NETWORK } need;

typedef struct param {
    const char *key[LL_MAX_FITTED_KEY + 1];
    size_t offset[LL_MAX_FITTED_KEY]; /* into ll_software, as many as keys */
    ll_kind kind;
    double start, min, max;
    unsigned collectives;
    need need;
} param;

#define AT(field) offsetof(ll_software, field)
#define ONE(key, field, kind, start, min, max, collectives, need)    \
    {                                                                \
        {key}, {AT(field)}, kind, start, min, max, collectives, need \
    }
#define TIME(key, field, start, max, collectives, need) \
    ONE(key, field, LL_KIND_TIME, start, 1e-8, max, collectives, need)
#define FRAC(key, field, start, max, collectives, need) \
    ONE(key, field, LL_KIND_RATIO, start, 0.001, max, collectives, need)
#define RATE(c, name) FRAC("rate_frac_" name, rate_frac[c], 0.75, 1, BIT(c), NEED_NOTHING)

static const param params[] = {
    {{"launch_all_reduce", "launch_all_gather", "launch_reduce_scatter"},
     {AT(launch_s[LL_ALL_REDUCE]), AT(launch_s[LL_ALL_GATHER]), AT(launch_s[LL_REDUCE_SCATTER])},
     LL_KIND_TIME,
     7e-6,
     1e-8,
     1e-2,
     RINGS & ~BIT(LL_BROADCAST),
     NEED_NOTHING},
    TIME("launch_all_to_all", launch_s[LL_ALL_TO_ALL], 8e-6, 1e-2, BIT(LL_ALL_TO_ALL),
         NEED_NOTHING),
    TIME("launch_broadcast", launch_s[LL_BROADCAST], 7e-6, 1e-2, BIT(LL_BROADCAST), NEED_NOTHING),
    TIME("launch_send", launch_s[LL_SEND], 8e-6, 1e-2, BIT(LL_SEND), NEED_NOTHING),
    TIME("step_ll", step_s[LL_PROTOCOL_LL], 5e-7, 1e-3, ANY, NEED_LL),
    FRAC("frac_ll", protocol_frac[LL_PROTOCOL_LL], 0.05, 1, ANY, NEED_LL),
    TIME("fill_ll", fill_ll_s, 1e-6, 1e-3, RINGS, NEED_LL),
    TIME("fill_pairs_ll", fill_pairs_ll_s, 3e-6, 1e-3, BIT(LL_ALL_TO_ALL), NEED_LL),
    TIME("step_pairs", step_pairs_s, 3e-6, 1e-3, BIT(LL_ALL_TO_ALL), NEED_LL),
    TIME("step_ll128", step_s[LL_PROTOCOL_LL128], 1e-6, 1e-3, RINGS, NEED_LL128),
    FRAC("frac_ll128", protocol_frac[LL_PROTOCOL_LL128], 0.4, 1, RINGS, NEED_LL128),
    TIME("step", step_s[LL_PROTOCOL_SIMPLE], 6e-6, 1e-3, ANY, NEED_NOTHING),
    RATE(LL_ALL_REDUCE, "all_reduce"),
    RATE(LL_ALL_GATHER, "all_gather"),
    RATE(LL_REDUCE_SCATTER, "reduce_scatter"),
    RATE(LL_ALL_TO_ALL, "all_to_all"),
    RATE(LL_BROADCAST, "broadcast"),
    RATE(LL_SEND, "send"),
    FRAC("own_ring", own_ring, 0.4, 10, RINGS & ~BIT(LL_BROADCAST), NEED_TWO_SIZES),
    FRAC("own_all_to_all", own_all_to_all, 0.4, 10, BIT(LL_ALL_TO_ALL), NEED_TWO_SIZES),
    TIME("step_in_network", step_in_network_s, 1e-5, 1e-2, BIT(LL_ALL_REDUCE), NEED_IN_NETWORK),
    FRAC("rate_frac_in_network", rate_frac_in_network, 0.5, 1, BIT(LL_ALL_REDUCE), NEED_IN_NETWORK),
};
enum { N_PARAM = sizeof params / sizeof *params };

/* The ways that a point's collective may take, priced: what the search tries over and over. */
typedef struct ways {
    int n;
    ll_plan *plan[MAX_CANDIDATE];
    ll_price *price[MAX_CANDIDATE];
    double time_s, weight;
} ways;

typedef struct fit {
    const ll_software *software; /* of the cluster, [topo->n_dim] */
    int n_dim, dimension;
    int n_point;
    const ways *point;  /* [n_point] */
    const bool *fitted; /* [n_point] */
    int left_out;       /* point, or -1 */
    int n_param;
    const param *param[N_PARAM]; /* [n_param] */
} fit;

static void software_set(const fit *f, const double *x, ll_software *out)
{
    memcpy(out, f->software, (size_t)f->n_dim * sizeof *out);
    for (int i = 0; i < f->n_param; i++)
        for (int k = 0; f->param[i]->key[k]; k++) {
            char *at = (char *)&out[f->dimension] + f->param[i]->offset[k];
            const double value = fmin(exp(x[i]), f->param[i]->max);
            memcpy(at, &value, sizeof value);
        }
}

static double predicted_s(const ll_software *software, const ways *w)
{
    double best_s = (double)INFINITY, total_s = 0;
    for (int i = 0; i < w->n; i++) {
        ll_cost cost;
        ll_protocol p;
        double by_s = ll_collective_guess(software, w->plan[i], &p);
        ll_collective_cost(software, w->plan[i], w->price[i], &cost);
        if (by_s <= 0) by_s = cost.total_s;
        if (by_s >= best_s) continue;
        best_s = by_s;
        total_s = cost.total_s;
    }
    return total_s;
}

/* Of each point log(predicted / measured); then what values beyond their bounds cost. */
static void residuals(const double *x, double *r, const void *context)
{
    const fit *f = context;
    ll_software software[LL_MAX_DIM];
    software_set(f, x, software);
    for (int i = 0; i < f->n_point; i++)
        r[i] = f->fitted[i] ? log(predicted_s(software, &f->point[i]) / f->point[i].time_s) : 0;
    for (int i = 0; i < f->n_param; i++)
        r[f->n_point + i] =
            fmax(0, x[i] - log(f->param[i]->max)) + fmax(0, log(f->param[i]->min) - x[i]);
}

static double search(const fit *f, double *x, ll_arena *mem)
{
    ll_arena_mark mark = ll_arena_here(mem);
    double *weight = ll_arena_array(mem, f->n_point + f->n_param, double);
    for (int i = 0; i < f->n_point; i++)
        weight[i] = f->fitted[i] && i != f->left_out ? f->point[i].weight : 0;
    for (int i = 0; i < f->n_param; i++)
        weight[f->n_point + i] = 100;
    const ll_robust problem = {f->n_param, f->n_point + f->n_param, weight, KNEE, residuals, f};
    const double sum = ll_robust_minimise(&problem, x, N_STEP, mem);
    ll_arena_release(mem, mark);
    return sum;
}

/* From a few starts: the values of the table, and some of them up and others down. */
static void search_starts(const fit *f, double *x, ll_arena *mem)
{
    double best = (double)INFINITY;
    for (int s = 0; s < N_START; s++) {
        double at[N_PARAM];
        for (int i = 0; i < f->n_param; i++)
            at[i] = log(f->param[i]->start) +
                    (s == 0 ? 0 : 0.5 * sin(1.0 + 7.0 * s + 3.0 * i * (s % 5 + 1)));
        const double value = search(f, at, mem);
        if (value < best) memcpy(x, at, sizeof at);
        best = fmin(best, value);
    }
}

static ll_status ways_find(const ll_cluster *cluster, const ll_point *p, ll_arena *mem, ways *out,
                           ll_error *err)
{
    ll_request request;
    LL_TRY(ll_curve_request(cluster, p, &request, err));
    *out = (ways){.time_s = p->time_s,
                  .weight = p->size_B < 1048576        ? 1
                            : p->size_B < 16 * 1048576 ? 2
                                                       : 4};
    for (int a = LL_ALGORITHM_RING; a < LL_N_ALGORITHM; a++) {
        ll_error why;
        ll_error_init(&why);
        request.algorithm = (ll_algorithm)a;
        ll_plan *plan = ll_arena_new(mem, ll_plan);
        if (!ll_collective_eligible(cluster, &request) ||
            ll_collective_plan(cluster, &request, mem, plan, &why) != LL_OK)
            continue;
        ll_phase phase[LL_MAX_ROUND];
        ll_price *price = ll_arena_array(mem, plan->n_round, ll_price);
        for (int i = 0; i < plan->n_round; i++)
            phase[i] = (ll_phase){.n_traffic = 1, .traffic = &plan->round[i].traffic};
        ll_problem problem = {cluster->topo, cluster->wire, plan->n_round, phase};
        LL_TRY(ll_engine_solve(&ll_engine_closed, &problem, NULL, NULL, mem, price, err));
        out->plan[out->n] = plan;
        out->price[out->n++] = price;
    }
    if (out->n) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG, "%s:%d: the library of %s has no algorithm for %s",
                        p->file, p->line, cluster->name, ll_collective_names[p->collective]);
}

static ll_status dimension_find(const ll_cluster *cluster, const ll_points *points, int *out,
                                ll_error *err)
{
    *out = -1;
    for (int i = 0; i < points->n; i++) {
        const ll_point *p = &points->point[i];
        ll_request request;
        if (p->check) continue;
        LL_TRY(ll_curve_request(cluster, p, &request, err));
        const int dim = ll_collective_dimension(cluster->topo, &request.group);
        if (*out >= 0 && dim != *out)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s:%d: %d chips reach dimension '%s', points before it '%s'; "
                                "fit one dimension at a time",
                                p->file, p->line, p->n, cluster->topo->dim[dim].name,
                                cluster->topo->dim[*out].name);
        *out = dim;
    }
    return LL_OK;
}

/* Whether a library that has a guess takes protocol p, or the switches, for one of the points. */
static bool taken(const fit *f, ll_protocol p, bool in_network)
{
    for (int i = 0; i < f->n_point; i++) {
        double least_s = (double)INFINITY;
        bool is = false;
        for (int k = 0; k < f->point[i].n && f->fitted[i]; k++) {
            const ll_plan *plan = f->point[i].plan[k];
            ll_protocol by;
            const double guess_s = ll_collective_guess(f->software, plan, &by);
            const bool this = in_network ? plan->algorithm == LL_ALGORITHM_IN_NETWORK
                                         : by == p || by == LL_N_PROTOCOL;
            if (guess_s <= 0 && this) return true;
            if (guess_s < least_s) is = this;
            least_s = fmin(least_s, guess_s);
        }
        if (is) return true;
    }
    return false;
}

static bool is_measured(const ll_points *points, ll_collective what)
{
    for (int i = 0; i < points->n; i++)
        if (!points->point[i].check && points->point[i].collective == what) return true;
    return false;
}

static bool param_known(const ll_cluster *cluster, const fit *f, const ll_points *points,
                        const param *p)
{
    const ll_software *soft = &cluster->software[f->dimension];
    int32_t least = INT32_MAX, most = 0;
    for (int i = 0; i < points->n; i++) {
        const ll_point *one = &points->point[i];
        if (one->check || !(p->collectives & BIT(one->collective))) continue;
        least = one->n < least ? one->n : least;
        most = one->n > most ? one->n : most;
    }
    if (most == 0) return false;
    switch (p->need) {
    case NEED_LL:
        return soft->protocol_frac[LL_PROTOCOL_LL] > 0;
    case NEED_LL128:
        return soft->protocol_frac[LL_PROTOCOL_LL128] > 0 && taken(f, LL_PROTOCOL_LL128, false);
    case NEED_TWO_SIZES:
        return least < most;
    case NEED_IN_NETWORK:
        return most > 2 && taken(f, LL_PROTOCOL_SIMPLE, true);
    case NEED_NOTHING:
        break;
    }
    return true;
}

/* What people write: three digits. The errors that are reported are of these values. */
static double rounded(double x)
{
    char text[32];
    snprintf(text, sizeof text, "%.3g", x);
    return strtod(text, NULL);
}

/* A fit without each point in turn; the points are shared out between ranks. */
static void leave_out(fit *f, const double *x, ll_comm *comm, ll_arena *mem, ll_curve_fit *out)
{
    int64_t lo, hi;
    ll_comm_slice(comm, f->n_point, &lo, &hi);
    double *mine = ll_arena_array(mem, hi - lo, double);
    for (int i = (int)lo; i < hi; i++) {
        double at[N_PARAM];
        ll_software software[LL_MAX_DIM];
        mine[i - lo] = -1;
        if (!f->fitted[i]) continue;
        memcpy(at, x, sizeof at);
        f->left_out = i;
        search(f, at, mem);
        software_set(f, at, software);
        mine[i - lo] = predicted_s(software, &f->point[i]);
    }
    size_t n;
    const double *all = ll_comm_gather(comm, mem, mine, (size_t)(hi - lo) * sizeof *mine, &n);
    double *error = ll_arena_array(mem, f->n_point, double);
    for (int i = 0; i < f->n_point; i++) {
        out->left_out_s[i] = all[i];
        if (f->fitted[i]) error[out->n_fit++] = all[i] / f->point[i].time_s - 1;
    }
    out->left_out_frac = ll_stats_median_abs(out->n_fit, error);
}

static ll_status fit_prepare(const ll_cluster *cluster, const ll_points *points, ll_arena *mem,
                             fit *f, ll_error *err)
{
    ways *point = ll_arena_array(mem, points->n, ways);
    bool *fitted = ll_arena_array(mem, points->n, bool);
    int n_fit = 0;
    LL_TRY(dimension_find(cluster, points, &f->dimension, err));
    LL_TRY(ll_curve_wire_check(cluster, points, mem, err));
    for (int i = 0; i < points->n; i++) {
        LL_TRY(ways_find(cluster, &points->point[i], mem, &point[i], err));
        fitted[i] = !points->point[i].check;
        n_fit += fitted[i];
    }
    f->point = point;
    f->fitted = fitted;
    for (int i = 0; i < N_PARAM && n_fit; i++)
        if (param_known(cluster, f, points, &params[i])) f->param[f->n_param++] = &params[i];
    if (n_fit > f->n_param) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG, "%d points to fit %d values to; more points are needed",
                        n_fit, f->n_param);
}

/* The value of a parameter as it is written, and on what evidence. */
static void fitted_set(const param *p, const ll_points *points, double x, ll_fitted *out)
{
    const double digit = 0.005; /* of three, at most */
    *out = (ll_fitted){.kind = p->kind, .value = rounded(fmin(x, p->max))};
    memcpy(out->key, p->key, sizeof out->key);
    out->at_bound = x <= p->min * (1 + digit) || x >= p->max * (1 - digit);
    for (int k = 0; p->key[k]; k++) {
        const size_t launch = p->offset[k] - AT(launch_s[0]);
        out->measured[k] =
            p->key[1] == NULL || is_measured(points, (ll_collective)(launch / sizeof(double)));
    }
}

/* A rate at a bound is all right where long points are not made of it (shares of a protocol that
 * only short ones take); where they are, they are beyond what the model can be. */
static ll_status rates_check(const fit *f, const ll_points *points, const ll_curve_fit *out,
                             ll_arena *mem, ll_error *err)
{
    const double long_B = 16 * 1048576.0, most_frac = 0.1;
    double *error = ll_arena_array(mem, points->n, double);
    for (int i = 0; i < f->n_param; i++) {
        const param *p = f->param[i];
        int n = 0, first = -1;
        if (!out->fitted[i].at_bound || p->kind != LL_KIND_RATIO) continue;
        for (int k = 0; k < points->n; k++) {
            const ll_point *one = &points->point[k];
            if (!f->fitted[k] || !(p->collectives & BIT(one->collective)) || one->size_B < long_B)
                continue;
            if (first < 0) first = k;
            error[n++] = out->predicted_s[k] / one->time_s - 1;
        }
        if (n == 0 || ll_stats_median_abs(n, error) < most_frac) continue;
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s:%d: these points cannot be fitted: %s ends at its bound, %.3g, and "
                            "the long ones are still %.0f %% from the prediction, beyond what this "
                            "cluster's links and algorithms can be; is the time in us, the size in "
                            "bytes, and this the cluster?",
                            points->point[first].file, points->point[first].line, p->key[0],
                            out->fitted[i].value, 100 * ll_stats_median_abs(n, error));
    }
    return LL_OK;
}

ll_status ll_curve_fit_software(const ll_study *study, const ll_points *points, ll_comm *comm,
                                ll_arena *mem, ll_curve_fit *out, ll_error *err)
{
    const ll_cluster *cluster = &study->cluster;
    fit f = {.software = cluster->software,
             .n_dim = cluster->topo->n_dim,
             .n_point = points->n,
             .left_out = -1};
    *out = (ll_curve_fit){0};
    LL_TRY(fit_prepare(cluster, points, mem, &f, err));
    double x[N_PARAM] = {0};
    ll_software software[LL_MAX_DIM];
    search_starts(&f, x, mem);
    out->dimension = f.dimension;
    out->n_fitted = f.n_param;
    for (int i = 0; i < f.n_param; i++) {
        fitted_set(f.param[i], points, exp(x[i]), &out->fitted[i]);
        x[i] = log(out->fitted[i].value);
    }
    out->predicted_s = ll_arena_array(mem, points->n, double);
    out->left_out_s = ll_arena_array(mem, points->n, double);
    software_set(&f, x, software);
    for (int i = 0; i < points->n; i++)
        out->predicted_s[i] = predicted_s(software, &f.point[i]);
    LL_TRY(rates_check(&f, points, out, mem, err));
    leave_out(&f, x, comm, mem, out);
    return LL_OK;
}
