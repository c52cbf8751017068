/* Workload `train`: one training step after another. A step begins with the weights still sharded
 * (zero >= 1); they are gathered chunk by chunk, and a chunk's first forward pass waits for them
 * layer by layer. A step ends when the slowest stage has reduced its gradients and updated its
 * weights. */
#include "sim/work/memory.h"
#include "sim/work/train_graph.h"

static const ll_key keys[] = {{0}};

static const ll_cause ladder[] = {
    {"jitter", "waiting",
     "stragglers: chips and tasks are not equally fast, and all wait for the slowest",
     LL_IDEAL_JITTER},
    LL_CAUSES_OF_TRANSFERS,
    {"bubble", "pipeline", "pipeline bubble: stages idle while the pipeline fills and drains",
     LL_IDEAL_WAITING},
    {"imbalance", "pipeline", "pipeline stages have unequal work", LL_IDEAL_IMBALANCE},
    {"optimizer", "chip", "the optimizer updates the weights", LL_IDEAL_OPTIMIZER},
    {"recompute", "chip", "activations are recomputed in the backward pass", LL_IDEAL_RECOMPUTE},
    {"router", "chip", "scores of experts and top-k", LL_IDEAL_ROUTER},
    {"permute", "chip", "tokens are copied to the order of experts and back", LL_IDEAL_PERMUTE},
    {"casts", "chip", "values and weights are cast to FP8 or FP4", LL_IDEAL_CASTS},
    {"tiles", "chip", "rows of each expert are rounded up to tiles of the kernel", LL_IDEAL_TILES},
    {"launch", "chip", "gaps between kernels", LL_IDEAL_LAUNCH},
    {"memory", "chip", "kernels bound by memory bandwidth: norms, activations, casts, thin GEMMs",
     LL_IDEAL_MEMORY},
    {"kernels", "chip", "GEMMs and attention run below the peak of the precision", LL_IDEAL_PEAK},
    {0}};

static bool legal(const ll_study *study, ll_faults *why)
{
    (void)study;
    (void)why;
    return true; /* any legal layout can be trained */
}

static void memory(const ll_study *study, ll_arena *mem, ll_memory *out)
{
    ll_train_memory(&study->cluster.chip, &study->model, &study->layout, &study->stack, mem, out);
}

static double work_flop(const ll_study *study)
{
    return (double)study->layout.global_batch *
           ll_model_flop_per_sequence(&study->model, (double)study->layout.seq);
}

static ll_status build(const ll_study *study, const void *shape, unsigned removes, ll_arena *mem,
                       ll_graph *out, ll_error *err)
{
    (void)shape; /* all steps are alike */
    return ll_train_graph(study, removes, mem, out, err);
}

static const ll_metric metric[] = {
    {"step_s", "step time", "s", LL_KIND_TIME, "from the start of a step to the start of the next",
     true},
    {"tokens_per_step", "tokens per step", "tokens", LL_KIND_COUNT, "over all chips", false},
    {"tokens_per_s", "tokens/s", "tokens/s", LL_KIND_COUNT, "over all chips", false},
    {"tokens_per_s_per_chip", "tokens/s per chip", "tokens/s", LL_KIND_COUNT, "per chip", true},
    {"model_flop_per_step", "model FLOP per step", "FLOP", LL_KIND_RATIO,
     "FLOP that count as work: see conventions", false},
    {"energy_J_per_token", "energy per token", "J", LL_KIND_RATIO,
     "chips only, at thermal design power; 0: power is not known", false},
    {0}};

static void metrics(const ll_study *study, const ll_outcome *outcome, double *value)
{
    const double tokens = (double)study->layout.global_batch * (double)study->layout.seq;
    *value++ = outcome->iteration_s;
    *value++ = tokens;
    *value++ = tokens / outcome->iteration_s;
    *value++ = tokens / outcome->iteration_s / outcome->n_chip;
    *value++ = work_flop(study);
    *value++ = outcome->chip_power_W / (tokens / outcome->iteration_s / outcome->n_chip);
}

const ll_workload_type ll_workload_train = {
    .name = "train",
    .doc = "training: a step is forward, backward, gradient reduction and optimizer",
    .keys = keys,
    .param_size = 0,
    .legal = legal,
    .memory = memory,
    .work_flop = work_flop,
    .shape_size = 0,
    .collectives = ll_train_collectives,
    .build = build,
    .clock = ll_workload_one_iteration,
    .ladder = ladder,
    .metric = metric,
    .headline = "tokens_per_s_per_chip",
    .metrics = metrics,
    .remark = ll_workload_no_remark,
};
