/* Block `mtp`: what a layer of multi-token prediction has before its attention (DeepSeek-V3, arXiv
 * 2412.19437, section 2.2): the hidden state and the embedding of the next token are normalised
 * each, put side by side, and projected from twice the hidden width to it. The layer has attention
 * and a feed-forward network (or experts) behind it, and an output projection and a loss of its
 * own, whose matrix it shares with the model's.
 *
 * The projection is split over tp by columns, and its result is gathered (Megatron-LM,
 * multi_token_prediction.py: eh_proj). */
#include "sim/model/mtp.h"

static const ll_key keys[] = {
    {.name = "predict_layers",
     .kind = LL_KIND_COUNT,
     .flags = LL_KEY_DESIGN,
     .offset = offsetof(ll_mtp_param, n_predict),
     .def = "0",
     .min = 0,
     .max = 64,
     .doc =
         "multi-token prediction: additional layers after the last, each with a loss of its own"},
    {0}};

static bool legal(const void *param, const ll_split *split, ll_faults *why)
{
    (void)param;
    if (split && (int64_t)split->hidden % split->tp)
        return ll_fault_add(why, "job.tp", "model.hidden = %lld must divide by it",
                            (long long)split->hidden);
    return true;
}

static void matrices(const void *param, double hidden, int64_t tp, ll_matrices *out)
{
    (void)param;
    (void)tp;
    out->n_weight[out->n++] = 2 * hidden * hidden;
}

static ll_flop flop(const void *param, double hidden, double seq)
{
    (void)param;
    (void)seq;
    return (ll_flop){.gemm_flop = 2 * 2 * hidden * hidden};
}

/* The input of the projection, and of the second norm. */
static double kept_B(const void *param, const ll_split *split)
{
    (void)param;
    const double in_B = ll_precision_B((ll_precision)split->precision);
    return split->n_token_norm * split->hidden * (2 + 2 * in_B);
}

static void gathers_use(const ll_split *split, bool backward, ll_pass *pass)
{
    const ll_exchange gather = ll_exchange_tp_gather(split), sum = ll_exchange_tp_sum(split);
    ll_pass_use(pass, &gather, 2, LL_HIDE_NONE, 0, 0);
    if (backward)
        ll_pass_use(pass, &sum, 2, LL_HIDE_NONE, 0, 0);
    else
        ll_pass_use(pass, &gather, 2 / ll_split_gather_B(split), LL_HIDE_NONE, 0, 0);
}

static void forward(const void *param, const ll_split *split, ll_pass *pass)
{
    (void)param;
    const double n = split->n_token_norm * split->hidden;
    ll_pass_rowwise(pass, 4 * n); /* second norm */
    ll_pass_stream(pass, 8 * n);  /* side by side */
    ll_block_gemm_forward(split, split->hidden / (double)split->tp, 2 * split->hidden, 1, pass);
    gathers_use(split, false, pass);
}

static void backward(const void *param, const ll_split *split, ll_pass *pass)
{
    (void)param;
    const double n = split->n_token_norm * split->hidden;
    ll_block_gemm_backward(split, split->hidden / (double)split->tp, 2 * split->hidden, 1, pass);
    ll_pass_stream(pass, 8 * n);
    ll_pass_stream(pass, 6 * n);
    gathers_use(split, true, pass);
}

const ll_block_type ll_block_mtp = {
    .name = "mtp",
    .doc = "what multi-token prediction has before its attention",
    .keys = keys,
    .param_size = sizeof(ll_mtp_param),
    .legal = legal,
    .matrices = matrices,
    .flop = flop,
    .kept_B = kept_B,
    .forward = forward,
    .backward = backward,
    .recompute = ll_block_nothing,
    .serve = ll_block_nothing,
};
