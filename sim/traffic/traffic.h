/* Traffic: which chip sends how many bytes to which chip, as formulas over groups of chips.
 *
 * A *group set* is all groups of one kind, such as all tensor-parallel groups of a layout. Chip ids
 * are mixed-radix numbers. The members of a group differ in some digits and agree in the others:
 * member i of group g is the chip
 *     base(g) + sum_k digit_k(i) * stride[k],
 * where digit 0 of i varies fastest. The groups are disjoint and cover chips 0 .. n_chip-1.
 *
 * A *traffic* is one pattern in all groups of a set at the same time. Its flows are numbered by
 * (group, member, peer), and flow i is computed, not stored: 524,288 chips need no array. (TREE is
 * ordered by group and tree edge instead.) ll_traffic_source gives the flows of one source.
 *
 * Weights. With `weight`, a flow from member i to member j has size_B * weight[j] bytes (of the
 * receiver), or size_B * weight[i] with weight_of_sender. The dispatch of an expert-parallel
 * all-to-all with unequally loaded experts is ALL with weight = load of each member's experts over
 * the mean; the combine is the same with weight_of_sender. Weights of mean 1 keep the total: a
 * member sends n * size_B, its own part included, which stays on the chip.
 *
 * Time. The flows of a LIST may have start times and predecessors: see timing.h. */
#ifndef LL_TRAFFIC_TRAFFIC_H
#define LL_TRAFFIC_TRAFFIC_H

#include "sim/base/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum { LL_MAX_DIGIT = 8 };

typedef struct ll_group {
    int32_t n_chip;               /* chips that the groups cover */
    int n_digit;                  /* 0: every group is one chip */
    int32_t size[LL_MAX_DIGIT];   /* [n_digit], each >= 2 */
    int32_t stride[LL_MAX_DIGIT]; /* [n_digit], in chips, ascending */
} ll_group;

int32_t ll_group_size(const ll_group *g); /* members of one group */
int32_t ll_group_count(const ll_group *g);
int32_t ll_group_member(const ll_group *g, int32_t group, int32_t member); /* chip id */

typedef enum ll_pattern {
    /* number of flows per group of n members: sender to receiver */
    LL_PATTERN_SHIFT, /* n: i to (i + arg) mod n */
    LL_PATTERN_BOTH,  /* 2 n: i to (i + arg) mod n, and to (i - arg) mod n */
    LL_PATTERN_XOR,   /* n, a power of two: i to i xor arg */
    LL_PATTERN_ALL,   /* n (n-1): every member to every other */
    LL_PATTERN_LINE,  /* n-1: i to i + 1, the last to nobody */
    LL_PATTERN_TREE,  /* both trees of the double binary tree; arg 1: downwards only (traffic.c) */
    LL_PATTERN_ROOT,  /* n-1: member 0 to every other */
    LL_PATTERN_LIST   /* src, dst, list_B below; groups are not used */
} ll_pattern;

typedef struct ll_traffic {
    ll_pattern pattern;
    int32_t arg;
    ll_group group;
    double size_B; /* of each flow, before its weight (not LIST) */
    bool weight_of_sender;
    const double *weight; /* [members of a group] >= 0, borrowed; NULL: 1 (not LIST) */
    int64_t n_list;       /* LIST only, as what follows: [n_list] each, borrowed */
    const int32_t *src, *dst;
    const double *list_B;
    const double *start_s; /* earliest start of each flow; NULL: 0 */
    /* Flow i starts when flows after[first_after[i]] .. after[first_after[i + 1] - 1] of this list
     * have ended. [n_list + 1], [first_after[n_list]]; NULL: at once. */
    const int64_t *first_after, *after;
} ll_traffic;

typedef struct ll_flow {
    int32_t src, dst;
    double size_B;
} ll_flow;

/* Whether the traffic has start times or predecessors. */
static inline bool ll_traffic_timed(const ll_traffic *t)
{
    return t->pattern == LL_PATTERN_LIST && (t->start_s != NULL || t->first_after != NULL);
}

int64_t ll_traffic_n_flow(const ll_traffic *t);
void ll_traffic_flow(const ll_traffic *t, int64_t i, ll_flow *out); /* 0 <= i < n_flow; pure */

/* One chip as a source of a traffic (not LIST): its flows are 0 .. n_peer-1. */
typedef struct ll_source_view {
    const ll_traffic *t; /* borrowed */
    int32_t chip;
    int32_t base; /* chip 0 of the group */
    int32_t member;
    int32_t n_member;
    int32_t n_peer; /* flows that leave this chip */
} ll_source_view;

ll_source_view ll_traffic_source(const ll_traffic *t, int32_t chip); /* pure */
ll_flow ll_traffic_peer(const ll_source_view *s, int32_t j); /* its dst may be the source itself */
int64_t ll_traffic_number(const ll_source_view *s,
                          int32_t j); /* its number: i of ll_traffic_flow */

/* A LIST by source: flows order[first[c - lo]] .. order[first[c - lo + 1] - 1] leave chip c, in the
 * order of the list. */
typedef struct ll_list_order {
    int64_t *first; /* [hi - lo + 2]; the last one is not used */
    int64_t *order; /* [first[hi - lo]] */
} ll_list_order;

/* For the sources lo .. hi-1, in mem. Not collective. */
ll_list_order ll_traffic_list_order(const ll_traffic *t, int64_t lo, int64_t hi, ll_arena *mem);

/* The parent or child of member i of n in tree 0 or 1 of the double binary tree; -1: none. */
typedef enum ll_tree_link { LL_TREE_UP, LL_TREE_LEFT, LL_TREE_RIGHT } ll_tree_link;
int32_t ll_traffic_tree(int32_t n, int tree, int32_t i, ll_tree_link link);

/* Hash and equality by content: equal traffics have the same flows. Borrowed arrays are compared
 * element by element, sizes to the bit. */
uint64_t ll_traffic_hash(uint64_t seed, const ll_traffic *t);
bool ll_traffic_equal(const ll_traffic *a, const ll_traffic *b);
ll_traffic ll_traffic_copy(const ll_traffic *t, ll_arena *mem); /* with arrays of its own */

#endif
