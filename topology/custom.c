/* Any link graph, read from an edge list (edgelist.h): the slow, obviously right twin of the
 * formulas.
 *
 * create() looks for the structure of the graph (structure.h). What turns out to be a product, or
 * one of the types with formulas, is built as such. What is left has the routes of this file, one
 * dimension after another, the innermost first.
 *
 * Within a dimension a flow is split over all paths of least weight, which is the number of hops
 * unless the file weighs links, or over the first LL_LIGHTEST_MAX_PATH of them in the order of link
 * ids: evenly, or, where paths differ in the capacity of their narrowest link, in proportion to it.
 * Cables of 9 lanes and of 1 are ten paths, nine of which are one route. create() finds, for every
 * chip and dimension, the weight from all nodes to it and the number of such paths (lightest.h);
 * route() walks down the weights. Chips forward only for chips of their own line (levels.h). */
#include "topology/levels.h"
#include "topology/lightest.h"
#include "topology/recognise.h"
#include "topology/shares.h"
#include "topology/structure.h"

#include <math.h>
#include <string.h>

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

typedef struct custom_state {
    ll_edgelist list; /* its links are labelled by dimension */
    int64_t *start;   /* [n_node + 1]: where the links that leave a node are in `out` */
    int64_t *out;     /* [n_link]: link ids by the node that they leave, ascending */
    ll_lightest layer[LL_MAX_DIM];
    bool uneven; /* links differ in capacity */
} custom_state;

/* ---- Paths ----------------------------------------------------------------------------------- */

/* Adds the hops and paths of dimension d to the bounds of the topology. */
static ll_status custom_check(const custom_state *state, int d, ll_topology *topo, ll_error *err)
{
    const ll_lightest *layer = &state->layer[d];
    const char *file = state->list.file;
    int max_path = 1;
    for (int32_t dst = 0; dst < topo->n_chip; dst++) {
        const int64_t row = dst * topo->n_node;
        for (int32_t src = 0; src < topo->n_chip; src++) {
            if (!ll_lightest_same_line(layer, src, dst)) continue;
            const int n_path = layer->n_path[row + src];
            if (layer->weight[row + src] == LL_LIGHTEST_FAR)
                return ll_error_set(err, LL_ERR_CONFIG, "%s: chip %d cannot reach chip %d", file,
                                    src, dst);
            if (n_path > max_path) max_path = n_path;
        }
    }
    if (layer->max_hop > LL_MAX_HOP)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: some chip needs more than %d hops to another",
                            file, LL_MAX_HOP);
    topo->max_hop += layer->max_hop;
    topo->max_path *= state->uneven ? LL_LIGHTEST_MAX_PATH : max_path; /* at most */
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
    for (int32_t d = 0, stride = 1; d < n_dim; stride *= dim[d++].size)
        state->layer[d] = (ll_lightest){.stride = stride, .size = dim[d].size};
    ll_lightest_find(list, n_dim, state->layer, mem);
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
    const uint16_t *to_go = state->layer[pair->d].weight + row;
    const uint8_t *n_path = state->layer[pair->d].n_path + row;
    int n_hop = 0;
    for (int64_t at = pair->src; at != pair->dst; n_hop++) {
        if (n_hop == cap) return -1;
        // Of the links that lead on, take the one whose share of the paths holds number `path`.
        int64_t i = state->start[at];
        for (;; i++) {
            const ll_link *l = &link[state->out[i]];
            if (l->dimension != pair->d || to_go[l->to] + l->weight != to_go[at]) continue;
            if (path < n_path[l->to]) break;
            path -= n_path[l->to];
        }
        link_id[n_hop] = state->out[i];
        at = link[state->out[i]].to;
    }
    return n_hop;
}

/* Shares of the routes of a pair; all 1 where they are equal. share:
 * [LL_LIGHTEST_MAX_PATH]. Returns their sum. */
static int32_t custom_shares(const custom_pair *pair, int32_t *share)
{
    const custom_state *state = pair->topo->state;
    const int32_t n = custom_n_way(pair);
    double width_Bps[LL_LIGHTEST_MAX_PATH];
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
    return equal ? n : ll_shares_find(n, width_Bps, LL_LIGHTEST_MAX_PATH, share);
}

/* Paths of a pair of one line; `uneven` shares of routes count as paths. */
static int32_t custom_pair_n_path(const custom_pair *pair)
{
    const custom_state *state = pair->topo->state;
    const int32_t n = custom_n_way(pair);
    int32_t share[LL_LIGHTEST_MAX_PATH];
    return state->uneven && n > 1 ? custom_shares(pair, share) : n;
}

static int custom_pair_route(const custom_pair *pair, int32_t path, int cap, int64_t *link_id)
{
    const custom_state *state = pair->topo->state;
    const int32_t n = custom_n_way(pair);
    int32_t share[LL_LIGHTEST_MAX_PATH] = {0}, way = path;
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
    const ll_lightest *l = &state->layer[d];
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
