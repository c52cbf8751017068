/* Published serving runs: the tables that are shipped, and how errors are counted. */
#include "sim/comm/comm.h"
#include "sim/validate/serving.h"
#include "tests/support/check.h"

#include <math.h>
#include <string.h>

static const char *shipped_path(ll_arena *mem)
{
    const char *slash = strrchr(__FILE__, '/');
    return ll_arena_printf(mem, "%.*s/../../configs/published/serving/aggregated.csv",
                           (int)(slash - __FILE__), __FILE__);
}

/* Every row has an engine and numbers in place of names; those that count have a model. Returns
 * how many rows do not count. */
static int settings_check(const ll_serving *v)
{
    int n_excluded = 0;
    for (int i = 0; i < v->n_row; i++) {
        const ll_serving_row *row = &v->row[i];
        const bool counts = !*row->excluded;
        n_excluded += !counts;
        CHECK(strstr(row->set, "server=@") && !strchr(row->set, '{'), "row %d: %s", i + 1,
              row->set);
        CHECK(!counts || strstr(row->set, "model=@"), "row %d", i + 1);
    }
    return n_excluded;
}

/* The file of excluded rows was there before the first prediction: it does not change. Row 8 is
 * DeepSeek-R1 fp4 on 8 B200 by SGLang 0.5.9, at four requests. */
static void check_shipped(ll_arena *mem)
{
    ll_comm *comm = ll_comm_self(mem);
    ll_serving *v = ll_arena_new(mem, ll_serving);
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_serving_is(shipped_path(mem)), "aggregated.csv is not a table of serving runs");
    CHECK(ll_serving_read(shipped_path(mem), comm, mem, v, &err) == LL_OK, "%s", err.text);
    const int n_excluded = settings_check(v);
    CHECK(v->n_row == 1924 && n_excluded == 407, "%d rows, %d excluded", v->n_row, n_excluded);
    CHECK(strstr(v->row[7].set, "job.tp=8") && strstr(v->row[7].set, "job.ep=8"), "%s",
          v->row[7].set);
    CHECK(strstr(v->row[7].set, "server.poll_iterations=10") != NULL, "%s", v->row[7].set);
    ll_comm_destroy(comm);
}

static ll_serving_row run(const char *version, int64_t requests, double ttft_s, double tpot_s)
{
    return (ll_serving_row){.word = {"NVIDIA", "h100", "vllm", version, "Llama-3.1-8B", "fp8", ""},
                            .count = {1000, 101, requests, 1, 1, 1, 1, 1, 1},
                            .ttft_s = ttft_s,
                            .tpot_s = tpot_s,
                            .excluded = "",
                            .set = ""};
}

static const ll_serving_stats *stats_of(const ll_serving *v, const char *scope, const char *name)
{
    for (int i = 0; i < v->n_stats; i++)
        if (!strcmp(v->stats[i].scope, scope) && !strcmp(v->stats[i].name, name))
            return &v->stats[i];
    return NULL;
}

/* Two versions at 4 requests measured 10 and 12 ms: 11 has no error. At 8 requests 20 ms: 25 is
 * 25 % above. A row that does not count, and one that could not be run, are in no figure. */
static void count(ll_serving *v, ll_arena *mem)
{
    const ll_serving_row row[] = {run("1", 4, 0.1, 0.010), run("2", 4, 0.2, 0.012),
                                  run("1", 8, 0.1, 0.020), run("1", 16, 0.1, 0.030),
                                  run("1", 32, 0.1, 0.040)};
    const ll_serving_outcome outcome[] = {{0, 0.15, 0.011, ""},
                                          {1, 0.15, 0.011, ""},
                                          {2, 0.05, 0.025, ""},
                                          {3, 1, 1, ""},
                                          {4, 0, 0, "does not fit"}};
    v->n_row = 5;
    v->row = ll_arena_array(mem, 5, ll_serving_row);
    v->outcome = ll_arena_array(mem, 5, ll_serving_outcome);
    memcpy(v->row, row, sizeof row);
    memcpy(v->outcome, outcome, sizeof outcome);
    v->row[3].excluded = "rate: too fast";
    ll_serving_stats_make(v, mem);
}

static void check_errors(const ll_serving *v)
{
    const ll_serving_stats *all = stats_of(v, "all", "all");
    /* Whole: 0.1 + 0.02 x 100 = 2.1 s measured, 0.05 + 2.5 = 2.55 s predicted. */
    const double want[] = {12.5, 22.5, 1, 25, 0.9 * 100 * (2.55 / 2.1 - 1)};
    if (!all) return;
    const double got[] = {all->of[LL_SERVED_TPOT].median, all->of[LL_SERVED_TPOT].p90,
                          all->of[LL_SERVED_TPOT].above, all->of[LL_SERVED_TTFT].median,
                          all->of[LL_SERVED_WHOLE].p90};
    for (int i = 0; i < 5; i++)
        CHECK_NEAR(got[i], want[i], 1e-9);
}

static void check_scopes(const ll_serving *v)
{
    const ll_serving_stats *all = stats_of(v, "all", "all");
    CHECK(all && all->n == 2, "configurations that count");
    CHECK(stats_of(v, "requests", "4 to 15") != NULL, "4 and 8 requests");
    CHECK(!stats_of(v, "requests", "16 to 63"), "16 and 32 requests do not count");
    CHECK(stats_of(v, "kind", "dense") && !stats_of(v, "kind", "experts"), "kinds");
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    check_shipped(mem);
    ll_serving v = {0};
    count(&v, mem);
    check_errors(&v);
    check_scopes(&v);
    CHECK(ll_serving_aside(9) && !ll_serving_aside(8), "row 10 is set aside");
    CHECK_NEAR(ll_serving_error(9, 10, 12), -10, 1e-12);
    CHECK_NEAR(ll_serving_error(11, 10, 12), 0, 1e-12);
    CHECK_NEAR(ll_serving_error(15, 10, 12), 25, 1e-12);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
