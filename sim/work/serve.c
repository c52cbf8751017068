/* Workload `serve`: requests come, are answered, and go.
 *
 * The loss ladder explains one iteration, the typical one (ll_serve_typical); the clock serves all
 * requests, by simulating every iteration (sim/work/serve_run.h), and has the steady state by
 * formula beside it, or alone (sim/work/serve_steady.h). */
#include "sim/work/infer.h"
#include "sim/work/serve_param.h"
#include "sim/work/serve_steady.h"
#include "sim/work/serve_transfer.h"

#include <math.h>

static void memory(const ll_study *study, ll_arena *mem, ll_memory *out)
{
    const ll_serve_param *p = study->workload_param;
    const long long longest = p->prompt + p->output;
    const double one_B = ll_infer_request_B(study, (double)longest);
    const double room_B = ll_infer_cache_room_B(study, mem);
    ll_infer_memory(study, fmax(room_B, one_B * (double)study->layout.pp), mem, out);
    if (out->total_B > out->capacity_B && room_B > 0)
        out->advice = ll_arena_printf(
            mem,
            "a request of %lld tokens is more than the %.0f that fit; try a larger tp, pp or ep, "
            "or a narrower precision",
            longest, floor(ll_serve_cache_tokens(study, mem) / (double)study->layout.pp));
}

static ll_status build(const ll_study *study, const void *shape, unsigned removes, ll_arena *mem,
                       ll_graph *out, ll_error *err)
{
    const double tokens = shape ? ll_serve_transfer_tokens(shape) : 0;
    if (!(tokens > 0)) return ll_infer_build(study, shape, removes, mem, out, err);
    ll_serve_transfer_graph(study, tokens, mem, out);
    return LL_OK;
}

/* ---- The clock ---- */

typedef struct found {
    ll_serve_figures figures;
    ll_steady steady; /* 0 for a trace, and with replicas that only prefill */
} found;

/* Lengths of the requests of a load, or of a trace. */
typedef struct lengths {
    double shortest_prompt, longest_prompt, longest; /* longest: prompt and output */
    int32_t longest_output;
} lengths;

static lengths lengths_of(const ll_load *load)
{
    return (lengths){ll_lengths_shortest(&load->prompt), (double)load->prompt.longest,
                     (double)(load->prompt.longest + load->output.longest),
                     (int32_t)load->output.longest};
}

static lengths lengths_of_trace(const ll_serve_request *r, int64_t n)
{
    lengths l = {.shortest_prompt = INFINITY};
    for (int64_t i = 0; i < n; i++) {
        l.shortest_prompt = fmin(l.shortest_prompt, r[i].prompt);
        l.longest_prompt = fmax(l.longest_prompt, r[i].prompt);
        l.longest = fmax(l.longest, (double)r[i].prompt + r[i].output);
        if (r[i].output > l.longest_output) l.longest_output = r[i].output;
    }
    return l;
}

/* What iterations may be asked about. */
static ll_surface_range range_of(const ll_study *study, const ll_load *load, const lengths *l)
{
    enum { SHORT_CHUNK = 64 };
    const ll_serve_param *p = study->workload_param;
    const ll_server *s = &study->server;
    const double n_new = (double)(1 + p->n_draft);
    const double most = (double)(p->concurrency > 0 ? p->concurrency : load->n_request);
    const double n_decode = fmin((double)s->max_batch, most);
    const double prompts = fmin((double)s->max_tokens, n_decode * l->longest_prompt);
    const double computed = ceil(l->shortest_prompt * (1 - p->prefix_hit));
    const double chunk = s->chunked ? fmin(computed, SHORT_CHUNK) : computed;
    return (ll_surface_range){
        .max_rows = fmax(prompts + n_decode * n_new, ll_server_padded(s, n_decode) * n_new),
        .max_request = n_decode,
        .n_new = n_new,
        .n_stage = (int)study->layout.pp,
        .context = {l->shortest_prompt, l->longest},
        .prompt = {chunk, l->longest},
        .max_prompt_run = fmin(n_decode, ceil(prompts / computed))};
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

/* The steady state by formula stands in place of what is simulated: means, and no quantiles. */
static void figures_by_formula(const ll_steady *s, const ll_load *load, ll_serve_figures *out)
{
    const double output = ll_lengths_mean(&load->output), prompt = ll_lengths_mean(&load->prompt);
    *out = (ll_serve_figures){.ttft_s = {.mean = s->ttft_s},
                              .tpot_s = {.mean = s->tpot_s},
                              .gap_s = {.mean = s->gap_s},
                              .whole_s = {.mean = s->ttft_s + s->tpot_s * (output - 1)},
                              .request_per_s = s->request_per_s,
                              .output_per_s = s->output_per_s,
                              .prompt_per_s = s->request_per_s * prompt,
                              .batch = s->batch};
}

static ll_status simulate(const ll_study *study, ll_serve_plan *plan, ll_comm *comm,
                          ll_serve_request *request, ll_arena *mem, found *f, ll_error *err)
{
    const ll_serve_param *p = study->workload_param;
    ll_replica_use *use = ll_arena_array(mem, 2, ll_replica_use);
    if (!request) request = ll_load_draw(&plan->load, mem);
    LL_TRY(ll_surface_fill(plan->setup.surface, err));
    LL_TRY(ll_serve_run(plan, comm, request, use, mem, err));
    const ll_serve_count count = {
        plan, request, use, (ll_counted)p->counted, {p->ttft_bound_s, p->tpot_bound_s}};
    return ll_serve_figures_make(&count, mem, &f->figures, err);
}

/* The same by formula. Collective. */
static ll_status by_formula(const ll_study *study, const ll_serve_plan *plan, found *f,
                            ll_error *err)
{
    const ll_serve_param *p = study->workload_param;
    ll_steady_find(plan, p->counted == LL_COUNTED_ALL, &f->steady);
    LL_TRY(ll_surface_status(plan->setup.surface, err));
    if (p->form != LL_SERVE_STEADY) return LL_OK;
    if (plan->load.n_client == 0 && f->steady.request_per_s >= f->steady.capacity_per_s)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "job.rate = %g: %lld replicas serve at most %.4g requests/s, so there "
                            "is no steady state; write a lower rate, or form = \"event\"",
                            plan->load.rate_per_s, (long long)plan->n_replica,
                            f->steady.capacity_per_s);
    figures_by_formula(&f->steady, &plan->load, &f->figures);
    return LL_OK;
}

/* How long the keys and values of a prompt travel: a + b tokens, by prompts of one block and of the
 * longest. Collective. */
static ll_status transfer_ask(const ll_study *study, const ll_oracle *oracle, ll_serve_plan *plan,
                              ll_error *err)
{
    const double few = (double)study->server.block, many = few + (double)plan->load.prompt.longest;
    const ll_batch shape[] = {ll_serve_transfer_batch(few), ll_serve_transfer_batch(many)};
    double time_s[2];
    if (plan->n_prefill == 0) return LL_OK;
    for (int i = 0; i < 2; i++)
        LL_TRY(oracle->iteration_s(oracle->self, &shape[i], &time_s[i], err));
    plan->transfer_token_s = fmax(0, time_s[1] - time_s[0]) / (many - few);
    plan->transfer_s = fmax(0, time_s[0] - few * plan->transfer_token_s);
    return LL_OK;
}

static ll_status clock_run(const ll_study *study, const ll_oracle *oracle, ll_arena *mem,
                           ll_outcome *out, ll_error *err)
{
    const ll_serve_param *p = study->workload_param;
    ll_load load = ll_serve_load(study);
    ll_serve_request *trace = NULL;
    ll_comm *comm = oracle->comm ? oracle->comm : ll_comm_self(mem);
    found *f = ll_arena_new(mem, found);
    lengths l = lengths_of(&load);
    if (p->trace.text[0]) {
        LL_TRY(ll_load_trace(&p->trace, mem, &trace, &load.n_request, err));
        l = lengths_of_trace(trace, load.n_request);
    }
    const ll_surface_range range = range_of(study, &load, &l);
    ll_surface *surface = ll_surface_create(oracle, &study->server, &range, mem);
    ll_serve_plan plan = plan_of(study, surface, &load, mem);
    plan.setup.longest_output = l.longest_output;
    plan.trace = trace ? p->trace.name : NULL;
    LL_TRY(transfer_ask(study, oracle, &plan, err));
    f->steady.limit = trace ? LL_STEADY_TRACE : LL_STEADY_PREFILL;
    if (!trace && p->n_prefill == 0) LL_TRY(by_formula(study, &plan, f, err));
    if (p->form == LL_SERVE_EVENT) LL_TRY(simulate(study, &plan, comm, trace, mem, f, err));
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
    {"capacity_per_s", "requests/s at most", "1/s", LL_KIND_RATIO,
     "that can be served, over all chips, by formula; 0: not known", false},
    {"steady_ttft_s", "time to first token by formula", "s", LL_KIND_TIME,
     "in the steady state, with the opening burst if all requests count", false},
    {"steady_tpot_s", "time per output token by formula", "s", LL_KIND_TIME, "in the steady state",
     false},
    {"steady_tokens_per_s_per_chip", "output tokens/s per chip by formula", "tokens/s",
     LL_KIND_RATIO, "in the steady state", false},
    {"steady_holds", "the formula holds", "1", LL_KIND_COUNT,
     "1: yes; 0: the load is outside of what it describes", false},
    {"steady_limit", "the formula's limit", "1", LL_KIND_COUNT,
     "0: none; else why it does not hold, by number (sim/work/serve_steady.h)", false},
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
    const ll_steady *steady = &((const found *)outcome->found)->steady;
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
    *value++ = per_chip > 0 ? outcome->chip_power_W / per_chip : 0;
    *value++ = f->batch;
    *value++ = f->cache_frac;
    *value++ = (double)f->n_counted;
    *value++ = f->n_iteration;
    *value++ = f->n_preempted;
    *value++ = outcome->iteration_s;
    *value++ = steady->capacity_per_s;
    *value++ = steady->ttft_s;
    *value++ = steady->tpot_s;
    *value++ = steady->output_per_s / outcome->n_chip;
    *value++ = steady->limit == LL_STEADY_HOLDS;
    *value++ = steady->limit;
}

static const char *remark(const ll_study *study, const double *value, ll_arena *mem)
{
    const ll_serve_param *p = study->workload_param;
    const double capacity = value[ll_workload_metric(&ll_workload_serve, "capacity_per_s")];
    const int limit = (int)value[ll_workload_metric(&ll_workload_serve, "steady_limit")];
    if (limit == LL_STEADY_ABOVE)
        return ll_arena_printf(mem,
                               "Requests come at %.6g per second, but at most %.4g per second can "
                               "be served: the queue grows without end, so that times to first "
                               "token depend on job.requests.",
                               p->rate_per_s, capacity);
    if (limit == LL_STEADY_HOLDS || p->n_prefill > 0 || p->trace.text[0]) return "";
    return ll_arena_printf(mem, "The formula does not hold: %s.%s", ll_steady_limit_text(limit),
                           p->form == LL_SERVE_STEADY
                               ? " So these figures may be far off; form = \"event\" has no such "
                                 "limit."
                               : "");
}

const ll_workload_type ll_workload_serve = {
    .name = "serve",
    .doc = "inference: requests come, are answered, and go",
    .keys = ll_serve_keys,
    .param_size = sizeof(ll_serve_param),
    .lay = ll_serve_lay,
    .batch = ll_serve_typical,
    .legal = ll_serve_legal,
    .memory = memory,
    .work_flop = ll_infer_work_flop,
    .collectives = ll_infer_collectives,
    .shape_size = sizeof(ll_batch),
    .build = build,
    .clock = clock_run,
    .ladder = ll_infer_ladder,
    .metric = metric,
    .load = "concurrency",
    .per_user = "tokens_per_s_per_user",
    .quick = {"form", "steady"},
    .headline = "tokens_per_s_per_chip",
    .metrics = metrics,
    .remark = remark,
};
