#include "sim/work/memory.h"

#include "sim/work/held.h"
#include "sim/work/stack.h"
#include "sim/work/zero_lists.h"

#include <math.h>

static void add(ll_memory *m, const char *name, double size_B)
{
    LL_ASSERT(m->n < LL_MAX_MEMORY_PART, "%d parts", m->n);
    m->part[m->n++] = (ll_memory_part){name, size_B};
    m->total_B += size_B;
}

/* One stage of a pipeline. */
typedef struct stage {
    const ll_model *model;
    const ll_layout *layout;
    const ll_stack *stack;
    ll_split split;
    ll_pipe pipe;
    int64_t id, n_held;
    ll_weights n_param; /* on one chip */
    double kept_B;      /* activations of one micro-batch in all chunks */
    double largest_B;   /* activations of its largest layer, without recomputation */
    ll_held *set;       /* [n_held], of its chunks */
    ll_arena *mem;
    int n_vocab;          /* vocabulary matrices */
    const ll_layers *run; /* its layers with the most weights */
} stage;

static bool splits(const stage *s) { return ll_layout_schedule(s->layout)->splits_backward; }

/* What the weight gradients of a layer need, or of the output projection (run NULL), if they come
 * later. */
static double weight_B(const stage *s, const ll_layers *run)
{
    if (!splits(s)) return 0;
    const ll_arena_mark mark = ll_arena_here(s->mem);
    const ll_block *output = &s->model->output;
    ll_pass pass = ll_pass_begin(run ? s->layout->precision : LL_PRECISION_BF16, s->mem);
    if (run)
        ll_layer_backward(run, &s->split, &pass);
    else
        output->type->backward(output->param, &s->split, &pass);
    const double sum_B = ll_held_weight_B(&pass);
    ll_arena_release(s->mem, mark);
    return sum_B;
}

static void chunk_add(stage *s, int64_t v, ll_held *set)
{
    const double hidden = (double)s->model->hidden;
    const ll_chunk_layers layers = ll_chunk_deal(s->model, s->layout, v);
    const ll_stack whole = ll_stack_lean(s->stack);
    ll_split again = s->split;
    again.stack = &whole;
    const ll_weights own = ll_chunk_weights(s->model, s->layout, v);
    s->n_param.dense += own.dense;
    s->n_param.expert += own.expert;
    s->n_vocab += ll_chunk_n_vocab(s->model, s->layout, v, &layers);
    for (int r = 0; r < s->model->n_run; r++) {
        const ll_layers *run = &s->model->run[r];
        if (layers.of_run[r] == 0) continue;
        s->kept_B += (double)layers.of_run[r] * ll_layer_kept_B(run, &s->split);
        set->whole_B += (double)layers.of_run[r] * ll_layer_kept_B(run, &s->split);
        set->weight_B += (double)layers.of_run[r] * weight_B(s, run);
        s->largest_B = fmax(s->largest_B, ll_layer_kept_B(run, &again));
        if (!s->run || ll_layer_param(run, hidden, s->layout->tp) >
                           ll_layer_param(s->run, hidden, s->layout->tp))
            s->run = run;
    }
    if (ll_chunk_has_loss(s->layout, v)) set->weight_B += weight_B(s, NULL);
}

static bool holds_loss(const stage *s)
{
    const ll_schedule_type *schedule = ll_layout_schedule(s->layout);
    for (int64_t k = 0; k < s->n_held; k++)
        if (ll_chunk_has_loss(s->layout, schedule->chunk(&s->pipe, s->id, k))) return true;
    return false;
}

static double activations_B(const stage *s)
{
    const ll_schedule_type *schedule = ll_layout_schedule(s->layout);
    double sum_B = (double)schedule->in_flight(&s->pipe, s->id) * s->kept_B / (double)s->n_held;
    if (splits(s) || s->layout->plan)
        sum_B = ll_held_most_B(schedule, &s->pipe, s->id, s->set, s->mem);
    /* the layer that is being recomputed */
    if (s->stack->recompute == LL_RECOMPUTE_FULL) sum_B += s->largest_B;
    return sum_B;
}

/* Bytes for the weights of a stage on one chip, each_B for one; sharded: a chip has its share. */
static double held_B(const stage *s, double each_B, bool sharded)
{
    const ll_weights *w = &s->n_param;
    const double dense = sharded ? s->split.n_replica : 1;
    const double expert = sharded ? s->split.n_expert_replica : 1;
    return each_B * w->dense / dense + each_B * w->expert / expert;
}

static void stage_memory(stage *s, const ll_chip *chip, ll_memory *out)
{
    const ll_schedule_type *schedule = ll_layout_schedule(s->layout);
    const double grad_B = ll_stack_grad_B(s->stack);
    for (int64_t k = 0; k < s->n_held; k++)
        chunk_add(s, schedule->chunk(&s->pipe, s->id, k), &s->set[k]);
    double whole = 0;
    if (s->stack->zero >= 3 && s->run)
        whole =
            ll_zero_whole_param(s->run, &s->split, s->n_vocab, ll_model_embedding_param(s->model)) /
                (double)s->layout->tp +
            2 * ll_layer_laid(s->run, s->split.hidden, s->layout->tp, &s->split.experts).expert /
                (double)(s->split.experts.ep * s->split.experts.etp);
    const double param_B = ll_stack_param_B(s->stack, s->layout->precision);
    *out = (ll_memory){.capacity_B = chip->memory_B, .lane = s->id};
    add(out, "weights", held_B(s, 2, s->stack->zero >= 3) + param_B * whole);
    add(out, "gradients", held_B(s, grad_B, s->stack->zero >= 2) + grad_B * whole);
    add(out, "optimizer", held_B(s, 12, s->stack->zero >= 1));
    add(out, "activations", activations_B(s));
    add(out, "logits",
        holds_loss(s) ? (double)(1 + s->model->n_predict) *
                            s->model->output.type->kept_B(s->model->output.param, &s->split)
                      : 0);
    add(out, "reserved", chip->memory_reserved_B);
}

/* The same for a mixture of experts: weights fall with ep, and what its layers keep with what the
 * backward pass repeats of them. */
static const char *experts_advice(const ll_layout *layout, const ll_stack *stack)
{
    const int64_t n_stage = layout->tp * layout->cp * layout->dp;
    const bool repeats = stack->recompute == LL_RECOMPUTE_FULL || stack->modules & LL_MODULE_MOE;
    if (layout->experts.ep * layout->experts.etp < n_stage)
        return repeats ? "try a larger ep or pp, or grad_precision = \"bf16\""
                       : "try a larger ep or pp, recompute = \"full\", or in place of recompute "
                         "recompute_modules = \"moe\"";
    return repeats ? "try a larger pp, or grad_precision = \"bf16\""
                   : "try a larger pp, recompute = \"full\", or in place of recompute "
                     "recompute_modules = \"moe\"";
}

/* What to change in the job so that it needs less memory. */
static const char *advice(const ll_model *model, const ll_layout *layout, const ll_stack *stack)
{
    if (stack->zero == 0) return "shard the optimizer (zero = 1)";
    if (layout->micro_batch > 1)
        return "try a smaller micro_batch, a larger tp or pp, or recompute = \"full\"";
    if (ll_model_has_experts(model)) return experts_advice(layout, stack);
    if (stack->recompute != LL_RECOMPUTE_FULL)
        return "try a larger tp, pp or cp, a higher zero, or recompute = \"full\"";
    return "try a larger tp, pp or cp, a higher zero, or grad_precision = \"bf16\"";
}

void ll_train_memory(const ll_chip *chip, const ll_model *model, const ll_layout *layout,
                     const ll_stack *stack, ll_arena *mem, ll_memory *out)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    const ll_pipe pipe = ll_layout_pipe(layout);
    const int64_t n_held = ll_layout_schedule(layout)->n_held(&pipe);
    *out = (ll_memory){0};
    for (int64_t p = 0; p < layout->pp; p++) {
        stage s = {.model = model,
                   .layout = layout,
                   .stack = stack,
                   .split = ll_layout_split(layout, stack, model),
                   .pipe = pipe,
                   .id = p,
                   .n_held = n_held,
                   .set = ll_arena_array(mem, n_held, ll_held),
                   .mem = mem};
        ll_memory one;
        stage_memory(&s, chip, &one);
        if (one.total_B > out->total_B) *out = one;
    }
    out->advice = advice(model, layout, stack);
    ll_arena_release(mem, mark);
}
