/* Start times and predecessors (sim/traffic/timing.h): order, releases, what is refused. */
#include "sim/traffic/timing.h"
#include "tests/support/check.h"

#include <string.h>

enum { N = 6 };

/*   0 (0 s) ---> 2 ---> 4        flows 0, 1 and 5 start by the clock; 2 and 3 wait for both 0
 *          \->/                  and 1: they are released together; 4 has no bytes: it joins 2 and
 *   1 (2 s) ---> 3 ---> 4 -> 5   3, and 5 starts at 9 s, long after it may. */
static const int32_t src[N] = {0, 1, 0, 0, 3, 1}, dst[N] = {1, 2, 2, 3, 3, 0};
static const double size_B[N] = {1, 1, 1, 1, 1, 1}, start_s[N] = {0, 2, 0, 0, 0, 9};
static const int64_t first_after[N + 1] = {0, 0, 0, 2, 4, 6, 7}, after[7] = {0, 1, 0, 1, 2, 3, 4};

static ll_traffic list(void)
{
    return (ll_traffic){.pattern = LL_PATTERN_LIST,
                        .n_list = N,
                        .src = src,
                        .dst = dst,
                        .list_B = size_B,
                        .start_s = start_s,
                        .first_after = first_after,
                        .after = after};
}

static ll_status make(int n, const ll_traffic *t, ll_arena *mem, ll_timing **out, ll_error *err)
{
    ll_error_init(err);
    return ll_timing_create(n, t, mem, out, err);
}

static void check_clock(ll_arena *mem)
{
    /* A pattern before it: nodes are of the list alone. */
    const ll_traffic t[2] = {
        {.pattern = LL_PATTERN_SHIFT, .arg = 1, .group = {4, 1, {4}, {1}}, .size_B = 1}, list()};
    ll_timing *timing;
    ll_error err;
    CHECK(make(1, t, mem, &timing, &err) == LL_OK && timing == NULL, "nothing is timed");
    CHECK(make(2, t, mem, &timing, &err) == LL_OK && timing != NULL, "%s", err.text);
    CHECK(timing->n_node == N && timing->first_node[0] == -1 && timing->first_node[1] == 0,
          "nodes");
    const int32_t *r = timing->release;
    CHECK(r[0] == 0 && r[2] == r[3] && r[2] > 0 && r[1] > 0 && r[1] != r[2] && r[5] != r[1],
          "releases %d %d %d %d %d %d", r[0], r[1], r[2], r[3], r[4], r[5]);
    ll_clock clock = ll_clock_create(timing, 1, mem);
    CHECK(ll_clock_take(&clock) == 0 && ll_clock_take(&clock) == 1 && ll_clock_take(&clock) == -1,
          "0 and 1 wait for nothing");
    ll_clock_end(&clock, 1, 3);
    CHECK(ll_clock_take(&clock) == -1, "2 and 3 wait for 0 as well");
    ll_clock_end(&clock, 0, 5);
    CHECK(ll_clock_take(&clock) == 2 && ll_clock_take(&clock) == 3, "2 and 3 are released");
    CHECK_NEAR(clock.ready[2], 5, 0);
    ll_clock_end(&clock, 2, 6);
    ll_clock_end(&clock, 3, 7);
    CHECK(ll_clock_take(&clock) == 5, "4 has no bytes: 5 is next");
    CHECK_NEAR(clock.ready[4], 7, 0);
    CHECK_NEAR(clock.ready[5], 9, 0);
}

static void check_order(ll_arena *mem)
{
    const ll_traffic t = list();
    ll_timing *timing;
    ll_error err;
    CHECK(make(1, &t, mem, &timing, &err) == LL_OK, "%s", err.text);
    ll_list_order o = ll_traffic_list_order(&t, 0, 4, mem);
    ll_timing_sort(timing, 0, 4, &o, mem);
    for (int32_t c = 0; c < 4; c++)
        for (int64_t k = o.first[c]; k < o.first[c + 1]; k++) {
            CHECK(src[o.order[k]] == c, "flow %lld of chip %d", (long long)o.order[k], c);
            CHECK(k == o.first[c] || timing->release[o.order[k - 1]] <= timing->release[o.order[k]],
                  "chip %d: not by release", c);
        }
}

static void check_refused(ll_arena *mem)
{
    ll_timing *timing;
    ll_error err;
    ll_traffic t = list();
    const int64_t circle[7] = {4, 1, 0, 1, 2, 3, 4}, outside[7] = {0, 1, 0, 6, 2, 3, 4};
    const int64_t from_0[N + 1] = {0, 1, 1, 3, 5, 7, 7}, falls[N + 1] = {0, 0, 3, 2, 4, 6, 7};
    const double past[N] = {0, -1, 0, 0, 0, 0}, never[N] = {0, 0, (double)INFINITY, 0, 0, 0};
    t.first_after = from_0;
    t.after = circle;
    CHECK(make(1, &t, mem, &timing, &err) == LL_ERR_RUN && strstr(err.text, "cycle"), "%s",
          err.text);
    t = list();
    t.after = outside;
    CHECK(make(1, &t, mem, &timing, &err) == LL_ERR_RUN && strstr(err.text, "waits for flow 6"),
          "%s", err.text);
    t = list();
    t.first_after = falls;
    CHECK(make(1, &t, mem, &timing, &err) == LL_ERR_RUN && strstr(err.text, "ascend"), "%s",
          err.text);
    t = list();
    t.start_s = past;
    CHECK(make(1, &t, mem, &timing, &err) == LL_ERR_RUN && strstr(err.text, "flow 1"), "%s",
          err.text);
    t.start_s = never;
    CHECK(make(1, &t, mem, &timing, &err) == LL_ERR_RUN && strstr(err.text, "flow 2"), "%s",
          err.text);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    check_clock(mem);
    check_order(mem);
    check_refused(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
