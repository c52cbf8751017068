/* Workload `decode`: requests that have their prompts behind them get one token after another. */
#include "sim/work/infer.h"

#include <math.h>

typedef struct param {
    int64_t n_request, context, n_draft;
    double accepted;
} param;

static const ll_key keys[] = {
    {.name = "requests",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(param, n_request),
     .min = 1,
     .max = 1e9,
     .doc = "requests that decode at once, over all instances, such as 256"},
    {.name = "context",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(param, context),
     .min = 1,
     .max = 1e7,
     .doc = "tokens in the cache that each of them attends to, such as 2048"},
    {.name = "draft_tokens",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(param, n_draft),
     .def = "0",
     .min = 0,
     .max = 64,
     .doc = "drafted tokens that an iteration verifies for each request (speculative decoding)"},
    {.name = "accepted",
     .kind = LL_KIND_RATIO,
     .offset = offsetof(param, accepted),
     .def = "1",
     .min = 1,
     .max = 65,
     .doc = "tokens that a request gets from an iteration, in the mean: 1, or up to 1 + drafts"},
    {0}};

static void lay(ll_study *study)
{
    const param *p = study->workload_param;
    ll_infer_lay(study, p->n_request, p->context);
}

static ll_batch batch(const ll_study *study, ll_arena *mem)
{
    (void)mem;
    const param *p = study->workload_param;
    const double n = (double)study->layout.micro_batch, n_new = (double)(1 + p->n_draft);
    return (ll_batch){.n_decode = ll_server_padded(&study->server, n),
                      .n_new = n_new,
                      .context = (double)p->context,
                      .n_logits = n * n_new,
                      .n_host = n};
}

static bool legal(const ll_study *study, ll_faults *why)
{
    const param *p = study->workload_param;
    bool ok = ll_infer_legal(study, why);
    if (p->accepted > (double)(1 + p->n_draft))
        ok = ll_fault_add(why, "job.accepted",
                          "an iteration gives a request at most 1 + draft_tokens = %lld tokens",
                          1 + (long long)p->n_draft);
    return ok;
}

static void memory(const ll_study *study, ll_arena *mem, ll_memory *out)
{
    const param *p = study->workload_param;
    const double one_B = ll_infer_request_B(study, (double)p->context);
    const double room = ll_infer_cache_room_B(study, mem) / one_B;
    const double groups = (double)study->layout.pp;
    ll_infer_memory(study, (double)study->layout.micro_batch * groups * one_B, mem, out);
    if (out->total_B > out->capacity_B && room >= groups)
        out->advice = ll_arena_printf(
            mem,
            "at most requests = %.0f fit; or try a larger tp, pp or ep, or a narrower precision",
            floor(room / groups) * groups * (double)study->layout.dp);
}

static const ll_metric metric[] = {
    {"iteration_s", "iteration", "s", LL_KIND_TIME, "from one token of a request to its next",
     true},
    {"tpot_s", "time per output token", "s", LL_KIND_TIME, "iteration over accepted tokens", true},
    {"decoding_requests", "requests", "1", LL_KIND_COUNT, "over all instances", false},
    {"output_tokens_per_s", "tokens/s", "tokens/s", LL_KIND_COUNT, "over all chips", false},
    {"output_tokens_per_s_per_chip", "tokens/s per chip", "tokens/s", LL_KIND_RATIO, "per chip",
     true},
    {"output_tokens_per_s_per_user", "tokens/s per user", "tokens/s", LL_KIND_RATIO,
     "of one request", false},
    {"decode_energy_J_per_token", "energy per token", "J", LL_KIND_RATIO,
     "chips only, at thermal design power; 0: power is not known", false},
    {0}};

static void metrics(const ll_study *study, const ll_outcome *outcome, double *value)
{
    const param *p = study->workload_param;
    const double n = (double)study->layout.global_batch;
    const double tpot_s = outcome->iteration_s / p->accepted;
    *value++ = outcome->iteration_s;
    *value++ = tpot_s;
    *value++ = n;
    *value++ = n / tpot_s;
    *value++ = n / tpot_s / outcome->n_chip;
    *value++ = 1 / tpot_s;
    *value++ = outcome->chip_power_W / (n / tpot_s / outcome->n_chip);
}

const ll_workload_type ll_workload_decode = {
    .name = "decode",
    .doc = "inference: requests in the middle of their answers get a token each",
    .keys = keys,
    .param_size = sizeof(param),
    .lay = lay,
    .batch = batch,
    .legal = legal,
    .memory = memory,
    .work_flop = ll_infer_work_flop,
    .collectives = ll_infer_collectives,
    .shape_size = sizeof(ll_batch),
    .build = ll_infer_build,
    .clock = ll_workload_one_iteration,
    .ladder = ll_infer_ladder,
    .metric = metric,
    .headline = "output_tokens_per_s_per_chip",
    .load = "requests",
    .per_user = "output_tokens_per_s_per_user",
    .metrics = metrics,
    .remark = ll_workload_no_remark,
};
