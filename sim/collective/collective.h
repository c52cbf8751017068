/* Collectives: how an algorithm turns into rounds of traffic, and what a round costs.
 *
 * Sizes follow nccl-tests: `size_B` of an all-reduce or broadcast is the buffer of a member; of an
 * all-gather the gathered result, of a reduce-scatter the input, of an all-to-all all that a member
 * sends (its own part included), of a send the message. n members, S = size_B:
 *
 *   algorithm      rounds (repeat x traffic, bytes per flow)
 *   ring           all-gather, reduce-scatter: (n-1) x shift 1, S/n; all-reduce: both; all-to-all: shifts
 *   direct         1 x all pairs, S/n; all-reduce: twice; broadcast: root to all, S
 *   halving        recursive halving/doubling, n a power of two: log2 n x xor 2^k, S/2 ... S/n
 *   tree           double binary tree (Sanders, Speck, Traff 2009): S/2 on each edge, both ways
 *   in_network     the switches reduce: each member sends and receives S once
 *   hierarchical   one dimension after another: reduce-scatter inwards out, all-gather back; uneven: rings
 *
 * A group that does not fill whole parts of the inner dimensions (78 members, 16 to a rack: some
 * racks have 2 of them) runs as many rings through all of its members as the emptiest part has, as
 * NCCL does: it takes the fewest channels that any node has. Each has a link between parts of its
 * own, so a chip sends S (n-1)/n inside and, where a part is emptiest, S (n-1)/n over that number
 * between parts; of the n-1 steps, those between parts are as many as there are parts. Rings of all
 * dimensions that overlap (`pipelined`) are one ring through all n members, as NCCL's are: S
 * (n-1)/n pass every chip, and between parts every chip of a part sends an equal share of that,
 * however few parts there are. Gathers and scatters take n - 1 steps; NCCL has nothing else for
 * them beyond a node. A ring goes both ways at once, half of the bytes each, where chips have links
 * of their own to both neighbours. A hierarchical all_reduce lets the switches of an inner
 * dimension add up where that is faster than a reduce-scatter and an all-gather there: the same
 * bytes on its links.
 *
 * The time of a collective is
 *   launch + sum over rounds of repeat * (latency + size/rate) + software steps, see sim/machine/cluster.h,
 * in the protocol that is the fastest. Where libraries pipeline a hierarchical collective through
 * its dimensions (`pipelined`), the bytes of the busiest dimension count instead of the sum over
 * dimensions; latencies still add up. */
#ifndef LL_COLLECTIVE_COLLECTIVE_H
#define LL_COLLECTIVE_COLLECTIVE_H

#include "sim/engine/engine.h"
#include "sim/machine/cluster.h"
#include "sim/traffic/traffic.h"

typedef enum ll_algorithm {
    LL_ALGORITHM_AUTO, /* the fastest as predicted: choose.c */
    LL_ALGORITHM_RING,
    LL_ALGORITHM_DIRECT,
    LL_ALGORITHM_HALVING,
    LL_ALGORITHM_TREE,
    LL_ALGORITHM_IN_NETWORK,
    LL_ALGORITHM_HIERARCHICAL,
    LL_N_ALGORITHM
} ll_algorithm;

extern const char *const ll_algorithm_names[]; /* "auto", "ring", ...; ended by NULL */

/* Members up to which `auto` looks at: direct reductions, gathers and scatters (libraries do so
 * within a board, and the list of flows of a larger group is long); flat algorithms where chips
 * pass on traffic and a hierarchical one is possible. */
enum { LL_MAX_ROUND = 64, LL_DIRECT_MAX = 32, LL_FLAT_MAX = 1024 };

typedef struct ll_round {
    ll_traffic traffic;
    ll_collective collective; /* whose rate it has; in a hierarchical plan, that of the stage */
    double repeat;            /* serial repetitions, each with its latency */
    double depth;  /* further latencies of a pipelined round (tree, chain), without bytes */
    double own;    /* repetitions that one part of `own` in ll_software stands for; 0: in place */
    int dimension; /* whose software drives it */
    int32_t n_reduce; /* members whose data the switches add up; 0: chips do it */
} ll_round;

typedef struct ll_plan {
    ll_collective collective;
    ll_algorithm algorithm;
    double size_B;
    int32_t group_size;
    int dimension; /* the outermost that the group touches */
    bool
        pipelined; /* the dimensions work at the same time, chunk by chunk: the busiest one counts */
    int n_stage;   /* hierarchical: the algorithm of each stage, in order */
    ll_algorithm stage[2 * LL_MAX_DIGIT];
    int n_round, cap_round;
    ll_round *round; /* [n_round] of [cap_round], in the arena of whoever asked for the plan */
} ll_plan;

/* One collective in every group of a set at once. */
typedef struct ll_request {
    ll_collective collective;
    ll_algorithm algorithm;
    ll_group group;
    double size_B; /* see above */
} ll_request;

/* busbw / algbw as nccl-tests counts them, among n members. */
double ll_collective_bus_factor(ll_collective collective, double n);

/* Its rounds, in mem. Error LL_ERR_CONFIG if the algorithm cannot do it (halving with 6 members,
 * in_network where no switch reduces, ...), with what can. Not AUTO. Not collective. */
ll_status ll_collective_plan(const ll_cluster *cluster, const ll_request *request, ll_arena *mem,
                             ll_plan *out, ll_error *err);

typedef struct ll_cost {
    double total_s;
    double software_s; /* launch, steps, and what rate_frac takes from the link rate */
    double fixed_s;    /* part of software_s that does not grow with the size: launch and steps */
    double latency_s;  /* zero-load latency of all serial rounds */
    double wire_s;     /* bytes over the link rate, waiting for others included */
    ll_protocol protocol;
    ll_spread flow; /* packet: when the flows of the longest round end, as simulated; else 0 */
} ll_cost;

/* Cost of a plan whose rounds an engine has priced, in the protocol that the library takes.
 * software: that of the cluster's dimensions; price: [plan->n_round], each round a phase. */
void ll_collective_cost(const ll_software *software, const ll_plan *plan, const ll_price *price,
                        ll_cost *out);

/* Whether the messages are those of pairs of members, not of a ring or a tree of them. */
static inline bool ll_collective_pairwise(ll_collective what)
{
    return what == LL_ALL_TO_ALL || what == LL_SEND;
}

/* What the library reckons the plan to take; 0 if it does not, and the fastest plan is taken.
 * protocol: the one that it takes, LL_N_PROTOCOL for the fastest. */
double ll_collective_guess(const ll_software *software, const ll_plan *plan, ll_protocol *protocol);

/* The outermost dimension that the group touches: its software drives a flat collective. */
int ll_collective_dimension(const ll_topology *topo, const ll_group *group);

/* Whether AUTO may take the algorithm that the request names. Not collective. */
bool ll_collective_eligible(const ll_cluster *cluster, const ll_request *request);

/* The plan that the request's algorithm names, or for AUTO the one that is predicted to be the
 * fastest: see choose.c. Its rounds are in mem, those of plans that were looked at too. Not
 * collective. */
ll_status ll_collective_choose(const ll_cluster *cluster, const ll_request *request, ll_arena *mem,
                               ll_plan *out, ll_error *err);

/* The same for many requests on one cluster: what is found out about its topology is kept, in the
 * mem of ll_chooser_create, which has to outlive it and may not be taken back in between. */
typedef struct ll_chooser ll_chooser;
ll_chooser *ll_chooser_create(const ll_cluster *cluster, ll_arena *mem);
ll_status ll_chooser_choose(ll_chooser *chooser, const ll_request *request, ll_arena *mem,
                            ll_plan *out, ll_error *err);

/* "hierarchical(direct, ring)" and such, in mem. */
const char *ll_plan_name(const ll_plan *plan, ll_arena *mem);

#endif
