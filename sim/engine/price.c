#include "sim/engine/engine.h"

#include <math.h>
#include <string.h>

const ll_fact_kind ll_fact_n_flow = {"n_flow", "1", "flows of the largest phase",
                                     LL_MERGE_OF_LARGEST};
const ll_fact_kind ll_fact_n_flow_class = {
    "n_flow_class", "1", "classes of equal flows after folding", LL_MERGE_OF_LARGEST};
const ll_fact_kind ll_fact_n_link_class = {"n_link_class", "1", "classes of equal links",
                                           LL_MERGE_OF_LARGEST};
const ll_fact_kind ll_fact_max_util_frac = {"max_util_frac", "1", "load of the busiest link",
                                            LL_MERGE_MAX};
const ll_fact_kind ll_fact_batch_err_frac = {
    "batch_err_frac", "1", "bound on the error of batched or extrapolated ends", LL_MERGE_MAX};

static ll_fact *find(ll_price *price, const ll_fact_kind *kind)
{
    for (int i = 0; i < price->n_fact; i++)
        if (price->fact[i].kind == kind) return &price->fact[i];
    return NULL;
}

double ll_price_fact(const ll_price *price, const char *name)
{
    for (int i = 0; i < price->n_fact; i++)
        if (strcmp(price->fact[i].kind->name, name) == 0) return price->fact[i].value;
    return 0;
}

void ll_price_tell(ll_price *price, const ll_fact_kind *kind, double value)
{
    ll_fact *fact = find(price, kind);
    if (fact == NULL) {
        LL_ASSERT(price->n_fact < LL_MAX_FACT, "no room for fact '%s'", kind->name);
        fact = &price->fact[price->n_fact++];
    }
    *fact = (ll_fact){kind, value};
}

static double merged(ll_merge merge, double a, double b)
{
    switch (merge) {
    case LL_MERGE_MAX:
        return fmax(a, b);
    case LL_MERGE_MIN:
        return fmin(a, b);
    case LL_MERGE_SUM:
        return a + b;
    case LL_MERGE_OF_LARGEST:
        break;
    }
    return b;
}

void ll_price_merge(ll_price *into, const ll_price *one)
{
    const char *flows = ll_fact_n_flow.name;
    const bool larger = ll_price_fact(one, flows) > ll_price_fact(into, flows);
    for (int i = 0; i < into->n_fact && larger; i++)
        if (into->fact[i].kind->merge == LL_MERGE_OF_LARGEST) into->fact[i].value = 0;
    for (int i = 0; i < one->n_fact; i++) {
        const ll_fact *f = &one->fact[i];
        const ll_fact *known = find(into, f->kind);
        if (f->kind->merge == LL_MERGE_OF_LARGEST && !larger) continue;
        ll_price_tell(into, f->kind,
                      known == NULL ? f->value : merged(f->kind->merge, known->value, f->value));
    }
}
