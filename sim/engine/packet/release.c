#include "sim/engine/packet/release.h"

ll_packet_release *ll_packet_release_create(const ll_packet_net *net, ll_arena *mem)
{
    if (net->timing == NULL) return NULL;
    ll_packet_release *r = ll_arena_new(mem, ll_packet_release);
    r->clock = ll_clock_create(net->timing, 1e12, mem);
    r->left = ll_arena_array(mem, net->n_unit, uint32_t);
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f))
        r->left[(uint64_t *)f - net->store] = f->n_packet;
    return r;
}

void ll_packet_release_hear(ll_packet_release *r, const ll_parcel *parcel, ll_arena *mem)
{
    if (r->n_news == r->cap_news) {
        r->cap_news = 2 * r->cap_news + 64;
        r->news = ll_arena_grown(mem, r->news, r->n_news, r->cap_news, sizeof *r->news);
    }
    r->news[r->n_news++] = *parcel;
}
