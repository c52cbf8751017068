/* Prices: what the transfers of a graph cost on the cluster of a study, each alone on the wire, and
 * how much streams that are on the wire together slow each other down.
 *
 * Slow-down. For a set of streams, the longest round of each stream's transfer is put on the wire,
 * scaled so that all of them take the same time alone (full overlap); how much longer each takes
 * then is its slow-down in that set. Three streams on one link are three times as slow, not twice.
 */
#ifndef LL_STEP_PRICE_H
#define LL_STEP_PRICE_H

#include "sim/work/study.h"

typedef enum ll_pricing {
    LL_PRICING_REAL,
    LL_PRICING_CLEAN, /* without link errors */
    LL_PRICING_ALONE, /* by `closed`, as if the fabric were empty */
    LL_N_PRICING
} ll_pricing;

/* A transfer that has been planned and priced. */
typedef struct ll_priced {
    ll_transfer transfer;
    ll_plan plan;
    int dimension; /* the outermost that the group touches */
    ll_cost cost[LL_N_PRICING];
    /* Its longest round by `closed`, and how long one repetition is on the wire. */
    int longest_round;
    double longest_s;
} ll_priced;

typedef struct ll_prices {
    int n;
    const ll_priced **at; /* [n], the transfers of the graph */
    bool link_errors;     /* the engine has them */
    int n_phase;          /* priced by the study's engine */
    ll_price work;        /* facts of all of them; no times */
    /* Slow-down of stream s while the streams of a set are on the wire, >= 1: [set][s]; REAL and
     * CLEAN. */
    double slow[2][1 << LL_N_STREAM][LL_N_STREAM];
} ll_prices;

/* Which of the prices an idealisation asks for. */
static inline ll_pricing ll_pricing_of(unsigned removes)
{
    if (removes & LL_IDEAL_CONTENTION) return LL_PRICING_ALONE;
    return removes & LL_IDEAL_LINK_ERRORS ? LL_PRICING_CLEAN : LL_PRICING_REAL;
}

/* Slow-down of a stream in a set under an idealisation. */
static inline double ll_prices_slow(const ll_prices *prices, unsigned removes, unsigned set,
                                    ll_stream stream)
{
    const ll_pricing how = ll_pricing_of(removes);
    return how == LL_PRICING_ALONE ? 1 : prices->slow[how][set][stream];
}

/* What prices on one cluster, by one engine, have in common: engines that remember what they have
 * priced, what is known of the topology, and transfers that were planned and priced before. A
 * search keeps it from layout to layout. */
typedef struct ll_pricer ll_pricer;

/* For studies on this cluster, by this engine. Collective. */
ll_status ll_pricer_create(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_pricer **out,
                           ll_error *err);
void ll_pricer_destroy(ll_pricer *pricer); /* NULL: nothing */

/* Plan and price all transfers of a graph, which is borrowed. The prices live in mem, their plans
 * with the pricer. n_phase and work count what the engine has not priced before. Collective. */
ll_status ll_prices_make(ll_pricer *pricer, const ll_graph *graph, ll_arena *mem, ll_prices *out,
                         ll_error *err);

/* Cost of a plan on the study's cluster, priced by its engine, every group at once. Collective. */
ll_status ll_collective_time(const ll_study *study, const ll_plan *plan, ll_comm *comm,
                             ll_arena *mem, ll_cost *out, ll_error *err);

/* The same, and what the engine did: all rounds merged, no times. Collective. */
ll_status ll_collective_work(const ll_study *study, const ll_plan *plan, ll_comm *comm,
                             ll_arena *mem, ll_cost *out, ll_price *work, ll_error *err);

/* The same by an engine of the study that is kept for many: equal rounds are priced once. */
ll_status ll_collective_price(const ll_study *study, const ll_plan *plan, ll_engine *engine,
                              ll_arena *mem, ll_cost *out, ll_error *err);

#endif
