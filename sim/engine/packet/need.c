#include "sim/engine/packet/need.h"

#include "sim/engine/packet/calendar.h"
#include "sim/engine/packet/slice.h"

#include <math.h>

/* Bytes per packet in flight: one event in a page, and two with some spare room in the work space
 * of sorting. */
enum { SAMPLE = 1024, IN_FLIGHT_B = 4 * sizeof(ll_event) };

/* Number of ranks that keep the flow: those that own a link of its route. */
static int n_keeper(const ll_topology *topo, const ll_packet_slice *slice, const int64_t *link_id,
                    int n_hop, uint32_t source)
{
    uint32_t keeper[2 * LL_MAX_HOP + 1] = {source};
    int n = 1;
    for (int h = 0; h < n_hop; h++) {
        ll_link l;
        topo->type->link(topo, link_id[h], &l);
        const int64_t chip = l.to < topo->n_chip ? l.to : l.from;
        if (chip >= topo->n_chip) continue;
        const uint32_t owner = ll_packet_slice_owner(slice, chip);
        bool known = false;
        for (int i = 0; i < n && !known; i++)
            known = keeper[i] == owner;
        if (!known) keeper[n++] = owner;
    }
    return n;
}

/* Bytes of one flow, over all ranks. */
static double flow_B(const ll_problem *problem, const ll_packet_param *param,
                     const ll_packet_slice *slice, const ll_flow *f)
{
    const ll_topology *topo = problem->topo;
    const ll_wire *wire = &problem->wire;
    int64_t link_id[LL_MAX_HOP];
    const int32_t n_path =
        (param->paths == LL_PATHS_HASH ? 1 : topo->type->n_path(topo, f->src, f->dst)) +
        (topo->detours != NULL ? topo->detours->type->n_path(topo->detours, f->src, f->dst) : 0);
    const int n_hop = topo->type->route(topo, f->src, f->dst, 0, LL_MAX_HOP, link_id);
    if (n_hop < 1) return 0;
    const int n = n_keeper(topo, slice, link_id, n_hop, ll_packet_slice_owner(slice, f->src));
    const double routes_B =
        8.0 * (double)ll_packet_flow_unit(n_path, 2 * (int64_t)n_hop) + sizeof(uint32_t);
    const double window =
        wire->window_bdp > 0 ? wire->window_packets : wire->window_B / wire->packet_B;
    const double in_flight = fmin(fmax(ceil(window), 1), ceil(f->size_B / wire->packet_B));
    return n * routes_B + in_flight * IN_FLIGHT_B;
}

double ll_packet_need_B(const ll_problem *problem, const ll_phase *phase,
                        const ll_packet_param *param, const ll_packet_place *place, double *n_flow)
{
    const ll_packet_slice slice = ll_packet_slice_of(problem->topo, place->size);
    double need_B = 0;
    *n_flow = 0;
    for (int i = 0; i < phase->n_traffic; i++) {
        const ll_traffic *t = &phase->traffic[i];
        const int64_t n = ll_traffic_n_flow(t), n_sample = n < SAMPLE ? n : SAMPLE;
        double sum_B = 0;
        for (int64_t k = 0; k < n_sample; k++) {
            ll_flow f;
            ll_traffic_flow(t, (int64_t)((double)n / (double)n_sample * (double)k), &f);
            if (f.src != f.dst && f.size_B > 0) sum_B += flow_B(problem, param, &slice, &f);
        }
        *n_flow += (double)n;
        if (n_sample > 0) need_B += sum_B / (double)n_sample * (double)n;
    }
    return need_B * place->n_here / place->size;
}

ll_status ll_packet_need_check(const ll_problem *problem, const ll_phase *phase,
                               const ll_packet_param *param, const ll_packet_place *place,
                               ll_error *err)
{
    double n_flow;
    const double need_B = ll_packet_need_B(problem, phase, param, place, &n_flow);
    const double has_B = ll_arena_machine_B();
    const double may_B = param->memory_B > 0 ? param->memory_B : 0.8 * has_B;
    if (need_B <= may_B) return LL_OK;
    return ll_error_set(err, LL_ERR_RUN,
                        "engine packet: %.4g flows at once take about %.3g GB, and engine.memory "
                        "is %.3g GB (this machine has %.3g GB, for %d of %d ranks); choose an "
                        "algorithm with fewer flows at a time, fewer chips, or engine flow",
                        n_flow, need_B * 1e-9, may_B * 1e-9, has_B * 1e-9, place->n_here,
                        place->size);
}
