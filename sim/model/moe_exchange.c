/* Exchanges of tokens in a mixture of experts: dispatch to the chips of the experts, combine back,
 * and those of the chips that share an expert. */
#include "sim/model/moe.h"

static double row_B(const ll_moe_param *m, const ll_split *split, bool dispatch)
{
    const ll_experts *e = &split->experts;
    const bool fp8 = dispatch && e->dispatch_fp8;
    /* FP8: a scale of 4 B for each 128 values. Distinct: index and weight of each pick. */
    const double picks_B = e->dispatcher == LL_DISPATCHER_DISTINCT && dispatch ? 12 : 0;
    return ll_moe_width(m, split->hidden) * (fp8 ? 1 + 4.0 / 128 : 2) + picks_B * (double)m->top_k;
}

static ll_exchange ep_exchange(const ll_moe_param *m, const ll_split *split, bool dispatch)
{
    const ll_experts *e = &split->experts;
    const bool distinct = e->dispatcher == LL_DISPATCHER_DISTINCT;
    const double one_B = row_B(m, split, dispatch);
    const double sent = split->n_token_norm * (distinct ? 1 : (double)m->top_k);
    ll_exchange x = {.name = dispatch ? "ep dispatch" : "ep combine",
                     .collective = !distinct  ? LL_ALL_TO_ALL
                                   : dispatch ? LL_DISPATCH
                                              : LL_COMBINE,
                     .axes = 1u << LL_AXIS_EP};
    if (e->ep == 1) return x;
    const double hot = e->capacity > 0 ? e->capacity : e->hot;
    /* Of a law that is drawn, the exchange knows how full each rank is. */
    const bool drawn = distinct && (e->load == LL_LOAD_POWER || e->load == LL_LOAD_GIVEN);
    x.size_B = sent * one_B * (drawn ? 1 : hot);
    if (distinct) x.rows = (ll_rows){ll_moe_routing(m, e, split->seed), one_B};
    return x;
}

/* Rows of the chips that share an expert. */
static ll_exchange etp_exchange(const ll_moe_param *m, const ll_split *split, bool gather)
{
    const double width = ll_moe_width(m, split->hidden);
    return (ll_exchange){.name = gather ? "etp gather" : "etp scatter",
                         .collective = gather ? LL_ALL_GATHER : LL_REDUCE_SCATTER,
                         .axes = 1u << LL_AXIS_ETP,
                         .size_B = split->experts.etp > 1 ? 2 * ll_moe_rows(m, split) * width : 0};
}

void ll_moe_exchange(const ll_moe_param *m, const ll_split *split, int first, int n, ll_pass *pass)
{
    const ll_exchange out = ep_exchange(m, split, true), back = ep_exchange(m, split, false);
    const ll_exchange gather = etp_exchange(m, split, true), sum = etp_exchange(m, split, false);
    const ll_hide hide = n > 0 ? LL_HIDE_OVERLAP : LL_HIDE_NONE;
    ll_pass_use(pass, &out, 1, hide, first, n);
    ll_pass_use(pass, &back, 1, hide, first, n);
    ll_pass_use(pass, &gather, 1, LL_HIDE_NONE, 0, 0);
    ll_pass_use(pass, &sum, 1, LL_HIDE_NONE, 0, 0);
}
