/* Between the files of this folder: a plan in the making. */
#ifndef LL_COLLECTIVE_PLAN_H
#define LL_COLLECTIVE_PLAN_H

#include "sim/collective/collective.h"

/* The digits of a group, cut where the dimensions of the topology are. */
typedef struct ll_span {
    bool aligned; /* every digit lies within one dimension, in every group */
    int n_digit;
    int32_t size[LL_MAX_DIGIT], stride[LL_MAX_DIGIT];
    int dim[LL_MAX_DIGIT];
    int first_dim, last_dim; /* the innermost and the outermost dimension that the group touches */
} ll_span;

ll_span ll_span_of(const ll_topology *topo, const ll_group *group);

/* One more round, as *round says; in mem. */
ll_round *ll_plan_add(ll_plan *plan, const ll_round *round, ll_arena *mem);

/* What choose.c has found out about a cluster: it serves many requests. */
enum { LL_CHOOSER_BUCKETS = 64 };
typedef struct ll_load ll_load;

struct ll_chooser {
    const ll_cluster *cluster;
    void *closed;  /* engine `closed` on its topology */
    ll_arena *mem; /* of the chooser */
    ll_load *load[LL_CHOOSER_BUCKETS];
};

void ll_chooser_init(ll_chooser *chooser, const ll_cluster *cluster, ll_arena *mem);

/* As ll_collective_plan. */
ll_status ll_chooser_plan(ll_chooser *chooser, const ll_request *request, ll_arena *mem,
                          ll_plan *out, ll_error *err);

/* ---- choose.c ---- */

/* As ll_chooser_choose of AUTO, without hierarchical. */
ll_status ll_chooser_choose_flat(ll_chooser *chooser, const ll_request *request, ll_arena *mem,
                                 ll_plan *out, ll_error *err);

/* Time of a plan, as `auto` predicts it. */
ll_status ll_chooser_predict(ll_chooser *chooser, const ll_plan *plan, ll_arena *mem,
                             double *total_s, ll_error *err);

/* ---- load.c: contention ---- */

/* Corrects a price by `closed` of a traffic that is no list: it does not end before its busiest
 * link is done, and its latency is that of its longest flow. mem: for the call. */
void ll_load_add(ll_chooser *chooser, const ll_traffic *traffic, ll_arena *mem, ll_price *price);

/* Whether the busiest link of the traffic may be idle for a while, and `flow` can say how long:
 * trees, whose links are shared by flows of unlike senders. */
bool ll_load_is_bound(const ll_topology *topo, const ll_traffic *traffic);

/* After ll_load_add: what engine `flow` makes of such a traffic. On this rank alone. */
ll_status ll_load_solve(ll_chooser *chooser, const ll_traffic *traffic, ll_arena *mem,
                        ll_price *price, ll_error *err);

/* ---- flat.c: rounds on one line ---- */

/* A plan in the making: one collective over a flat group, driven by the software of `dim`. */
typedef struct ll_flat {
    ll_chooser *chooser;
    const ll_request *request;
    int dim;   /* dimension */
    int32_t n; /* members */
    ll_plan *plan;
    ll_arena *mem; /* of the rounds */
} ll_flat;

void ll_flat_plan(const ll_flat *f); /* of the collective and the algorithm of f->request */

/* One turn of a ring: every part passes every member. */
ll_round *ll_flat_ring(const ll_flat *f, double part_B);

/* Why the algorithm cannot do this on a flat group, or NULL. */
const char *ll_flat_obstacle(const ll_cluster *cluster, ll_collective what, ll_algorithm algorithm,
                             int32_t n, const ll_span *s);

/* ---- tiers.c: one dimension after another ---- */

/* The rounds of request->algorithm = hierarchical; the rest of *plan is set. */
ll_status ll_tiers_plan(ll_chooser *chooser, const ll_request *request, const ll_span *s,
                        ll_arena *mem, ll_plan *plan, ll_error *err);

#endif
