/* Any link graph, read from an edge list (edgelist.h): the slow, obviously right twin of the
 * formulas.
 *
 * A flow is split over all shortest paths by hops, or over the first CUSTOM_MAX_PATH of them in the
 * order of link ids: evenly, or, where paths differ in the capacity of their narrowest link, in
 * proportion to it: cables of 9 lanes and of 1 are ten paths, nine of which are one route. create()
 * finds, for every chip, the hops from all nodes to it (breadth
 * first, backwards) and the number of shortest paths; route() walks down the hops. */
#include "topology/edgelist.h"
#include "topology/shares.h"
#include "topology/topology.h"

#include <math.h>
#include <string.h>

enum { CUSTOM_MAX_PATH = 64, CUSTOM_FAR = UINT16_MAX };

typedef struct custom_param {
    ll_text_file file;
    const char *name;
} custom_param;

static const ll_key custom_keys[] = {
    {"file", LL_KIND_STRING, LL_KEY_PATH, offsetof(custom_param, file), NULL, 0, 0, NULL,
     "edge list: lines `chips N`, `node NAME`, `A <-> B lanes bandwidth latency`"},
    {"name", LL_KIND_STRING, 0, offsetof(custom_param, name), "custom", 0, 0, NULL,
     "name of the dimension"},
    {0}};

typedef struct custom_state {
    ll_edgelist list;
    int64_t *start;  /* [n_node + 1]: where the links that leave a node are in `out` */
    int64_t *out;    /* [n_link]: link ids by the node that they leave, ascending */
    uint16_t *n_hop; /* [n_chip][n_node]: from the node to the chip; CUSTOM_FAR: no way */
    uint8_t *n_path; /* [n_chip][n_node]: routes */
    bool uneven;     /* links differ in capacity */
} custom_state;

/* Link ids sorted by one of their ends. start: [n_node + 1], id: [n_link]. */
static void custom_sort(const ll_edgelist *list, bool by_to, int64_t *start, int64_t *id)
{
    for (int64_t i = 0; i < list->n_link; i++)
        start[(by_to ? list->link[i].to : list->link[i].from) + 1]++;
    for (int32_t node = 0; node < list->n_node; node++)
        start[node + 1] += start[node];
    for (int64_t i = list->n_link - 1; i >= 0; i--) // downwards, so that ids come out ascending:
        id[--start[(by_to ? list->link[i].to : list->link[i].from) + 1]] = i;
    for (int32_t node = 0; node < list->n_node; node++) // start[node + 1] now begins node's part
        start[node] = start[node + 1];
    start[list->n_node] = list->n_link;
}

/* Hops and paths from every node to `chip`. in: link ids by the node that they enter.
 * queue: [n_node]. n_hop, n_path: [n_node], of this chip. */
static void custom_search(const ll_edgelist *list, const int64_t *start, const int64_t *in,
                          int32_t chip, int32_t *queue, uint16_t *n_hop, uint8_t *n_path)
{
    memset(n_hop, 0xff, (size_t)list->n_node * sizeof *n_hop); /* CUSTOM_FAR */
    n_hop[chip] = 0;
    n_path[chip] = 1;
    queue[0] = chip;
    for (int32_t head = 0, tail = 1; head < tail; head++) {
        int32_t at = queue[head];
        if (n_hop[at] == CUSTOM_FAR - 1) continue; // far beyond LL_MAX_HOP: refused later
        for (int64_t i = start[at]; i < start[at + 1]; i++) {
            int64_t from = list->link[in[i]].from;
            if (n_hop[from] == CUSTOM_FAR) {
                n_hop[from] = (uint16_t)(n_hop[at] + 1);
                queue[tail++] = (int32_t)from;
            }
            if (n_hop[from] != n_hop[at] + 1) continue;
            int sum = n_path[from] + n_path[at];
            n_path[from] = (uint8_t)(sum < CUSTOM_MAX_PATH ? sum : CUSTOM_MAX_PATH);
        }
    }
}

static ll_status custom_check(const custom_state *state, const char *file, ll_topology *topo,
                              ll_error *err)
{
    for (int32_t dst = 0; dst < topo->n_chip; dst++) {
        const uint16_t *n_hop = state->n_hop + dst * topo->n_node;
        for (int32_t src = 0; src < topo->n_chip; src++) {
            if (n_hop[src] == CUSTOM_FAR)
                return ll_error_set(err, LL_ERR_CONFIG, "%s: chip %d cannot reach chip %d", file,
                                    src, dst);
            if (n_hop[src] > LL_MAX_HOP)
                return ll_error_set(err, LL_ERR_CONFIG,
                                    "%s: chip %d needs more than %d hops to chip %d", file, src,
                                    LL_MAX_HOP, dst);
            uint8_t n_path = state->n_path[dst * topo->n_node + src];
            if (n_hop[src] > topo->max_hop) topo->max_hop = n_hop[src];
            if (n_path > topo->max_path) topo->max_path = n_path;
        }
    }
    if (state->uneven) topo->max_path = CUSTOM_MAX_PATH; /* at most */
    return LL_OK;
}

static ll_status custom_create(const void *param, int n_child, const ll_topology *child,
                               ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child;
    const custom_param *p = param;
    custom_state *state = ll_arena_new(mem, custom_state);
    ll_edgelist *list = &state->list;
    LL_TRY(ll_edgelist_parse(&p->file, mem, list, err));
    state->start = ll_arena_array(mem, list->n_node + 1, int64_t);
    state->out = ll_arena_array(mem, list->n_link, int64_t);
    state->n_hop = ll_arena_array(mem, (int64_t)list->n_chip * list->n_node, uint16_t);
    state->n_path = ll_arena_array(mem, (int64_t)list->n_chip * list->n_node, uint8_t);
    custom_sort(list, false, state->start, state->out);
    for (int64_t i = 1; i < list->n_link; i++)
        if (ll_link_capacity_Bps(&list->link[i]) != ll_link_capacity_Bps(&list->link[0]))
            state->uneven = true;

    ll_arena_mark mark = ll_arena_here(mem);
    int64_t *start = ll_arena_array(mem, list->n_node + 1, int64_t);
    int64_t *in = ll_arena_array(mem, list->n_link, int64_t);
    int32_t *queue = ll_arena_array(mem, list->n_node, int32_t);
    custom_sort(list, true, start, in);
    for (int32_t chip = 0; chip < list->n_chip; chip++) {
        int64_t row = (int64_t)chip * list->n_node;
        custom_search(list, start, in, chip, queue, state->n_hop + row, state->n_path + row);
    }
    ll_arena_release(mem, mark);

    topo->n_chip = list->n_chip;
    topo->n_node = list->n_node;
    topo->n_link = list->n_link;
    topo->max_path = 1;
    topo->max_hop = 0;
    topo->n_dim = 1;
    topo->dim[0] = (ll_dim){.name = p->name, .type = "custom", .size = topo->n_chip};
    topo->state = state;
    return custom_check(state, p->file.name, topo, err);
}

static void custom_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    const custom_state *state = topo->state;
    *out = state->list.link[link_id];
}

/* Route number `path` of those that differ. */
static int custom_way(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                      int64_t *link_id)
{
    const custom_state *state = topo->state;
    const ll_link *link = state->list.link;
    const uint16_t *to_go = state->n_hop + dst * topo->n_node;
    const uint8_t *n_path = state->n_path + dst * topo->n_node;
    int n_hop = to_go[src];
    if (n_hop > cap) return -1;
    int64_t at = src;
    for (int hop = 0; hop < n_hop; hop++) {
        // Of the links that lead on, take the one whose share of the paths holds number `path`.
        int64_t i = state->start[at];
        for (;; i++) {
            int64_t to = link[state->out[i]].to;
            if (to_go[to] + 1 != to_go[at]) continue;
            if (path < n_path[to]) break;
            path -= n_path[to];
        }
        link_id[hop] = state->out[i];
        at = link[state->out[i]].to;
    }
    return n_hop;
}

/* Shares of the routes between two chips; all 1 where they are equal. share: [CUSTOM_MAX_PATH].
 * Returns their sum. */
static int32_t custom_shares(const ll_topology *topo, int32_t src, int32_t dst, int32_t *share)
{
    const custom_state *state = topo->state;
    const int32_t n = state->n_path[dst * topo->n_node + src];
    double width_Bps[CUSTOM_MAX_PATH];
    bool equal = true;
    for (int32_t p = 0; p < n; p++) {
        int64_t link_id[LL_MAX_HOP];
        const int n_hop = custom_way(topo, src, dst, p, LL_MAX_HOP, link_id);
        width_Bps[p] = (double)INFINITY;
        for (int h = 0; h < n_hop; h++)
            width_Bps[p] = fmin(width_Bps[p], ll_link_capacity_Bps(&state->list.link[link_id[h]]));
        equal = equal && width_Bps[p] == width_Bps[0];
        share[p] = 1;
    }
    return equal ? n : ll_shares_find(n, width_Bps, CUSTOM_MAX_PATH, share);
}

static int32_t custom_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    const custom_state *state = topo->state;
    const int32_t n = state->n_path[dst * topo->n_node + src];
    int32_t share[CUSTOM_MAX_PATH];
    return state->uneven && n > 1 ? custom_shares(topo, src, dst, share) : n;
}

static int custom_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                        int64_t *link_id)
{
    const custom_state *state = topo->state;
    const int32_t n = state->n_path[dst * topo->n_node + src];
    int32_t share[CUSTOM_MAX_PATH] = {0}, way = path;
    if (state->uneven && n > 1) {
        custom_shares(topo, src, dst, share);
        for (way = 0; way < n && path >= share[way]; way++)
            path -= share[way];
    }
    return custom_way(topo, src, dst, way, cap, link_id);
}

const ll_topology_type ll_topology_custom = {.name = "custom",
                                             .doc = "any graph, from an edge list",
                                             .keys = custom_keys,
                                             .param_size = sizeof(custom_param),
                                             .composite = false,
                                             .create = custom_create,
                                             .link = custom_link,
                                             .n_path = custom_n_path,
                                             .route = custom_route,
                                             .chip_orbit = ll_topology_chip_alone,
                                             .link_orbit = ll_topology_link_alone};
