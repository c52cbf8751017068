/* Cost of a plan from the engine's prices of its rounds: software, latency, wire. */
#include "sim/collective/plan.h"

#include <math.h>

/* Bytes of a slot of an in_network all_reduce by NCCL's rule (enqueue.cc): chunks are smaller if
 * the buffer would otherwise fill only a few slots per member. */
static double slot_B(const ll_software *soft, double size_B, int32_t n)
{
    static const double few[] = {64, 8, 2};
    double out_B = 131072.0 * (double)soft->channels_in_network;
    for (size_t i = 0; i < sizeof few / sizeof *few; i++)
        if (size_B < few[i] * n * out_B) out_B /= 2;
    return out_B;
}

/* Software time of the steps of a round, in seconds. bytes_s: time of one repetition's bytes. In
 * Simple the slices of a part are pipelined, so the longer a part is, the more of the step's
 * latency it hides. */
static double steps_s(const ll_software *soft, const ll_round *r, ll_protocol p, double bytes_s)
{
    /* A step of 512 threads with 8 bytes each; NCCL's default limit of LL between pairs (both from
     * memory). */
    static const double thread_B = 4096, channel_B = 16384;
    const double step_s = soft->step_s[p], part_B = r->traffic.size_B, n = r->repeat + r->depth;
    if (ll_collective_pairwise(r->collective))
        return p == LL_PROTOCOL_SIMPLE ? n * soft->step_pairs_s
                                       : step_s + soft->fill_pairs_ll_s * part_B / channel_B;
    if (p == LL_PROTOCOL_SIMPLE)
        return r->repeat * (hypot(step_s, bytes_s) - bytes_s) + r->depth * step_s;
    return n * (step_s + (p == LL_PROTOCOL_LL ? soft->fill_ll_s * fmin(1, part_B / thread_B) : 0));
}

/* Returns the share of the link rate that a round reaches, and sets *step_s to its software steps.
 * once_s: wire time of one repetition. */
static double round_software(const ll_software *soft, const ll_round *r, ll_protocol p,
                             double once_s, double *step_s)
{
    if (r->n_reduce > 0) {
        const double size_B = r->traffic.size_B, slot = slot_B(soft, size_B, r->n_reduce);
        const double n_slot = slot > 0 ? fmax(1, size_B / slot) : 0;
        /* slots in flight at least: those of 8 members, for which step_in_network was fitted */
        static const double least = 16;
        double fill = 2.0 * r->n_reduce;
        if (n_slot > 0) fill = fmin(fill, fmax(n_slot, least));
        const double slots_s =
            once_s / soft->rate_frac_in_network + n_slot * soft->step_in_network_s;
        *step_s = n_slot > 0 ? fill * slots_s / n_slot : fill * soft->step_in_network_s;
        return slots_s > 0 ? once_s / slots_s : 1;
    }
    const double rate_frac = soft->rate_frac[r->collective] * soft->protocol_frac[p];
    *step_s = steps_s(soft, r, p, once_s / rate_frac);
    return rate_frac;
}

/* Time of self-copies and of the pipeline's drain, in repetitions of the round. */
static double own_of(const ll_software *soft, const ll_round *r, ll_protocol p)
{
    const bool pairs = ll_collective_pairwise(r->collective);
    const double own = r->own * (pairs ? soft->own_all_to_all : soft->own_ring);
    if (p != LL_PROTOCOL_SIMPLE || r->own <= 0) return own;
    const double tail_B = pairs ? 0.5 * soft->tail_B : soft->tail_B;
    return own + fmin(0.5, r->own * tail_B / r->traffic.size_B);
}

static void cost_in(const ll_software *software, const ll_plan *plan, const ll_price *price,
                    ll_protocol p, ll_cost *out)
{
    double wire_s[LL_MAX_DIM] = {0}, slack_s[LL_MAX_DIM] = {0}; /* slack: added by rate_frac < 1 */
    double launch_s = software[plan->dimension].launch_s[plan->collective];
    *out = (ll_cost){.protocol = p};
    for (int i = 0; i < plan->n_round; i++) {
        const ll_round *r = &plan->round[i];
        const ll_software *soft = &software[r->dimension];
        double latency_s = price[i].latency_s[0], once_s = price[i].end_s[0] - latency_s;
        double step_s, rate_frac = round_software(soft, r, p, once_s, &step_s);
        int dim = plan->pipelined ? r->dimension : 0;
        out->latency_s += (r->repeat + r->depth) * latency_s;
        out->fixed_s += step_s;
        launch_s = fmax(launch_s, soft->launch_s[plan->collective]);
        wire_s[dim] += r->repeat * once_s;
        slack_s[dim] += ((r->repeat + own_of(soft, r, p)) / rate_frac - r->repeat) * once_s;
        if (price[i].flow[0].max_s > out->flow.max_s) out->flow = price[i].flow[0];
    }
    int busiest = 0;
    for (int d = 1; d < LL_MAX_DIM; d++)
        if (wire_s[d] + slack_s[d] > wire_s[busiest] + slack_s[busiest]) busiest = d;
    out->wire_s = wire_s[busiest];
    out->fixed_s += launch_s;
    out->software_s = out->fixed_s + slack_s[busiest];
    out->total_s = out->software_s + out->latency_s + out->wire_s;
}

void ll_collective_cost(const ll_software *software, const ll_plan *plan, const ll_price *price,
                        ll_cost *out)
{
    *out = (ll_cost){0};
    if (plan->n_round == 0) return;
    if (plan->exchange.library != NULL) {
        ll_exchange_cost(plan, price, out);
        return;
    }
    ll_protocol taken;
    ll_collective_guess(software, plan, &taken);
    cost_in(software, plan, price, taken < LL_N_PROTOCOL ? taken : LL_PROTOCOL_SIMPLE, out);
    if (taken < LL_N_PROTOCOL) return;
    for (ll_protocol p = LL_PROTOCOL_LL; p < LL_PROTOCOL_SIMPLE; p++) {
        bool known = !(ll_collective_pairwise(plan->collective) && p == LL_PROTOCOL_LL128);
        for (int i = 0; i < plan->n_round && known; i++)
            known = software[plan->round[i].dimension].protocol_frac[p] > 0;
        ll_cost cost;
        if (known) cost_in(software, plan, price, p, &cost);
        if (known && cost.total_s < out->total_s) *out = cost;
    }
}
