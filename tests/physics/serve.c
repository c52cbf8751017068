/* Serving against what is known: Little's law and the queue M/D/1, more clients are never slower in
 * all, replicas of equal clients do the same, the formula agrees with the simulation where it says
 * that it holds, a surface of iteration times with the iterations themselves, and any number of
 * ranks with one. */
#include "sim/step/oracle.h"
#include "sim/work/serve_deal.h"
#include "sim/work/serve_figures.h"
#include "sim/work/serve_steady.h"
#include "sim/work/serve_transfer.h"
#include "tests/support/petsc.h"
#include "tests/support/serve_toy.h"
#include "tests/toys/small_study.h"

#include <math.h>
#include <mpi.h>
#include <string.h>

typedef struct env {
    ll_arena *mem;
    ll_comm *comm, *self;
    toy t;
    ll_server server;
    ll_serve_plan plan;
} env;

typedef struct outcome {
    ll_serve_request *request;
    ll_replica_use *use;
    ll_serve_figures figures;
    ll_steady steady;
} outcome;

/* An engine of about the size of 70B on 8 chips. */
static env env_make(ll_arena *mem, ll_comm *comm, ll_comm *self)
{
    env e = {.mem = mem, .comm = comm, .self = self, .server = toy_server()};
    e.t = (toy){.rows_s = {5e-3, 1.2e-5},
                .logits_s = 2e-6,
                .decode_s = 2e-9,
                .prefill_s = 3e-10,
                .host_s = {5e-4, 1e-5}};
    e.plan =
        (ll_serve_plan){.setup = {.n_rank = 1, .n_group = 1, .cache_tokens = 1e7, .accepted = 1},
                        .load = {.prompt = {1000, 0.5}, .output = {500, 0.5}, .seed = 1},
                        .n_replica = 1};
    return e;
}

static ll_surface *surface_make(env *e)
{
    const ll_load *l = &e->plan.load;
    const double longest = (double)(l->prompt.longest + l->output.longest);
    const ll_oracle oracle = {toy_iteration, &e->t, NULL};
    const ll_surface_range range = {.max_rows = (double)e->server.max_tokens + 512,
                                    .max_request = 256,
                                    .n_new = 1,
                                    .context = {64, longest},
                                    .prompt = {64, longest},
                                    .max_prompt_run = 16};
    ll_surface *s = ll_surface_create(&oracle, &e->server, &range, e->mem);
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_surface_fill(s, &err) == LL_OK, "%s", err.text);
    return s;
}

static outcome serve(env *e, ll_comm *comm)
{
    outcome o = {.use = ll_arena_array(e->mem, 2, ll_replica_use)};
    ll_error err;
    ll_error_init(&err);
    e->plan.setup.server = &e->server;
    e->plan.setup.surface = surface_make(e);
    e->plan.setup.longest_output = (int32_t)e->plan.load.output.longest;
    o.request = ll_load_draw(&e->plan.load, e->mem);
    const ll_serve_count count = {&e->plan, o.request, o.use, LL_COUNTED_STEADY, {0, 0}};
    CHECK(ll_serve_run(&e->plan, comm, o.request, o.use, e->mem, &err) == LL_OK &&
              ll_serve_figures_make(&count, e->mem, &o.figures, &err) == LL_OK,
          "%s", err.text);
    ll_steady_find(&e->plan, false, &o.steady);
    return o;
}

/* clients = requests/s x mean time of a request: exactly in an endless run; here up to the edges of
 * 60 answers for each client. */
static void check_little(ll_arena *mem, ll_comm *comm, ll_comm *self)
{
    double before = 0;
    for (int64_t c = 1; c <= 256; c *= 4) {
        env e = env_make(mem, comm, self);
        e.plan.load.n_client = c;
        e.plan.load.n_request = 60 * c;
        const outcome o = serve(&e, self);
        CHECK_NEAR(o.figures.request_per_s * o.figures.whole_s.mean, (double)c, 0.02);
        CHECK(o.figures.output_per_s > before, "%lld clients: %g tokens/s, fewer: %g", (long long)c,
              o.figures.output_per_s, before);
        before = o.figures.output_per_s;
    }
}

/* 7 clients of 3 replicas are 3, 2 and 2: none runs out of requests long before the others, so that
 * the replicas end within two lives of a request of each other, and none has a request twice. */
static void check_deal(ll_arena *mem)
{
    const ll_load load = {
        .prompt = {100, 1}, .output = {500, 0.2}, .n_client = 7, .n_request = 700, .seed = 3};
    const ll_serve_request *r = ll_load_draw(&load, mem);
    const ll_deal d = ll_deal_make(&load, r, 3, mem);
    bool *seen = ll_arena_array(mem, 700, bool);
    double least = INFINITY, most = 0;
    for (int64_t p = 0; p < 3; p++) {
        double tokens = 0;
        for (int64_t k = d.first[p]; k < d.first[p + 1]; k++) {
            CHECK(!seen[d.request[k]], "request %d twice", d.request[k]);
            CHECK(k == d.first[p] || d.request[k] > d.request[k - 1], "not ascending at %d",
                  (int)k);
            seen[d.request[k]] = true;
            tokens += r[d.request[k]].output;
        }
        tokens /= (double)ll_deal_clients(7, 3, p);
        least = fmin(least, tokens);
        most = fmax(most, tokens);
    }
    CHECK(d.first[0] == 0 && d.first[3] == 700, "%lld requests", (long long)d.first[3]);
    CHECK(most - least <= 500, "%g to %g tokens for each client", least, most);
}

/* Three replicas with 40 equal clients each are three times one. */
static void check_replicas(ll_arena *mem, ll_comm *comm, ll_comm *self)
{
    env e = env_make(mem, comm, self);
    e.plan.load.prompt.spread = e.plan.load.output.spread = 1;
    e.plan.load.n_client = 40;
    e.plan.load.n_request = 400;
    const outcome one = serve(&e, self);
    e.plan.n_replica = 3;
    e.plan.load.n_client = 120;
    e.plan.load.n_request = 1200;
    const outcome three = serve(&e, self);
    CHECK_NEAR(three.figures.output_per_s, 3 * one.figures.output_per_s, 1e-12);
    CHECK_NEAR(three.figures.ttft_s.mean, one.figures.ttft_s.mean, 1e-12);
    CHECK_NEAR(three.figures.tpot_s.p99, one.figures.tpot_s.p99, 1e-12);
    CHECK(three.use->n_iteration == 3 * one.use->n_iteration, "%lld, %lld",
          (long long)three.use->n_iteration, (long long)one.use->n_iteration);
}

/* Prompts alone, one in an iteration of D seconds, at random times: M/D/1, whose mean wait is
 * D rho / (2 (1 - rho)) (Pollaczek and Khinchine). 50,000 requests: the mean wait is known to a
 * few per cent. */
static void check_queue(ll_arena *mem, ll_comm *comm, ll_comm *self)
{
    for (int k = 1; k <= 4; k++) {
        env e = env_make(mem, comm, self);
        const double rho = 0.2 * k, service_s = 0.01;
        e.t = (toy){.rows_s = {service_s, 0}};
        e.server.max_tokens = 1000;
        e.server.chunked = false;
        e.plan.load.prompt = (ll_lengths){1000, 1};
        e.plan.load.output = (ll_lengths){1, 1};
        e.plan.load.rate_per_s = rho / service_s;
        e.plan.load.n_request = 50000;
        const outcome o = serve(&e, self);
        const double rate = o.figures.request_per_s; /* that was drawn */
        const double drawn = rate * service_s;
        CHECK_NEAR(o.figures.ttft_s.mean, service_s * (1 + 0.5 * drawn / (1 - drawn)), 0.03);
    }
}

/* Loads of both kinds on four engines. Where the formula says that it holds, it is within 3 % of
 * the simulation in rate, time per output token and time to first token. */
static void check_formula(ll_arena *mem, ll_comm *comm, ll_comm *self)
{
    static const int64_t prompt[] = {1000, 4000}, output[] = {1000, 400};
    int n = 0, n_hold = 0;
    for (int k = 0; k < 64; k++) {
        env e = env_make(mem, comm, self);
        e.server.mixed = k & 1;
        e.server.chunked = k & 2;
        e.server.front_end_s = k & 4 ? 0.02 : 0;
        e.plan.load.prompt = (ll_lengths){prompt[k >> 3 & 1], 0.5};
        e.plan.load.output = (ll_lengths){output[k >> 3 & 1], 0.4};
        if (k >= 48) { /* attention ranks in step, and stages of a pipeline */
            e.plan.setup.n_rank = k & 2 ? 4 : 1;
            e.plan.setup.n_group = k & 1 ? 3 : 1;
            e.plan.setup.router = LL_ROUTER_LEAST_LOADED;
            e.server.mixed = e.server.chunked = true;
            e.plan.load.n_client = k & 4 ? 120 : 24;
            e.plan.load.n_request = 60 * e.plan.load.n_client;
        } else if (k < 32) {
            e.plan.load.n_client = k & 16 ? 100 : 12;
            e.plan.load.n_request = 100 * e.plan.load.n_client;
        } else {
            e.plan.setup.server = &e.server;
            e.plan.setup.surface = surface_make(&e);
            e.plan.load.rate_per_s = 1e-3;
            ll_steady s;
            ll_steady_find(&e.plan, false, &s);
            e.plan.load.rate_per_s = (k & 4 ? 0.7 : 0.3) * s.capacity_per_s;
            e.plan.load.n_request = 20000;
        }
        outcome o = serve(&e, self);
        if (e.plan.load.rate_per_s > 0) { /* the rate that was drawn */
            e.plan.load.rate_per_s = o.figures.request_per_s;
            ll_steady_find(&e.plan, false, &o.steady);
        }
        n++;
        if (o.steady.limit) continue;
        n_hold++;
        CHECK_NEAR(o.steady.output_per_s, o.figures.output_per_s, 0.03);
        CHECK_NEAR(o.steady.tpot_s, o.figures.tpot_s.mean, 0.03);
        CHECK_NEAR(o.steady.ttft_s, o.figures.ttft_s.mean, 0.03);
    }
    CHECK(n_hold >= 45, "the formula holds in %d of %d cases", n_hold, n);
}

/* Beyond its capacity an open loop has no steady state, and the simulation ends all the same. */
static void check_overload(ll_arena *mem, ll_comm *comm, ll_comm *self)
{
    env e = env_make(mem, comm, self);
    e.plan.load.rate_per_s = 1000;
    e.plan.load.n_request = 3000;
    const outcome o = serve(&e, self);
    CHECK(o.steady.limit && o.steady.capacity_per_s < 1000, "%g", o.steady.capacity_per_s);
    CHECK_NEAR((double)o.use->end_s, 3000 / o.steady.capacity_per_s, 0.15);
}

/* Slices over ranks, or all replicas together: the bytes of one rank. */
static void check_ranks(ll_arena *mem, ll_comm *comm, ll_comm *self)
{
    for (int k = 0; k < 4; k++) {
        env e = env_make(mem, comm, self);
        e.plan.n_replica = 5;
        e.plan.n_prefill = k == 2;
        e.plan.transfer_token_s = 1e-6;
        if (k == 3)
            e.plan.load.rate_per_s = 40;
        else
            e.plan.load.n_client = 33;
        e.plan.setup.router = k & 1 ? LL_ROUTER_LEAST_LOADED : LL_ROUTER_ROUND_ROBIN;
        e.plan.load.n_request = 330;
        const outcome one = serve(&e, self), all = serve(&e, comm);
        for (int i = 0; i < 330; i++)
            CHECK(!memcmp(&one.request[i].sent_s, &all.request[i].sent_s, 3 * sizeof(double)),
                  "load %d, request %d ends at %g, on all ranks %g", k, i, one.request[i].end_s,
                  all.request[i].end_s);
        CHECK(!memcmp(one.use, all.use, 2 * sizeof *one.use), "load %d: other sums", k);
        CHECK(!memcmp(&one.figures, &all.figures, sizeof one.figures), "load %d: other figures", k);
    }
}

/* ---- Times of iterations ---- */

typedef struct direct {
    ll_arena *mem;
    ll_surface *surface;
    ll_oracle oracle;
    double worst;
} direct;

static void compare(direct *d, const ll_batch *b)
{
    ll_error err;
    double want_s = 0;
    ll_error_init(&err);
    CHECK(d->oracle.iteration_s(d->oracle.self, b, &want_s, &err) == LL_OK, "%s", err.text);
    const double got_s = ll_surface_batch_s(d->surface, b);
    d->worst = fmax(d->worst, fabs(got_s / want_s - 1));
}

/* Between nodes, within tol of what the oracle says. */
static void check_surface(ll_arena *mem, ll_comm *comm, const char *text, double tol)
{
    ll_study *study = study_make(text, 0, NULL, comm, mem);
    ll_pricer *pricer;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_pricer_create(study, comm, mem, &pricer, &err) == LL_OK, "%s", err.text);
    ll_answers *answers = ll_answers_create(study, pricer, 1, comm, mem);
    direct d = {.mem = mem, .oracle = ll_answers_oracle(answers)};
    const ll_surface_range range = {.max_rows = 4096 + 256,
                                    .max_request = 256,
                                    .n_new = 1,
                                    .n_stage = (int)study->layout.pp,
                                    .context = {500, 5000},
                                    .prompt = {64, 5000},
                                    .max_prompt_run = 8};
    d.surface = ll_surface_create(&d.oracle, &study->server, &range, mem);
    CHECK(ll_surface_fill(d.surface, &err) == LL_OK, "%s", err.text);
    for (int k = 0; k < 60; k++) {
        const double u = 0.13 + 0.37 * k - floor(0.13 + 0.37 * k);
        const double n = floor(1 + exp2(8 * u) - 1), prompts = k % 3 == 0 ? 0 : 1 + k % 3 * (k % 2);
        const double to = floor(200 + 1600 * (1 - u)), from = k % 5 == 0 ? floor(0.4 * to) : 0;
        compare(&d, &(ll_batch){.n_decode = n,
                                .n_new = 1,
                                .context = 600 + 4000 * (1 - u),
                                .n_prompt = prompts,
                                .from = prompts > 0 ? from : 0,
                                .to = prompts > 0 ? to : 0,
                                .n_logits = n + prompts,
                                .n_host = n + prompts});
    }
    CHECK(d.worst < tol, "%.2f %% off", 100 * d.worst);
    ll_answers_destroy(answers);
    ll_pricer_destroy(pricer);
}

/* Llama 70B on chips of 1 TB/s without jitter; the host takes as long as some layers. */
#define STUDY(job)                                                                               \
    "name = \"t\"; engine : { type = \"closed\"; }; cluster : { name = \"c\"; chip : { name = "  \
    "\"c\"; peak_bf16 = \"1000 TFLOP/s\"; gemm_frac_bf16 = 0.5; attention_frac = 0.5;"           \
    " attention_backward_frac = 0.25; memory = \"1 TB\"; memory_reserved = \"0 B\";"             \
    " memory_bandwidth = \"1 TB/s\"; memory_frac = 0.5; kernel_launch = \"2 us\"; };"            \
    " topology : { type = \"switch\"; name = \"star\"; size = 8; bandwidth = \"50 GB/s\";"       \
    " latency = \"500 ns\"; }; software = ( " SOFTWARE(                                          \
        "star", "3 us",                                                                          \
        "0.8") " ); }; model : { name = \"m\"; layers = 80; hidden = 8192; heads = 64; kv_heads" \
               " = 8; head_dim = 128; ffn = 28672; gated = true; vocab = 128256; };"             \
               "server : { name = \"s\"; kernel_gap = \"1 us\"; host_time = \"600 us\";"         \
               " host_time_per_request = \"10 us\"; front_end = \"0 s\"; };"                     \
               "job : { precision = \"bf16\"; type = \"serve\"; concurrency = 60; " job " };"

/* 2 x 80 layers x 2 of 8 heads x 128 values of 2 bytes are 81,920 bytes a token and chip, at 80 %
 * of 50 GB/s. */
static void check_transfer(ll_arena *mem, ll_comm *comm)
{
    ll_study *study = study_make(STUDY("tp = 4; prefill_replicas = 1;"), 0, NULL, comm, mem);
    ll_pricer *pricer;
    ll_error err;
    double few_s = 0, many_s = 0;
    ll_error_init(&err);
    CHECK(ll_pricer_create(study, comm, mem, &pricer, &err) == LL_OK, "%s", err.text);
    ll_answers *answers = ll_answers_create(study, pricer, 1, comm, mem);
    const ll_oracle oracle = ll_answers_oracle(answers);
    const ll_batch few = ll_serve_transfer_batch(1600), many = ll_serve_transfer_batch(16000);
    CHECK(oracle.iteration_s(oracle.self, &few, &few_s, &err) == LL_OK &&
              oracle.iteration_s(oracle.self, &many, &many_s, &err) == LL_OK,
          "%s", err.text);
    CHECK_NEAR(many_s - few_s, 14400 * 81920.0 / 40e9, 0.01);
    CHECK(few_s > 1600 * 81920.0 / 40e9 && few_s < 1600 * 81920.0 / 40e9 + 20e-6, "%g s", few_s);
    ll_answers_destroy(answers);
    ll_pricer_destroy(pricer);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *comm = ll_comm_create(&world, mem), *self = ll_comm_self(mem);
    if (ll_comm_rank(comm) == 0) {
        check_little(mem, comm, self);
        check_deal(mem);
        check_replicas(mem, comm, self);
        check_queue(mem, comm, self);
        check_formula(mem, comm, self);
        check_overload(mem, comm, self);
    }
    check_ranks(mem, comm, self);
    check_surface(mem, comm, STUDY("tp = 8;"), 0.005);
    /* The embedding is on the first stage, which need not be the slowest. */
    check_surface(mem, comm, STUDY("tp = 2; pp = 4;"), 0.01);
    check_transfer(mem, comm);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
