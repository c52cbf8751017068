/* The double binary tree (TREE), after Sanders, Speck and Traff, "Two-tree algorithms for full
 * bandwidth broadcast, reduction and scan", Parallel Computing 35 (2009), in the numbering of NCCL:
 *
 *   tree 0 of 8 members          0               Member i > 0, b = lowest set bit of i:
 *                                 \                parent (i xor b) | 2b, or i xor b if that is
 *                                  4                 beyond the last member;
 *                                /   \             children i - b/2 and i + b/2 (the right one
 *                               2     6              comes closer until it exists); none if b = 1.
 *                              / \   / \           The root is 0; its one child is the largest
 *                             1   3 5   7            power of two below n.
 *
 * Odd members are leaves. Tree 1 is the mirror image (i -> n-1-i) if n is even, and the same tree
 * shifted by one (i -> (i-1) mod n) if n is odd, so that a leaf of one is inside the other, and
 * each carries half of the data. An all-reduce of S bytes puts S/2 up and S/2 down every edge of
 * both trees: the pattern TREE has all of them at once, as 4 (n-1) flows of size_B each:
 *   flow 4 (r-1) + 0: tree 0, member r of the tree to its parent     (r = 1 .. n-1)
 *   flow 4 (r-1) + 1: tree 0, the parent to r
 *   flow 4 (r-1) + 2: tree 1, member r of the tree to its parent
 *   flow 4 (r-1) + 3: tree 1, the parent to r
 * With arg = 1 (a broadcast) it has only those down: flow 2 (r-1) of tree 0, flow 2 (r-1) + 1 of
 * tree 1. */
#include "sim/traffic/traffic.h"

#include "sim/base/status.h"

int32_t ll_group_size(const ll_group *g)
{
    int32_t n = 1;
    for (int k = 0; k < g->n_digit; k++)
        n *= g->size[k];
    return n;
}

int32_t ll_group_count(const ll_group *g) { return g->n_chip / ll_group_size(g); }

static int32_t member_offset(const ll_group *g, int32_t member)
{
    int32_t offset = 0;
    for (int k = 0; k < g->n_digit - 1; k++) {
        offset += member % g->size[k] * g->stride[k];
        member /= g->size[k];
    }
    return g->n_digit == 0 ? 0 : offset + member * g->stride[g->n_digit - 1];
}

/* Member 0 of a group. The number of a group has the digits that are constant within groups, lowest
 * first; they fill the gaps between the digits of the members. */
static int32_t group_base(const ll_group *g, int32_t group)
{
    int32_t base = 0, below = 1; /* chips spanned by the digits so far */
    for (int k = 0; k < g->n_digit; k++) {
        const int32_t held = g->stride[k] / below;
        base += group % held * below;
        group /= held;
        below = g->stride[k] * g->size[k];
    }
    return base + group * below;
}

int32_t ll_group_member(const ll_group *g, int32_t group, int32_t member)
{
    return group_base(g, group) + member_offset(g, member);
}

static int32_t tree_shape(int32_t n, int32_t i, ll_tree_link link)
{
    if (i == 0) {
        if (link != LL_TREE_RIGHT || n == 1) return -1;
        int32_t top = 1;
        while (top < n - top)
            top *= 2;
        return top;
    }
    const int32_t b = i & -i;
    if (link == LL_TREE_UP) {
        const int32_t up = (i ^ b) | (b * 2);
        return up >= n ? i ^ b : up;
    }
    if (link == LL_TREE_LEFT) return b == 1 ? -1 : i - b / 2;
    for (int32_t half = b / 2; half > 0; half /= 2)
        if (i + half < n) return i + half;
    return -1;
}

/* Number of member i in tree 1, and the inverse. */
static int32_t to_tree1(int32_t n, int32_t i) { return n % 2 == 0 ? n - 1 - i : (i + n - 1) % n; }
static int32_t from_tree1(int32_t n, int32_t i) { return n % 2 == 0 ? n - 1 - i : (i + 1) % n; }

int32_t ll_traffic_tree(int32_t n, int tree, int32_t i, ll_tree_link link)
{
    if (tree == 0) return tree_shape(n, i, link);
    const int32_t r = tree_shape(n, to_tree1(n, i), link);
    return r < 0 ? -1 : from_tree1(n, r);
}

static int64_t flows_per_group(const ll_traffic *t, int32_t n)
{
    switch (t->pattern) {
    case LL_PATTERN_SHIFT:
    case LL_PATTERN_XOR:
        return n;
    case LL_PATTERN_BOTH:
        return 2 * (int64_t)n;
    case LL_PATTERN_ALL:
        return (int64_t)n * (n - 1);
    case LL_PATTERN_LINE:
    case LL_PATTERN_ROOT:
        return n - 1;
    case LL_PATTERN_TREE:
        return (t->arg ? 2 : 4) * ((int64_t)n - 1);
    case LL_PATTERN_LIST:
        break;
    }
    return 0;
}

int64_t ll_traffic_n_flow(const ll_traffic *t)
{
    if (t->pattern == LL_PATTERN_LIST) return t->n_list;
    return ll_group_count(&t->group) * flows_per_group(t, ll_group_size(&t->group));
}

static int32_t shifted(int32_t n, int32_t i, int32_t by)
{
    const int64_t to = ((int64_t)i + by) % n;
    return (int32_t)(to < 0 ? to + n : to);
}

/* Bytes from one member of a group to another. */
static double flow_B(const ll_traffic *t, int32_t from, int32_t to)
{
    return t->weight == NULL ? t->size_B : t->size_B * t->weight[t->weight_of_sender ? from : to];
}

static void tree_flow(const ll_traffic *t, int32_t n, int32_t j, int32_t *from, int32_t *to)
{
    if (t->arg) j = 2 * j + 1; /* only flows down: the second of each pair */
    const int32_t r = j / 4 + 1;
    const int32_t child = j % 4 < 2 ? r : from_tree1(n, r);
    const int32_t parent = ll_traffic_tree(n, j % 4 < 2 ? 0 : 1, child, LL_TREE_UP);
    *from = j % 2 == 0 ? child : parent;
    *to = j % 2 == 0 ? parent : child;
}

void ll_traffic_flow(const ll_traffic *t, int64_t i, ll_flow *out)
{
    if (t->pattern == LL_PATTERN_LIST) {
        *out = (ll_flow){t->src[i], t->dst[i], t->list_B[i]};
        return;
    }
    const int32_t n = ll_group_size(&t->group);
    const int64_t each = flows_per_group(t, n);
    LL_ASSERT(each > 0, "flow %lld of a traffic without flows", (long long)i);
    const int32_t group = (int32_t)(i / each);
    const int64_t in_group = i % each;
    const int32_t j = (int32_t)in_group; /* only ALL may have more than 2^31 flows in a group */
    int32_t from = j, to = j + 1;        /* LINE */
    switch (t->pattern) {
    case LL_PATTERN_SHIFT:
        to = shifted(n, j, t->arg);
        break;
    case LL_PATTERN_BOTH:
        from = (int32_t)(in_group / 2);
        to = shifted(n, from, in_group % 2 ? -t->arg : t->arg);
        break;
    case LL_PATTERN_XOR:
        to = j ^ t->arg;
        break;
    case LL_PATTERN_ALL:
        from = (int32_t)(in_group / (n - 1));
        to = (int32_t)(in_group % (n - 1));
        to += to >= from;
        break;
    case LL_PATTERN_ROOT:
        from = 0;
        break;
    case LL_PATTERN_TREE:
        tree_flow(t, n, j, &from, &to);
        break;
    case LL_PATTERN_LINE:
    case LL_PATTERN_LIST:
        break;
    }
    const int32_t base = group_base(&t->group, group);
    *out = (ll_flow){base + member_offset(&t->group, from), base + member_offset(&t->group, to),
                     flow_B(t, from, to)};
}

/* Whether slot 0 .. 5 of tree_peer is used: up, left, right in tree 0, then in tree 1. Broadcasts
 * have no up. */
static bool tree_slot(const ll_traffic *t, int slot) { return !(t->arg && slot % 3 == LL_TREE_UP); }

static int32_t tree_degree(const ll_traffic *t, int32_t n, int32_t i)
{
    int32_t degree = 0;
    for (int slot = 0; slot < 6; slot++)
        if (tree_slot(t, slot))
            degree += ll_traffic_tree(n, slot / 3, i, (ll_tree_link)(slot % 3)) >= 0;
    return degree;
}

static int32_t tree_peer(const ll_traffic *t, int32_t n, int32_t i, int32_t j)
{
    for (int slot = 0; slot < 6; slot++) {
        if (!tree_slot(t, slot)) continue;
        const int32_t peer = ll_traffic_tree(n, slot / 3, i, (ll_tree_link)(slot % 3));
        if (peer >= 0 && j-- == 0) return peer;
    }
    LL_ASSERT(0, "member %d has no peer %d", i, j);
    return -1;
}

static int32_t peers(const ll_traffic *t, int32_t n, int32_t i)
{
    switch (t->pattern) {
    case LL_PATTERN_SHIFT:
    case LL_PATTERN_XOR:
        return 1;
    case LL_PATTERN_BOTH:
        return 2;
    case LL_PATTERN_ALL:
        return n - 1;
    case LL_PATTERN_LINE:
        return i < n - 1;
    case LL_PATTERN_ROOT:
        return i == 0 ? n - 1 : 0;
    case LL_PATTERN_TREE:
        return tree_degree(t, n, i);
    case LL_PATTERN_LIST:
        break;
    }
    LL_ASSERT(0, "pattern %d has no sources by formula", (int)t->pattern);
    return 0;
}

ll_source_view ll_traffic_source(const ll_traffic *t, int32_t chip)
{
    ll_source_view s = {.t = t, .chip = chip, .base = chip, .n_member = 1};
    if (chip >= t->group.n_chip) return s;
    for (int k = 0; k < t->group.n_digit; k++) {
        const int32_t digit = chip / t->group.stride[k] % t->group.size[k];
        s.member += digit * s.n_member;
        s.base -= digit * t->group.stride[k];
        s.n_member *= t->group.size[k];
    }
    s.n_peer = peers(t, s.n_member, s.member);
    return s;
}

ll_flow ll_traffic_peer(const ll_source_view *s, int32_t j)
{
    int32_t to = j;
    switch (s->t->pattern) {
    case LL_PATTERN_SHIFT:
        to = shifted(s->n_member, s->member, s->t->arg);
        break;
    case LL_PATTERN_BOTH:
        to = shifted(s->n_member, s->member, j ? -s->t->arg : s->t->arg);
        break;
    case LL_PATTERN_XOR:
        to = s->member ^ s->t->arg;
        break;
    case LL_PATTERN_ALL:
        to = j + (j >= s->member);
        break;
    case LL_PATTERN_LINE:
        to = s->member + 1;
        break;
    case LL_PATTERN_ROOT:
        to = j + 1;
        break;
    case LL_PATTERN_TREE:
        to = tree_peer(s->t, s->n_member, s->member, j);
        break;
    case LL_PATTERN_LIST:
        break;
    }
    return (ll_flow){s->chip, s->base + member_offset(&s->t->group, to),
                     flow_B(s->t, s->member, to)};
}

/* The group with member 0 = base: the inverse of group_base. */
static int32_t group_of(const ll_group *g, int32_t base)
{
    int32_t group = 0, place = 1, below = 1;
    for (int k = 0; k < g->n_digit; k++) {
        const int32_t held = g->stride[k] / below;
        group += base / below % held * place;
        place *= held;
        below = g->stride[k] * g->size[k];
    }
    return group + base / below * place;
}

/* Number, within its group, of the flow from member i to its tree peer j. Edges are numbered by the
 * child. */
static int64_t tree_number(const ll_traffic *t, int32_t n, int32_t i, int32_t j)
{
    for (int slot = 0; slot < 6; slot++) {
        if (!tree_slot(t, slot)) continue;
        const int tree = slot / 3, down = slot % 3 != LL_TREE_UP;
        const int32_t peer = ll_traffic_tree(n, tree, i, (ll_tree_link)(slot % 3));
        if (peer < 0 || j-- > 0) continue;
        const int32_t child = down ? peer : i, r = tree ? to_tree1(n, child) : child;
        return t->arg ? 2 * ((int64_t)r - 1) + tree
                      : 4 * ((int64_t)r - 1) + 2 * (int64_t)tree + down;
    }
    LL_ASSERT(0, "member %d has no peer %d", i, j);
    return -1;
}

int64_t ll_traffic_number(const ll_source_view *s, int32_t j)
{
    const int64_t group = group_of(&s->t->group, s->base), n = s->n_member;
    const int64_t each = flows_per_group(s->t, s->n_member);
    int64_t in_group = s->member; /* SHIFT, XOR, LINE */
    switch (s->t->pattern) {
    case LL_PATTERN_BOTH:
        in_group = 2 * (int64_t)s->member + j;
        break;
    case LL_PATTERN_ALL:
        in_group = s->member * (n - 1) + j;
        break;
    case LL_PATTERN_ROOT:
        in_group = j;
        break;
    case LL_PATTERN_TREE:
        in_group = tree_number(s->t, s->n_member, s->member, j);
        break;
    case LL_PATTERN_SHIFT:
    case LL_PATTERN_XOR:
    case LL_PATTERN_LINE:
    case LL_PATTERN_LIST:
        break;
    }
    return group * each + in_group;
}

/* Counting sort: while `order` is filled, first[i + 1] moves from the begin of source i to its end.
 */
ll_list_order ll_traffic_list_order(const ll_traffic *t, int64_t lo, int64_t hi, ll_arena *mem)
{
    const int64_t n = hi - lo;
    ll_list_order o = {.first = ll_arena_array(mem, n + 2, int64_t)};
    for (int64_t f = 0; f < t->n_list; f++)
        if (t->src[f] >= lo && t->src[f] < hi) o.first[t->src[f] - lo + 2]++;
    for (int64_t i = 2; i < n + 2; i++)
        o.first[i] += o.first[i - 1];
    o.order = ll_arena_array(mem, o.first[n + 1], int64_t);
    for (int64_t f = 0; f < t->n_list; f++)
        if (t->src[f] >= lo && t->src[f] < hi) o.order[o.first[t->src[f] - lo + 1]++] = f;
    return o;
}
