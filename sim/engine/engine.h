/* The interface of network engines: they price phases of traffic, that is, say when each ends.
 *
 * A *phase* is the set of traffics that are on the wire together. Their flows start at time 0,
 * unless a list says otherwise (sim/traffic/timing.h). The *price* of a phase is the time at which
 * the last flow of each traffic ends, and its latency. All engines see the same topology and the
 * same flows, so each checks the others:
 *   closed  alpha-beta: a flow shares links with the other flows of its source alone
 *   flow    the throughput equations on the real link graph, progressive filling
 *   packet  every packet on every link
 *
 * Flows with src == dst or no bytes end when they start.
 *
 * ll_engine_create, ll_engine_price and ll_engine_destroy add a cache: equal phases are priced
 * once.
 *
 * To add an engine: a file (or folder) here with its ll_engine_type, of which nothing else is seen
 * outside; its name in LL_ENGINES below, which also puts it through tests/contract/engine.c;
 * engine.type = "its name" in a study. tests/toys/engine_toy.c is the smallest one. */
#ifndef LL_ENGINE_ENGINE_H
#define LL_ENGINE_ENGINE_H

#include "sim/base/arena.h"
#include "sim/base/key.h"
#include "sim/base/status.h"
#include "sim/comm/comm.h"
#include "sim/machine/wire.h"
#include "sim/traffic/traffic.h"
#include "topology/topology.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ll_phase {
    int n_traffic;
    const ll_traffic *traffic; /* [n_traffic] */
    /* NULL, or filled with the end of each flow, on every rank: [flows of traffic 0, then of
     * traffic 1, ...], in the order of ll_traffic_flow. Needs LL_ENGINE_CAN_FLOW_END. */
    double *flow_end_s;
} ll_phase;

typedef struct ll_problem {
    const ll_topology *topo;
    ll_wire wire;
    int n_phase;
    const ll_phase *phase; /* [n_phase], each priced by itself */
} ll_problem;

enum { LL_MAX_TRAFFIC = 16 };

/* Distribution of the end times of flows. */
typedef struct ll_spread {
    double min_s, median_s, p99_s, max_s;
} ll_spread;

/* How facts of several prices merge into one. */
typedef enum ll_merge {
    LL_MERGE_MAX,
    LL_MERGE_MIN,
    LL_MERGE_SUM,
    LL_MERGE_OF_LARGEST /* that of the price with most flows (ll_fact_n_flow) */
} ll_merge;

/* A fact is a further number that an engine reports, such as its effort. A kind of fact is a static
 * row, shared by engines that report the same quantity. */
typedef struct ll_fact_kind {
    const char *name, *unit, *doc; /* "n_solve", "1", one line */
    ll_merge merge;
} ll_fact_kind;

typedef struct ll_fact {
    const ll_fact_kind *kind;
    double value; /* counts are exact below 2^53 */
} ll_fact;

enum { LL_MAX_FACT = 12 };

typedef struct ll_price {
    double end_s[LL_MAX_TRAFFIC]; /* [n_traffic]: arrival of the traffic's last byte */
    /* [n_traffic]: zero-load one-way latency of its longest flow */
    double latency_s[LL_MAX_TRAFFIC];
    ll_spread flow[LL_MAX_TRAFFIC]; /* packet: flows of the simulated part; else 0 */
    int n_fact;
    ll_fact fact[LL_MAX_FACT]; /* [n_fact] each kind at most once */
} ll_price;

/* Kinds of facts that several engines report. */
extern const ll_fact_kind ll_fact_n_flow;         /* every engine: flows before folding */
extern const ll_fact_kind ll_fact_n_flow_class;   /* classes of flows after folding */
extern const ll_fact_kind ll_fact_n_link_class;   /* classes of links after folding */
extern const ll_fact_kind ll_fact_max_util_frac;  /* every engine, if any byte is sent */
extern const ll_fact_kind ll_fact_batch_err_frac; /* bound on, or estimate of, the error of end_s */

double ll_price_fact(const ll_price *price, const char *name);               /* 0 if not reported */
void ll_price_tell(ll_price *price, const ll_fact_kind *kind, double value); /* sets it */

/* Merges the facts of *one into those of *into; the times of *into stay. */
void ll_price_merge(ll_price *into, const ll_price *one);

/* What an engine can do beyond pricing flows that all start at time 0. */
enum {
    LL_ENGINE_CAN_START = 1,        /* start times later than 0 */
    LL_ENGINE_CAN_PREDECESSORS = 2, /* flows that start when their predecessors have ended */
    LL_ENGINE_CAN_FLOW_END = 4      /* report the end of each flow */
};

/* An engine. Between create and destroy it prices any number of phases on one topology, and may
 * cache facts about the topology. A price depends only on the phase, not on phases priced before.
 */
typedef struct ll_engine_type {
    const char *name, *doc;
    const ll_key *keys; /* ended by {0} */
    size_t param_size;
    unsigned can; /* LL_ENGINE_CAN_* */
    /* *state lives in `mem`, which must not be released to an earlier mark before destroy; topo and
     * param are borrowed until then. Errors: LL_ERR_CONFIG or LL_ERR_RUN. Collective. */
    ll_status (*create)(const ll_topology *topo, const ll_wire *wire, const void *param,
                        ll_comm *comm, ll_arena *mem, void **state, ll_error *err);
    /* price: [n], filled on every rank with the same values. Error LL_ERR_RUN if the engine does
     * not converge. Collective. */
    ll_status (*price)(void *state, int n, const ll_phase *phase, ll_price *price, ll_error *err);
    /* also after a failed create or price; *state NULL: do not call */
    void (*destroy)(void *state);
    /* Estimated effort of pricing a phase, relative to others: for the progress line. Pure. */
    double (*effort)(const ll_topology *topo, const ll_wire *wire, const void *param,
                     const ll_phase *phase);
    /* Whether links damage packets under `param`. If so, *out ([param_size] bytes) is filled with
     * `param`, but with error-free links. */
    bool (*error_free)(const void *param, void *out);
} ll_engine_type;

/* error_free of engines without link errors */
bool ll_engine_has_no_errors(const void *param, void *out);
/* effort of engines whose time is proportional to the number of flows */
double ll_engine_walks_flows(const ll_topology *topo, const ll_wire *wire, const void *param,
                             const ll_phase *phase);

#define LL_ENGINES(X)           X(closed) X(flow) X(packet)
#define LL_ENGINE_DECLARE(name) extern const ll_engine_type ll_engine_##name;
LL_ENGINES(LL_ENGINE_DECLARE)
#undef LL_ENGINE_DECLARE

extern const ll_engine_type *const ll_engine_types[]; /* ended by NULL */
const ll_engine_type *ll_engine_find(const char *name);
/* its `param` with all defaults, in mem */
const void *ll_engine_defaults(const ll_engine_type *type, ll_arena *mem);

/* Prices phases by an engine that is created for this call only. price: [problem->n_phase], filled
 * on every rank. `mem`: scratch of the call. Errors: those of create and price. Collective. */
ll_status ll_engine_solve(const ll_engine_type *type, const ll_problem *problem, const void *param,
                          ll_comm *comm, ll_arena *mem, ll_price *price, ll_error *err);

/* An engine with a cache of prices by the content of phases. Results are the same to the bit as
 * without the cache. */
typedef struct ll_engine ll_engine;

/* `param` is copied; topo is borrowed. It lives in arenas of its own. Collective. */
ll_status ll_engine_create(const ll_engine_type *type, const ll_topology *topo, const ll_wire *wire,
                           const void *param, ll_comm *comm, ll_engine **out, ll_error *err);

/* price: [n], filled on every rank. Error LL_ERR_RUN also if a phase needs what the engine cannot
 * do. Collective. */
ll_status ll_engine_price(ll_engine *engine, int n, const ll_phase *phase, ll_price *price,
                          ll_error *err);
void ll_engine_destroy(ll_engine *engine); /* NULL: nothing */

typedef struct ll_engine_use {
    int64_t n_phase; /* phases asked for */
    int64_t n_hit;   /* of these: in the cache, or earlier in the same call */
} ll_engine_use;

ll_engine_use ll_engine_use_of(const ll_engine *engine);

#endif
