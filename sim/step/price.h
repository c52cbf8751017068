/* Prices: how long the transfers of a graph take on the cluster of a study, each alone on the wire,
 * and how much streams that are on the wire together slow each other down.
 *
 * Slow-down. For a set of streams, the longest round of each stream's transfer is put on the wire,
 * scaled so that all of them take the same time alone (full overlap); its time together over its
 * time alone is its slow-down in that set. Three streams on one link are three times as slow, not
 * twice, and not more either: a link that is never idle has sent the bytes of all three by then.
 * Engines would say more where one stream has many flows and another few, as an exchange of tokens
 * beside a ring: shares and windows go by flows, and those of the ring stay small when the many
 * have ended. */
#ifndef LL_STEP_PRICE_H
#define LL_STEP_PRICE_H

#include "sim/work/study.h"

typedef enum ll_pricing {
    LL_PRICING_REAL,
    LL_PRICING_CLEAN, /* without link errors */
    LL_PRICING_ALONE, /* by engine `closed`: as if no other transfer were on the fabric */
    LL_N_PRICING
} ll_pricing;

/* A transfer that has been planned and priced. */
typedef struct ll_priced {
    ll_transfer transfer;
    ll_plan plan;
    int dimension; /* the outermost dimension of the topology that the group spans */
    ll_cost cost[LL_N_PRICING];
    /* Index of its longest round by engine `closed`, and the wire time of one repetition. */
    int longest_round;
    double longest_s;
} ll_priced;

typedef struct ll_prices {
    int n;
    const ll_priced **at; /* [n], the transfers of the graph */
    bool link_errors;     /* the engine models them, so CLEAN differs from REAL */
    int n_phase;          /* priced by the study's engine */
    ll_price work;        /* effort and other facts of all phases, merged; no times */
    /* [REAL, CLEAN][set][s]: slow-down of stream s, >= 1, while all streams of the set are on the
     * wire. */
    double slow[2][1 << LL_N_STREAM][LL_N_STREAM];
} ll_prices;

/* Which price holds under an idealisation (LL_IDEAL_*). */
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

/* What is shared by all pricing on one cluster by one engine: engines with their caches, facts
 * about the topology, and transfers that were planned and priced before. A search over layouts
 * keeps one pricer. */
typedef struct ll_pricer ll_pricer;

/* A pricer for studies on this study's cluster by its engine. Errors: those of the engine's create.
 * Collective. */
ll_status ll_pricer_create(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_pricer **out,
                           ll_error *err);
void ll_pricer_destroy(ll_pricer *pricer); /* NULL: nothing */

/* Plan and price all transfers of a graph, which is borrowed. The prices live in mem, their plans
 * in the pricer. n_phase and work count only what the engine had not priced before. Collective. */
ll_status ll_prices_make(ll_pricer *pricer, const ll_graph *graph, ll_arena *mem, ll_prices *out,
                         ll_error *err);

/* Cost of a plan on the study's cluster by its engine, with all groups running it at the same time.
 * Collective. */
ll_status ll_collective_time(const ll_study *study, const ll_plan *plan, ll_comm *comm,
                             ll_arena *mem, ll_cost *out, ll_error *err);

/* The same, with the facts that the engine reports (effort, utilisation), merged over the rounds;
 * `work` has no times. Collective. */
ll_status ll_collective_work(const ll_study *study, const ll_plan *plan, ll_comm *comm,
                             ll_arena *mem, ll_cost *out, ll_price *work, ll_error *err);

/* The same by an engine that the caller keeps for many plans, so that equal rounds are priced once.
 */
ll_status ll_collective_price(const ll_study *study, const ll_plan *plan, ll_engine *engine,
                              ll_arena *mem, ll_cost *out, ll_error *err);

#endif
