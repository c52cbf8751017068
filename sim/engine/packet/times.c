#include "sim/engine/packet/times.h"

static ll_packet_times times_of(const ll_packet_kind *kind, uint32_t size_B)
{
    return (ll_packet_times){ll_packet_ps(size_B, kind->wire_q), ll_packet_ps(size_B, kind->slot_q),
                             kind->latency_ps};
}

ll_packet_times *ll_packet_times_create(ll_packet_net *net, ll_arena *mem)
{
    uint32_t size_B[LL_SIZE_ODD] = {[LL_SIZE_ACK] = net->ack_B}, n = LL_SIZE_ACK + 1;
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f)) {
        uint32_t k = LL_SIZE_ACK + 1;
        while (k < n && size_B[k] != f->packet_B)
            k++;
        if (k == n && n < LL_SIZE_ODD) size_B[n++] = f->packet_B;
        f->size = k & LL_SIZE_ODD;
    }
    ll_packet_times *times = ll_arena_array(mem, net->n_kind * LL_N_SIZE, ll_packet_times);
    for (int kind = 0; kind < net->n_kind; kind++)
        for (uint32_t k = 0; k < n; k++)
            times[kind * LL_N_SIZE + (int)k] = times_of(&net->kind[kind], size_B[k]);
    return times;
}

void ll_packet_times_odd(const ll_packet_net *net, ll_packet_times *times, const ll_packet_hop *hop,
                         uint32_t size_B)
{
    for (int i = 0; i < 2; i++) {
        const uint32_t kind = ll_hop_kind(hop[i]);
        times[kind * LL_N_SIZE + LL_SIZE_ODD] = times_of(&net->kind[kind], size_B);
    }
}
