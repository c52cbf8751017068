#include "sim/engine/packet/open.h"

#include "sim/engine/packet/begin.h"
#include "sim/engine/packet/injection.h"
#include "sim/engine/packet/need.h"
#include "sim/engine/packet/slice.h"

#include <math.h>

struct ll_open {
    ll_problem problem;
    const ll_traffic *t;
    ll_phase phase;
    ll_comm *comm;
    ll_arena *mem, *scratch;
    ll_packet_net net;
    ll_senders senders; /* of this rank */
    int32_t n_sender;   /* of all ranks */
    double longest_s;
};

/* ---- Who sends ------------------------------------------------------------------------------- */

/* Places of the flows of this rank's chips by the number in the list; LL_OPEN_SELF if there is
 * none. */
static uint32_t *places_of(const ll_open *open)
{
    const ll_packet_net *net = &open->net;
    uint32_t *place = ll_arena_array(open->mem, open->t->n_list, uint32_t);
    for (int64_t i = 0; i < open->t->n_list; i++)
        place[i] = LL_OPEN_SELF;
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f))
        if (f->home) place[net->number[f->id]] = (uint32_t)((uint64_t *)f - net->store);
    return place;
}

static void senders_find(ll_open *open)
{
    const int32_t n_chip = open->problem.topo->n_chip;
    const ll_packet_slice slice = ll_packet_slice_of(open->problem.topo, ll_comm_size(open->comm));
    const ll_list_order list = ll_traffic_list_order(open->t, 0, n_chip, open->mem);
    const uint32_t *place = places_of(open), rank = (uint32_t)ll_comm_rank(open->comm);
    ll_senders *s = &open->senders;
    s->chip = ll_arena_array(open->mem, n_chip, int32_t);
    s->first = ll_arena_array(open->mem, n_chip + 1, int64_t);
    s->flow = ll_arena_array(open->mem, open->t->n_list, uint32_t);
    for (int32_t c = 0; c < n_chip; c++) {
        const int64_t n = list.first[c + 1] - list.first[c];
        open->n_sender += n > 0;
        if (n == 0 || ll_packet_slice_owner(&slice, c) != rank) continue;
        s->chip[s->n_chip] = c;
        for (int64_t k = 0; k < n; k++)
            s->flow[s->first[s->n_chip] + k] = place[list.order[list.first[c] + k]];
        s->first[s->n_chip + 1] = s->first[s->n_chip] + n;
        s->n_chip++;
    }
}

/* At most: hops of the longest path, each at the slowest link. Collective. */
static double longest_of(const ll_open *open)
{
    const ll_packet_net *net = &open->net;
    double packet_s = 0, n_most = 0;
    for (int k = 0; k < net->n_kind; k++)
        packet_s = fmax(packet_s, (double)net->kind[k].wire_q / (1 << LL_PACKET_Q) * 1e-12);
    packet_s *= open->problem.wire.packet_B;
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f))
        for (size_t path = 0; path < f->n_path; path++) {
            const ll_packet_hop *hop = f->hop + ll_packet_way(f, path);
            double n = 1;
            while (!(hop++->meta & LL_HOP_LANDS))
                n++;
            n_most = fmax(n_most, n);
        }
    ll_comm_max_f64(open->comm, 1, &n_most);
    return net->latency_s[0] + packet_s * n_most;
}

static ll_status net_make(ll_open *open, const ll_packet_param *param, ll_error *err)
{
    const ll_packet_place place = {ll_comm_rank(open->comm), ll_comm_size(open->comm),
                                   ll_comm_n_here(open->comm), NULL};
    LL_TRY(ll_packet_need_check(&open->problem, &open->phase, param, &place, err));
    LL_TRY(ll_packet_net_create(&open->problem, &open->phase, param, &place, open->mem, &open->net,
                                err));
    if (!open->net.damage.any) return LL_OK;
    return ll_error_set(err, LL_ERR_RUN,
                        "an open loop needs links that lose nothing: leave engine.loss at 0, and "
                        "engine.overflow at credits");
}

ll_status ll_open_create(const ll_problem *problem, const void *param, const ll_traffic *t,
                         ll_comm *comm, ll_arena *mem, ll_open **out, ll_error *err)
{
    ll_open *open = ll_arena_new(mem, ll_open);
    ll_traffic *one = ll_arena_new(mem, ll_traffic);
    double *packet_B = ll_arena_array(mem, t->n_list, double);
    for (int64_t i = 0; i < t->n_list; i++)
        packet_B[i] = problem->wire.packet_B;
    *one = *t;
    one->list_B = packet_B;
    *open = (ll_open){.problem = *problem, .t = one, .comm = comm, .mem = mem};
    /* Flows have to know their number in the list, as if their ends were asked for. */
    open->phase = (ll_phase){.n_traffic = 1, .traffic = one, .flow_end_s = packet_B};
    LL_TRY(ll_comm_agree(comm, net_make(open, param, err), err));
    senders_find(open);
    open->longest_s = longest_of(open);
    *out = open;
    return LL_OK;
}

/* ---- One load -------------------------------------------------------------------------------- */

static const double sustained_frac = 1e-4;

/* The middle of the bucket in which the quantile is. */
static double quantile_s(const uint64_t *bucket, double p)
{
    const int one = 1 << LL_OPEN_BUCKET_BITS;
    uint64_t n = 0, seen = 0;
    for (int i = 0; i < LL_OPEN_BUCKETS; i++)
        n += bucket[i];
    for (int i = 0; i < LL_OPEN_BUCKETS; i++) {
        seen += bucket[i];
        if (seen == 0 || (double)seen < p * (double)n) continue;
        if (i < one) return i * 1e-12;
        const int shift = i / one - 1;
        return ldexp(i % one + one + 0.5, shift) * 1e-12;
    }
    return 0;
}

static void result_fill(const ll_open *open, const ll_injection *in, ll_open_result *out)
{
    const ll_open_load *load = in->load;
    const ll_open_sums *sums = &in->sums;
    const double each = (double)load->n_measure * open->n_sender;
    uint64_t n_there = 0, n_sent = 0, n_landed = 0;
    double sum_ps = 0;
    for (int b = 0; b < load->n_batch; b++) {
        n_there += sums->n_there[b];
        n_sent += sums->n_sent[b];
        n_landed += sums->n_landed[b];
        sum_ps += (double)sums->sum_ps[b];
        out->accepted_batch[b] = (double)sums->n_landed[b] * load->n_batch / each;
        out->latency_batch_s[b] =
            sums->n_there[b] > 0 ? (double)sums->sum_ps[b] * 1e-12 / (double)sums->n_there[b] : 0;
    }
    out->slot_s = (double)in->slot_ps * 1e-12;
    out->offered = (double)n_sent / each;
    out->accepted = (double)n_landed / each;
    out->mean_s = n_there > 0 ? sum_ps * 1e-12 / (double)n_there : 0;
    out->p50_s = quantile_s(sums->bucket, 0.5);
    out->p99_s = quantile_s(sums->bucket, 0.99);
    out->max_s = (double)in->most_ps * 1e-12;
    out->longest_s = open->longest_s;
    out->n_measured = sums->n_measured;
    out->n_late = sums->n_measured - n_there + sums->n_late;
    out->sustained = (double)out->n_late <= sustained_frac * (double)out->n_measured;
}

static ll_status injection_init(const ll_open *open, const ll_open_load *load, ll_injection *in,
                                ll_error *err)
{
    const double slot_ps = open->problem.wire.packet_B / load->link_Bps * 1e12;
    const double part = fmax(ceil(load->load), 1), part_ps = fmax(round(slot_ps / part), 1);
    const double cool = (double)load->patience + ceil(open->longest_s * 1e12 / (part * part_ps));
    const double n_part = part * ((double)(load->n_warm + load->n_measure) + cool);
    const int spare_bits = open->net.seq_shift - LL_PACKET_HOP_BITS;
    if (n_part >= LL_PACKET_SEQ_MAX >> spare_bits)
        return ll_error_set(
            err, LL_ERR_RUN, "an open loop of %.4g packet times%s: at most %d are possible", n_part,
            part > 1 ? ", with parts for loads above 1" : "", LL_PACKET_SEQ_MAX >> spare_bits);
    *in = (ll_injection){.load = load,
                         .senders = &open->senders,
                         .slot_ps = (int64_t)(part * part_ps),
                         .part_ps = (int64_t)part_ps,
                         .begin_ps = 2 * open->net.delta_ps,
                         .part = (uint32_t)part,
                         .n_part = (uint32_t)n_part,
                         .below = (uint64_t)round(load->load / part * 0x1p32)};
    in->end_ps = in->begin_ps + (int64_t)in->n_part * in->part_ps;
    in->late_ps = (int64_t)(open->longest_s * 1e12) + load->patience * in->slot_ps;
    return LL_OK;
}

ll_status ll_open_run(ll_open *open, const ll_open_load *load, ll_open_result *out, ll_error *err)
{
    ll_packet_net *net = &open->net;
    ll_packet_result result;
    ll_arena *scratch = ll_arena_create("open loop");
    ll_injection *in = ll_arena_new(scratch, ll_injection);
    ll_status status = injection_init(open, load, in, err);
    if (status == LL_OK) status = ll_packet_net_reset(net, 1, err);
    /* Packets of full length, without end. */
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f)) {
        f->packet_B = (uint32_t)open->problem.wire.packet_B;
        f->n_packet = 0;
    }
    net->injection = in;
    if (status == LL_OK)
        status = ll_packet_run(open->problem.topo, net, open->comm, scratch, NULL, &result, err);
    net->injection = NULL;
    if (status == LL_OK) {
        double most_ps = (double)in->most_ps;
        ll_comm_sum_u64(open->comm, sizeof in->sums / sizeof(uint64_t), (uint64_t *)&in->sums);
        ll_comm_max_f64(open->comm, 1, &most_ps);
        in->most_ps = (int64_t)most_ps;
        *out = (ll_open_result){.n_packet_hop = result.n_packet_hop};
        result_fill(open, in, out);
    }
    ll_arena_destroy(scratch);
    return status;
}
