/* Any link graph, read from an edge list (edgelist.h): the slow, obviously right twin of the
 * formulas.
 *
 * create() looks for the structure of the graph (structure.h). What turns out to be a product, or
 * one of the types with formulas, is built as such. What is left has the routes of this file, one
 * dimension after another, the innermost first.
 *
 * Within a dimension a flow is split over all shortest paths by hops, or over the first
 * CUSTOM_MAX_PATH of them in the order of link ids: evenly, or, where paths differ in the capacity
 * of their narrowest link, in proportion to it. Cables of 9 lanes and of 1 are ten paths, nine of
 * which are one route. create() finds, for every chip and dimension, the hops from all nodes to it
 * (breadth first, backwards) and the number of shortest paths; route() walks down the hops. Chips
 * forward only for chips of their own line (levels.h). */
#include "topology/levels.h"
#include "topology/recognise.h"
#include "topology/shares.h"
#include "topology/structure.h"

#include <math.h>
#include <string.h>

enum { CUSTOM_MAX_PATH = 64, CUSTOM_FAR = UINT16_MAX };

typedef struct custom_param {
    ll_text_file file;
    const char *name, *dimensions;
} custom_param;

static const ll_key custom_keys[] = {
    {"file", LL_KIND_STRING, LL_KEY_PATH, offsetof(custom_param, file), NULL, 0, 0, NULL,
     "edge list: lines `chips N`, `switch NAME`, `A <-> B lanes bandwidth latency`"},
    {"name", LL_KIND_STRING, 0, offsetof(custom_param, name), "custom", 0, 0, NULL,
     "name of the topology; of its dimension, or NAME.0, NAME.1 ... if it has several"},
    {"dimensions", LL_KIND_STRING, 0, offsetof(custom_param, dimensions), "auto", 0, 0, NULL,
     "groups of chips: auto (as the file states, or as found), none, or NAME:SIZE from the "
     "innermost "
     "on, such as nvlink:8 ib:4"},
    {0}};

/* Paths to the chips of one dimension's lines. */
typedef struct custom_layer {
    int32_t stride, size; /* of the dimension */
    uint16_t *n_hop;      /* [n_chip][n_node]: from the node to the chip; CUSTOM_FAR: no way */
    uint8_t *n_path;      /* [n_chip][n_node]: routes */
} custom_layer;

typedef struct custom_state {
    ll_edgelist list; /* its links are labelled by dimension */
    int64_t *start;   /* [n_node + 1]: where the links that leave a node are in `out` */
    int64_t *out;     /* [n_link]: link ids by the node that they leave, ascending */
    custom_layer layer[LL_MAX_DIM];
    bool uneven; /* links differ in capacity */
} custom_state;

/* ---- Paths ----------------------------------------------------------------------------------- */

/* Chips of a line are equal modulo the stride and in one block. */
static bool custom_same_line(const custom_layer *l, int64_t a, int64_t b)
{
    const int64_t block = (int64_t)l->stride * l->size;
    return a / block == b / block && a % l->stride == b % l->stride;
}

/* What a search needs: links by the node that they enter, and a queue. */
typedef struct custom_search {
    int64_t *start; /* [n_node + 1] */
    int64_t *in;    /* [n_link] */
    int32_t *queue; /* [n_node] */
} custom_search;

/* Hops and paths from every node to `chip` in dimension d. */
static void custom_find(const custom_search *s, custom_state *state, int d, int32_t chip)
{
    const ll_edgelist *list = &state->list;
    const custom_layer *layer = &state->layer[d];
    uint16_t *n_hop = layer->n_hop + (int64_t)chip * list->n_node;
    uint8_t *n_path = layer->n_path + (int64_t)chip * list->n_node;
    memset(n_hop, 0xff, (size_t)list->n_node * sizeof *n_hop); /* CUSTOM_FAR */
    n_hop[chip] = 0;
    n_path[chip] = 1;
    s->queue[0] = chip;
    for (int32_t head = 0, tail = 1; head < tail; head++) {
        const int32_t at = s->queue[head];
        if (n_hop[at] == CUSTOM_FAR - 1) continue; // far beyond LL_MAX_HOP: refused later
        for (int64_t i = s->start[at]; i < s->start[at + 1]; i++) {
            const ll_link *link = &list->link[s->in[i]];
            const int64_t from = link->from;
            if (link->dimension != d) continue;
            if (from < list->n_chip && !custom_same_line(layer, from, chip)) continue;
            if (n_hop[from] == CUSTOM_FAR) {
                n_hop[from] = (uint16_t)(n_hop[at] + 1);
                s->queue[tail++] = (int32_t)from;
            }
            if (n_hop[from] != n_hop[at] + 1) continue;
            const int sum = n_path[from] + n_path[at];
            n_path[from] = (uint8_t)(sum < CUSTOM_MAX_PATH ? sum : CUSTOM_MAX_PATH);
        }
    }
}

/* Adds the hops and paths of dimension d to the bounds of the topology. */
static ll_status custom_check(const custom_state *state, int d, ll_topology *topo, ll_error *err)
{
    const custom_layer *layer = &state->layer[d];
    const char *file = state->list.file;
    int max_hop = 0, max_path = 1;
    for (int32_t dst = 0; dst < topo->n_chip; dst++) {
        const int64_t row = dst * topo->n_node;
        for (int32_t src = 0; src < topo->n_chip; src++) {
            if (!custom_same_line(layer, src, dst)) continue;
            const int n_hop = layer->n_hop[row + src], n_path = layer->n_path[row + src];
            if (n_hop == CUSTOM_FAR)
                return ll_error_set(err, LL_ERR_CONFIG, "%s: chip %d cannot reach chip %d", file,
                                    src, dst);
            if (n_hop > LL_MAX_HOP)
                return ll_error_set(err, LL_ERR_CONFIG,
                                    "%s: chip %d needs more than %d hops to chip %d", file, src,
                                    LL_MAX_HOP, dst);
            if (n_hop > max_hop) max_hop = n_hop;
            if (n_path > max_path) max_path = n_path;
        }
    }
    topo->max_hop += max_hop;
    topo->max_path *= state->uneven ? CUSTOM_MAX_PATH : max_path; /* at most */
    return LL_OK;
}

/* A topology with the links of `list`, which are labelled by its dimensions. */
static ll_status custom_routes(const ll_edgelist *list, int n_dim, const ll_dim *dim, ll_arena *mem,
                               ll_topology *topo, ll_error *err)
{
    custom_state *state = ll_arena_new(mem, custom_state);
    *topo = (ll_topology){.type = &ll_topology_custom,
                          .n_chip = list->n_chip,
                          .n_node = list->n_node,
                          .n_link = list->n_link,
                          .max_path = 1,
                          .uneven = true,
                          .n_dim = n_dim,
                          .state = state};
    memcpy(topo->dim, dim, (size_t)n_dim * sizeof *dim);
    state->list = *list;
    state->start = ll_arena_array(mem, list->n_node + 1, int64_t);
    state->out = ll_arena_array(mem, list->n_link, int64_t);
    ll_edgelist_sort(list, false, state->start, state->out);
    for (int64_t i = 1; i < list->n_link; i++)
        state->uneven = state->uneven || ll_link_capacity_Bps(&list->link[i]) !=
                                             ll_link_capacity_Bps(&list->link[0]);
    const int64_t n_pair = (int64_t)list->n_chip * list->n_node;
    for (int32_t d = 0, stride = 1; d < n_dim; stride *= dim[d++].size)
        state->layer[d] = (custom_layer){stride, dim[d].size, ll_arena_array(mem, n_pair, uint16_t),
                                         ll_arena_array(mem, n_pair, uint8_t)};
    const ll_arena_mark mark = ll_arena_here(mem);
    const custom_search search = {ll_arena_array(mem, list->n_node + 1, int64_t),
                                  ll_arena_array(mem, list->n_link, int64_t),
                                  ll_arena_array(mem, list->n_node, int32_t)};
    ll_edgelist_sort(list, true, search.start, search.in);
    for (int d = 0; d < n_dim; d++)
        for (int32_t chip = 0; chip < list->n_chip; chip++)
            custom_find(&search, state, d, chip);
    ll_arena_release(mem, mark);
    for (int d = 0; d < n_dim; d++)
        LL_TRY(custom_check(state, d, topo, err));
    if (topo->max_hop <= LL_MAX_HOP) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s: a route has up to %d hops; at most %d are possible", list->file,
                        topo->max_hop, LL_MAX_HOP);
}

/* ---- Creation -------------------------------------------------------------------------------- */

/* The line of dimension d, which all others are copies of. */
static ll_status custom_line(const ll_structure *s, int d, ll_arena *mem, ll_topology *out,
                             ll_error *err)
{
    if (!ll_recognise(&s->line[d], mem, out))
        return custom_routes(&s->line[d], 1, &s->dim[d], mem, out, err);
    const ll_dim found = out->dim[0];
    out->dim[0] = s->dim[d];
    out->dim[0].type = found.type;
    out->dim[0].note = found.note;
    return LL_OK;
}

static ll_status custom_product(const ll_structure *s, ll_arena *mem, ll_topology *topo,
                                ll_error *err)
{
    ll_topology *line = ll_arena_array(mem, s->n_dim, ll_topology);
    for (int d = 0; d < s->n_dim; d++)
        LL_TRY(custom_line(s, d, mem, &line[d], err));
    *topo = line[0];
    if (s->n_dim == 1) return LL_OK;
    *topo = (ll_topology){.type = &ll_topology_product};
    return topo->type->create(NULL, s->n_dim, line, mem, topo, err);
}

/* The machine with the links of the file, in its order. */
static ll_status custom_as_written(const ll_edgelist *list, const ll_topology *as, ll_arena *mem,
                                   ll_topology *out, ll_error *err)
{
    int32_t size[LL_MAX_DIM];
    ll_edgelist labelled = *list;
    labelled.link = ll_arena_array(mem, list->n_link, ll_link);
    memcpy(labelled.link, list->link, (size_t)list->n_link * sizeof *list->link);
    for (int d = 0; d < as->n_dim; d++)
        size[d] = as->dim[d].size;
    ll_levels_label(ll_levels_create(list, mem), as->n_dim, size, &labelled);
    LL_TRY(custom_routes(&labelled, as->n_dim, as->dim, mem, out, err));
    out->note = as->note;
    return LL_OK;
}

static ll_status custom_create(const void *param, int n_child, const ll_topology *child,
                               ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child;
    const custom_param *p = param;
    ll_edgelist list;
    ll_structure s;
    LL_TRY(ll_edgelist_parse(&p->file, mem, &list, err));
    LL_TRY(ll_structure_find(&list, p->name, p->dimensions, mem, &s, err));
    if (s.copies)
        LL_TRY(custom_product(&s, mem, topo, err));
    else
        LL_TRY(custom_routes(&s.list, s.n_dim, s.dim, mem, topo, err));
    topo->note = s.note;
    if (!s.copies && !s.merged) return LL_OK;
    ll_topology *written = ll_arena_new(mem, ll_topology);
    LL_TRY(custom_as_written(&list, topo, mem, written, err));
    topo->as_written = written;
    return LL_OK;
}

/* ---- Routes ---------------------------------------------------------------------------------- */

static void custom_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    const custom_state *state = topo->state;
    *out = state->list.link[link_id];
}

/* Two chips of one line, in dimension d. */
typedef struct custom_pair {
    const ll_topology *topo;
    int d;
    int32_t src, dst;
} custom_pair;

static int32_t custom_n_way(const custom_pair *pair)
{
    const custom_state *state = pair->topo->state;
    return state->layer[pair->d].n_path[pair->dst * pair->topo->n_node + pair->src];
}

/* Route number `path` of those that differ. */
static int custom_way(const custom_pair *pair, int32_t path, int cap, int64_t *link_id)
{
    const custom_state *state = pair->topo->state;
    const ll_link *link = state->list.link;
    const int64_t row = pair->dst * pair->topo->n_node;
    const uint16_t *to_go = state->layer[pair->d].n_hop + row;
    const uint8_t *n_path = state->layer[pair->d].n_path + row;
    const int n_hop = to_go[pair->src];
    if (n_hop > cap) return -1;
    int64_t at = pair->src;
    for (int hop = 0; hop < n_hop; hop++) {
        // Of the links that lead on, take the one whose share of the paths holds number `path`.
        int64_t i = state->start[at];
        for (;; i++) {
            const ll_link *l = &link[state->out[i]];
            if (l->dimension != pair->d || to_go[l->to] + 1 != to_go[at]) continue;
            if (path < n_path[l->to]) break;
            path -= n_path[l->to];
        }
        link_id[hop] = state->out[i];
        at = link[state->out[i]].to;
    }
    return n_hop;
}

/* Shares of the routes of a pair; all 1 where they are equal. share: [CUSTOM_MAX_PATH]. Returns
 * their sum. */
static int32_t custom_shares(const custom_pair *pair, int32_t *share)
{
    const custom_state *state = pair->topo->state;
    const int32_t n = custom_n_way(pair);
    double width_Bps[CUSTOM_MAX_PATH];
    bool equal = true;
    for (int32_t p = 0; p < n; p++) {
        int64_t link_id[LL_MAX_HOP];
        const int n_hop = custom_way(pair, p, LL_MAX_HOP, link_id);
        width_Bps[p] = (double)INFINITY;
        for (int h = 0; h < n_hop; h++)
            width_Bps[p] = fmin(width_Bps[p], ll_link_capacity_Bps(&state->list.link[link_id[h]]));
        equal = equal && width_Bps[p] == width_Bps[0];
        share[p] = 1;
    }
    return equal ? n : ll_shares_find(n, width_Bps, CUSTOM_MAX_PATH, share);
}

/* Paths of a pair of one line; `uneven` shares of routes count as paths. */
static int32_t custom_pair_n_path(const custom_pair *pair)
{
    const custom_state *state = pair->topo->state;
    const int32_t n = custom_n_way(pair);
    int32_t share[CUSTOM_MAX_PATH];
    return state->uneven && n > 1 ? custom_shares(pair, share) : n;
}

static int custom_pair_route(const custom_pair *pair, int32_t path, int cap, int64_t *link_id)
{
    const custom_state *state = pair->topo->state;
    const int32_t n = custom_n_way(pair);
    int32_t share[CUSTOM_MAX_PATH] = {0}, way = path;
    if (state->uneven && n > 1) {
        custom_shares(pair, share);
        for (way = 0; way < n && path >= share[way]; way++)
            path -= share[way];
    }
    return custom_way(pair, way, cap, link_id);
}

/* The chip after dimension d on the way from src to dst. */
static int32_t custom_next(const ll_topology *topo, int d, int32_t src, int32_t dst)
{
    const custom_state *state = topo->state;
    const custom_layer *l = &state->layer[d];
    return src + (dst / l->stride % l->size - src / l->stride % l->size) * l->stride;
}

static int32_t custom_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    int32_t n_path = 1;
    for (int d = 0; d < topo->n_dim && src != dst; d++) {
        const custom_pair pair = {topo, d, src, custom_next(topo, d, src, dst)};
        if (pair.src != pair.dst) n_path *= custom_pair_n_path(&pair);
        src = pair.dst;
    }
    return n_path;
}

static int custom_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                        int64_t *link_id)
{
    int n_hop = 0;
    for (int d = 0; d < topo->n_dim && src != dst; d++) {
        const custom_pair pair = {topo, d, src, custom_next(topo, d, src, dst)};
        if (pair.src == pair.dst) continue;
        const bool last = pair.dst == dst;
        const int32_t n_path = last ? INT32_MAX : custom_pair_n_path(&pair);
        const int n = custom_pair_route(&pair, path % n_path, cap - n_hop, link_id + n_hop);
        if (n < 0) return -1;
        path /= n_path;
        n_hop += n;
        src = pair.dst;
    }
    return n_hop;
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
