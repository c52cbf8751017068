#include "sim/engine/packet/begin.h"

#include "sim/engine/packet/watch.h"

#include <math.h>

ll_status ll_packet_net_reset(ll_packet_net *net, double part, ll_error *err)
{
    const double most = LL_PACKET_SEQ_MAX >> (net->seq_shift - LL_PACKET_HOP_BITS);
    net->n_packet = 0;
    for (ll_packet_flow *flow = ll_packet_first(net); flow != NULL;
         flow = ll_packet_next(net, flow)) {
        const double size_B = part < 1 ? ceil((double)flow->size_B * part) : (double)flow->size_B;
        const double n = ceil(size_B / flow->packet_B);
        if (n > most)
            return ll_error_set(err, LL_ERR_RUN,
                                "engine packet: a flow of %g packets; at most %g are possible%s: "
                                "engine.packets_per_flow bounds them",
                                n, most, net->watch != NULL ? " with so many paths" : "");
        flow->n_packet = (uint32_t)n;
        flow->last_B = (uint32_t)(size_B - (n - 1) * flow->packet_B);
        flow->end_ps = 0;
        flow->next = flow->window < flow->n_packet ? flow->window : flow->n_packet;
        if (flow->home) net->n_packet += flow->n_packet;
    }
    for (int64_t l = 0; l < net->n_link; l++) {
        net->link[l] = (ll_packet_link){0};
        for (int v = 0; v < LL_PACKET_LANES; v++)
            net->link[l].credit[v] = net->kind[net->link_kind[l]].buffer;
    }
    if (net->watch != NULL) ll_watch_reset(net->watch, net->n_link);
    return LL_OK;
}
