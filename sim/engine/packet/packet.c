/* Engine `packet`: every packet on every link, in windows of time, over ranks.
 *
 * The wire. A flow's bytes are cut into packets of packet_B bytes; the last one has what is left.
 * Its window is a number k of packets (sim/machine/wire.h); with switching = store_forward the time
 * of a packet on every link is counted into the round trip. k packets leave at time 0; every
 * acknowledgement lets one more leave. Several paths: net.h.
 *
 * An acknowledgement is a packet of ack_B bytes on the way back, one for each packet. It has a
 * virtual lane of its own that goes first: it is interleaved with the data on the wire and takes
 * time from what comes after it, but does not wait behind it. (If it did, two flows in opposite
 * directions would hold each other's acknowledgements back, and the windows of the equations would
 * not fill the links.)
 *
 * A link of w lanes of b bytes per second serves packets in the order in which they reach it. A
 * packet of P bytes that starts at t lets the next one start at t + P / (w b), and its last byte
 * has left at t + P / b: capacity w b and service time P / b, as in the throughput equations.
 * (Packets on lanes in turn would start w at a time; here they start evenly, with the same rate and
 * never later than by one service.) Its first byte is at the next link after the latency, and goes
 * on at once if that link is free and no faster (cut_through), or when the last byte is there
 * (store_forward).
 *
 * Damaged packets: fault.h. Slow links, and links that are down: topology/degraded.h.
 *
 * Buffers. With buffer_packets = B > 0, each virtual lane of each lane of a link has room for B
 * packets at the far end. A packet takes a place when it joins the queue of the link, and gives it
 * back when its last byte has left over the next link. The news takes the latency of the link and
 * counts from the beginning of the next window: flow-control messages are sent once per window.
 * Packets without a place wait in the order in which they came, each virtual lane by itself. A chip
 * always takes what is for it, and acknowledgements have room of their own. Lanes: lane.h.
 *
 * With overflow = drop there are no credits: full queues drop packets (fault.h).
 *
 * Execution. delta, the length of a window, is the shortest latency of a link in use. What happens
 * at a link in the window [k delta, (k+1) delta) can cause something elsewhere only after the
 * window is over. So in a window the links do not depend on each other, and there is no queue of
 * events to keep in order. In each window a rank
 *
 *   takes what came from other ranks and from itself for this window,
 *   tile by tile of links (calendar.h), sorts it by link, each link's events by (time, sequence,
 *   hop, flow), in two counting passes,
 *   sweeps each link once: start = max(arrival, link free); what follows goes into a later window,
 *   sends what is for links of other ranks, one message to each neighbour,
 *
 * and goes on with the next window in which any rank has something to do. Times are whole
 * picoseconds, service times rounded up; ties are broken by ids alone. So the result is the same,
 * to the byte, for any number of ranks.
 *
 * Long phases are cut, and their ends extrapolated: extrapolate.h. */
#include "sim/engine/packet/begin.h"
#include "sim/engine/packet/effort.h"
#include "sim/engine/packet/extrapolate.h"
#include "sim/engine/packet/need.h"
#include "sim/engine/packet/net.h"
#include "sim/engine/packet/run.h"
#include "sim/engine/packet/spread.h"

#include <math.h>
#include <string.h>

static const char *const switching_choices[] = {"cut_through", "store_forward", NULL};

static const char *const overflow_choices[] = {"credits", "drop", NULL};
static const char *const recovery_choices[] = {"link", "end_to_end", NULL};
static const char *const retransmission_choices[] = {"selective", "go_back_n", NULL};
static const char *const paths_choices[] = {"spray", "hash", "adaptive", NULL};
static const char *const hash_choices[] = {"off", "end", "windows", NULL};

static const ll_key packet_keys[] = {
    {.name = "ack",
     .kind = LL_KIND_SIZE,
     .offset = offsetof(ll_packet_param, ack_B),
     .def = "16 B",
     .min = 1,
     .max = 4096,
     .doc = "size of an acknowledgement on the wire"},
    {.name = "switching",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_packet_param, switching),
     .def = "cut_through",
     .choices = switching_choices,
     .doc = "a switch forwards a packet when its first byte has arrived, or its last"},
    {.name = "paths",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_packet_param, paths),
     .def = "spray",
     .choices = paths_choices,
     .doc = "packets of a flow take all paths in turn, one path by hash (ECMP), or the shorter of "
            "two queues"},
    {.name = "buffer_packets",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(ll_packet_param, buffer_packets),
     .def = "0",
     .min = 0,
     .max = 1 << 20,
     .doc = "packets in the buffer of each virtual lane of each lane of a link; 0: no limit"},
    {.name = "overflow",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_packet_param, overflow),
     .def = "credits",
     .choices = overflow_choices,
     .doc = "full buffers hold packets back at the link before (credits), or drop them"},
    {.name = "virtual_lanes",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(ll_packet_param, virtual_lanes),
     .def = "2",
     .min = 1,
     .max = LL_PACKET_LANES,
     .doc = "virtual lanes of a link, each with its own buffers, assigned so that routing cannot "
            "deadlock"},
    {.name = "packets_per_flow",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(ll_packet_param, packets_per_flow),
     .def = "256",
     .min = 0,
     .max = 1 << 24,
     .doc = "packets of the largest flow that are simulated, at least 8 windows; the rest is "
            "extrapolated; 0: all"},
    {.name = "loss",
     .kind = LL_KIND_RATIO,
     .offset = offsetof(ll_packet_param, loss_frac),
     .def = "0",
     .min = 0,
     .max = 0.5,
     .doc = "probability that a link damages a packet, which is then retransmitted"},
    {.name = "recovery",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_packet_param, recovery),
     .def = "link",
     .choices = recovery_choices,
     .doc = "who retransmits a damaged packet: the link, or its source"},
    {.name = "retransmission",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_packet_param, retransmission),
     .def = "selective",
     .choices = retransmission_choices,
     .doc = "a damaged packet alone is retransmitted, or all sent since too"},
    {.name = "timeout",
     .kind = LL_KIND_TIME,
     .offset = offsetof(ll_packet_param, timeout_s),
     .def = "320 us",
     .min = 1e-9,
     .max = 100,
     .doc =
         "end_to_end: retransmission time-out of the oldest unacknowledged packet; 320 us as IRN, "
         "assumed; adapters are often set to 67 ms"},
    {.name = "seed",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(ll_packet_param, seed),
     .def = "1",
     .min = 0,
     .max = 1e15,
     .doc = "seed of damaged packets, and of paths by hash"},
    {.name = "memory",
     .kind = LL_KIND_SIZE,
     .offset = offsetof(ll_packet_param, memory_B),
     .def = "0 B",
     .min = 0,
     .max = 1e18,
     .doc = "limit of memory per phase, all ranks of a machine together; 0: 4/5 of the machine's "
            "memory"},
    {.name = "state_hash",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_packet_param, state_hash),
     .def = "off",
     .choices = hash_choices,
     .doc = "hash of what every link has served and when; windows: also printed after each time "
            "window"},
    {0}};

/* Every run starts with all links idle; what it needs goes when it is over. */
static ll_status run_part(const ll_topology *topo, ll_packet_net *net, double part, ll_comm *comm,
                          ll_arena *mem, ll_packet_result *result, ll_error *err)
{
    const ll_arena_mark here = ll_arena_here(mem);
    LL_TRY(ll_comm_agree(comm, ll_packet_net_reset(net, part, err), err));
    const ll_status status = ll_packet_run(topo, net, comm, mem, NULL, result, err);
    ll_arena_release(mem, here);
    return status;
}

static const ll_fact_kind n_packet_hop = {
    "n_packet_hop", "1", "packets and acknowledgements served by links", LL_MERGE_SUM};
static const ll_fact_kind simulated_frac = {
    "simulated_frac", "1",
    "least share of a phase's bytes made into packets; the rest is extrapolated", LL_MERGE_MIN};
static const ll_fact_kind state_hash = {
    "state_hash", "1", "53 bits of what every link has served and when, if asked for",
    LL_MERGE_OF_LARGEST};

/* grain: of ll_packet_net; 0 if nothing is extrapolated. */
static void fill_price(const ll_packet_net *net, const ll_packet_result *run, int n_traffic,
                       double grain, ll_price *price)
{
    double err_frac = 0;
    int64_t n_hop = 0;
    for (int i = 0; i < n_traffic; i++) {
        price->latency_s[i] = net->latency_s[i];
        if (net->present[i])
            price->end_s[i] = ll_packet_extrapolate(net, run, i, &err_frac) * 1e-12;
    }
    for (int k = 0; k < LL_PACKET_RUNS; k++)
        n_hop += (int64_t)run[k].n_packet_hop;
    ll_price_tell(price, &n_packet_hop, (double)n_hop);
    ll_price_tell(price, &ll_fact_max_util_frac, run[LL_PACKET_RUNS - 1].max_util_frac);
    ll_price_tell(price, &ll_fact_batch_err_frac, err_frac + grain);
    ll_price_tell(price, &simulated_frac, net->fraction);
    if (net->hash != LL_HASH_OFF)
        ll_price_tell(price, &state_hash, (double)(run[LL_PACKET_RUNS - 1].hash >> 11));
}

/* Checks recovery = end_to_end: retransmissions would hide a deadlock, so enough virtual lanes are
 * required. */
static ll_status check_recovery(const ll_packet_net *net, const ll_packet_param *param,
                                ll_error *err)
{
    double round_s = 0;
    for (int i = 0; i < LL_MAX_TRAFFIC; i++)
        round_s = fmax(round_s, 2 * net->latency_s[i]);
    if (!net->damage.end_to_end && net->damage.overflow)
        return ll_error_set(err, LL_ERR_RUN,
                            "engine.overflow = drop: only sources know what was dropped; it needs "
                            "engine.recovery = end_to_end");
    if (!net->damage.end_to_end || !net->damage.any) return LL_OK;
    if (net->watch != NULL)
        return ll_error_set(err, LL_ERR_RUN,
                            "engine.paths = adaptive is not possible with engine.recovery = "
                            "end_to_end: its sources tell losses by the order on each path; take "
                            "spray or hash, or recovery = link");
    if (param->timeout_s < round_s)
        return ll_error_set(err, LL_ERR_RUN,
                            "engine.timeout = %g s: shorter than the round trip of a flow, %g s",
                            param->timeout_s, round_s);
    if (net->n_class > param->virtual_lanes)
        return ll_error_set(err, LL_ERR_RUN,
                            "engine.recovery = end_to_end: with buffers, routes here need %d "
                            "virtual lanes (engine.virtual_lanes = %d)",
                            net->n_class, (int)param->virtual_lanes);
    return LL_OK;
}

/* Nodes without bytes end when they start; and when does each flow end. Collective. */
static void flow_ends(const ll_packet_net *net, const ll_phase *phase, ll_comm *comm,
                      ll_price *price)
{
    const ll_timing *timing = net->timing;
    double *end_s = phase->flow_end_s;
    if (end_s != NULL) {
        const int64_t n_flow = net->first_number[phase->n_traffic];
        memset(end_s, 0, (size_t)n_flow * sizeof *end_s);
        for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f))
            end_s[net->number[f->id]] = (double)f->end_ps * 1e-12;
        ll_comm_max_f64(comm, n_flow, end_s);
    }
    for (int64_t node = 0; timing != NULL && node < timing->n_node; node++) {
        const int t = ll_timing_traffic(timing, node);
        const double ready_s = net->ready_ps[node] * 1e-12;
        price->end_s[t] = fmax(price->end_s[t], ready_s);
        if (end_s == NULL) continue;
        double *at_s = &end_s[net->first_number[t] + node - timing->first_node[t]];
        *at_s = fmax(*at_s, ready_s);
    }
}

/* A phase in which no flow has any bytes: all end when they are released. */
static void nothing_sent(const ll_packet_net *net, ll_arena *mem)
{
    if (net->timing == NULL) return;
    ll_clock clock = ll_clock_create(net->timing, 1e12, mem);
    const int64_t none = ll_clock_take(&clock);
    LL_ASSERT(none < 0, "node %lld has bytes", (long long)none);
    memcpy(net->ready_ps, clock.ready, (size_t)net->timing->n_node * sizeof *net->ready_ps);
}

typedef struct packet_state {
    ll_problem problem; /* without phases */
    const ll_packet_param *param;
    ll_comm *comm;
    ll_arena *scratch; /* of the phase at hand */
} packet_state;

/* Flows written out: a piece of the progress. */
static ll_status net_create(const packet_state *s, const ll_phase *phase, ll_packet_net *net,
                            ll_error *err)
{
    ll_progress progress;
    const ll_packet_place place = {ll_comm_rank(s->comm), ll_comm_size(s->comm),
                                   ll_comm_n_here(s->comm), &progress};
    LL_TRY(ll_comm_agree(s->comm, ll_packet_need_check(&s->problem, phase, s->param, &place, err),
                         err));
    ll_progress_begin(&progress, s->comm, "packet", "of the flows", 1);
    /* What is written out differs from rank to rank, and so may what is wrong with it. */
    ll_status status =
        ll_packet_net_create(&s->problem, phase, s->param, &place, s->scratch, net, err);
    ll_progress_end(&progress);
    if (status == LL_OK) status = check_recovery(net, s->param, err);
    return ll_comm_agree(s->comm, status, err);
}

/* progress: as ll_packet_effort counts. */
static ll_status price_phase(const packet_state *s, const ll_phase *phase, ll_progress *progress,
                             ll_price *price, ll_error *err)
{
    const ll_problem *problem = &s->problem;
    const ll_packet_effort effort =
        ll_packet_effort_of(problem->topo, &problem->wire, s->param, phase);
    const double done = progress->done;
    ll_packet_net net;
    ll_packet_result run[LL_PACKET_RUNS] = {0};
    *price = (ll_price){0};
    ll_progress_piece(progress, effort.set_up);
    LL_TRY(net_create(s, phase, &net, err));
    ll_progress_step(progress, effort.set_up);
    ll_price_tell(price, &ll_fact_n_flow, (double)net.n_flow);
    ll_price_tell(price, &ll_fact_n_flow_class, (double)net.n_flow);
    ll_price_tell(price, &ll_fact_n_link_class, (double)net.n_link_all);
    if (net.n_flow == 0) {
        nothing_sent(&net, s->scratch);
        flow_ends(&net, phase, s->comm, price);
        return LL_OK;
    }
    for (int k = net.fraction < 1 ? 0 : LL_PACKET_RUNS - 1; k < LL_PACKET_RUNS; k++) {
        const double part = 1.0 / (1 << (LL_PACKET_RUNS - 1 - k));
        ll_progress_piece(progress, part * effort.run);
        LL_TRY(
            run_part(problem->topo, &net, net.fraction * part, s->comm, s->scratch, &run[k], err));
        ll_progress_step(progress, part * effort.run);
    }
    ll_progress_reach(progress, done + effort.all);
    double grain = net.fraction < 1 ? ll_packet_grain_frac(&net) : 0; /* of this rank's flows */
    if (net.fraction < 1) ll_comm_max_f64(s->comm, 1, &grain);
    fill_price(&net, run, phase->n_traffic, grain, price);
    ll_packet_spread(&net, s->comm, s->scratch, price->flow);
    flow_ends(&net, phase, s->comm, price);
    return LL_OK;
}

static ll_status packet_create(const ll_topology *topo, const ll_wire *wire, const void *param,
                               ll_comm *comm, ll_arena *mem, void **state, ll_error *err)
{
    (void)err;
    packet_state *s = ll_arena_new(mem, packet_state);
    *s = (packet_state){.problem = {.topo = topo, .wire = *wire},
                        .param = param,
                        .comm = comm,
                        .scratch = ll_arena_create("packet phase")};
    *state = s;
    return LL_OK;
}

static double packet_effort(const ll_topology *topo, const ll_wire *wire, const void *param,
                            const ll_phase *phase)
{
    return ll_packet_effort_of(topo, wire, param, phase).all;
}

static ll_status packet_price(void *state, int n, const ll_phase *phase, ll_price *price,
                              ll_error *err)
{
    packet_state *s = state;
    ll_status status = LL_OK;
    double effort = 0;
    for (int i = 0; i < n; i++)
        effort += packet_effort(s->problem.topo, &s->problem.wire, s->param, &phase[i]);
    ll_progress progress;
    ll_progress_begin(&progress, s->comm, "packet", "of the traffic", fmax(effort, 1));
    for (int i = 0; i < n && status == LL_OK; i++) {
        ll_arena_reset(s->scratch);
        status = price_phase(s, &phase[i], &progress, &price[i], err);
    }
    ll_progress_end(&progress);
    return status;
}

static void packet_destroy(void *state) { ll_arena_destroy(((packet_state *)state)->scratch); }

static bool error_free(const void *param, void *out)
{
    ll_packet_param *p = out;
    *p = *(const ll_packet_param *)param;
    const bool had = p->loss_frac > 0;
    p->loss_frac = 0;
    return had;
}

const ll_engine_type ll_engine_packet = {
    .name = "packet",
    .doc = "every packet on every link, in parallel over ranks: the reference",
    .keys = packet_keys,
    .param_size = sizeof(ll_packet_param),
    .can = LL_ENGINE_CAN_START | LL_ENGINE_CAN_PREDECESSORS | LL_ENGINE_CAN_FLOW_END,
    .create = packet_create,
    .price = packet_price,
    .destroy = packet_destroy,
    .effort = packet_effort,
    .error_free = error_free,
};
