/* Cost of trees over domains: see ll_between (sim/machine/software.h).
 *
 * By the switches, each of up to 32 *heads* of a domain reduces its share of the buffer on every
 * channel, a chunk at a time: of 128 KiB, from 4 domains on 64 KiB, and less for buffers that have
 * few of them (NCCL's rules). The pipeline fills with two slots (a chunk on each channel) per head,
 * two steps per member, and a loop (a slot per head) per level of the trees, up and down. LL and
 * LL128 fall short of their rates at medium sizes by NCCL's factors.
 *
 * Assumed, as no source says it: half of each loop is waited for; a hop in LL takes half more from
 * 16 KiB on, and less in proportion below. */
#include "sim/collective/plan.h"

#include <math.h>

bool ll_tree_cost_is(const ll_software *software, const ll_plan *plan)
{
    return plan->collective == LL_ALL_REDUCE && plan->n_domain > 0 &&
           (plan->algorithm == LL_ALGORITHM_TREE ||
            plan->algorithm == LL_ALGORITHM_IN_NETWORK_TREE) &&
           software[plan->dimension].between.tree_frac > 0;
}

static double heads_of(const ll_plan *plan) { return fmin(32, ll_plan_members(plan)); }

/* Bytes of a slot; 0: the buffer is streamed. */
static double slot_B(const ll_software *inside, const ll_plan *plan)
{
    enum { MANY_DOMAINS = 4 };
    static const double few[] = {4, 1};
    double out_B =
        (double)inside->channels_in_network * (plan->n_domain < MANY_DOMAINS ? 131072.0 : 65536.0);
    for (size_t i = 0; i < sizeof few / sizeof *few; i++)
        if (plan->size_B < few[i] * heads_of(plan) * out_B) out_B /= 2;
    return fmin(out_B, plan->size_B);
}

/* What is known of a tree before its cost: wire time and bytes / rate of its busier part. */
typedef struct busy {
    double wire_s, bytes_s;
} busy;

static void busier(busy *b, double wire_s, double bytes_s)
{
    if (bytes_s > b->bytes_s) *b = (busy){wire_s, bytes_s};
}

static double wire_of(const ll_price *price) { return price->end_s[0] - price->latency_s[0]; }

/* The part inside domains: returns its steps in seconds. */
static double inside_s(const ll_software *software, const ll_plan *plan, const ll_price *price,
                       ll_protocol p, busy *b)
{
    const ll_round *r = &plan->round[0];
    const ll_software *in = &software[r->dimension], *out = &software[plan->dimension];
    const double wire_s = wire_of(price);
    if (r->n_reduce == 0) {
        const double frac = in->rate_frac[LL_ALL_REDUCE] * in->protocol_frac[p];
        busier(b, wire_s, frac > 0 ? wire_s / frac : 0);
        return 2.0 * (ll_plan_members(plan) - 1) * in->step_s[p];
    }
    const double slot = slot_B(in, plan), n_slot = slot > 0 ? plan->size_B / slot : 0;
    const double stream_s = wire_s / in->rate_frac_in_network;
    busier(b, wire_s, (stream_s + n_slot * in->step_in_network_s) / out->between.beside_frac);
    return 2.0 * r->n_reduce * in->step_in_network_s +
           2 * heads_of(plan) * stream_s * slot / plan->size_B;
}

void ll_tree_cost(const ll_software *software, const ll_plan *plan, const ll_price *price,
                  ll_protocol p, ll_cost *out)
{
    static const double whole_B = 16384, more = 0.5; /* LL, assumed: see above */
    const int last = plan->n_round - 1;
    const ll_software *soft = &software[plan->dimension];
    const ll_between *between = &soft->between;
    const double members = ll_plan_members(plan), n_hop = 2 * floor(log2(plan->n_domain));
    const double hop_s = between->step_tree_s[p] + price[last].latency_s[0];
    const double share = ll_domains_nic_frac(soft, plan, &plan->round[last]);
    const double frac = between->tree_frac * share * soft->protocol_frac[p];
    busy b = {0};
    busier(&b, wire_of(&price[last]), frac > 0 ? wire_of(&price[last]) / frac : 0);
    *out = (ll_cost){.protocol = p, .latency_s = n_hop * price[last].latency_s[0]};
    double steps_s = n_hop * between->step_tree_s[p], launch_s = soft->launch_s[LL_ALL_REDUCE];
    if (p == LL_PROTOCOL_LL) steps_s += more * n_hop * hop_s * fmin(1, plan->size_B / whole_B);
    if (last > 0) {
        const bool by_switch = plan->round[0].n_reduce > 0;
        steps_s += inside_s(software, plan, &price[0], p, &b);
        out->latency_s += (by_switch ? 2 : 2 * (members - 1)) * price[0].latency_s[0];
        if (by_switch)
            launch_s = fmax(launch_s, software[plan->round[0].dimension].launch_s[LL_ALL_REDUCE]);
        if (by_switch)
            steps_s += n_hop / 2 * b.bytes_s *
                       fmin(1, heads_of(plan) * slot_B(&software[plan->round[0].dimension], plan) /
                                   plan->size_B);
    }
    if (between->tree_Bps[p] > 0) b.bytes_s = fmax(b.bytes_s, plan->size_B / between->tree_Bps[p]);
    if (p != LL_PROTOCOL_SIMPLE) b.bytes_s /= ll_tuner_correction(p, plan->size_B);
    for (int i = 0; i <= last; i++)
        if (price[i].flow[0].max_s > out->flow.max_s) out->flow = price[i].flow[0];
    out->wire_s = b.wire_s;
    out->fixed_s = launch_s + steps_s;
    out->software_s = out->fixed_s + b.bytes_s - b.wire_s;
    out->total_s = out->software_s + out->latency_s + out->wire_s;
}
