/* Collectives: which rounds of traffic an algorithm consists of, and how long they take.
 *
 * Sizes follow nccl-tests: `size_B` of an all-reduce or broadcast is the buffer of a member; of an
 * all-gather the gathered result, of a reduce-scatter the input, of an all-to-all what a member
 * sends in total (its own part included), of a send the message. n members, S = size_B:
 *
 *   algorithm      rounds (repeat x traffic, bytes per flow)
 *   ring           all-gather, reduce-scatter: (n-1) x shift 1, S/n; all-reduce: both;
 *                  all-to-all: shifts
 *   direct         1 x all pairs, S/n; all-reduce: twice; broadcast: root to all, S
 *   halving        recursive halving/doubling, n a power of two: log2 n x xor 2^k, S/2 ... S/n
 *   tree           double binary tree (Sanders, Speck, Traff 2009): S/2 on each edge, both ways
 *   in_network     the switches reduce: each member sends and receives S once
 *                  over several dimensions of a library that pipelines: see below
 *   in_network_tree  the switches reduce in each domain, trees over the domains
 *   one_shot       all_reduce: 1 x all pairs, S
 *   two_shot       all_reduce: 2 x all pairs, S/n, as direct; both by kernels of inference engines
 *                  that read each other's memory (sim/machine/shots.h)
 *   hierarchical   one dimension after another: reduce-scatter from the innermost dimension out,
 *                  all-gather back; uneven groups: rings, or the dimensions that they fill, and
 *                  what is left over all others as one
 *
 * Uneven groups (78 members on racks of 16: some racks have 2 of them). NCCL uses as many channels
 * (rings) as the node with the fewest members has; each ring runs through all members and crosses
 * every node once, on links of its own. A chip sends S (n-1)/n within its node, and a chip of the
 * node with the fewest members, m, sends S (n-1)/(n m) to the next node. Of the n-1 steps as many
 * cross nodes as there are nodes. If the rings of all dimensions overlap (`pipelined`), they are
 * one ring through all n members, as in NCCL: each chip forwards S (n-1)/n, and the members of a
 * node send equal shares of what leaves it, however few nodes there are. All-gathers and
 * reduce-scatters take n-1 steps: between nodes NCCL has only rings for them.
 *
 * Trees over domains. A *domain* is what the dimensions inside the outermost one connect: a node,
 * or a rack that shares one NVLink. N domains have G members of the group each. An all-reduce by
 * `tree` of a library that pipelines, as NCCL's Tree, runs a chain through the G members of a
 * domain and a double binary tree over the domains, by `in_network_tree` (NVLSTree) the switches
 * take the place of the chain. Either way member i of all domains has such a tree, for S/G of the
 * bytes: each edge carries S/(2 G) up and down, so a domain sends at most d S over its NICs with
 * d = 1, 1.5, 2 for N = 2, 3, >= 4; a ring sends 2 S (n-1)/n. What a library adds: ll_between.
 *
 * Where chips have separate links to both neighbours, a ring runs in both directions at once with
 * half of the bytes each. In a hierarchical all-reduce the switches of an inner dimension reduce if
 * that is faster than a reduce-scatter and an all-gather in it.
 *
 * Dispatch and combine carry tokens (ll_rows), and size_B is that of a member's tokens, each once.
 * They have one way, that of the cluster's token dispatcher (sim/machine/dispatcher.h):
 *   direct         1 x all pairs, tokens * E / n each, E: distinct ranks of a token, or copies
 *   hierarchical   1 x all pairs along the rail, tokens * N / nodes each, N: distinct nodes; beside
 *                  it 1 x all pairs of a node, which pass on what arrives
 *
 * The time of a collective is
 *   launch + sum over rounds of repeat * (latency + size / rate) + software steps
 * (sim/machine/software.h), in the protocol that the library takes. If the library pipelines a
 * hierarchical collective through its dimensions, chunk by chunk (`pipelined`), the wire time is
 * that of the busiest dimension instead of the sum over dimensions; latencies still add up. */
#ifndef LL_COLLECTIVE_COLLECTIVE_H
#define LL_COLLECTIVE_COLLECTIVE_H

#include "sim/engine/engine.h"
#include "sim/machine/cluster.h"
#include "sim/traffic/routing.h"
#include "sim/traffic/traffic.h"

enum {
    LL_MAX_ROUND = 64,
    /* Largest group for which `auto` considers `direct` for all_reduce, all_gather and
     * reduce_scatter on topologies without a symmetry that folds equal flows (hashed paths, edge
     * lists, links that are down). A limit of effort, not of the model: its n^2 flows are priced
     * one by one. */
    LL_DIRECT_MAX = 128,
    /* In larger groups `direct` must be faster than others by LL_DIRECT_MARGIN (choose.c). Assumed:
     * no measurement says from how many connections on they cost time. */
    LL_DIRECT_FEW = 32
};

typedef struct ll_round {
    ll_traffic traffic;
    /* whose rate_frac holds; of a stage of a hierarchical plan: the stage's */
    ll_collective collective;
    double repeat;    /* serial repetitions, each with its latency */
    double depth;     /* further serial latencies of a pipelined round (tree, chain) */
    double own;       /* number of self-copies (own_* of ll_software); 0: in place */
    int dimension;    /* whose software the round uses */
    int32_t n_reduce; /* in_network: members whose data the switches reduce; else 0 */
    double rate_frac; /* of a dispatcher's round; else 0, as the software has it */
} ll_round;

/* What a token dispatcher adds to the wire (sim/machine/dispatcher.h). */
typedef struct ll_exchange_work {
    const char *library; /* NULL: the plan is none of a dispatcher */
    double launch_s, floor_s, work_s, held_frac;
} ll_exchange_work;

typedef struct ll_plan {
    ll_collective collective;
    ll_algorithm algorithm;
    double size_B;
    int32_t group_size;
    int dimension; /* the outermost dimension that the group spans */
    /* domains that it spans (of one member each if it has one dimension); 0: of unequal size */
    int32_t n_domain;
    double nic_Bps; /* rate of a chip's links of that dimension; 0: no tuner asks */
    bool pipelined; /* dimensions overlap, chunk by chunk: wire time of the busiest one */
    int n_stage;    /* hierarchical: the algorithm of each stage, in order */
    ll_algorithm stage[2 * LL_MAX_DIGIT];
    int n_round, cap_round;
    ll_round *round; /* [n_round] of [cap_round], in the caller's arena */
    ll_exchange_work exchange;
    double copies;       /* of each token, of a dispatch or a combine; else 0 */
    const ll_shot *shot; /* one_shot, two_shot: whose kernel; else NULL */
} ll_plan;

/* One collective, in all groups of a group set at the same time. */
typedef struct ll_request {
    ll_collective collective;
    ll_algorithm algorithm;
    ll_group group;
    double size_B; /* as nccl-tests defines it, see the top of this file */
    ll_rows rows;  /* of a dispatch or a combine */
} ll_request;

/* busbw / algbw of nccl-tests for n members. */
double ll_collective_bus_factor(ll_collective collective, double n);

/* Plan a request whose algorithm is not AUTO; the rounds are in mem. Error LL_ERR_CONFIG if the
 * algorithm cannot do it (halving with 6 members, in_network where no switch reduces, ...); the
 * message says which one can. Not collective. */
ll_status ll_collective_plan(const ll_cluster *cluster, const ll_request *request, ll_arena *mem,
                             ll_plan *out, ll_error *err);

typedef struct ll_cost {
    double total_s;
    double software_s; /* launch, steps, and wire time added by rate_frac < 1 */
    double fixed_s;    /* part of software_s that does not depend on the size: launch and steps */
    double latency_s;  /* zero-load latency of all serial rounds */
    double wire_s;     /* bytes at the link rate, contention included */
    ll_protocol protocol;
    ll_spread flow; /* engine packet: end times of the flows of the longest round; else 0 */
} ll_cost;

/* Cost of a plan from the prices of its rounds, in the protocol that the library takes. software:
 * [n_dim] of the cluster; price: [plan->n_round], each round priced as a phase. Pure. */
void ll_collective_cost(const ll_software *software, const ll_plan *plan, const ll_price *price,
                        ll_cost *out);

/* How much longer kernels take beside it, over its time. */
double ll_plan_held_frac(const ll_software *software, const ll_plan *plan);

/* Whether the plan passes messages around rings: one of all members, or one for each dimension. */
static inline bool ll_plan_is_ring(const ll_plan *plan)
{
    return plan->algorithm == LL_ALGORITHM_RING || plan->algorithm == LL_ALGORITHM_HIERARCHICAL;
}

/* Whether messages go directly between pairs of members, not along a ring or tree. */
static inline bool ll_collective_pairwise(ll_collective what)
{
    return what == LL_ALL_TO_ALL || what == LL_SEND || what >= LL_N_OF_BYTES;
}

/* Whether it is one of the custom all-reduces, which no collective library has. */
static inline bool ll_algorithm_is_shot(ll_algorithm algorithm)
{
    return algorithm == LL_ALGORITHM_ONE_SHOT || algorithm == LL_ALGORITHM_TWO_SHOT;
}

/* Members of each domain, see the top of this file; plan->n_domain > 0. */
static inline int32_t ll_plan_members(const ll_plan *plan)
{
    return plan->group_size / plan->n_domain;
}

/* Time in seconds that the library's tuning model (ll_guess, ll_tuner) predicts for the plan; 0 if
 * it has no such model, infinite if the library has no such plan. A table of sizes predicts in what
 * order plans are taken, not times. *protocol: the protocol that the library takes;
 * LL_N_PROTOCOL: the fastest. */
double ll_collective_guess(const ll_software *software, const ll_plan *plan, ll_protocol *protocol);

/* The dimensions whose links traffic within the group may use: bit d for dimension d. All of them
 * if links are slow or down, as traffic is rerouted then. */
unsigned ll_collective_dimensions(const ll_topology *topo, const ll_group *group);

/* The outermost dimension that the group spans, whose software a flat collective uses. */
int ll_collective_dimension(const ll_topology *topo, const ll_group *group);

/* Whether AUTO may take the algorithm of the request. Not collective. */
bool ll_collective_eligible(const ll_cluster *cluster, const ll_request *request);

/* Plan a request; AUTO takes the algorithm that is predicted to be the fastest (choose.c), or the
 * custom all-reduce that the cluster names, for sizes that it takes. The
 * rounds of the plan and of all candidates are in mem. Errors: as ll_collective_plan. Not
 * collective. */
ll_status ll_collective_choose(const ll_cluster *cluster, const ll_request *request, ll_arena *mem,
                               ll_plan *out, ll_error *err);

/* The same for many requests on one cluster. A chooser caches facts about the topology in the mem
 * of ll_chooser_create, which must outlive it and must not be released in between. */
typedef struct ll_chooser ll_chooser;
ll_chooser *ll_chooser_create(const ll_cluster *cluster, ll_arena *mem);
ll_status ll_chooser_choose(ll_chooser *chooser, const ll_request *request, ll_arena *mem,
                            ll_plan *out, ll_error *err);

/* Name of the plan's algorithm, such as "hierarchical(direct, ring)", in mem. */
const char *ll_plan_name(const ll_plan *plan, ll_arena *mem);

#endif
