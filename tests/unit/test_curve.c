/* Comma-separated tables of measured collectives, and what is said about wrong ones; and the fit to
 * points that the model itself made, which has to find the values they were made with. */
#include "sim/step/price.h"
#include "sim/validate/curve_fit.h"
#include "sim/validate/robust.h"
#include "tests/support/check.h"
#include "tests/support/study_make.h"

#include <string.h>

static ll_arena *mem;
static ll_curve_given given;

static ll_points parsed(const char *file, const char *text, const char *message)
{
    ll_points points = {0};
    ll_error err;
    ll_error_init(&err);
    const ll_status status = ll_curve_parse(file, text, &given, mem, &points, &err);
    if (message)
        CHECK(status == LL_ERR_CONFIG && strstr(err.text, message), "want '%s', got '%s'", message,
              err.text);
    else
        CHECK(status == LL_OK, "%s", err.text);
    return points;
}

static void test_comma(void)
{
    const ll_points p = parsed("t.csv",
                               "# made by hand\nop, n ,bytes,time_us,use,source\n\n"
                               "all_gather,8,1 MiB,17.5,check,\"by A, B\"\n"
                               "send,2,4096,6,,\n",
                               NULL);
    CHECK(p.n == 2, "%d points", p.n);
    if (p.n != 2) return;
    CHECK(p.point[0].check && p.point[0].n == 8 && p.point[0].collective == LL_ALL_GATHER &&
              !strcmp(p.point[0].source, "by A, B") && p.point[0].line == 4,
          "%s", p.point[0].source);
    CHECK_NEAR(p.point[0].size_B, 1048576.0, 0);
    CHECK(!p.point[1].check && p.point[1].collective == LL_SEND && !*p.point[1].source, "second");
    parsed("t", "op,n,bytes,tims_us\nsend,2,8,6\n", "t:1: there is no column 'time_us'");
    parsed("t", "op,n,bytes,tims_us\nsend,2,8,6\n", "did you mean 'time_us'?");
    parsed("t", "op,n,bytes\nsend,2,8\n", "t:1: there is no column 'time_us'");
    parsed("t", "op,n,n,time_us\n", "t:1: column 'n' appears twice");
    parsed("t", "op,n,bytes,time_us\nreduse,2,8,6\n", "t:2: op = 'reduse'; expected all_reduce");
    parsed("t", "op,n,bytes,time_us\nsend,1,8,6\n",
           "t:2: n = '1'; expected a number of chips from 2");
    parsed("t", "op,n,bytes,time_us\nsend,2,8 MB/s,6\n", "t:2: bytes = '8 MB/s'; expected a size");
    parsed("t", "op,n,bytes,time_us\nsend,2,8\n", "t:2: 3 cells, but the heading has 4");
    parsed("t", "op,n,bytes,time_us,source\nsend,2,8,6,A, B\n",
           "t:2: 6 cells, but the heading has 5; a cell with a comma stands in double quotes");
    parsed("t", "op,n,bytes,time_us,use\nsend,2,8,6,tset\n", "t:2: use = 'tset'; expected fit or");
    parsed("t", "hello\n", "t: no table of measured collectives; expected");
}

/* y = 2 exp(-3 t) at ten t, one of them ten times too large: the others decide. */
static void decay(const double *x, double *r, const void *context)
{
    (void)context;
    for (int i = 0; i < 10; i++) {
        const double t = 0.1 * i, y = 2 * exp(-3 * t) * (i == 4 ? 10 : 1);
        r[i] = log(exp(x[0]) * exp(-exp(x[1]) * t) / y);
    }
}

static void test_robust(void)
{
    double x[2] = {0, 0}, weight[10];
    for (int i = 0; i < 10; i++)
        weight[i] = 1;
    const ll_robust problem = {2, 10, weight, 1e-4, decay, NULL};
    ll_robust_minimise(&problem, x, 500, mem);
    CHECK_NEAR(exp(x[0]), 2, 1e-3);
    CHECK_NEAR(exp(x[1]), 3, 1e-3);
}

#define STUDY                                                                                    \
    "cluster : { name = \"c\"; " CHIP " topology : { type = \"switch\"; name = \"s\"; size = 8;" \
    " bandwidth = \"100 GB/s\"; latency = \"100 ns\"; in_network = true; }; software = "         \
    "( " SOFTWARE("s", "9 us", "0.6") " ); };"

static ll_cluster cluster_of(const char *text)
{
    ll_source source;
    ll_config *cfg;
    ll_cluster c = {0};
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_source_text("test", text, mem, &source, &err) == LL_OK &&
              ll_config_parse(source, 0, NULL, mem, &cfg, &err) == LL_OK &&
              ll_cluster_read(cfg, NULL, mem, &c, &err) == LL_OK,
          "%s", err.text);
    return c;
}

/* Points of 2 and 8 chips, 512 B to 512 MiB, by the model with other values; all of them come back.
 */
static void test_fit(void)
{
    ll_comm *self = ll_comm_self(mem);
    ll_study s = {.cluster = cluster_of(STUDY), .engine = &ll_engine_closed};
    ll_software *soft = &s.cluster.software[0];
    soft->algorithms = "ring in_network";
    soft->protocol_frac[LL_PROTOCOL_LL] = 0.1;
    soft->protocol_frac[LL_PROTOCOL_LL128] = 0.5;
    soft->step_s[LL_PROTOCOL_LL] = 0.5e-6;
    soft->step_s[LL_PROTOCOL_LL128] = 1.2e-6;
    soft->step_s[LL_PROTOCOL_SIMPLE] = 8e-6;
    soft->fill_ll_s = 0.2e-6;
    soft->fill_pairs_ll_s = 2e-6;
    soft->step_pairs_s = 6e-6;
    soft->own_ring = 0.5;
    soft->own_all_to_all = 0.8;
    soft->step_in_network_s = 1e-6;
    soft->rate_frac_in_network = 0.45;
    soft->launch_s[LL_ALL_TO_ALL] = 7e-6;
    ll_points points = {.point = ll_arena_array(mem, 200, ll_point)};
    ll_plan *plan = ll_arena_new(mem, ll_plan);
    ll_error err;
    ll_error_init(&err);
    for (int c = LL_ALL_REDUCE; c <= LL_ALL_TO_ALL; c++)
        for (int n = 2; n <= 8; n *= 4)
            for (double size_B = 512; size_B < 6e8; size_B *= 4) {
                ll_request request;
                ll_cost cost;
                ll_point *p = &points.point[points.n++];
                *p = (ll_point){.cluster = "",
                                .source = "",
                                .collective = (ll_collective)c,
                                .n = n,
                                .size_B = size_B,
                                .file = "made",
                                .line = points.n};
                CHECK(ll_curve_request(&s.cluster, p, &request, &err) == LL_OK, "%s", err.text);
                CHECK(ll_collective_choose(&s.cluster, &request, mem, plan, &err) == LL_OK &&
                          ll_collective_time(&s, plan, self, mem, &cost, &err) == LL_OK,
                      "%s", err.text);
                p->time_s = cost.total_s;
            }
    ll_curve_fit fit;
    CHECK(ll_curve_fit_software(&s, &points, self, mem, &fit, &err) == LL_OK, "%s", err.text);
    CHECK(fit.n_fitted == 18 && fit.n_fit == 88, "%d values, %d points", fit.n_fitted, fit.n_fit);
    for (int i = 0; i < points.n; i++)
        CHECK_NEAR(fit.predicted_s[i], points.point[i].time_s, 0.01);
    CHECK(fit.left_out_frac < 0.01, "%g", fit.left_out_frac);
    points.n = 7; /* of 2 chips: launch, steps and shares of three protocols, one rate */
    CHECK(ll_curve_fit_software(&s, &points, self, mem, &fit, &err) == LL_ERR_CONFIG &&
              strstr(err.text, "more points are needed"),
          "%s", err.text);
    ll_comm_destroy(self);
}

int main(void)
{
    mem = ll_arena_create("test");
    test_comma();
    test_robust();
    test_fit();
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
