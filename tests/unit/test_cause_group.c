/* Groups of causes: found, shared out, and drawn in characters. */
#include "sim/report/cause_group.h"
#include "tests/support/check.h"
#include "tests/support/report_make.h"

static const char *bar_of(const ll_report *r, int n, const ll_report *all, int width, ll_arena *mem)
{
    ll_cause_groups groups;
    ll_text text;
    ll_cause_groups_find(n, all, &groups);
    ll_text_init(&text, mem);
    ll_report_bar(r, &groups, width, &text);
    return text.s;
}

static void test_groups(ll_arena *mem)
{
    const ll_report usual = report_make("usual", 72, made_usual, mem);
    const ll_report other = report_make("other", 72, made_other, mem);
    ll_cause_groups groups;
    ll_text text;
    ll_cause_groups_find(1, &usual, &groups);
    ll_text_init(&text, mem);
    ll_report_bar_legend(&groups, &text);
    CHECK(!strcmp(text.s, "# effective  n network  p pipeline  c chip  w waiting"), "%s", text.s);
    /* Groups that nobody knows: two with colours of their own, the others together. The letters of
     * idle, crowd ('c' is chip's) and the rest. */
    ll_cause_groups_find(1, &other, &groups);
    ll_text_init(&text, mem);
    ll_report_bar_legend(&groups, &text);
    CHECK(!strcmp(text.s, "# effective  c chip  w waiting  i idle  r crowd  - other"), "%s",
          text.s);
    for (int i = 0; i < groups.n; i++)
        for (int k = 0; k < i; k++)
            CHECK(groups.group[i].color != groups.group[k].color, "%s is coloured as %s",
                  groups.group[i].name, groups.group[k].name);
    double frac[LL_MAX_CAUSE_GROUP];
    ll_cause_groups_share(&groups, other.result, frac);
    CHECK_NEAR(frac[groups.n - 1], 0.15, 1e-12); /* store 0.1, swap 0.05 */
}

/* Shares add up to 1, whatever gains. */
static void test_shares(ll_arena *mem)
{
    const made_loss *const kinds[] = {made_usual, made_none, made_gain, made_other};
    for (int i = 0; i < 4; i++) {
        const ll_report r = report_make("x", 100, kinds[i], mem);
        ll_cause_groups groups;
        double frac[LL_MAX_CAUSE_GROUP], sum = 0;
        ll_cause_groups_find(1, &r, &groups);
        ll_cause_groups_share(&groups, r.result, frac);
        for (int g = 0; g < groups.n; g++) {
            CHECK(frac[g] >= 0, "%d: %s %g", i, groups.group[g].name, frac[g]);
            sum += frac[g];
        }
        CHECK_NEAR(sum, 1, 1e-12);
        CHECK_NEAR(frac[0], r.result->efficiency_frac, 1e-12);
    }
}

static void test_bar(ll_arena *mem)
{
    const ll_report r[] = {report_make("a", 100, made_usual, mem),
                           report_make("b", 100, made_none, mem),
                           report_make("c", 100, made_gain, mem)};
    /* 0.4448 effective, network 0.1062, pipeline 0.054, chip 0.383, waiting 0.012, of 50: ends at
     * 22.24, 27.55, 30.25, 49.4, 50. */
    const char *bar = bar_of(&r[0], 3, r, 50, mem);
    CHECK(!strcmp(bar, "######################nnnnnnppcccccccccccccccccccw"), "%s", bar);
    bar = bar_of(&r[1], 3, r, 10, mem);
    CHECK(!strcmp(bar, "##########"), "%s", bar);
    /* 0.61 effective; 0.3 and 0.1 of network and chip share 0.39. */
    bar = bar_of(&r[2], 3, r, 100, mem);
    CHECK(strspn(bar, "#") == 61 && strspn(bar + 61, "n") == 29 && strspn(bar + 90, "c") == 10,
          "%s", bar);
    for (int width = 0; width < 90; width++)
        for (int k = 0; k < 3; k++)
            CHECK((int)strlen(bar_of(&r[k], 3, r, width, mem)) == width, "%d of %d", k, width);
}

/* Causes stay in the order of the ladder, also where the first result has no such loss. */
static void test_order(ll_arena *mem)
{
    static const made_loss first[] = {
        {"jitter", "waiting", 0.1}, {"bubble", "pipeline", 0}, {"kernels", "chip", 0.3}, {0}};
    static const made_loss second[] = {{"jitter", "waiting", 0.1},  {"link errors", "network", 0.1},
                                       {"bubble", "pipeline", 0.1}, {"launch", "chip", 1e-5},
                                       {"kernels", "chip", 0.3},    {0}};
    const ll_report r[] = {report_make("a", 10, first, mem), report_make("b", 10, second, mem)};
    const ll_loss *const *cause;
    static const char *const want[] = {"kernels", "launch", "bubble", "link errors", "jitter"};
    int n = ll_causes_find(2, r, 0, mem, &cause);
    CHECK(n == 5, "%d causes", n);
    for (int i = 0; i < n; i++)
        CHECK(!strcmp(cause[i]->cause, want[i]), "%d: %s", i, cause[i]->cause);
    n = ll_causes_find(2, r, 5e-4, mem, &cause);
    CHECK(n == 4 && !strcmp(cause[1]->cause, "bubble"), "%d causes, then %s", n, cause[1]->cause);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_groups(mem);
    test_shares(mem);
    test_bar(mem);
    test_order(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
