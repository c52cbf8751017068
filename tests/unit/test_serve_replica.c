/* A replica whose iterations take as long as a formula says: by hand where one request runs, and in
 * every mode of the engine all requests are served once, within the cache. */
#include "sim/work/serve_run.h"

#include "tests/support/check.h"
#include "tests/support/serve_toy.h"

#include <math.h>

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
    toy t;
    ll_server server;
    ll_serve_plan plan;
    ll_serve_request *request;
    ll_replica_use *use;
} env;

static env env_make(ll_arena *mem, ll_comm *comm)
{
    env e = {.mem = mem, .comm = comm, .server = toy_server()};
    e.t = (toy){.rows_s = {1e-3, 1e-6}, .logits_s = 2e-6, .decode_s = 1e-9, .prefill_s = 1e-10};
    e.plan = (ll_serve_plan){
        .setup = {.n_rank = 1, .n_group = 1, .cache_tokens = 1e6, .accepted = 1},
        .load = {.prompt = {1000, 1}, .output = {200, 1}, .n_client = 1, .n_request = 3, .seed = 1},
        .n_replica = 1};
    e.use = ll_arena_array(mem, 2, ll_replica_use);
    return e;
}

static void serve(env *e)
{
    const ll_oracle oracle = {toy_iteration, &e->t, e->comm};
    const ll_surface_range range = {.max_rows = 16384,
                                    .max_request = 256,
                                    .n_new = 1 + (double)e->plan.setup.n_draft,
                                    .context = {64, 4096},
                                    .prompt = {64, 4096},
                                    .max_prompt_run = 64};
    ll_error err;
    ll_error_init(&err);
    e->plan.setup.server = &e->server;
    e->plan.setup.surface = ll_surface_create(&oracle, &e->server, &range, e->mem);
    e->plan.setup.longest_output = (int32_t)e->plan.load.output.longest;
    e->request = ll_load_draw(&e->plan.load, e->mem);
    CHECK(ll_surface_fill(e->plan.setup.surface, &err) == LL_OK &&
              ll_serve_run(&e->plan, e->comm, e->request, e->use, e->mem, &err) == LL_OK,
          "%s", err.text);
}

/* Every request is served once, and its times are in order; caches and batches within bounds. */
static void check_served(const env *e, const char *what)
{
    uint64_t n_gap = 0, tokens = 0;
    for (int64_t i = 0; i < e->plan.load.n_request; i++) {
        const ll_serve_request *q = &e->request[i];
        CHECK(q->sent_s >= 0 && q->first_s > q->sent_s && q->end_s >= q->first_s &&
                  q->done == q->output,
              "%s: request %lld: sent %g, first %g, end %g, %d of %d tokens", what, (long long)i,
              q->sent_s, q->first_s, q->end_s, q->done, q->output);
        tokens += (uint64_t)q->output - 1;
    }
    for (int k = 0; k < LL_GAP_BINS; k++)
        n_gap += e->use->gap[k];
    if (e->use->n_preempted == 0 && e->plan.setup.n_draft == 0)
        CHECK(n_gap == tokens, "%s: %llu gaps between %llu tokens", what, (unsigned long long)n_gap,
              (unsigned long long)tokens);
    CHECK(e->use->cache_s <= e->use->end_s * (double)e->plan.n_replica * (1 + 1e-9), "%s: cache %g",
          what, e->use->cache_s / e->use->end_s);
}

/* One client: a prompt of P tokens takes a + b P + l + c P^2 / 2, and token k after the first
 * a + b + l + d (P + k). */
static void test_alone(ll_arena *mem, ll_comm *comm)
{
    env e = env_make(mem, comm);
    e.server.front_end_s = 0.01;
    serve(&e);
    const toy *t = &e.t;
    const double prefill_s =
        t->rows_s[0] + t->rows_s[1] * 1000 + t->logits_s + t->prefill_s * 500000;
    double decode_s = 0;
    for (int k = 1; k < 200; k++)
        decode_s += t->rows_s[0] + t->rows_s[1] + t->logits_s + t->decode_s * (1000 + k);
    for (int i = 0; i < 3; i++) {
        const ll_serve_request *q = &e.request[i];
        CHECK_NEAR(q->first_s - q->sent_s, 0.01 + prefill_s, 1e-9);
        CHECK_NEAR(q->end_s - q->first_s, decode_s, 1e-9);
    }
    CHECK_NEAR(e.use->end_s, 3 * (0.01 + prefill_s + decode_s), 1e-9);
    check_served(&e, "alone");
}

/* Tokens that are sent ten at a time: the first ten are there after nine steps. Three tokens from
 * each step: 199 tokens take 67. */
static void test_steps(ll_arena *mem, ll_comm *comm)
{
    env e = env_make(mem, comm);
    e.server.stream_interval = 10;
    e.t = (toy){.rows_s = {1e-3, 0}};
    serve(&e);
    CHECK_NEAR(e.request[1].first_s - e.request[1].sent_s, 10e-3, 1e-9);
    CHECK_NEAR(e.request[1].end_s - e.request[1].sent_s, 200e-3, 1e-9);
    e.server.stream_interval = 1;
    e.plan.setup.n_draft = 3;
    e.plan.setup.accepted = 3;
    serve(&e);
    CHECK_NEAR(e.request[1].end_s - e.request[1].first_s, 67e-3, 1e-9);
    check_served(&e, "drafts");
}

/* All modes of the engine, with so little room that requests are preempted or wait. */
static void test_modes(ll_arena *mem, ll_comm *comm)
{
    int64_t n_preempted = 0;
    for (int mode = 0; mode < 64; mode++) {
        env e = env_make(mem, comm);
        char what[32];
        snprintf(what, sizeof what, "mode %d", mode);
        e.server.mixed = mode & 1;
        e.server.chunked = mode & 2;
        e.server.reserve_output = mode & 4;
        e.server.wait_iterations = mode & 8 ? 20 : 0;
        e.server.poll_iterations = mode & 8 ? 10 : 1;
        e.server.max_tokens = 1500;
        e.server.block = 16;
        e.server.front_end_s = 1e-3;
        e.plan.setup.n_rank = mode & 16 ? 3 : 1;
        e.plan.setup.n_group = mode & 32 ? 4 : 1;
        e.plan.setup.cache_tokens = 20000;
        e.plan.load.n_client = 40;
        e.plan.load.n_request = 300;
        e.plan.load.output = (ll_lengths){1500, 0.01};
        e.plan.load.prompt = (ll_lengths){1100, 0.1};
        e.plan.setup.router = mode & 2 ? LL_ROUTER_ROUND_ROBIN : LL_ROUTER_LEAST_LOADED;
        e.plan.n_replica = mode & 4 ? 2 : 1;
        serve(&e);
        check_served(&e, what);
        CHECK(!e.server.reserve_output || e.use->n_preempted == 0, "%s: %lld", what,
              (long long)e.use->n_preempted);
        n_preempted += e.use->n_preempted;
    }
    CHECK(n_preempted > 100, "%lld", (long long)n_preempted);
}

/* Equal groups in a pipeline of G stages: an iteration takes as long as before, and so many more
 * requests run. */
static void test_pipeline(ll_arena *mem, ll_comm *comm)
{
    env e = env_make(mem, comm);
    e.t = (toy){.rows_s = {4e-3, 0}};
    e.plan.load.n_client = 8;
    e.plan.load.n_request = 80;
    serve(&e);
    const double one_s = e.use->end_s;
    e.plan.setup.n_group = 4;
    e.plan.load.n_client = 32;
    e.plan.load.n_request = 320;
    serve(&e);
    check_served(&e, "pipeline");
    CHECK_NEAR(e.use->end_s, one_s, 0.01);
}

/* Replicas that only prefill, and others that only decode: nobody waits for the other's work. */
static void test_apart(ll_arena *mem, ll_comm *comm)
{
    env e = env_make(mem, comm);
    e.plan.n_replica = 3;
    e.plan.n_prefill = 1;
    e.plan.transfer_token_s = 1e-5;
    e.plan.load.n_client = 20;
    e.plan.load.n_request = 200;
    serve(&e);
    check_served(&e, "apart");
    CHECK(e.use[1].n_decode_iteration == 0 && e.use[0].n_decode_iteration == e.use[0].n_iteration,
          "%lld of %lld", (long long)e.use[0].n_decode_iteration, (long long)e.use[0].n_iteration);
    for (int i = 0; i < 200; i++) /* the second token is 10 ms and a step after the first */
        CHECK(e.request[i].end_s - e.request[i].first_s > 10e-3 + 199 * 1e-3, "%d", i);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    ll_comm *comm = ll_comm_self(mem);
    test_alone(mem, comm);
    test_steps(mem, comm);
    test_modes(mem, comm);
    test_pipeline(mem, comm);
    test_apart(mem, comm);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
