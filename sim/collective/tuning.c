/* The library's tuning model: the time that it predicts for each algorithm and protocol (ll_guess,
 * sim/machine/software.h). */
#include "sim/collective/plan.h"

#include <math.h>

static double guess_ring_s(const ll_guess *g, const ll_plan *plan, ll_protocol p)
{
    const double n = plan->group_size;
    const double steps = plan->collective == LL_ALL_REDUCE ? 2 * (n - 1) : n - 1;
    return g->base_s[p] + steps * g->step_s[p] + plan->size_B * steps / n / g->rate_Bps[p];
}

double ll_collective_guess(const ll_software *software, const ll_plan *plan, ll_protocol *protocol)
{
    const ll_software *soft = &software[plan->dimension];
    const ll_guess *g = &soft->guess;
    *protocol = LL_N_PROTOCOL;
    if (plan->shot != NULL) return 0;
    if (soft->between.tuner != LL_TUNER_NONE && plan->n_round > 0)
        return ll_tuner_guess(software, plan, protocol);
    if (g->rate_Bps[LL_PROTOCOL_SIMPLE] <= 0 || plan->n_round == 0) return 0;
    if (ll_collective_pairwise(plan->collective)) {
        const double message_B =
            plan->size_B / (plan->collective == LL_SEND ? 1 : plan->group_size);
        const bool ll = soft->protocol_frac[LL_PROTOCOL_LL] > 0 && message_B <= g->pairs_ll_B;
        *protocol = ll ? LL_PROTOCOL_LL : LL_PROTOCOL_SIMPLE;
        return 0;
    }
    if (plan->collective == LL_BROADCAST) return 0;
    if (plan->algorithm == LL_ALGORITHM_IN_NETWORK) {
        *protocol = LL_PROTOCOL_SIMPLE;
        return g->in_network_s +
               plan->size_B / fmin(plan->group_size * g->member_Bps, g->in_network_Bps);
    }
    if (plan->algorithm != LL_ALGORITHM_RING) return 0;
    double best_s = (double)INFINITY;
    for (ll_protocol p = LL_PROTOCOL_LL; p < LL_N_PROTOCOL; p++) {
        if (g->rate_Bps[p] <= 0 || soft->protocol_frac[p] <= 0) continue;
        const double one_s = guess_ring_s(g, plan, p);
        if (one_s < best_s) *protocol = p;
        best_s = fmin(best_s, one_s);
    }
    return best_s;
}
