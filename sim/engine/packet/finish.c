#include "sim/engine/packet/running.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_NAMED = 8 };

ll_status ll_packet_circle(ll_packet_running *run, const ll_topology *topo, uint64_t n_left,
                           ll_error *err)
{
    ll_packet_net *net = run->net;
    int64_t *mine = ll_arena_array(run->mem, net->n_link, int64_t);
    size_t n_mine = 0, n_all_B;
    for (int64_t l = 0; l < net->n_link; l++)
        for (int vl = 0, found = 0; vl < LL_PACKET_LANES && !found; vl++)
            if ((found = net->link[l].head[vl] != 0)) mine[n_mine++] = net->link_id[l];
    const int64_t *id =
        ll_comm_gather(run->exchange.comm, run->mem, mine, n_mine * sizeof *mine, &n_all_B);
    const int64_t n = (int64_t)(n_all_B / sizeof *id);
    char text[512] = "";
    int64_t last = -1;
    for (int k = 0; k < MAX_NAMED; k++) { /* the lowest ids, whatever rank they are from */
        int64_t lowest = INT64_MAX;
        for (int64_t i = 0; i < n; i++)
            if (id[i] > last && id[i] < lowest) lowest = id[i];
        if (lowest == INT64_MAX) break;
        ll_link link;
        topo->type->link(topo, lowest, &link);
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%lld (node %lld to %lld)", k ? ", " : "",
                 (long long)lowest, (long long)link.from, (long long)link.to);
        last = lowest;
    }
    return ll_error_set(
        err, LL_ERR_RUN,
        "engine packet: no packet can move after %.9g s, and %llu have not arrived: "
        "they wait in a circle for buffers of %lld links, such as %s; routes here "
        "need %d virtual lanes (engine.virtual_lanes), or larger buffers",
        (double)run->cal.now_ps * 1e-12, (unsigned long long)n_left, (long long)n, text,
        net->n_class);
}

void ll_packet_finish(ll_packet_running *run, ll_packet_result *out)
{
    const ll_packet_net *net = run->net;
    ll_comm *comm = run->exchange.comm;
    ll_packet_result *r = &run->result;
    double last[LL_MAX_TRAFFIC], most = 0, end = 0; /* picoseconds below 2^53: exact */
    for (int64_t l = 0; l < net->n_link; l++) {
        most = fmax(most, (double)net->link[l].busy_ps);
        end = fmax(end, (double)net->link[l].free_ps);
    }
    for (int i = 0; i < LL_MAX_TRAFFIC; i++)
        last[i] = 0;
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f)) {
        const int i = ll_packet_traffic(f);
        last[i] = fmax(last[i], (double)f->end_ps);
        end = fmax(end, last[i]);
    }
    ll_comm_max_f64(comm, LL_MAX_TRAFFIC, last);
    ll_comm_max_f64(comm, 1, &most);
    ll_comm_max_f64(comm, 1, &end);
    ll_comm_sum_u64(comm, 1, &r->n_packet_hop);
    ll_comm_sum_u64(comm, 1, &r->hash);
    for (int i = 0; i < LL_MAX_TRAFFIC; i++)
        r->end_ps[i] = (int64_t)last[i];
    r->max_util_frac = end > 0 ? most / end : 0;
    *out = *r;
}
