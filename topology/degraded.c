#include "topology/degraded.h"

#include "sim/base/mix.h"
#include "sim/base/units.h"
#include "topology/graph.h"

#include <stdlib.h>
#include <string.h>

typedef struct rate {
    int64_t link_id;
    double frac; /* of the bandwidth; 0: down */
} rate;

typedef struct degraded_state {
    const ll_topology *beneath;
    int64_t n_rate, n_down;
    rate *rate;           /* [n_rate] by link id */
    uint64_t *listed;     /* [n_link / 64 + 1] bit set: the link is in `rate` */
    uint64_t *down;       /* [n_link / 64 + 1] bit set: the link is down */
    ll_link_graph *graph; /* of the links that are up; only if n_down > 0 */
} degraded_state;

/* ---- What is wrong --------------------------------------------------------------------------- */

/* What no cable does, and what leaves the throughput equations digits to be solved by. */
static const double min_frac = 1e-6;

/* The word "ID:FRACTION", in decimal figures. */
static bool read_one(const char *word, int64_t n_link, ll_arena *mem, rate *out)
{
    const char *colon = strchr(word, ':');
    double id = 0, frac = 0;
    char why[256];
    if (!colon) return false;
    const char *number = ll_arena_strndup(mem, word, (size_t)(colon - word));
    if (ll_units_parse(LL_KIND_COUNT, number, &id, why, sizeof why) != LL_OK ||
        ll_units_parse(LL_KIND_RATIO, colon + 1, &frac, why, sizeof why) != LL_OK)
        return false;
    *out = (rate){.link_id = (int64_t)id, .frac = frac};
    const bool is_down = !(frac < 0) && !(frac > 0);
    return id >= 0 && id < (double)n_link && (is_down || (frac >= min_frac && frac <= 1));
}

static int rate_order(const void *a, const void *b)
{
    const int64_t x = ((const rate *)a)->link_id, y = ((const rate *)b)->link_id;
    return (x > y) - (x < y);
}

static ll_status rates_read(degraded_state *state, const char *text, ll_arena *mem, ll_error *err)
{
    const int64_t n_link = state->beneath->n_link;
    int64_t n = 0;
    for (const char *c = text; *c; c++)
        n += *c == ':';
    state->rate = ll_arena_array(mem, n + 1, rate);
    state->listed = ll_arena_array(mem, n_link / 64 + 1, uint64_t);
    state->down = ll_arena_array(mem, n_link / 64 + 1, uint64_t);
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        const char *const word = ll_arena_strndup(mem, at, strcspn(at, " "));
        rate *r = &state->rate[state->n_rate];
        at += strlen(word);
        if (!read_one(word, n_link, mem, r))
            return ll_error_set(err, LL_ERR_CONFIG,
                                "'%s': expected LINK:FRACTION such as 12:0.5, with a link of 0 .. "
                                "%lld and a fraction of its bandwidth of %g .. 1, or 0 (down)",
                                word, (long long)n_link - 1, min_frac);
        uint64_t *bits = &state->listed[r->link_id / 64];
        const uint64_t bit = (uint64_t)1 << (r->link_id % 64);
        if (*bits & bit)
            return ll_error_set(err, LL_ERR_CONFIG, "link %lld is listed twice",
                                (long long)r->link_id);
        *bits |= bit;
        if (!(r->frac > 0)) {
            state->down[r->link_id / 64] |= bit;
            state->n_down++;
        }
        state->n_rate++;
    }
    qsort(state->rate, (size_t)state->n_rate, sizeof *state->rate, rate_order);
    return LL_OK;
}

static bool has_bit(const uint64_t *bits, int64_t i) { return bits[i / 64] >> (i % 64) & 1; }

static double frac_of(const degraded_state *state, int64_t link_id)
{
    if (!has_bit(state->listed, link_id)) return 1;
    const rate key = {.link_id = link_id};
    const rate *r =
        bsearch(&key, state->rate, (size_t)state->n_rate, sizeof *state->rate, rate_order);
    return r->frac;
}

/* ---- Routes that are left -------------------------------------------------------------------- */

static bool survives(const degraded_state *state, const int64_t *link_id, int n_hop)
{
    for (int h = 0; h < n_hop; h++)
        if (has_bit(state->down, link_id[h])) return false;
    return true;
}

/* The route with number `path` of those that are left; 0 hops: there are not so many, *n_left. */
static int left_route(const degraded_state *state, const int32_t *pair, int32_t path,
                      int64_t *link_id, int32_t *n_left)
{
    const ll_topology *beneath = state->beneath;
    const int32_t n_path = beneath->type->n_path(beneath, pair[0], pair[1]);
    *n_left = 0;
    for (int32_t p = 0; p < n_path; p++) {
        const int n = beneath->type->route(beneath, pair[0], pair[1], p, LL_MAX_HOP, link_id);
        if (survives(state, link_id, n) && (*n_left)++ == path) return n;
    }
    return 0;
}

/* 64 well-mixed bits of a pair. */
static uint64_t pair_hash(const int32_t *pair)
{
    return ll_mix((uint64_t)(uint32_t)pair[0] << 32 | (uint32_t)pair[1]);
}

/* ---- Is everybody still joined? -------------------------------------------------------------- */

/* The list of links that are down, for messages. */
static const char *down_list(const degraded_state *state, ll_arena *mem)
{
    enum { SHOWN = 8 };
    const char *text = "";
    int64_t n = 0;
    for (int64_t i = 0; i < state->n_rate && n < SHOWN; i++)
        if (!(state->rate[i].frac > 0))
            text = ll_arena_printf(mem, "%s%s%lld", text, n++ ? ", " : "",
                                   (long long)state->rate[i].link_id);
    return state->n_down > SHOWN ? ll_arena_printf(mem, "%s ...", text) : text;
}

static ll_status not_joined(const degraded_state *state, int32_t from, int32_t to, ll_arena *mem,
                            ll_error *err)
{
    ll_link link = {.width = 1};
    const char *lanes = "";
    for (int64_t i = 0; i < state->n_rate && link.width == 1; i++) {
        if (state->rate[i].frac > 0) continue;
        state->beneath->type->link(state->beneath, state->rate[i].link_id, &link);
        if (link.width > 1)
            lanes = ll_arena_printf(mem,
                                    "; link %lld is a bundle of %d lanes, %lld:%.9g is one of them "
                                    "down",
                                    (long long)state->rate[i].link_id, link.width,
                                    (long long)state->rate[i].link_id, 1 - 1.0 / link.width);
    }
    return ll_error_set(err, LL_ERR_CONFIG,
                        "links are down (%s), and chip %d cannot reach chip %d any more%s",
                        down_list(state, mem), from, to, lanes);
}

static ll_status check_joined(const degraded_state *state, ll_arena *mem, int *max_hop,
                              ll_error *err)
{
    int32_t cut;
    ll_link_graph *in = ll_link_graph_create(state->beneath, state->down, true, mem);
    const int there = ll_link_graph_farthest(state->graph, 0, &cut);
    if (there < 0) return not_joined(state, 0, cut, mem, err);
    const int back = ll_link_graph_farthest(in, 0, &cut);
    if (back < 0) return not_joined(state, cut, 0, mem, err);
    *max_hop = there + back; // by way of chip 0: an upper bound, and mostly low enough
    if (*max_hop <= LL_MAX_HOP) return LL_OK;
    *max_hop = 0;
    for (int32_t chip = 0; chip < state->beneath->n_chip; chip++) {
        const int n = ll_link_graph_farthest(state->graph, chip, &cut);
        if (n > *max_hop) *max_hop = n;
        if (n > LL_MAX_HOP)
            return ll_error_set(
                err, LL_ERR_CONFIG,
                "links are down (%s), and a route from chip %d has %d hops; at most "
                "%d are possible",
                down_list(state, mem), chip, n, LL_MAX_HOP);
    }
    return LL_OK;
}

/* ---- The table ------------------------------------------------------------------------------- */

static void degraded_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    const degraded_state *state = topo->state;
    state->beneath->type->link(state->beneath, link_id, out);
    out->bw_Bps *= frac_of(state, link_id);
}

static int32_t degraded_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    const degraded_state *state = topo->state;
    const int32_t pair[] = {src, dst};
    int64_t link_id[LL_MAX_HOP];
    int32_t n_left;
    if (state->n_down == 0 || src == dst)
        return state->beneath->type->n_path(state->beneath, src, dst);
    left_route(state, pair, INT32_MAX, link_id, &n_left);
    return n_left > 0 ? n_left : 1;
}

static int degraded_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                          int64_t *link_id)
{
    const degraded_state *state = topo->state;
    const int32_t pair[] = {src, dst};
    int64_t way[LL_MAX_HOP];
    int32_t n_left;
    if (state->n_down == 0 || src == dst)
        return state->beneath->type->route(state->beneath, src, dst, path, cap, link_id);
    const int n = left_route(state, pair, path, way, &n_left);
    if (n == 0) return ll_link_graph_route(state->graph, src, dst, pair_hash(pair), cap, link_id);
    if (n > cap) return -1;
    memcpy(link_id, way, (size_t)n * sizeof *way);
    return n;
}

static ll_status degraded_create(const void *param, int n_child, const ll_topology *child,
                                 ll_arena *mem, ll_topology *topo, ll_error *err)
{
    LL_ASSERT(n_child == 1, "%d topologies", n_child);
    return ll_topology_degrade(child, param, mem, topo, err);
}

static const ll_key degraded_keys[] = {{0}};

/* Not in the registry: it is put over the topology of a cluster, not chosen as one. */
static const ll_topology_type degraded_type = {.name = "degraded",
                                               .doc = "links that are slow or down",
                                               .keys = degraded_keys,
                                               .param_size = 0,
                                               .composite = true,
                                               .create = degraded_create,
                                               .link = degraded_link,
                                               .n_path = degraded_n_path,
                                               .route = degraded_route,
                                               .chip_orbit = ll_topology_chip_alone,
                                               .link_orbit = ll_topology_link_alone};

ll_status ll_topology_degrade(const ll_topology *beneath, const char *text, ll_arena *mem,
                              ll_topology *out, ll_error *err)
{
    degraded_state *state = ll_arena_new(mem, degraded_state);
    state->beneath = beneath;
    LL_TRY(rates_read(state, text, mem, err));
    int max_hop = 0;
    if (state->n_down > 0) {
        state->graph = ll_link_graph_create(beneath, state->down, false, mem);
        LL_TRY(check_joined(state, mem, &max_hop, err));
    }
    ll_topology topo = *beneath;
    topo.type = &degraded_type;
    topo.state = state;
    topo.uneven = true;
    if (max_hop > topo.max_hop) topo.max_hop = max_hop;
    if (beneath->detours != NULL) {
        ll_topology *detours = ll_arena_new(mem, ll_topology);
        LL_TRY(ll_topology_degrade(beneath->detours, text, mem, detours, err));
        topo.detours = detours;
    }
    *out = topo;
    return LL_OK;
}
