/* Workload `serve`: requests come, are answered, and go.
 *
 * The loss ladder explains one iteration, the typical one (ll_serve_typical); the clock serves all
 * requests, by simulating every iteration (sim/work/serve_run.h). */
#include "sim/work/infer.h"
#include "sim/work/serve_param.h"

#include <math.h>

static void memory(const ll_study *study, ll_arena *mem, ll_memory *out)
{
    const ll_serve_param *p = study->workload_param;
    const double one_B = ll_infer_request_B(study, (double)(p->prompt + p->output));
    const double room_B = ll_infer_cache_room_B(study, mem);
    ll_infer_memory(study, fmax(room_B, one_B * (double)study->layout.pp), mem, out);
    if (out->total_B > out->capacity_B && room_B > 0)
        out->advice =
            ll_arena_printf(mem,
                            "a request of %lld tokens is more than the %.0f that fit; try a larger "
                            "tp, pp or ep, or "
                            "a narrower precision",
                            (long long)(p->prompt + p->output),
                            floor(ll_serve_cache_tokens(study, mem) / (double)study->layout.pp));
}

static double work_flop(const ll_study *study)
{
    ll_arena *mem = ll_arena_create("typical");
    const ll_batch batch = ll_serve_typical(study, mem);
    ll_arena_destroy(mem);
    return ll_infer_flop(study, &batch);
}

static unsigned collectives(const ll_study *study, ll_arena *mem)
{
    const ll_batch batch = ll_serve_typical(study, mem);
    return ll_infer_collectives(study, &batch, mem);
}

static ll_status build(const ll_study *study, const void *shape, unsigned removes, ll_arena *mem,
                       ll_graph *out, ll_error *err)
{
    ll_batch *batch = ll_arena_new(mem, ll_batch);
    *batch = shape ? *(const ll_batch *)shape : ll_serve_typical(study, mem);
    return ll_infer_graph(study, batch, removes, mem, out, err);
}

/* ---- The clock ---- */

typedef struct found {
    ll_serve_figures figures;
} found;

/* What iterations may be asked about. */
static ll_surface_range range_of(const ll_study *study, const ll_serve_request *r, int64_t n)
{
    const ll_serve_param *p = study->workload_param;
    const ll_server *s = &study->server;
    const double n_new = (double)(1 + p->n_draft),
                 most = (double)(p->concurrency > 0 ? p->concurrency : n);
    double shortest = INFINITY, longest = 0, whole = 0;
    for (int64_t i = 0; i < n; i++) {
        shortest = fmin(shortest, r[i].prompt);
        longest = fmax(longest, r[i].prompt);
        whole = fmax(whole, (double)r[i].prompt + r[i].output);
    }
    const double n_decode = fmin(fmin((double)s->max_batch, most), (double)n);
    const double prompts = fmin((double)s->max_tokens, n_decode * longest);
    return (ll_surface_range){
        .max_rows = fmax(prompts + n_decode * n_new, ll_server_padded(s, n_decode) * n_new),
        .max_request = n_decode,
        .n_new = n_new,
        .context = {shortest, whole},
        .prompt = {fmin(shortest, s->chunked ? 64 : shortest), whole},
        .max_prompt_run = fmin(n_decode, ceil(prompts / shortest))};
}

static ll_serve_plan plan_of(const ll_study *study, ll_surface *surface, const ll_load *load,
                             ll_arena *mem)
{
    const ll_serve_param *p = study->workload_param;
    return (ll_serve_plan){.setup = {.server = &study->server,
                                     .surface = surface,
                                     .n_rank = (int)ll_serve_ranks(study),
                                     .n_group = (int)study->layout.pp,
                                     .cache_tokens = ll_serve_cache_tokens(study, mem),
                                     .n_draft = p->n_draft,
                                     .accepted = p->accepted,
                                     .prefix_hit = p->prefix_hit,
                                     .router = p->router},
                           .load = *load,
                           .n_replica = ll_serve_replicas(study),
                           .n_prefill = p->n_prefill};
}

static int32_t longest_output(const ll_serve_request *r, int64_t n)
{
    int32_t longest = 1;
    for (int64_t i = 0; i < n; i++)
        if (r[i].output > longest) longest = r[i].output;
    return longest;
}

static ll_status clock_run(const ll_study *study, const ll_oracle *oracle, ll_arena *mem,
                           ll_outcome *out, ll_error *err)
{
    const ll_serve_param *p = study->workload_param;
    ll_load load = ll_serve_load(study);
    ll_serve_request *request = NULL;
    ll_comm *comm = oracle->comm ? oracle->comm : ll_comm_self(mem);
    ll_replica_use *use = ll_arena_array(mem, 2, ll_replica_use);
    found *f = ll_arena_new(mem, found);
    if (p->trace.text[0])
        LL_TRY(ll_load_trace(&p->trace, mem, &request, &load.n_request, err));
    else
        request = ll_load_draw(&load, mem);
    const ll_surface_range range = range_of(study, request, load.n_request);
    ll_surface *surface = ll_surface_create(oracle, &study->server, &range, mem);
    LL_TRY(ll_surface_fill(surface, err));
    ll_serve_plan plan = plan_of(study, surface, &load, mem);
    plan.setup.longest_output = longest_output(request, load.n_request);
    LL_TRY(ll_serve_run(&plan, comm, request, use, mem, err));
    const ll_serve_count count = {
        &plan, request, use, (ll_counted)p->counted, {p->ttft_bound_s, p->tpot_bound_s}};
    LL_TRY(ll_serve_figures_make(&count, mem, &f->figures, err));
    out->found = f;
    return oracle->iteration_s(oracle->self, NULL, &out->iteration_s, err);
}

/* ---- Figures ---- */

#define SPREAD(name, label, doc, main)                                                      \
    {name "_s", label, "s", LL_KIND_TIME, doc, main},                                       \
        {name "_median_s", label ", median", "s", LL_KIND_TIME, doc ", the median", false}, \
        {name "_p90_s", label ", P90", "s", LL_KIND_TIME, doc ", 90 % are below", false},   \
    {                                                                                       \
        name "_p99_s", label ", P99", "s", LL_KIND_TIME, doc ", 99 % are below", false      \
    }

static const ll_metric metric[] = {
    SPREAD("ttft", "time to first token", "from sending until the first tokens are back", true),
    SPREAD("tpot", "time per output token", "from the first token on, of a request", true),
    SPREAD("itl", "time between tokens", "from step to step of a request", false),
    SPREAD("request", "time of a request", "from sending until the last token is back", false),
    {"tokens_per_s_per_chip", "output tokens/s per chip", "tokens/s", LL_KIND_RATIO, "per chip",
     true},
    {"tokens_per_s_per_user", "output tokens/s per user", "tokens/s", LL_KIND_RATIO,
     "of a request: 1 / mean time per output token", true},
    {"tokens_per_s", "output tokens/s", "tokens/s", LL_KIND_COUNT, "over all chips", false},
    {"all_tokens_per_s", "tokens/s, prompts too", "tokens/s", LL_KIND_COUNT, "over all chips",
     false},
    {"requests_per_s", "requests/s", "1/s", LL_KIND_RATIO, "that are answered, over all chips",
     false},
    {"goodput_per_s", "good requests/s", "1/s", LL_KIND_RATIO, "within ttft_bound and tpot_bound",
     false},
    {"energy_J_per_token", "energy per output token", "J", LL_KIND_RATIO,
     "chips only, at thermal design power; 0: power is not known", false},
    {"batch", "batch", "1", LL_KIND_RATIO,
     "requests that decode in an iteration of a group, in the mean", false},
    {"cache_frac", "cache in use", "1", LL_KIND_RATIO,
     "share of the room for keys and values, in the mean over time", false},
    {"counted", "requests that count", "1", LL_KIND_COUNT, "see job.counted", false},
    {"iterations", "iterations", "1", LL_KIND_COUNT, "over all replicas", false},
    {"preemptions", "preemptions", "1", LL_KIND_COUNT,
     "requests that gave their place in the cache up and were computed again", false},
    {"iteration_s", "typical iteration", "s", LL_KIND_TIME,
     "the one that the losses are about, in the mean of a steady state", false},
    {0}};

static double *spread_put(const ll_latency *s, double *value)
{
    *value++ = s->mean;
    *value++ = s->median;
    *value++ = s->p90;
    *value++ = s->p99;
    return value;
}

static void metrics(const ll_study *study, const ll_outcome *outcome, double *value)
{
    (void)study;
    const ll_serve_figures *f = &((const found *)outcome->found)->figures;
    const double per_chip = f->output_per_s / outcome->n_chip;
    value = spread_put(&f->ttft_s, value);
    value = spread_put(&f->tpot_s, value);
    value = spread_put(&f->gap_s, value);
    value = spread_put(&f->whole_s, value);
    *value++ = per_chip;
    *value++ = f->tpot_s.mean > 0 ? 1 / f->tpot_s.mean : 0;
    *value++ = f->output_per_s;
    *value++ = f->output_per_s + f->prompt_per_s;
    *value++ = f->request_per_s;
    *value++ = f->good_per_s;
    *value++ = outcome->chip_power_W / per_chip;
    *value++ = f->batch;
    *value++ = f->cache_frac;
    *value++ = (double)f->n_counted;
    *value++ = f->n_iteration;
    *value++ = f->n_preempted;
    *value++ = outcome->iteration_s;
}

const ll_workload_type ll_workload_serve = {
    .name = "serve",
    .doc = "inference: requests come, are answered, and go",
    .keys = ll_serve_keys,
    .param_size = sizeof(ll_serve_param),
    .lay = ll_serve_lay,
    .legal = ll_serve_legal,
    .memory = memory,
    .work_flop = work_flop,
    .collectives = collectives,
    .shape_size = sizeof(ll_batch),
    .build = build,
    .clock = clock_run,
    .ladder = ll_infer_ladder,
    .metric = metric,
    .headline = "tokens_per_s_per_chip",
    .metrics = metrics,
};
