#include "sim/work/stack.h"

#include "sim/base/words.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const recompute_names[] = {"none", "selective", "full", NULL};
static const char *const grad_names[] = {"fp32", "bf16", NULL};

#define SWITCH(name_, field, def_, doc_)                                                           \
    {                                                                                              \
        .name = (name_), .kind = LL_KIND_BOOL, .offset = offsetof(ll_stack, field), .def = (def_), \
        .doc = (doc_)                                                                              \
    }

const ll_key ll_stack_keys[] = {
    {.name = "zero",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(ll_stack, zero),
     .def = "1",
     .min = 0,
     .max = 3,
     .doc =
         "ZeRO stage: 1 shards the optimizer over the replicas, 2 also gradients, 3 also weights"},
    {.name = "recompute",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_stack, recompute),
     .def = "none",
     .choices = recompute_names,
     .doc = "activation recomputation in the backward pass; selective: of the attention core only"},
    {.name = "recompute_modules",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_stack, recompute_modules),
     .def = "",
     .doc = "in place of recompute: modules of a layer that the backward pass recomputes, such as "
            "\"mla_up_proj mlp\": core_attn, mla_up_proj, layernorm, mlp, moe_act, moe, "
            "shared_experts"},
    {.name = "grad_precision",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_stack, grad_precision),
     .def = "fp32",
     .choices = grad_names,
     .doc = "precision in which gradients are accumulated and reduced"},
    SWITCH("sequence_parallel", sequence_parallel, "true",
           "sequence parallelism: norms and residuals are split over the tp chips too"),
    SWITCH("overlap_grad_reduce", overlap_grad_reduce, "true",
           "overlap the reduction of gradients with the backward pass"),
    SWITCH("overlap_param_gather", overlap_param_gather, "true",
           "overlap the all-gather of weights with the forward pass"),
    SWITCH(
        "backward_prefetch", backward_prefetch, "true",
        "zero = 3: gather a layer's weights while the layer before computes gradients, not after "
        "it"),
    SWITCH("overlap_pp", overlap_pp, "true",
           "overlap pipeline sends with the next pass; false: stages block, and interleaved stages "
           "advance in lock-step"),
    SWITCH("fused_attention", fused_attention, "true",
           "fused attention such as FlashAttention: scores are not written to memory"),
    SWITCH("grad_fusion", grad_fusion, "true",
           "GEMMs of weight gradients accumulate into the gradient buffer; false: a kernel of its "
           "own does"),
    SWITCH(
        "grad_widen", grad_widen, "false",
        "without grad_fusion: one kernel casts gradients to 32 bits, another one accumulates them"),
    SWITCH("grad_whole", grad_whole, "false",
           "zero = 1: replicas all-reduce the whole gradients instead of reduce-scattering them"),
    SWITCH(
        "overlap_tp", overlap_tp, "false",
        "overlap tp transfers with the GEMMs before or after them, chunk by chunk (userbuffers)"),
    SWITCH(
        "overlap_tp_grad", overlap_tp_grad, "true",
        "overlap the tp reduce-scatters of the backward pass with the GEMMs of weight gradients"),
    SWITCH("scatter_gather", scatter_gather, "true",
           "without sequence_parallel: each tp chip sends a part to the next stage, which "
           "all-gathers"),
    SWITCH(
        "shared_scales", shared_scales, "false",
        "FP8 with delayed scaling: all-reduce of amax over the chips of a stage after each pass"),
    SWITCH("narrow_params", narrow_params, "false",
           "FP8: replicas all-gather weights in FP8, not in 16 bits"),
    SWITCH("narrow_outputs", narrow_outputs, "false",
           "FP8 with overlap_tp: the tp reduce-scatters of the forward pass carry FP8 values"),
    SWITCH("eager", eager, "false",
           "plain PyTorch: gradients of biases, norms and split QKV are kernels of their own"),
    SWITCH("gather_lists", gather_lists, "false",
           "zero = 3: gather each matrix by itself into a list of tensors, synchronously "
           "(DeepSpeed of 2021)"),
    {0}};

static const char *const module_names[LL_N_MODULE] = {
    "core_attn", "mla_up_proj", "layernorm", "mlp", "moe_act", "moe", "shared_experts"};

bool ll_stack_parse(ll_stack *stack, ll_faults *why)
{
    static const ll_words words = {LL_N_MODULE, module_names, NULL};
    bool ok = true;
    stack->modules = 0;
    for (const char *s = stack->recompute_modules; *(s += strspn(s, " ,+"));) {
        char word[64], hint[256];
        const size_t n = strcspn(s, " ,+");
        snprintf(word, sizeof word, "%.*s", (int)n, s);
        const int found = ll_words_find(&words, word);
        if (found < 0)
            ok = ll_fault_add(why, "job.recompute_modules", "no module '%s'; %s", word,
                              ll_words_hint(&words, word, hint, sizeof hint));
        else
            stack->modules |= 1u << found;
        s += n;
    }
    if (stack->modules && stack->recompute != LL_RECOMPUTE_NONE)
        ok = ll_fault_add(why, "job.recompute_modules",
                          "stands in place of recompute; write recompute = \"none\"");
    return ok;
}

bool ll_stack_modules_legal(const ll_stack *stack, unsigned has, ll_faults *why)
{
    for (int i = 0; i < LL_N_MODULE; i++)
        if (stack->modules >> i & 1 && !(has >> i & 1))
            return ll_fault_add(why, "job.recompute_modules",
                                "the model has no module '%s'; leave it out", module_names[i]);
    return true;
}

bool ll_stack_legal(const ll_stack *stack, int precision, ll_faults *why)
{
    const bool fp8 = precision == LL_PRECISION_FP8;
    const struct {
        const char *path;
        bool wrong;
        const char *needs;
    } checks[] = {
        {"job.shared_scales", stack->shared_scales && !fp8, "precision = \"fp8\""},
        {"job.narrow_params", stack->narrow_params && !fp8, "precision = \"fp8\""},
        {"job.narrow_outputs", stack->narrow_outputs && (!fp8 || !stack->overlap_tp),
         "precision = \"fp8\" and overlap_tp = true"},
        {"job.grad_widen", stack->grad_widen && (stack->grad_fusion || ll_stack_grad_B(stack) < 4),
         "grad_fusion = false and grad_precision = \"fp32\""},
        {"job.grad_whole", stack->grad_whole && stack->zero != 1, "zero = 1"},
        {"job.gather_lists", stack->gather_lists && stack->zero != 3, "zero = 3"},
    };
    bool ok = true;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (checks[i].wrong)
            ok = ll_fault_add(why, checks[i].path, "needs %s; write false, or leave it out",
                              checks[i].needs);
    if (!stack->backward_prefetch && stack->zero != 3)
        ok = ll_fault_add(why, "job.backward_prefetch",
                          "needs zero = 3; write true, or leave it out");
    return ok;
}
