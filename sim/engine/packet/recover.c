#include "sim/engine/packet/recover.h"

/* A ring of bits for a sliding window of packet numbers. */
static inline bool bit(const uint64_t *bits, uint32_t slots, uint32_t k)
{
    k &= slots - 1;
    return bits[k / 64] >> (k % 64) & 1;
}

static inline void bit_set(uint64_t *bits, uint32_t slots, uint32_t k, bool on)
{
    k &= slots - 1;
    const uint64_t mask = (uint64_t)1 << (k % 64);
    bits[k / 64] = on ? bits[k / 64] | mask : bits[k / 64] & ~mask;
}

static uint32_t slots_of(const ll_packet_flow *flow)
{
    const uint32_t most = ll_stream_length(flow, 0, flow->n_packet);
    uint32_t slots = 64;
    while (slots < most && slots < flow->window)
        slots *= 2;
    return slots;
}

ll_recovery *ll_recovery_create(const ll_packet_net *net, ll_arena *mem)
{
    ll_recovery *r = ll_arena_new(mem, ll_recovery);
    int64_t n_stream = 0, n_word = 0;
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f)) {
        n_stream += f->n_path;
        n_word += (int64_t)f->n_path * 2 * (slots_of(f) / 64);
    }
    LL_ASSERT(n_stream < UINT32_MAX, "%lld streams", (long long)n_stream);
    r->stream = ll_arena_array(mem, n_stream, ll_stream);
    r->first = ll_arena_array(mem, net->n_unit, uint32_t);
    uint64_t *word = ll_arena_array(mem, net->damage.go_back_n ? 0 : n_word, uint64_t);
    ll_stream *s = r->stream;
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f)) {
        const uint32_t id = (uint32_t)((uint64_t *)f - net->store), slots = slots_of(f);
        r->first[id] = (uint32_t)(s - r->stream);
        for (uint32_t path = 0; path < f->n_path; path++, s++) {
            *s = (ll_stream){.flow = id, .path = path, .slots = slots};
            if (net->damage.go_back_n) continue;
            s->acked = word;
            s->got = word + slots / 64;
            word += 2 * slots / 64;
        }
    }
    return r;
}

/* ---- Receiver -------------------------------------------------------------------------------- */

static bool after_gap(const ll_packet_net *net, ll_stream *s, uint32_t k, bool *fresh,
                      uint32_t *answer)
{
    const ll_packet_flow *flow = ll_packet_flow_at(net, s->flow);
    if (net->damage.go_back_n) {
        *answer = ll_stream_seq(flow, s, s->expected) << LL_PACKET_HOP_BITS | LL_PACKET_GAP;
        const bool first = !s->asked;
        s->asked = true;
        return first;
    }
    *fresh = !bit(s->got, s->slots, k);
    bit_set(s->got, s->slots, k, true);
    *answer = ll_stream_seq(flow, s, k) << LL_PACKET_HOP_BITS | LL_PACKET_GAP;
    return true;
}

bool ll_stream_arrive(const ll_packet_net *net, ll_stream *s, uint32_t k, bool *fresh,
                      uint32_t *answer)
{
    *fresh = k == s->expected;
    if (k > s->expected) return after_gap(net, s, k, fresh, answer);
    if (*fresh) {
        s->asked = false;
        s->expected++;
        while (s->got != NULL && bit(s->got, s->slots, s->expected))
            bit_set(s->got, s->slots, s->expected++, false);
    }
    *answer = ll_stream_seq(ll_packet_flow_at(net, s->flow), s, s->expected - 1)
              << LL_PACKET_HOP_BITS;
    return true;
}

/* ---- Source ---------------------------------------------------------------------------------- */

bool ll_stream_missing(const ll_stream *s, uint32_t k)
{
    return s->acked == NULL || !bit(s->acked, s->slots, k);
}

/* All packets before number `end` are acknowledged. */
static void advance(const ll_packet_net *net, ll_recovery *r, ll_stream *s, uint32_t end,
                    int64_t ps)
{
    if (end <= s->oldest) return;
    r->stream[r->first[s->flow]].n_done += end - s->oldest;
    for (; s->oldest < end; s->oldest++)
        if (s->acked != NULL) bit_set(s->acked, s->slots, s->oldest, false);
    s->deadline_ps = ps + net->damage.timeout_ps;
}

static uint32_t n_sent(const ll_packet_net *net, const ll_stream *s)
{
    const ll_packet_flow *flow = ll_packet_flow_at(net, s->flow);
    return ll_stream_length(flow, s->path, flow->next);
}

/* The missing packets among first .. end-1 are retransmitted at `ps`. */
static ll_resend resend(const ll_packet_net *net, ll_stream *s, uint32_t first, uint32_t end,
                        int64_t ps)
{
    while (first < end && !ll_stream_missing(s, first))
        first++;
    if (first < end) s->deadline_ps = ps + net->damage.timeout_ps;
    return (ll_resend){first, end};
}

ll_resend ll_stream_answered(const ll_packet_net *net, ll_recovery *r, ll_stream *s,
                             uint32_t answer, int64_t ps)
{
    const uint32_t seq = (answer & ~LL_PACKET_GAP) >> LL_PACKET_HOP_BITS;
    const uint32_t k = seq / ll_packet_flow_at(net, s->flow)->n_path;
    if (!(answer & LL_PACKET_GAP)) {
        advance(net, r, s, k + 1, ps);
        return (ll_resend){0, 0};
    }
    if (net->damage.go_back_n) {
        advance(net, r, s, k, ps);
        const bool old = k < s->oldest;
        return resend(net, s, k, old ? k : n_sent(net, s), ps);
    }
    if (k < s->oldest) return (ll_resend){0, 0};
    bit_set(s->acked, s->slots, k, true);
    const uint32_t first = s->again > s->oldest ? s->again : s->oldest;
    if (k > s->again) s->again = k;
    return resend(net, s, first, k, ps);
}

ll_resend ll_stream_expired(const ll_packet_net *net, ll_stream *s, int64_t ps)
{
    s->again = n_sent(net, s);
    return resend(net, s, s->oldest, s->again, ps);
}
