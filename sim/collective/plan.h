/* Shared by the files of this folder: plans under construction. */
#ifndef LL_COLLECTIVE_PLAN_H
#define LL_COLLECTIVE_PLAN_H

#include "sim/collective/collective.h"

/* The digits of a group (sim/traffic/traffic.h), split at the borders of the topology's dimensions.
 */
typedef struct ll_span {
    bool aligned; /* every digit lies within one dimension, in every group */
    int n_digit;
    int32_t size[LL_MAX_DIGIT], stride[LL_MAX_DIGIT];
    int dim[LL_MAX_DIGIT];
    int first_dim, last_dim; /* innermost and outermost dimension that the group spans */
} ll_span;

ll_span ll_span_of(const ll_topology *topo, const ll_group *group);

/* Appends a copy of *round; in mem. */
ll_round *ll_plan_add(ll_plan *plan, const ll_round *round, ll_arena *mem);

/* State of a chooser: what choose.c caches about a cluster. */
enum { LL_CHOOSER_BUCKETS = 64 };
typedef struct ll_load ll_load;

struct ll_chooser {
    const ll_cluster *cluster;
    void *closed;  /* engine `closed` on its topology */
    ll_arena *mem; /* of the chooser */
    ll_load *load[LL_CHOOSER_BUCKETS];
    double nic_Bps[LL_MAX_DIM]; /* of ll_plan; 0: not computed yet */
};

void ll_chooser_init(ll_chooser *chooser, const ll_cluster *cluster, ll_arena *mem);

/* As ll_collective_plan. */
ll_status ll_chooser_plan(ll_chooser *chooser, const ll_request *request, ll_arena *mem,
                          ll_plan *out, ll_error *err);

/* ---- choose.c ---- */

/* As ll_chooser_choose with AUTO, but flat algorithms only. */
ll_status ll_chooser_choose_flat(ll_chooser *chooser, const ll_request *request, ll_arena *mem,
                                 ll_plan *out, ll_error *err);

/* *total_s: time of a plan, as `auto` predicts it. */
ll_status ll_chooser_predict(ll_chooser *chooser, const ll_plan *plan, ll_arena *mem,
                             double *total_s, ll_error *err);

/* ---- load.c: contention ---- */

/* Corrects a price by engine `closed` of a traffic that is no LIST: raises its time to that of the
 * busiest link, and its latency to that of the longest path. mem: scratch of the call. */
void ll_load_add(ll_chooser *chooser, const ll_traffic *traffic, ll_arena *mem, ll_price *price);

/* Whether ll_load_add gives a lower bound only, and engine `flow` could tell more: trees, whose
 * links are shared by flows of unequal senders. */
bool ll_load_is_bound(const ll_topology *topo, const ll_traffic *traffic);

/* After ll_load_add: replaces the price of such a traffic by that of engine `flow`. Not collective.
 */
ll_status ll_load_solve(ll_chooser *chooser, const ll_traffic *traffic, ll_arena *mem,
                        ll_price *price, ll_error *err);

/* ---- flat.c: rounds on one line ---- */

/* A plan under construction: one collective by a flat algorithm, with the software of dimension
 * `dim`. */
typedef struct ll_flat {
    ll_chooser *chooser;
    const ll_request *request;
    int dim;   /* dimension */
    int32_t n; /* members */
    ll_plan *plan;
    ll_arena *mem; /* of the rounds */
} ll_flat;

void ll_flat_plan(const ll_flat *f); /* appends the rounds of f->request */

/* One turn of a ring: every part passes every member. */
ll_round *ll_flat_ring(const ll_flat *f, double part_B);

/* Why the algorithm cannot do the collective on this group, and which one can; NULL if it can. */
const char *ll_flat_obstacle(const ll_cluster *cluster, ll_collective what, ll_algorithm algorithm,
                             int32_t n, const ll_span *s);

/* ---- domains.c: trees over domains ---- */

/* Whether the request is an all_reduce over several domains by `tree` or in_network_tree. */
bool ll_domains_is(const ll_cluster *cluster, const ll_request *request, const ll_span *s);

/* Appends its rounds to *plan, whose other fields are set: first inside the domains, if they have
 * more than one member, then between them. */
void ll_domains_plan(const ll_request *request, const ll_span *s, ll_arena *mem, ll_plan *plan);

/* Sets n_domain and nic_Bps of the plan. */
void ll_domains_count(ll_chooser *chooser, const ll_span *s, ll_plan *plan);

/* Rate at which the NICs that a collective uses carry it, over that of all of them. */
double ll_domains_nic_frac(const ll_software *soft, const ll_plan *plan, const ll_round *round);

/* ---- tree_cost.c ---- */

/* Whether the plan is a tree over domains whose cost ll_tree_cost knows. */
bool ll_tree_cost_is(const ll_software *software, const ll_plan *plan);

/* As ll_collective_cost, in protocol p. */
void ll_tree_cost(const ll_software *software, const ll_plan *plan, const ll_price *price,
                  ll_protocol p, ll_cost *out);

/* ---- tuner.c ---- */

/* Trees over domains fall short of their rate at medium sizes: NCCL's factors. */
double ll_tuner_correction(ll_protocol protocol, double size_B);

/* Part of ll_collective_guess: groups over several domains, by software->between.tuner. */
double ll_tuner_guess(const ll_software *software, const ll_plan *plan, ll_protocol *protocol);

/* ---- tiers.c: one dimension after another ---- */

/* Appends the rounds of algorithm hierarchical to *plan, whose other fields are set. Error
 * LL_ERR_CONFIG if the group has no tiers. */
ll_status ll_tiers_plan(ll_chooser *chooser, const ll_request *request, const ll_span *s,
                        ll_arena *mem, ll_plan *plan, ll_error *err);

/* ---- exchange.c: dispatch and combine ---- */

/* Appends the rounds of a dispatch or a combine to *plan. Error LL_ERR_CONFIG if its routing is not
 * possible in the group. */
ll_status ll_exchange_plan(ll_chooser *chooser, const ll_request *request, const ll_span *s,
                           ll_arena *mem, ll_plan *plan, ll_error *err);

/* As ll_collective_cost, of a plan by a token dispatcher. */
void ll_exchange_cost(const ll_plan *plan, const ll_price *price, ll_cost *out);

#endif
