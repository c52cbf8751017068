/* Engine `packet`: every packet on every link, in windows of time, over ranks.
 *
 * The wire. A flow's bytes are cut into packets of at most packet_B bytes, such that its window W (see
 * engine.h) is a whole number of them: k = ceil(W / packet_B) packets of floor(W / k) bytes (a flow whose
 * W is below one packet has one in flight). k packets leave at time 0; every acknowledgement lets one
 * more leave. Several paths are taken in turn by sequence number. An acknowledgement is a packet of
 * ack_B bytes on the way back, for each packet. It has a virtual lane of its own that goes first: it is
 * interleaved with the data on the wire and takes time from what comes after it, but does not wait
 * behind it. (If it did, two flows in opposite directions would hold each other's acknowledgements
 * back, and the windows of the equations would not fill the links.)
 *
 * A link of w lanes of b bytes per second serves packets in the order in which they reach it. A packet
 * of P bytes that starts at t lets the next one start at t + P / (w b), and its last byte has left at
 * t + P / b: capacity w b and service time P / b, as in the throughput equations. (Packets on lanes in
 * turn would start w at a time; here they start evenly, with the same rate and never later than by one
 * service.) Its first byte is at the next link after the latency, and goes on at once if that link is
 * free and no faster (cut_through), or when the last byte is there (store_forward). So W = c tau fills a
 * link, less the service times that are not in tau.
 *
 * Buffers. With buffer_packets = B > 0, each virtual lane of each lane of a link has room for B packets
 * at the far end. A packet takes a place when it joins the queue of the link, and gives it back when its
 * last byte has left over the next link. The news takes the latency of the link and counts from the
 * beginning of the next window: flow-control messages are sent once per window. Packets without a place
 * wait in the order in which they came, each virtual lane by itself. A chip always takes what is for it,
 * and acknowledgements have room of their own. Lanes: packet_lane.c.
 *
 * Execution. delta, the length of a window, is the shortest latency of a link in use. What happens at a
 * link in the window [k delta, (k+1) delta) can cause something elsewhere only after the window is over.
 * So in a window the links do not depend on each other, and there is no queue of events to keep in
 * order. In each window a rank
 *
 *   takes what came from other ranks and from itself for this window,
 *   sorts it by link (counting sort), each link's few events by (time, sequence, hop, flow),
 *   sweeps each link once: start = max(arrival, link free); what follows goes into a later window,
 *   sends what is for links of other ranks, one message to each neighbour,
 *
 * and goes on with the next window in which any rank has something to do. Times are whole picoseconds,
 * service times rounded up; ties are broken by ids alone. So the result is the same, to the byte, for
 * any number of ranks.
 *
 * Long phases. Flows of many packets reach a steady rate. With packets_per_flow = K > 0, if the
 * largest flow has more than K packets, every flow is cut to the same fraction of its bytes (as K, or 8
 * windows if that is more, is of the largest), and the end is extrapolated at the rate of the second half:
 *   end = t(1) + (1/f - 1) 2 (t(1) - t(1/2)),
 * with t(x) the time at which the fraction x of every flow has landed and f the fraction that was made.
 * The rates of the third and the fourth quarter say how steady it was: their difference over the
 * extrapolated part, as a fraction of the end, is reported as batch_err_frac.
 */
#include "sim/engine/packet_net.h"
#include "sim/engine/packet_run.h"

#include <math.h>

static const char *const switching_choices[] = {"cut_through", "store_forward", NULL};

static const ll_key packet_keys[] = {
    {.name = "ack",
     .kind = LL_KIND_SIZE,
     .offset = offsetof(ll_packet_param, ack_B),
     .def = "16 B",
     .min = 1,
     .max = 4096,
     .doc = "of an acknowledgement on the wire"},
    {.name = "switching",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_packet_param, switching),
     .def = "cut_through",
     .choices = switching_choices,
     .doc = "a packet goes on when its first byte is there, or its last"},
    {.name = "buffer_packets",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(ll_packet_param, buffer_packets),
     .def = "0",
     .min = 0,
     .max = 1 << 20,
     .doc = "at the far end, for each virtual lane of each lane of a link; 0: no limit"},
    {.name = "virtual_lanes",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(ll_packet_param, virtual_lanes),
     .def = "2",
     .min = 1,
     .max = LL_PACKET_LANES,
     .doc = "with buffers of their own, chosen so that packets do not wait in a circle"},
    {.name = "packets_per_flow",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(ll_packet_param, packets_per_flow),
     .def = "256",
     .min = 0,
     .max = 1 << 24,
     .doc = "of the largest flow, or 8 windows; beyond, the end is extrapolated; 0: all packets"},
    {0}};

/* Adds what was not simulated of one traffic; see the top of the file. */
static double extrapolate(const ll_packet_net *net, const ll_packet_result *r, int traffic,
                          double *err_frac)
{
    const double end_ps = (double)r->end_ps[traffic];
    const double rest = net->whole_B[traffic] / net->made_B[traffic] - 1;
    if (!(rest > 0)) return end_ps;
    const double third_ps = (double)(r->quarter_ps[traffic] - r->half_ps[traffic]);
    const double fourth_ps = (double)(r->end_ps[traffic] - r->quarter_ps[traffic]);
    const double whole_ps = end_ps + rest * 2 * (third_ps + fourth_ps);
    *err_frac = fmax(*err_frac, rest * 4 * fabs(fourth_ps - third_ps) / whole_ps);
    return whole_ps;
}

static ll_status price_phase(const ll_problem *problem, const ll_phase *phase,
                             const ll_packet_param *param, ll_comm *comm, ll_arena *mem,
                             ll_price *price, ll_error *err)
{
    LL_ASSERT(phase->n_traffic <= LL_MAX_TRAFFIC, "n_traffic = %d", phase->n_traffic);
    ll_packet_net net;
    ll_packet_result result;
    *price = (ll_price){0};
    LL_TRY(ll_packet_net_create(problem, phase, param, ll_comm_rank(comm), ll_comm_size(comm), mem,
                                &net, err));
    price->n_flow = price->n_flow_class = net.n_flow;
    price->n_link_class = net.n_link_all;
    if (net.n_flow == 0) return LL_OK;
    LL_TRY(ll_packet_run(problem->topo, &net, comm, mem, &result, err));
    for (int i = 0; i < phase->n_traffic; i++) {
        price->latency_s[i] = net.latency_s[i];
        if (net.made_B[i] > 0)
            price->end_s[i] = extrapolate(&net, &result, i, &price->batch_err_frac) * 1e-12;
    }
    price->max_util_frac = result.max_util_frac;
    return LL_OK;
}

static ll_status packet_solve(const ll_problem *problem, const void *param, ll_comm *comm,
                              ll_arena *mem, ll_price *price, ll_error *err)
{
    (void)mem;
    ll_arena *step = ll_arena_create("packet phase");
    ll_status status = LL_OK;
    for (int i = 0; i < problem->n_phase && status == LL_OK; i++) {
        ll_arena_reset(step);
        status = price_phase(problem, &problem->phase[i], param, comm, step, &price[i], err);
    }
    ll_arena_destroy(step);
    return status;
}

const ll_engine_type ll_engine_packet = {
    .name = "packet",
    .doc = "every packet on every link, in parallel over ranks: the reference",
    .keys = packet_keys,
    .param_size = sizeof(ll_packet_param),
    .solve = packet_solve,
};
