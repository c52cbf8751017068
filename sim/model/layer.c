#include "sim/model/layer.h"

#include "sim/model/serving_pass.h"

/* Software without fused attention has dropout after each block, with a mask, and adds biases in
 * kernels of their own. */
static bool drops_out(const ll_split *split) { return !split->stack->fused_attention; }

static double norm_element(const ll_split *split) { return split->n_token_norm * split->hidden; }

void ll_layer_matrices(const ll_layers *run, double hidden, int64_t tp, ll_matrices *out)
{
    *out = (ll_matrices){0};
    for (int i = 0; i < run->n_block; i++)
        run->block[i].type->matrices(run->block[i].param, hidden, tp, out);
}

ll_weights ll_layer_weights(const ll_layers *run, double hidden, int64_t tp)
{
    ll_weights sum = {.dense = run->n_block * hidden}; /* norms */
    for (int i = 0; i < run->n_block; i++) {
        const ll_weights one = ll_block_weights(&run->block[i], hidden, tp);
        sum.dense += one.dense;
        sum.expert += one.expert;
    }
    return sum;
}

ll_weights ll_layer_laid(const ll_layers *run, double hidden, int64_t tp, const ll_experts *e)
{
    const ll_weights w = ll_layer_weights(run, hidden, tp);
    return e->ep <= 1 && (e->etp > 1 ? e->etp : 1) == tp ? (ll_weights){w.dense + w.expert, 0} : w;
}

double ll_layer_param(const ll_layers *run, double hidden, int64_t tp)
{
    const ll_weights w = ll_layer_weights(run, hidden, tp);
    return w.dense + w.expert;
}

/* A norm before a GEMM: one read, one write. FP8: the cast to both orientations is part of it; FP4
 * needs the tensor's maximum first, so the cast is a kernel of its own. */
static void norm_forward(const ll_split *split, ll_pass *pass)
{
    ll_pass_rowwise(pass, 4 * norm_element(split));
    if (ll_pass_needs_amax(pass)) ll_pass_cast(pass, norm_element(split));
}

void ll_layer_norm_backward(const ll_split *split, ll_pass *pass)
{
    ll_pass_rowwise(pass, 6 * norm_element(split));
    if (drops_out(split) || split->stack->eager) ll_pass_stream(pass, 4 * norm_element(split));
    ll_pass_stream(pass, 6 * norm_element(split));
}

void ll_layer_forward(const ll_layers *run, const ll_split *split, ll_pass *pass)
{
    for (int i = 0; i < run->n_block; i++) {
        norm_forward(split, pass);
        run->block[i].type->forward(run->block[i].param, split, pass);
        /* Residual addition: two reads, one write; with dropout, its mask. */
        ll_pass_stream(pass, (drops_out(split) ? 7 : 6) * norm_element(split));
    }
}

/* Exchanges of tokens from use `use` on overlap with the other half of the batch, whose kernels are
 * as long as those of this layer, from `kernel` on. */
static void exchanges_hide(const ll_split *split, int kernel, int use, ll_pass *pass)
{
    if (!split->experts.overlap_exchange) return;
    for (; use < pass->n_use; use++) {
        ll_use *u = &pass->use[use];
        if (!(u->exchange.axes & 1u << LL_AXIS_EP)) continue;
        u->hide = LL_HIDE_OVERLAP;
        u->first_kernel = kernel;
        u->n_kernel = pass->n_kernel - kernel;
    }
}

void ll_layer_serve(const ll_layers *run, const ll_split *split, ll_pass *pass)
{
    const int kernel = pass->n_kernel, use = pass->n_use;
    for (int i = 0; i < run->n_block; i++) {
        ll_serve_norm(split, pass);
        run->block[i].type->serve(run->block[i].param, split, pass);
    }
    exchanges_hide(split, kernel, use, pass);
}

double ll_layer_cache_B(const ll_layers *run, const ll_split *split, double seq)
{
    double sum_B = 0;
    for (int i = 0; i < run->n_block; i++) {
        const ll_block *b = &run->block[i];
        if (b->type->cache_B) sum_B += b->type->cache_B(b->param, split, seq);
    }
    return sum_B;
}

static void dropout_backward(const ll_split *split, ll_pass *pass)
{
    if (!drops_out(split)) return;
    ll_pass_stream(pass, 5 * norm_element(split));
    ll_pass_stream(pass, 2 * norm_element(split)); /* bias */
}

static void recompute(const ll_layers *run, const ll_split *split, ll_pass *pass)
{
    const ll_stack *stack = split->stack;
    if (stack->recompute == LL_RECOMPUTE_FULL) {
        ll_layer_forward(run, split, pass);
        return;
    }
    for (int i = 0; i < run->n_block; i++) {
        if (stack->modules & LL_MODULE_NORM) norm_forward(split, pass);
        run->block[i].type->recompute(run->block[i].param, split, pass);
    }
}

void ll_layer_backward(const ll_layers *run, const ll_split *split, ll_pass *pass)
{
    for (int i = run->n_block - 1; i >= 0; i--) {
        dropout_backward(split, pass);
        run->block[i].type->backward(run->block[i].param, split, pass);
        ll_layer_norm_backward(split, pass);
    }
    if (ll_stack_recomputes(split->stack)) recompute(run, split, pass);
}

double ll_layer_kept_B(const ll_layers *run, const ll_split *split)
{
    const double in_B = ll_precision_B((ll_precision)split->precision);
    const double width = split->hidden * split->n_token_norm / split->n_token;
    if (split->stack->recompute == LL_RECOMPUTE_FULL) return 2 * split->n_token * width;
    /* Input and output of each norm (the output is the operand of a GEMM), and masks of dropout. */
    const double out_B = split->stack->modules & LL_MODULE_NORM ? 0 : in_B;
    double sum = split->n_token * run->n_block *
                 (2 * width + out_B * width + (drops_out(split) ? width : 0));
    for (int i = 0; i < run->n_block; i++)
        sum += run->block[i].type->kept_B(run->block[i].param, split);
    return sum;
}
