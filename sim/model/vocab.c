/* Blocks `embedding` and `output`: the first and the last block of a model, in 16 bits, with the
 * vocabulary split over tp.
 *
 * Loss: cross entropy over a split vocabulary in 32 bits, as in Megatron-LM. Bytes read and written
 * per logit, fused: cast to 32 bits 6, exponential less the maximum 8, division by the sum 8;
 * backward 6. Not fused, each operation is a kernel: maximum 4, subtraction 8, exponential 8, sum
 * 4, division 8; backward multiplication 8, cast to 16 bits 6. */
#include "sim/model/vocab.h"
#include "sim/model/layer.h"
#include "sim/model/serving_pass.h"

static const ll_key keys[] = {{.name = "vocab",
                               .kind = LL_KIND_COUNT,
                               .flags = LL_KEY_DESIGN,
                               .offset = offsetof(ll_vocab_param, vocab),
                               .min = 1,
                               .max = 1e9,
                               .doc = "vocabulary"},
                              {.name = "tied",
                               .kind = LL_KIND_BOOL,
                               .flags = LL_KEY_DESIGN,
                               .offset = offsetof(ll_vocab_param, tied),
                               .def = "false",
                               .doc = "embedding and output projection share their weights"},
                              {0}};

static bool legal(const void *param, const ll_split *split, ll_faults *why)
{
    (void)param;
    (void)split;
    (void)why;
    return true;
}

static void matrices(const void *param, double hidden, int64_t tp, ll_matrices *out)
{
    (void)tp;
    const ll_vocab_param *v = param;
    out->n_weight[out->n++] = (double)v->vocab * hidden;
}

static ll_flop flop_none(const void *param, double hidden, double seq)
{
    (void)param;
    (void)hidden;
    (void)seq;
    return (ll_flop){0};
}

static ll_flop flop_output(const void *param, double hidden, double seq)
{
    (void)seq;
    const ll_vocab_param *v = param;
    return (ll_flop){.gemm_flop = 2 * ((double)v->vocab * hidden)};
}

static double kept_none(const void *param, const ll_split *split)
{
    (void)param;
    (void)split;
    return 0;
}

/* Logits in 16 and in 32 bits. */
static double kept_logits_B(const void *param, const ll_split *split)
{
    const ll_vocab_param *v = param;
    return (2 + 4) * split->n_token * (double)v->vocab / (double)split->tp;
}

/* The tp gather of activations at the embedding and the output projection is in 16 bits. */
static void use_gather(const ll_split *split, ll_pass *pass)
{
    const ll_exchange gather = ll_exchange_tp_gather(split);
    ll_pass_use(pass, &gather, 2 / ll_split_gather_B(split), LL_HIDE_NONE, 0, 0);
}

static void use_sum(const ll_split *split, ll_pass *pass)
{
    const ll_exchange sum = ll_exchange_tp_sum(split);
    ll_pass_use(pass, &sum, 1, LL_HIDE_NONE, 0, 0);
}

/* Look-up: one read and one write per token. With a split vocabulary most rows are zero, and the
 * result is reduced over tp. */
static void embedding_forward(const void *param, const ll_split *split, ll_pass *pass)
{
    (void)param;
    ll_pass_stream(pass, 4 * split->n_token * split->hidden);
    if (!split->stack->fused_attention) {
        ll_pass_stream(pass, 6 * split->n_token * split->hidden); /* learned positions are added */
        ll_pass_stream(pass, 5 * split->n_token_norm * split->hidden); /* dropout */
    }
    use_sum(split, pass);
}

/* The gradient is a whole matrix in 16 bits: it is cleared, rows are added to it, and it is
 * accumulated. */
static void embedding_backward(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_vocab_param *v = param;
    const double n_weight = (double)v->vocab * split->hidden / (double)split->tp;
    if (!split->stack->fused_attention)
        ll_pass_stream(pass, 5 * split->n_token_norm * split->hidden);
    ll_pass_stream(pass, 2 * n_weight);
    ll_pass_stream(pass, 6 * split->n_token * split->hidden);
    if (split->stack->zero < 2)
        ll_pass_stream(pass, (2 + 2 * ll_stack_grad_B(split->stack)) * n_weight);
    use_gather(split, pass);
}

static void output_forward(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_vocab_param *v = param;
    const double vocab = (double)v->vocab / (double)split->tp;
    const bool old = !split->stack->fused_attention;
    ll_pass_rowwise(pass, 4 * split->n_token_norm * split->hidden); /* the final norm */
    ll_block_gemm_forward(split, vocab, split->hidden, 1, pass);
    ll_pass_stream(pass, (old ? 6 + 4 + 8 + 8 + 4 + 8 : 6 + 8 + 8) * split->n_token * vocab);
    use_gather(split, pass);
}

static void output_backward(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_vocab_param *v = param;
    const double vocab = (double)v->vocab / (double)split->tp;
    const bool old = !split->stack->fused_attention;
    ll_pass_stream(pass, (old ? 8 + 6 : 6) * split->n_token * vocab);
    ll_block_gemm_backward(split, vocab, split->hidden, 1, pass);
    ll_layer_norm_backward(split, pass);
    use_sum(split, pass);
}

/* Engines split the vocabulary too: rows of other chips are zero, and the result is summed. */
static void embedding_serve(const void *param, const ll_split *split, ll_pass *pass)
{
    (void)param;
    ll_serve_small(pass, 4 * split->n_token * split->hidden);
    ll_serve_sum(split, split->n_token, pass);
}

/* Rows that are sampled from alone. The sampler reads the logits in 32 bits. */
static void output_serve(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_vocab_param *v = param;
    const double rows = split->batch->n_logits, vocab = (double)v->vocab;
    const ll_exchange gather = {.name = "tp logits",
                                .collective = LL_ALL_GATHER,
                                .axes = 1u << LL_AXIS_TP,
                                .size_B = split->tp > 1 ? 2 * rows * vocab : 0};
    ll_serve_small(pass, 4 * rows * split->hidden); /* the final norm */
    ll_serve_gemm(split, rows, vocab / (double)split->tp, split->hidden, pass);
    ll_serve_small(pass, (2 + 4 + 4) * rows * vocab);
    ll_pass_use(pass, &gather, 1, LL_HIDE_NONE, 0, 0);
}

const ll_block_type ll_block_embedding = {
    .name = "embedding",
    .doc = "look-up of tokens",
    .keys = keys,
    .param_size = sizeof(ll_vocab_param),
    .legal = legal,
    .matrices = matrices,
    .flop = flop_none,
    .kept_B = kept_none,
    .forward = embedding_forward,
    .backward = embedding_backward,
    .recompute = ll_block_nothing,
    .serve = embedding_serve,
};

const ll_block_type ll_block_output = {
    .name = "output",
    .doc = "output projection and loss",
    .keys = keys,
    .param_size = sizeof(ll_vocab_param),
    .legal = legal,
    .matrices = matrices,
    .flop = flop_output,
    .kept_B = kept_logits_B,
    .forward = output_forward,
    .backward = output_backward,
    .recompute = ll_block_nothing,
    .serve = output_serve,
};
