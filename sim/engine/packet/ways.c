#include "sim/engine/packet/ways.h"

void ll_packet_ways_init(ll_packet_ways *w, ll_packet_book *book, const ll_packet_param *param,
                         bool credits, ll_arena *mem)
{
    *w = (ll_packet_ways){.book = book, .param = param, .credits = credits, .mem = mem};
}

/* Hops of a pair (src, dst) on one path of topo, into hop[0 .. *n-1]; without the flags. */
static ll_status write_way(ll_packet_ways *w, const ll_topology *topo, const int32_t *pair,
                           int32_t path, ll_packet_hop *hop, int *n, ll_error *err)
{
    const int32_t src = pair[0], dst = pair[1];
    int64_t id[LL_PACKET_MAX_HOP];
    *n = topo->type->route(topo, src, dst, path, LL_PACKET_MAX_HOP, id);
    if (*n < 1)
        return ll_error_set(err, LL_ERR_RUN,
                            "engine packet: route from chip %d to %d: more than "
                            "%d hops; engines flow and closed have no such limit",
                            src, dst, LL_PACKET_MAX_HOP);
    for (int h = 0; h < *n; h++) {
        uint32_t number;
        LL_TRY(ll_packet_book_meet(w->book, id[h], src, dst, 2 * h < *n, &number, err));
        const ll_packet_met *met = &w->book->met[number];
        hop[h] = (ll_packet_hop){number,
                                 met->kind << LL_HOP_KIND_SHIFT | met->owner << LL_HOP_OWNER_SHIFT};
    }
    return LL_OK;
}

/* The hops of one path there and back, *n in all. The ack takes the path of the same number, if
 * there are as many paths back. */
static ll_status write_path(ll_packet_ways *w, const ll_flow *f, int32_t path, ll_packet_hop *hop,
                            int *n, ll_error *err)
{
    const ll_topology *topo = w->book->problem->topo;
    if (path >= w->n_minimal && topo->detours != NULL) {
        topo = topo->detours;
        path -= w->n_minimal;
    }
    const int32_t n_back_path = topo->type->n_path(topo, f->dst, f->src);
    const bool finite = w->credits;
    int n_data, n_ack;
    LL_TRY(write_way(w, topo, (int32_t[]){f->src, f->dst}, path, hop, &n_data, err));
    LL_TRY(write_way(w, topo, (int32_t[]){f->dst, f->src}, path % n_back_path, hop + n_data, &n_ack,
                     err));
    *n = n_data + n_ack;
    for (int h = 0; finite && h + 1 < n_data; h++) {
        hop[h].meta |= LL_HOP_TAKES;
        hop[h + 1].meta |= LL_HOP_FREES;
    }
    for (int h = n_data; h < *n; h++)
        hop[h].meta |= LL_HOP_ACK;
    hop[n_data - 1].meta |= LL_HOP_LANDS;
    hop[*n - 1].meta |= LL_HOP_RETURNS;
    return LL_OK;
}

ll_status ll_packet_ways_write(ll_packet_ways *w, const ll_flow *f, int *n_most, ll_error *err)
{
    const ll_topology *topo = w->book->problem->topo;
    const int32_t n_path = topo->type->n_path(topo, f->src, f->dst);
    const bool hash = w->param->paths == LL_PATHS_HASH;
    const uint64_t pair = (uint64_t)(uint32_t)f->src << 32 | (uint32_t)f->dst;
    const uint64_t draw = ll_mix(ll_mix(pair) + (uint64_t)w->param->seed);
    const int32_t first = hash ? (int32_t)(draw % (uint32_t)n_path) : 0;
    if (hash && topo->detours != NULL)
        return ll_error_set(err, LL_ERR_RUN,
                            "engine.paths = hash: routing = ugal chooses paths by queues; take "
                            "adaptive, or another routing");
    w->n_minimal = w->n = hash ? 1 : n_path;
    if (topo->detours != NULL) w->n += topo->detours->type->n_path(topo->detours, f->src, f->dst);
    if (w->n > w->cap) {
        w->cap = 2 * w->n;
        w->hop = ll_arena_alloc(w->mem, (size_t)w->cap * LL_PACKET_WAY_MAX, sizeof *w->hop);
        w->n_hop = ll_arena_array(w->mem, w->cap, int);
    }
    *n_most = 0;
    for (int32_t k = 0; k < w->n; k++) {
        LL_TRY(write_path(w, f, first + k, ll_packet_ways_at(w, k), &w->n_hop[k], err));
        if (w->n_hop[k] > *n_most) *n_most = w->n_hop[k];
    }
    return LL_OK;
}

int ll_packet_ways_part(const ll_packet_ways *w, int none)
{
    int part = none;
    for (int32_t k = 1; k < w->n; k++)
        for (int h = 0; h < part; h++) {
            const ll_packet_hop *hop = w->hop + h;
            if (hop[(size_t)k * LL_PACKET_WAY_MAX].link != hop->link) part = h;
            if (hop->meta & LL_HOP_LANDS) break;
        }
    return part;
}
