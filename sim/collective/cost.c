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
 * once_s: wire time of one repetition; share: that of the NICs that are used. */
static double round_software(const ll_software *soft, const ll_round *r, ll_protocol p,
                             double once_s, double share, double *step_s)
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
    const double rate_frac = share * soft->rate_frac[r->collective] * soft->protocol_frac[p];
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

/* Whether the steps of a ring over domains add to its bytes by step_power. */
static bool adds_by_power(const ll_software *soft, const ll_plan *plan, ll_protocol p)
{
    return soft->between.step_power > 0 && p != LL_PROTOCOL_LL &&
           !ll_collective_pairwise(plan->collective) && ll_plan_is_ring(plan) &&
           (plan->pipelined || plan->algorithm == LL_ALGORITHM_RING);
}

/* A step of a ring over domains. In LL128 a part takes as long inside as in Simple from 128 KiB on,
 * and less in proportion below: assumed. */
static double power_step_s(const ll_software *software, const ll_plan *plan, const ll_round *r,
                           ll_protocol p)
{
    static const double long_B = 131072;
    const ll_between *between = &software[plan->dimension].between;
    const double own_s = software[r->dimension].step_s[p];
    if (r->dimension == plan->dimension || between->step_inside_s <= 0) return own_s;
    const double frac = fmin(1, plan->size_B / plan->group_size / long_B);
    return p == LL_PROTOCOL_SIMPLE ? between->step_inside_s
                                   : own_s + frac * fmax(0, between->step_inside_s - own_s);
}

/* Replaces steps and latency of a ring over domains by (steps^q + bytes^q)^(1/q) - bytes. bytes_s:
 * of the busiest dimension, at its rate. */
static void add_by_power(const ll_software *software, const ll_plan *plan, ll_protocol p,
                         double bytes_s, ll_cost *out)
{
    const double q = software[plan->dimension].between.step_power;
    double steps_s = out->latency_s;
    for (int i = 0; i < plan->n_round; i++) {
        const ll_round *r = &plan->round[i];
        steps_s += (r->repeat + r->depth) * power_step_s(software, plan, r, p);
    }
    const double most_s = fmax(steps_s, bytes_s);
    if (most_s <= 0) return;
    const double both_s = most_s * pow(pow(steps_s / most_s, q) + pow(bytes_s / most_s, q), 1 / q);
    out->latency_s = fmin(out->latency_s, both_s - bytes_s);
    out->fixed_s = both_s - bytes_s - out->latency_s;
}

/* Share of a round's rate that is left in protocol p to rings over domains: NICs that are not used
 * count between domains; inside, the protocol takes what it takes on the NICs. */
static double share_of(const ll_software *software, const ll_plan *plan, const ll_round *r,
                       ll_protocol p)
{
    const ll_software *soft = &software[r->dimension], *outer = &software[plan->dimension];
    if (r->dimension == plan->dimension || !adds_by_power(outer, plan, p) ||
        soft->protocol_frac[p] <= 0)
        return ll_domains_nic_frac(soft, plan, r);
    return outer->protocol_frac[p] / soft->protocol_frac[p];
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
        double step_s;
        const double share = share_of(software, plan, r, p);
        const double rate_frac = round_software(soft, r, p, once_s, share, &step_s);
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
    if (adds_by_power(&software[plan->dimension], plan, p))
        add_by_power(software, plan, p, wire_s[busiest] + slack_s[busiest], out);
    out->fixed_s += launch_s;
    out->software_s = out->fixed_s + slack_s[busiest];
    out->total_s = out->software_s + out->latency_s + out->wire_s;
}

static void one_cost(const ll_software *software, const ll_plan *plan, const ll_price *price,
                     ll_protocol p, ll_cost *out)
{
    if (ll_tree_cost_is(software, plan))
        ll_tree_cost(software, plan, price, p, out);
    else
        cost_in(software, plan, price, p, out);
}

/* The protocol of long messages. Where a table of sizes takes a tree that is LL128: assumed, as
 * tables say sizes and no protocol. */
static ll_protocol longest_of(const ll_software *software, const ll_plan *plan)
{
    bool ll128 = plan->algorithm == LL_ALGORITHM_TREE &&
                 software[plan->dimension].between.tuner == LL_TUNER_TABLE;
    for (int i = 0; i < plan->n_round; i++)
        ll128 = ll128 && software[plan->round[i].dimension].protocol_frac[LL_PROTOCOL_LL128] > 0;
    return ll128 ? LL_PROTOCOL_LL128 : LL_PROTOCOL_SIMPLE;
}

/* By the kernel of an inference engine: sim/machine/shots.h. */
static void shot_cost(const ll_plan *plan, const ll_price *price, ll_cost *out)
{
    const ll_shot_way way = plan->algorithm == LL_ALGORITHM_ONE_SHOT ? LL_ONE_SHOT : LL_TWO_SHOT;
    const double repeat = plan->round[0].repeat, latency_s = price[0].latency_s[0];
    *out = (ll_cost){.protocol = LL_PROTOCOL_SIMPLE,
                     .latency_s = repeat * latency_s,
                     .wire_s = repeat * (price[0].end_s[0] - latency_s),
                     .flow = price[0].flow[0]};
    out->fixed_s = ll_shot_fixed_s(plan->shot, way, plan->group_size, plan->size_B);
    out->software_s =
        out->fixed_s + ll_shot_bytes_s(plan->shot, way, plan->size_B, out->wire_s) - out->wire_s;
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
    if (plan->shot != NULL) {
        shot_cost(plan, price, out);
        return;
    }
    ll_protocol taken;
    ll_collective_guess(software, plan, &taken);
    const ll_protocol longest = longest_of(software, plan);
    one_cost(software, plan, price, taken < LL_N_PROTOCOL ? taken : longest, out);
    if (taken < LL_N_PROTOCOL) return;
    for (ll_protocol p = LL_PROTOCOL_LL; p < longest; p++) {
        bool known = plan->algorithm != LL_ALGORITHM_IN_NETWORK_TREE &&
                     !(ll_collective_pairwise(plan->collective) && p == LL_PROTOCOL_LL128);
        for (int i = 0; i < plan->n_round && known; i++)
            known = software[plan->round[i].dimension].protocol_frac[p] > 0;
        ll_cost cost;
        if (known) one_cost(software, plan, price, p, &cost);
        if (known && cost.total_s < out->total_s) *out = cost;
    }
}
