#include "sim/engine/packet/injection.h"

#include "sim/base/rng.h"
#include "sim/engine/packet/send.h"

/* The batch that a slot is in; -1: it is not measured. */
static int batch_of(const ll_open_load *load, int64_t slot)
{
    const int64_t at = slot - load->n_warm;
    return at < 0 || at >= load->n_measure ? -1 : (int)(at * load->n_batch / load->n_measure);
}

static int batch_at(const ll_injection *in, int64_t ps)
{
    return batch_of(in->load, (ps - in->begin_ps) / in->slot_ps);
}

/* When the flow's packet of a part is released. */
static int64_t release_ps(const ll_injection *in, uint32_t flow_id, uint32_t part)
{
    const uint64_t draw = ll_rng_bits(~in->load->seed, flow_id, part);
    return in->begin_ps + (int64_t)part * in->part_ps +
           (int64_t)((draw >> 32) * (uint64_t)in->part_ps >> 32);
}

/* A chip's packet of this part, if it draws one. */
static void release(ll_packet_running *run, int32_t sender, uint32_t part)
{
    ll_injection *in = run->net->injection;
    const ll_senders *all = in->senders;
    const uint64_t chip = (uint64_t)all->chip[sender];
    const uint64_t draw = ll_rng_bits(in->load->seed, chip, part);
    if (draw >> 32 >= in->below) return;
    const uint64_t n = (uint64_t)(all->first[sender + 1] - all->first[sender]);
    const uint32_t place = all->flow[all->first[sender] + (int64_t)((draw & UINT32_MAX) * n >> 32)];
    const int batch = batch_of(in->load, part / in->part);
    if (batch >= 0) in->sums.n_sent[batch]++;
    if (place == LL_OPEN_SELF) {
        if (batch >= 0) in->sums.n_landed[batch]++;
        return;
    }
    const ll_packet_flow *flow = ll_packet_flow_at(run->net, place);
    const uint32_t order = ll_packet_next_order(run, flow, part);
    in->n_released++;
    in->sums.n_measured += batch >= 0;
    ll_packet_send(run, *ll_packet_hop_at(run->net, flow, order), release_ps(in, flow->id, part),
                   order, place);
}

int64_t ll_injection_release(ll_packet_running *run, int64_t window)
{
    ll_injection *in = run->net->injection;
    const int64_t horizon_ps = run->cal.now_ps + 3 * run->cal.delta_ps;
    const bool all = in->next == in->n_part; /* before, so that the last ones are in `window` */
    for (; in->next < in->n_part; in->next++) {
        if (in->begin_ps + (int64_t)in->next * in->part_ps >= horizon_ps) break;
        for (int32_t i = 0; i < in->senders->n_chip; i++)
            release(run, i, in->next);
    }
    if (!all) return run->cal.now + 1;
    in->stuck = window == INT64_MAX;
    return in->stuck || window >= in->end_ps / run->cal.delta_ps ? INT64_MAX : window;
}

/* Bucket of a latency: its power of two, and the next bits below. */
static int64_t bucket_of(uint64_t ps)
{
    const int one = 1 << LL_OPEN_BUCKET_BITS;
    if (ps < (uint64_t)one) return (int64_t)ps;
    const int shift = 63 - __builtin_clzll(ps) - LL_OPEN_BUCKET_BITS;
    return ((int64_t)(shift + 1) << LL_OPEN_BUCKET_BITS) + (int64_t)(ps >> shift) - one;
}

void ll_injection_land(ll_packet_running *run, const ll_packet_flow *flow, uint32_t seq, int64_t ps)
{
    ll_injection *in = run->net->injection;
    const int landed = batch_at(in, ps), sent = batch_of(in->load, seq / in->part);
    run->n_landed++;
    if (landed >= 0) in->sums.n_landed[landed]++;
    if (sent < 0 || ps > in->end_ps) return;
    const int64_t latency_ps = ps - release_ps(in, flow->id, seq);
    in->sums.n_there[sent]++;
    in->sums.n_late += latency_ps > in->late_ps;
    in->sums.sum_ps[sent] += (uint64_t)latency_ps;
    in->sums.bucket[bucket_of((uint64_t)latency_ps)]++;
    if (latency_ps > in->most_ps) in->most_ps = latency_ps;
}
