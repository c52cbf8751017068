#include "sim/work/serve_param.h"

#include "sim/work/infer.h"

#include <math.h>
#include <string.h>

static const char *const counted_names[] = {"all", "steady", NULL};
static const char *const router_names[] = {"round_robin", "least_loaded", NULL};
static const char *const form_names[] = {"event", "steady", NULL};

enum { PER_CLIENT = 10, AT_RATE = 1000, MAX_REQUEST = 10000000 };

#define COUNT(name_, field, def_, min_, max_, doc_)                                        \
    {                                                                                      \
        .name = (name_), .kind = LL_KIND_COUNT, .offset = offsetof(ll_serve_param, field), \
        .def = (def_), .min = (min_), .max = (max_), .doc = (doc_)                         \
    }
#define RATIO(name_, field, def_, min_, max_, doc_)                                        \
    {                                                                                      \
        .name = (name_), .kind = LL_KIND_RATIO, .offset = offsetof(ll_serve_param, field), \
        .def = (def_), .min = (min_), .max = (max_), .doc = (doc_)                         \
    }
#define CHOICE(name_, field, names_, def_, doc_)                                            \
    {                                                                                       \
        .name = (name_), .kind = LL_KIND_CHOICE, .offset = offsetof(ll_serve_param, field), \
        .def = (def_), .choices = (names_), .doc = (doc_)                                   \
    }
#define TIME(name_, field, doc_)                                                          \
    {                                                                                     \
        .name = (name_), .kind = LL_KIND_TIME, .offset = offsetof(ll_serve_param, field), \
        .def = "0 s", .min = 0, .max = 1e6, .doc = (doc_)                                 \
    }

const ll_key ll_serve_keys[] = {
    COUNT("prompt", prompt, "1024", 1, 1e7, "tokens of the longest prompt, such as 1024"),
    COUNT("output", output, "1024", 1, 1e7, "tokens of the longest answer, such as 1024"),
    RATIO("prompt_spread", prompt_spread, "1", 0, 1,
          "shortest prompt as a share of the longest, with all lengths in between alike; 1: all "
          "are equal"),
    RATIO("output_spread", output_spread, "1", 0, 1, "the same of answers"),
    COUNT("concurrency", concurrency, "0", 0, 1e7,
          "clients, over all replicas, each of which sends its next request when the last one is "
          "answered; 0: requests come at a rate, or as in a trace"),
    RATIO("rate", rate_per_s, "0", 0, 1e9, "requests per second, over all replicas (Poisson)"),
    {.name = "trace_file",
     .kind = LL_KIND_STRING,
     .flags = LL_KEY_PATH,
     .offset = offsetof(ll_serve_param, trace),
     .def = "",
     .doc = "table of requests: arrival_s,prompt,output"},
    COUNT("requests", n_request, "0", 0, MAX_REQUEST,
          "requests that are served; 0: ten for each client, or 1000 at a rate"),
    CHOICE("counted", counted, counted_names, "all",
           "requests that count: all, or those of the steady part of the run"),
    COUNT("draft_tokens", n_draft, "0", 0, 64,
          "drafted tokens that an iteration verifies for each request (speculative decoding)"),
    RATIO("accepted", accepted, "1", 1, 65,
          "tokens that a request gets from an iteration, in the mean: 1, or up to 1 + drafts"),
    RATIO("prefix_hit", prefix_hit, "0", 0, 0.999,
          "share of each prompt that is found in the cache of prefixes"),
    CHOICE("router", router, router_names, "least_loaded",
           "which replica, and which attention rank in it, gets a request"),
    COUNT("prefill_replicas", n_prefill, "0", 0, 1e6,
          "replicas that compute prompts alone, while the others decode; 0: all do both"),
    TIME("ttft_bound", ttft_bound_s,
         "time to first token of a request that counts as good; 0: any"),
    TIME("tpot_bound", tpot_bound_s, "time per output token of such a request; 0: any"),
    CHOICE(
        "form", form, form_names, "event",
        "event: every iteration is simulated; steady: the steady state by formula, for searches"),
    {0}};

static const ll_serve_param *param_of(const ll_study *study) { return study->workload_param; }

/* ---- Legal ---- */

static bool load_legal(const ll_serve_param *p, ll_faults *why)
{
    const bool trace = p->trace.text[0] != 0;
    const int n = (p->concurrency > 0) + (p->rate_per_s > 0) + trace;
    bool ok = true;
    if (n != 1)
        ok = ll_fault_add(why, n ? "job.rate" : "job.concurrency",
                          "write one of concurrency = CLIENTS, rate = REQUESTS_PER_SECOND and "
                          "trace_file = \"FILE.csv\"; there are %d",
                          n);
    if (p->n_request > 0 && p->n_request < p->concurrency)
        ok = ll_fault_add(why, "job.requests",
                          "each of %lld clients sends one at least; write 0 for ten each",
                          (long long)p->concurrency);
    if (p->n_request == 0 && PER_CLIENT * p->concurrency > MAX_REQUEST)
        ok = ll_fault_add(why, "job.requests",
                          "%d for each of %lld clients are more than %lld; write how many",
                          PER_CLIENT, (long long)p->concurrency, (long long)MAX_REQUEST);
    if (trace && p->n_request > 0)
        ok = ll_fault_add(why, "job.requests", "a trace says how many there are; leave it out");
    if (trace && p->form == LL_SERVE_STEADY)
        ok = ll_fault_add(why, "job.form", "a trace has no steady state; write \"event\"");
    return ok;
}

static bool trace_legal(const ll_serve_param *p, ll_faults *why)
{
    ll_arena *mem = ll_arena_create("trace");
    ll_error *err = ll_arena_new(mem, ll_error);
    ll_serve_request *request;
    int64_t n;
    ll_error_init(err);
    const bool ok = ll_load_trace(&p->trace, mem, &request, &n, err) == LL_OK;
    if (!ok) {
        char *end = strchr(err->text, '\n');
        if (end) *end = 0;
        ll_fault_add(why, "job.trace_file", "%s", err->text);
    }
    ll_arena_destroy(mem);
    return ok;
}

bool ll_serve_legal(const ll_study *study, ll_faults *why)
{
    const ll_serve_param *p = param_of(study);
    const ll_server *server = &study->server;
    bool ok = ll_infer_legal(study, why);
    ok = load_legal(p, why) && ok;
    if (p->trace.text[0]) ok = trace_legal(p, why) && ok;
    const long long most = 1 + p->n_draft;
    if (p->accepted > (double)most)
        ok = ll_fault_add(why, "job.accepted",
                          "an iteration gives a request at most 1 + draft_tokens = %lld tokens",
                          most);
    if (!server->chunked && !p->trace.text[0] && p->prompt > server->max_tokens)
        ok = ll_fault_add(why, "job.prompt",
                          "must be at most server.max_tokens = %lld, as prompts are not cut "
                          "(server.chunked = false)",
                          (long long)server->max_tokens);
    if (p->n_prefill > 0 && p->form == LL_SERVE_STEADY)
        ok = ll_fault_add(why, "job.form",
                          "the formula has no replicas that only prefill; write \"event\"");
    if (p->n_prefill > 0 && p->n_prefill >= ll_serve_replicas(study))
        ok = ll_fault_add(why, "job.prefill_replicas",
                          "must be less than the %lld replicas, some of which have to decode",
                          (long long)ll_serve_replicas(study));
    return ok;
}

/* ---- What follows ---- */

int64_t ll_serve_ranks(const ll_study *study) { return ll_infer_sharing(&study->layout); }

int64_t ll_serve_replicas(const ll_study *study)
{
    const int64_t n = study->layout.dp / ll_serve_ranks(study);
    return n > 1 ? n : 1;
}

ll_load ll_serve_load(const ll_study *study)
{
    const ll_serve_param *p = param_of(study);
    const int64_t n = p->concurrency > 0 ? PER_CLIENT * p->concurrency : AT_RATE;
    return (ll_load){.prompt = {p->prompt, p->prompt_spread},
                     .output = {p->output, p->output_spread},
                     .n_client = p->concurrency,
                     .rate_per_s = p->rate_per_s,
                     .n_request = p->n_request > 0 ? p->n_request : n,
                     .seed = (uint64_t)study->seed};
}

double ll_serve_cache_tokens(const ll_study *study, ll_arena *mem)
{
    const ll_serve_param *p = param_of(study);
    const double block = (double)study->server.block;
    const double whole = ceil((double)(p->prompt + p->output) / block) * block;
    return ll_infer_cache_room_B(study, mem) / (ll_infer_request_B(study, whole) / whole);
}

/* Groups that decode: attention ranks times stages. */
static int64_t decode_groups(const ll_study *study)
{
    const int64_t n = ll_serve_replicas(study) - param_of(study)->n_prefill;
    return n * ll_serve_ranks(study) * study->layout.pp;
}

void ll_serve_lay(ll_study *study)
{
    const ll_serve_param *p = param_of(study);
    ll_infer_lay(study, p->concurrency > 0 ? p->concurrency : 1, p->prompt + p->output);
}

ll_batch ll_serve_typical(const ll_study *study, ll_arena *mem)
{
    const ll_serve_param *p = param_of(study);
    const ll_load load = ll_serve_load(study);
    const double prompt = ll_lengths_mean(&load.prompt), output = ll_lengths_mean(&load.output);
    const double context = prompt + 0.5 * (output + 1), pp = (double)study->layout.pp;
    const double n_new = (double)(1 + p->n_draft), steps = fmax(1, (output - 1) / p->accepted);
    const double room =
        ll_serve_cache_tokens(study, mem) / ll_cache_tokens(&study->server, context);
    double n = fmin(floor(room), (double)study->server.max_batch) / pp;
    if (p->concurrency > 0) n = fmin(n, (double)p->concurrency / (double)decode_groups(study));
    n = fmax(n, 1);
    ll_batch b = {.n_decode = n, .n_new = n_new, .context = context, .n_host = n};
    if (p->n_prefill == 0) {
        b.from = floor(p->prefix_hit * prompt);
        b.to = prompt;
        b.n_prompt = fmin(n / steps, (double)study->server.max_tokens / (b.to - b.from));
    }
    b.n_logits = n * n_new + b.n_prompt;
    return b;
}
