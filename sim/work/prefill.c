/* Workload `prefill`: prompts are read, and the first token of each answer is sampled. */
#include "sim/work/infer.h"

typedef struct param {
    int64_t prompt, n_prompt, cached;
} param;

static const ll_key keys[] = {
    {.name = "prompt",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(param, prompt),
     .min = 1,
     .max = 1e7,
     .doc = "tokens of a prompt, such as 4096"},
    {.name = "prompts",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(param, n_prompt),
     .def = "0",
     .min = 0,
     .max = 1e9,
     .doc =
         "prompts of an iteration, over all instances; 0: one for each attention rank and stage"},
    {.name = "cached",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(param, cached),
     .def = "0",
     .min = 0,
     .max = 1e7,
     .doc = "tokens of each prompt that are found in the cache of prefixes"},
    {0}};

static void lay(ll_study *study)
{
    const param *p = study->workload_param;
    ll_infer_lay(study, p->n_prompt > 0 ? p->n_prompt : 1, p->prompt);
}

static ll_batch batch(const ll_study *study, ll_arena *mem)
{
    (void)mem;
    const param *p = study->workload_param;
    const double n = (double)study->layout.micro_batch;
    return (ll_batch){.n_prompt = n,
                      .from = (double)p->cached,
                      .to = (double)p->prompt,
                      .n_logits = n,
                      .n_host = n};
}

static bool legal(const ll_study *study, ll_faults *why)
{
    const param *p = study->workload_param;
    bool ok = ll_infer_legal(study, why);
    if (p->cached >= p->prompt)
        ok = ll_fault_add(why, "job.cached", "must be less than prompt = %lld",
                          (long long)p->prompt);
    return ok;
}

static void memory(const ll_study *study, ll_arena *mem, ll_memory *out)
{
    const param *p = study->workload_param;
    const double n = (double)(study->layout.micro_batch * study->layout.pp);
    ll_infer_memory(study, n * ll_infer_request_B(study, (double)p->prompt), mem, out);
}

static const ll_metric metric[] = {
    {"prefill_s", "prefill", "s", LL_KIND_TIME, "time from the start of an iteration to its end",
     true},
    {"prompts_per_iteration", "prompts", "1", LL_KIND_COUNT, "over all instances", false},
    {"prompt_tokens_per_s", "prompt tokens/s", "tokens/s", LL_KIND_COUNT,
     "whole prompts, with what is cached, over all chips", false},
    {"prompt_tokens_per_s_per_chip", "tokens/s per chip", "tokens/s", LL_KIND_RATIO, "per chip",
     true},
    {"prefill_energy_J_per_token", "energy per token", "J", LL_KIND_RATIO,
     "chips only, at thermal design power; 0: power is not known", false},
    {0}};

static void metrics(const ll_study *study, const ll_outcome *outcome, double *value)
{
    const param *p = study->workload_param;
    const double n = (double)study->layout.global_batch;
    const double rate = n * (double)p->prompt / outcome->iteration_s;
    *value++ = outcome->iteration_s;
    *value++ = n;
    *value++ = rate;
    *value++ = rate / outcome->n_chip;
    *value++ = outcome->chip_power_W / (rate / outcome->n_chip);
}

const ll_workload_type ll_workload_prefill = {
    .name = "prefill",
    .doc = "inference: prompts are read, and the first token of each answer is sampled",
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
    .headline = "prompt_tokens_per_s_per_chip",
    .metrics = metrics,
    .remark = ll_workload_no_remark,
};
