#include "sim/step/pareto.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SIMULATED = 20000 }; /* clients, each of which sends ten requests */
enum { N_CHANGE = 6, MAX_POINT = 100000, FIRST_CAP = 256 };
enum { MAX_LOAD = 4096, MAX_TP = 64, MAX_PP = 16 }; /* loads: of each group */

typedef struct search {
    const ll_study *study;
    ll_arena *mem;
    int n;
    int64_t cap;
    ll_pareto_point *point; /* [n] */
} search;

static void point_add(search *s, const ll_pareto_point *p)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : FIRST_CAP;
        s->point = ll_arena_grown(s->mem, s->point, s->n, s->cap, sizeof *s->point);
    }
    s->point[s->n++] = *p;
}

/* All loads of a layout: one request for each group (ll_infer_groups), and so on. */
static void loads_add(search *s, ll_pareto_point p)
{
    const int64_t n_chip = s->study->cluster.topo->n_chip, group = n_chip / p.tp;
    for (int64_t load = 1; load <= MAX_LOAD; load *= 2) {
        p.load = load * group;
        point_add(s, &p);
    }
}

static void layouts_add(search *s)
{
    const int64_t n_chip = s->study->cluster.topo->n_chip;
    const bool experts = ll_model_has_experts(&s->study->model);
    for (int64_t tp = 1; tp <= n_chip && tp <= MAX_TP; tp++)
        for (int64_t pp = 1; n_chip % tp == 0 && pp <= n_chip / tp && pp <= MAX_PP; pp++) {
            if (n_chip / tp % pp) continue;
            loads_add(s, (ll_pareto_point){.tp = tp, .pp = pp, .ep = 1, .etp = experts ? tp : 1});
            for (int64_t ep = 2; experts && ep <= n_chip / pp; ep++)
                if (n_chip / pp % ep == 0 && ep % tp == 0)
                    loads_add(s, (ll_pareto_point){.tp = tp, .pp = pp, .ep = ep, .etp = 1});
        }
}

static void variant_make(const search *s, const ll_pareto_point *p, bool quick, ll_variant *v)
{
    const ll_workload_type *w = s->study->workload;
    const bool experts = ll_model_has_experts(&s->study->model);
    const struct {
        const char *key;
        int64_t value;
    } to[N_CHANGE] = {
        {w->load, p->load}, {"tp", p->tp}, {"pp", p->pp}, {"ep", p->ep}, {"etp", p->etp}};
    int n = experts ? 5 : 3;
    ll_change *change = ll_arena_fill(s->mem, N_CHANGE, ll_change);
    for (int i = 0; i < n; i++)
        change[i] = (ll_change){.path = ll_arena_printf(s->mem, "job.%s", to[i].key),
                                .text = ll_arena_printf(s->mem, "%lld", (long long)to[i].value)};
    if (quick) n += ll_quick_change(s->study, s->mem, &change[n]);
    *v = (ll_variant){.n_change = n, .change = change};
}

static int by_user(const void *a, const void *b)
{
    const ll_pareto_point *p = a, *q = b;
    if (p->per_user < q->per_user || p->per_user > q->per_user)
        return p->per_user < q->per_user ? 1 : -1;
    if (p->per_chip < q->per_chip || p->per_chip > q->per_chip)
        return p->per_chip < q->per_chip ? 1 : -1;
    const int64_t x[] = {p->tp, p->pp, p->ep, p->load}, y[] = {q->tp, q->pp, q->ep, q->load};
    for (int i = 0; i < 4; i++)
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
}

/* From the fastest for a user on: a point is on the front if it gives more per chip than all before
 * it. */
static void front_mark(ll_pareto *out)
{
    double best = 0;
    out->n_front = 0;
    qsort(out->point, (size_t)out->n, sizeof *out->point, by_user);
    for (int i = 0; i < out->n; i++) {
        ll_pareto_point *p = &out->point[i];
        p->front = p->per_chip > best;
        if (p->front) best = p->per_chip;
        out->n_front += p->front;
    }
}

static void value_take(const search *s, const ll_speed *speed, ll_pareto_point *p)
{
    const ll_workload_type *w = s->study->workload;
    double *value = ll_arena_array(s->mem, LL_MAX_METRIC, double);
    memcpy(value, speed->value, sizeof speed->value);
    p->value = value;
    p->per_chip = value[ll_workload_metric(w, w->headline)];
    p->per_user = value[ll_workload_metric(w, w->per_user)];
}

static ll_status points_take(const search *s, const ll_variant *v, ll_pareto *out, ll_error *err)
{
    *out = (ll_pareto){.study = s->study, .point = s->point, .reason = ""};
    for (int i = 0; i < s->n; i++) {
        if (*v[i].found.why) {
            if (out->n_refused++ == 0) out->reason = ll_arena_strdup(s->mem, v[i].found.why);
            continue;
        }
        ll_pareto_point p = s->point[i];
        value_take(s, &v[i].found.speed, &p);
        out->point[out->n++] = p;
    }
    if (out->n == 0)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: none of %d layouts and loads runs: %s",
                            s->study->path, s->n, out->reason);
    front_mark(out);
    return LL_OK;
}

/* Runs points of the front that were run in the quick form only. *more: there were some. */
static ll_status front_simulate(const search *s, ll_comm *comm, ll_pareto *out, bool *more,
                                ll_error *err)
{
    ll_variant *v = ll_arena_array(s->mem, out->n_front, ll_variant);
    ll_pareto_point **point = ll_arena_array(s->mem, out->n_front, ll_pareto_point *);
    int n = 0;
    for (int i = 0; i < out->n; i++) {
        ll_pareto_point *p = &out->point[i];
        if (!p->front || p->simulated || p->load > MAX_SIMULATED) continue;
        variant_make(s, p, false, &v[n]);
        point[n++] = p;
    }
    *more = n > 0;
    if (n == 0) return LL_OK;
    const ll_batch_how how = {.name = "points of the front"};
    LL_TRY(ll_variants_run(s->study, &how, n, v, comm, err));
    for (int i = 0; i < n; i++) {
        point[i]->simulated = true;
        if (!*v[i].found.why) value_take(s, &v[i].found.speed, point[i]);
    }
    front_mark(out);
    return LL_OK;
}

ll_status ll_pareto_find(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_pareto *out,
                         ll_error *err)
{
    search s = {.study = study, .mem = mem};
    if (!study->workload->load)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s: the workload %s has no load that could be varied; write type = "
                            "\"decode\" or \"serve\"",
                            study->path, study->workload->name);
    layouts_add(&s);
    if (s.n > MAX_POINT)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s: %d layouts and loads of %d chips are more than %d; write fewer "
                            "chips: instances know nothing of each other",
                            study->path, s.n, study->cluster.topo->n_chip, MAX_POINT);
    ll_variant *v = ll_arena_array(mem, s.n, ll_variant);
    for (int i = 0; i < s.n; i++)
        variant_make(&s, &s.point[i], true, &v[i]);
    ll_variants_run(study, &(ll_batch_how){.name = "layouts and loads"}, s.n, v, comm, err);
    LL_TRY(points_take(&s, v, out, err));
    for (bool more = study->workload->quick[0] != NULL; more;)
        LL_TRY(front_simulate(&s, comm, out, &more, err));
    return LL_OK;
}
