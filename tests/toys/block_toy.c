/* A block in one file, for the tests: a convolution along the sequence, as one GEMM of each token's
 * last `width` tokens. Blocks are added like this: a table here, one line in LL_BLOCKS of
 * sim/model/block.h (here: none), and one line in the samples of tests/contract/block.c, which is
 * its test.
 *
 * With tensor parallelism each chip has a part of the channels of the input, and the products are
 * added up. */
#include "tests/toys/block_toy.h"

static const ll_key keys[] = {{.name = "width",
                               .kind = LL_KIND_COUNT,
                               .flags = LL_KEY_FACT,
                               .offset = offsetof(ll_toy_param, width),
                               .def = "3",
                               .min = 1,
                               .max = 64,
                               .doc = "tokens that are mixed"},
                              {0}};

static bool legal(const void *param, const ll_split *split, ll_faults *why)
{
    (void)param;
    bool ok = true;
    if (!split) return true;
    if ((int64_t)split->hidden % split->tp)
        ok = ll_fault_add(why, "job.tp", "model.hidden = %lld must divide by it",
                          (long long)split->hidden);
    if (split->cp > 1)
        ok = ll_fault_add(why, "job.cp", "a convolution's sequence stays whole: write 1");
    return ok;
}

static double width(const void *param) { return (double)((const ll_toy_param *)param)->width; }

static void matrices(const void *param, double hidden, int64_t tp, ll_matrices *out)
{
    (void)tp;
    out->n_weight[out->n++] = width(param) * hidden * hidden;
}

static ll_flop flop(const void *param, double hidden, double seq)
{
    (void)seq;
    return (ll_flop){.gemm_flop = 2 * width(param) * hidden * hidden};
}

/* Its input is that of the GEMM, which the layer keeps. */
static double kept_B(const void *param, const ll_split *split)
{
    (void)param;
    (void)split;
    return 0;
}

static double channels(const void *param, const ll_split *split)
{
    return width(param) * split->hidden / (double)split->tp;
}

static void forward(const void *param, const ll_split *split, ll_pass *pass)
{
    const int gemm = ll_block_gemm_forward(split, split->hidden, channels(param, split),
                                           ll_split_ring_parts(split), pass);
    ll_block_tp_forward(split, gemm, gemm, pass);
}

static void backward(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_gradients g = ll_block_gemm_backward(split, split->hidden, channels(param, split),
                                                  ll_split_ring_parts(split), pass);
    ll_block_tp_backward(split, &g, &g, pass);
}

const ll_block_type ll_block_toy = {
    .name = "toy",
    .doc = "convolution along the sequence",
    .keys = keys,
    .param_size = sizeof(ll_toy_param),
    .legal = legal,
    .matrices = matrices,
    .flop = flop,
    .kept_B = kept_B,
    .forward = forward,
    .backward = backward,
    .recompute = ll_block_nothing,
    .serve = ll_block_nothing,
};
