/* Routing of tokens to experts: how many ranks a token reaches, and how full each rank gets.
 *
 * n_rank ranks (chips of expert parallelism) hold n_expert experts in equal consecutive shares.
 * Each token picks top_k different experts. A token that picks several experts of one rank is sent
 * there once, so what an exchange carries is the number of *distinct* ranks. With q_e the share of
 * tokens that pick expert e, and the experts of a rank taken one after the other,
 *     P(a token misses the rank) = product over its experts of 1 - q_e k / (k - q of those before),
 * since k picks remain for the others as long as none was there. It is exact if all q are equal:
 * C(E - E/ep, k) / C(E, k), which is (1 - 1/ep)^k for many experts.
 *
 * Laws:
 *   balanced  every token picks experts of different ranks, as many as there are, in turn: a test
 *             with forced balance
 *   uniform   every pick is equally likely; ranks are equally full in the mean
 *   power     popularities of experts are independent draws from a Pareto law of density x^-a, cut
 *             to [1, 0.8 tokens] if there are more picks than experts, else to [0.01, 2];
 *             normalised to tokens * k picks, no expert above `tokens`, whose excess goes to those
 *             that have the least: the law of ai-dynamo/aiconfigurator (Apache-2.0) for its tables
 *             of experts. A draw is a function of (seed, expert).
 *   given     `share`, such as a histogram of real routing
 *
 * Node-limited routing (balanced, uniform): the experts form n_group groups, and a token picks its
 * experts within top_group of these (DeepSeek-V3: 8 groups, 4 of them). */
#ifndef LL_TRAFFIC_ROUTING_H
#define LL_TRAFFIC_ROUTING_H

#include "sim/base/arena.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ll_routing_law {
    LL_ROUTING_UNIFORM,
    LL_ROUTING_BALANCED,
    LL_ROUTING_POWER,
    LL_ROUTING_GIVEN,
    LL_N_ROUTING_LAW
} ll_routing_law;

extern const char *const ll_routing_names[]; /* "uniform", ...; ended by NULL */

typedef struct ll_routing {
    ll_routing_law law;
    double exponent; /* POWER: a */
    uint64_t seed;   /* POWER */
    int32_t n_expert, top_k, n_rank;
    int32_t n_group, top_group; /* 0: no limit */
    const double *share;        /* GIVEN: [n_expert] >= 0, in any unit; borrowed */
} ll_routing;

/* What an exchange of tokens carries: a dispatch sends each token to the ranks of its experts, a
 * combine sends the results back. Of an exchange, size_B = tokens of a chip * row_B. */
typedef struct ll_rows {
    ll_routing routing; /* n_rank: members of the group */
    double row_B;       /* bytes of a token: values, scales, indices; 0: no exchange of tokens */
} ll_rows;

bool ll_rows_equal(const ll_rows *a, const ll_rows *b);

/* Why the routing is not possible, such as "6 groups do not divide 256 experts"; NULL: it is. out:
 * [LL_ROUTING_TEXT], for the text. */
enum { LL_ROUTING_TEXT = 160 };
const char *ll_routing_obstacle(const ll_routing *r, char *out);

/* Mean number of distinct parts that a token reaches, if the experts lie in n_part equal
 * consecutive parts: ranks, or nodes of them. Of POWER and GIVEN: as if uniform; see
 * ll_routing_draw. n_part divides n_expert, or is divided by it. Pure. */
double ll_routing_reach(const ll_routing *r, int32_t n_part);

/* How `tokens` tokens (of all ranks together) spread over parts. */
typedef struct ll_routed {
    int32_t n_part;
    double *copies; /* [n_part] picks of its experts: rows that it computes; sum tokens * k */
    double *rows;   /* [n_part] tokens that reach it: rows that it receives */
    double mean_copies, max_copies;
    double reach;    /* mean number of distinct parts of a token */
    int32_t fullest; /* part with max_copies; of equal ones the first */
} ll_routed;

/* Arrays are in mem. Pure. */
void ll_routing_draw(const ll_routing *r, int32_t n_part, double tokens, ll_arena *mem,
                     ll_routed *out);

#endif
