/* Facts of prices (sim/engine/engine.h): told, found by name, merged by their own rule. */
#include "sim/engine/engine.h"
#include "tests/support/check.h"

static const ll_fact_kind work = {"work", "1", "", LL_MERGE_SUM};
static const ll_fact_kind worst = {"worst", "1", "", LL_MERGE_MAX};
static const ll_fact_kind least = {"least", "1", "", LL_MERGE_MIN};
static const ll_fact_kind of_it = {"of_it", "1", "", LL_MERGE_OF_LARGEST};

static ll_price price_of(double n_flow, double value)
{
    ll_price p = {.end_s = {value}};
    ll_price_tell(&p, &ll_fact_n_flow, n_flow);
    ll_price_tell(&p, &work, value);
    ll_price_tell(&p, &worst, value);
    ll_price_tell(&p, &least, value);
    ll_price_tell(&p, &of_it, value);
    return p;
}

int main(void)
{
    ll_price sum = {0};
    CHECK(sum.n_fact == 0 && !(ll_price_fact(&sum, "work") > 0), "nothing is told yet");
    const ll_price p[3] = {price_of(10, 3), price_of(30, 5), price_of(30, 2)};
    for (int i = 0; i < 3; i++)
        ll_price_merge(&sum, &p[i]);
    CHECK(sum.n_fact == 5, "%d facts", sum.n_fact);
    CHECK_NEAR(ll_price_fact(&sum, "n_flow"), 30, 0);
    CHECK_NEAR(ll_price_fact(&sum, "work"), 3 + 5 + 2, 0);
    CHECK_NEAR(ll_price_fact(&sum, "worst"), 5, 0);
    CHECK_NEAR(ll_price_fact(&sum, "least"), 2, 0); /* not 0, which is no fact */
    CHECK_NEAR(ll_price_fact(&sum, "of_it"), 5, 0); /* of the first of the two largest */
    CHECK(!(sum.end_s[0] > 0), "times stay");
    /* The largest says nothing about it: then nothing is known. */
    ll_price larger = {0};
    ll_price_tell(&larger, &ll_fact_n_flow, 31);
    ll_price_merge(&sum, &larger);
    CHECK_NEAR(ll_price_fact(&sum, "of_it"), 0, 0);
    CHECK_NEAR(ll_price_fact(&sum, "work"), 10, 0);
    ll_price_tell(&sum, &work, 4); /* told again: it is set */
    CHECK(sum.n_fact == 5 && ll_price_fact(&sum, "work") <= 4, "%d facts", sum.n_fact);
    return LL_CHECK_RESULT;
}
