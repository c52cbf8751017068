/* Collectives: how an algorithm turns into rounds of traffic, and what a round costs.
 *
 * Sizes follow nccl-tests: `size_B` of an all-reduce or broadcast is the buffer of a member; of an
 * all-gather the gathered result, of a reduce-scatter the input, of an all-to-all all that a member
 * sends (its own part included), of a send the message. n members, S = size_B:
 *
 *   algorithm      rounds (repeat x traffic, bytes per flow)
 *   ring           all-gather, reduce-scatter: (n-1) x shift 1, S/n; all-reduce: both;
 *                  all-to-all: shifts
 *   direct         1 x all pairs, S/n; all-reduce: twice; broadcast: root to all, S
 *   halving        recursive halving/doubling, n a power of two: log2 n x xor 2^k, S/2 ... S/n
 *   tree           double binary tree (Sanders, Speck, Traff 2009): S/2 on each edge, both ways
 *   in_network     the switches reduce: each member sends and receives S once
 *   hierarchical   one dimension after another: reduce-scatter from the innermost dimension out,
 *                  all-gather back; uneven groups: rings, or the dimensions that they fill, and
 *                  what is left over all others as one
 *
 * Uneven groups (78 members on racks of 16: some racks have 2 of them). NCCL uses as many channels
 * (rings) as the node with the fewest members has; each ring runs through all members and crosses
 * every node once, on links of its own. A chip sends S (n-1)/n within its node, and a chip of the
 * node with the fewest members, m, sends S (n-1)/(n m) to the next node. Of the n-1 steps as many
 * cross nodes as there are nodes. If the rings of all dimensions overlap (`pipelined`), they are
 * one ring through all n members, as NCCL's are: S (n-1)/n pass each chip, and the members of a
 * node share what leaves it equally, however few nodes there are. Gathers and scatters take n-1
 * steps; beyond a node NCCL has no other algorithm for them.
 *
 * A ring runs in both directions at once, with half of the bytes each, where chips have links of
 * their own to both neighbours. In a hierarchical all-reduce the switches of an inner dimension
 * reduce where that is faster than a reduce-scatter and an all-gather there, of as many bytes.
 *
 * The time of a collective is
 *   launch + sum over rounds of repeat * (latency + size / rate) + software steps
 * (sim/machine/software.h), in the protocol that the library takes. Where libraries pipeline a
 * hierarchical collective through its dimensions, chunk by chunk (`pipelined`), the wire time of
 * the busiest dimension counts instead of the sum over dimensions; latencies still add up. */
#ifndef LL_COLLECTIVE_COLLECTIVE_H
#define LL_COLLECTIVE_COLLECTIVE_H

#include "sim/engine/engine.h"
#include "sim/machine/cluster.h"
#include "sim/traffic/traffic.h"

enum {
    LL_MAX_ROUND = 64,
    /* Largest group for which `auto` considers direct reductions, gathers and scatters where no
     * symmetry of the topology folds them (hashed paths, edge lists, links that are down). */
    LL_DIRECT_MAX = 128,
    /* Beyond that they have to be faster than others by 1 %. */
    LL_DIRECT_FEW = 32
};

typedef struct ll_round {
    ll_traffic traffic;
    ll_collective collective; /* its rate_frac counts; hierarchical plan: that of the stage */
    double repeat;            /* serial repetitions, each with its latency */
    double depth;     /* further latencies of a pipelined round (tree, chain), without bytes */
    double own;       /* self-copies (own_* of ll_software) of the round; 0: in place */
    int dimension;    /* its software drives the round */
    int32_t n_reduce; /* members whose data the switches reduce; 0: chips reduce */
} ll_round;

typedef struct ll_plan {
    ll_collective collective;
    ll_algorithm algorithm;
    double size_B;
    int32_t group_size;
    int dimension;  /* the outermost that the group touches */
    bool pipelined; /* dimensions overlap, chunk by chunk: the busiest one counts */
    int n_stage;    /* hierarchical: the algorithm of each stage, in order */
    ll_algorithm stage[2 * LL_MAX_DIGIT];
    int n_round, cap_round;
    ll_round *round; /* [n_round] of [cap_round], in the arena of whoever asked for the plan */
} ll_plan;

/* One collective in every group of a set at once. */
typedef struct ll_request {
    ll_collective collective;
    ll_algorithm algorithm;
    ll_group group;
    double size_B; /* as nccl-tests counts it, see the top of this file */
} ll_request;

/* busbw / algbw as nccl-tests counts them, among n members. */
double ll_collective_bus_factor(ll_collective collective, double n);

/* The plan of a request whose algorithm is not AUTO; its rounds are in mem. Error LL_ERR_CONFIG if
 * the algorithm cannot do it (halving with 6 members, in_network where no switch reduces, ...),
 * with what can. Not collective. */
ll_status ll_collective_plan(const ll_cluster *cluster, const ll_request *request, ll_arena *mem,
                             ll_plan *out, ll_error *err);

typedef struct ll_cost {
    double total_s;
    double software_s; /* launch, steps, and what rate_frac takes from the link rate */
    double fixed_s;    /* part of software_s that does not grow with the size: launch and steps */
    double latency_s;  /* zero-load latency of all serial rounds */
    double wire_s;     /* bytes over the link rate, contention included */
    ll_protocol protocol;
    ll_spread flow; /* packet: when the flows of the longest round end, as simulated; else 0 */
} ll_cost;

/* Cost of a plan whose rounds an engine has priced, in the protocol that the library takes.
 * software: that of the cluster's dimensions; price: [plan->n_round], each round a phase. */
void ll_collective_cost(const ll_software *software, const ll_plan *plan, const ll_price *price,
                        ll_cost *out);

/* Whether each message is between one pair of members, with no ring or tree of them. */
static inline bool ll_collective_pairwise(ll_collective what)
{
    return what == LL_ALL_TO_ALL || what == LL_SEND;
}

/* Time of the plan by the library's tuning model (ll_guess); 0 if it has none, and the fastest plan
 * is taken. *protocol: the protocol that it chooses, LL_N_PROTOCOL for the fastest. */
double ll_collective_guess(const ll_software *software, const ll_plan *plan, ll_protocol *protocol);

/* The dimensions whose links members of the group may use for each other, bit d for dimension d;
 * all of them where links are slow or down, as traffic takes other ways there. */
unsigned ll_collective_dimensions(const ll_topology *topo, const ll_group *group);

/* The outermost dimension that the group touches: its software drives a flat collective. */
int ll_collective_dimension(const ll_topology *topo, const ll_group *group);

/* Whether AUTO may take the algorithm that the request names. Not collective. */
bool ll_collective_eligible(const ll_cluster *cluster, const ll_request *request);

/* The plan that the request's algorithm names, or for AUTO the one that is predicted to be the
 * fastest: see choose.c. Its rounds are in mem, those of plans that were looked at too. Not
 * collective. */
ll_status ll_collective_choose(const ll_cluster *cluster, const ll_request *request, ll_arena *mem,
                               ll_plan *out, ll_error *err);

/* The same for many requests on one cluster. A chooser keeps what it finds out about the topology
 * in the mem of ll_chooser_create, which must outlive it and may not be released in between. */
typedef struct ll_chooser ll_chooser;
ll_chooser *ll_chooser_create(const ll_cluster *cluster, ll_arena *mem);
ll_status ll_chooser_choose(ll_chooser *chooser, const ll_request *request, ll_arena *mem,
                            ll_plan *out, ll_error *err);

/* "hierarchical(direct, ring)" and such, in mem. */
const char *ll_plan_name(const ll_plan *plan, ll_arena *mem);

#endif
