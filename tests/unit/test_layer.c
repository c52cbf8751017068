/* Kernels of a layer: with an unlimited memory and no launches, time is FLOP over peak, and the
 * FLOP of all chips together are those of the model. */
#include "sim/model/model.h"
#include "sim/model/optimizer.h"
#include "sim/work/layout.h"
#include "tests/support/check.h"

static ll_arena *mem;

/* A chip whose peak is 1e12 in every precision, that reaches it, with free memory. */
static ll_chip pure_chip(void)
{
    ll_chip c = {.name = "pure", .attention_frac = 1, .attention_backward_frac = 1};
    for (int p = 0; p < LL_N_PRECISION; p++) {
        c.peak_flop_per_s[p] = 1e12;
        c.gemm_frac[p] = 1;
    }
    c.memory_Bps = 1e30;
    c.memory_frac = c.stream_frac = c.gemm_sustained = 1;
    return c;
}

/* A model of one run of layers, with what its blocks borrow. */
typedef struct dense {
    ll_attention_param attention;
    ll_ffn_param ffn;
    ll_vocab_param vocab;
} dense;

static dense small_model(void)
{
    return (dense){.attention = {.n_head = 8, .n_kv_head = 4, .head_dim = 128, .rotary = true},
                   .ffn = {.ffn = 4096, .gated = true},
                   .vocab = {.vocab = 32000}};
}

static ll_model model_of(const dense *d)
{
    return ll_model_dense("small", 4, 1024, &d->attention, &d->ffn, &d->vocab);
}

typedef struct job {
    ll_layout layout;
    ll_stack stack;
} job;

static job small_job(int64_t tp, int64_t cp)
{
    return (job){
        .layout = {.schedule = &ll_schedule_one_f_one_b,
                   .seq = 2048,
                   .global_batch = 8,
                   .micro_batch = 2,
                   .precision = LL_PRECISION_BF16,
                   .tp = tp,
                   .cp = cp,
                   .pp = 1,
                   .dp = 1,
                   .interleave = 1},
        .stack = {.sequence_parallel = true, .fused_attention = true, .grad_fusion = true}};
}

/* GEMMs by weights: query, key and value; the output projection of attention; into the feed-forward
 * network (with its gate), and out of it. */
enum { QKV, PROJ, UP, DOWN, N_GEMM };

/* Of such a GEMM: forward; backward for the gradient of its input and of its weights. */
typedef struct gemm_time {
    double forward_s, input_s, weight_s;
} gemm_time;

typedef struct part_time {
    ll_compute forward, backward;
    gemm_time gemm[N_GEMM]; /* of a layer; zero for the output projection */
} part_time;

/* Cost of a pass; its GEMMs by weights in order. Returns how many there are. */
static int pass_cost(const ll_chip *chip, const ll_pass *pass, ll_compute *out, double *gemm_s)
{
    double *each_s = ll_arena_array(mem, pass->n_kernel, double);
    int n = 0;
    *out = ll_kernel_list_cost(chip, pass->n_kernel, pass->kernel, each_s);
    for (int i = 0; i < pass->n_kernel; i++) {
        if (pass->kernel[i].share != LL_SHARE_GEMM) continue;
        if (n < 2 * N_GEMM) gemm_s[n] = each_s[i];
        n++;
    }
    return n;
}

/* One layer and one micro-batch on one chip. Backward, GEMMs come in reverse order, input before
 * weights. */
static void layer_cost(const ll_chip *chip, const dense *d, const job *j, part_time *out)
{
    const ll_model model = model_of(d);
    const ll_split split = ll_layout_split(&j->layout, &j->stack, &model);
    ll_pass forward = ll_pass_begin(split.precision, mem), backward = forward;
    double forward_s[2 * N_GEMM], backward_s[2 * N_GEMM];
    ll_layer_forward(&model.run[0], &split, &forward);
    ll_layer_backward(&model.run[0], &split, &backward);
    const int n_forward = pass_cost(chip, &forward, &out->forward, forward_s);
    const int n_backward = pass_cost(chip, &backward, &out->backward, backward_s);
    const int again = j->stack.recompute == LL_RECOMPUTE_FULL ? N_GEMM : 0;
    CHECK(n_forward == N_GEMM && n_backward == 2 * N_GEMM + again, "%d, %d", n_forward, n_backward);
    for (int i = 0; i < N_GEMM; i++)
        out->gemm[i] = (gemm_time){forward_s[i], backward_s[2 * (N_GEMM - 1 - i)],
                                   backward_s[2 * (N_GEMM - 1 - i) + 1]};
}

/* The output projection with the loss, in 16 bits. */
static void output_cost(const ll_chip *chip, const dense *d, const job *j, part_time *out)
{
    const ll_model model = model_of(d);
    const ll_split split = ll_layout_split(&j->layout, &j->stack, &model);
    const int wide = ll_kernel_wide_precision(chip, j->layout.precision);
    ll_pass forward = ll_pass_begin(wide, mem), backward = forward;
    double gemm_s[2 * N_GEMM];
    *out = (part_time){0};
    model.output.type->forward(model.output.param, &split, &forward);
    model.output.type->backward(model.output.param, &split, &backward);
    pass_cost(chip, &forward, &out->forward, gemm_s);
    pass_cost(chip, &backward, &out->backward, gemm_s);
}

static double optimizer_s(const ll_chip *chip, const job *j, double n_param)
{
    const dense d = small_model();
    const ll_model model = model_of(&d);
    const ll_split split = ll_layout_split(&j->layout, &j->stack, &model);
    ll_pass pass = ll_pass_begin(split.precision, mem);
    ll_compute compute;
    double gemm_s[2 * N_GEMM];
    ll_optimizer_pass(&split, n_param, &pass);
    CHECK(pass_cost(chip, &pass, &compute, gemm_s) == 0, "GEMMs of the optimizer");
    return ll_compute_total_s(&compute);
}

/* Weights of a layer: q and o 1024 x 1024, k and v 1024 x 512, three of 1024 x 4096:
 * 2 * 1048576 + 2 * 524288 + 3 * 4194304 = 15,728,640. Tokens: 2 * 2048 = 4096.
 * Products: 2 * 4096 * 15728640 = 128,849,018,880 FLOP.
 * Scores, causal: half of 2 products * 2 * 2 sequences * 2048^2 * 1024 = 17,179,869,184 FLOP. */
static void test_flop(void)
{
    ll_chip chip = pure_chip();
    dense model = small_model();
    const double gemm_flop = 128849018880.0, score_flop = 17179869184.0;
    for (int64_t tp = 1; tp <= 4; tp *= 2) {
        for (int64_t cp = 1; cp <= 2; cp++) {
            job j = small_job(tp, cp);
            double chips = (double)(tp * cp);
            part_time t;
            layer_cost(&chip, &model, &j, &t);
            CHECK_NEAR(t.forward.gemm_s * chips, gemm_flop / 1e12, 1e-12);
            CHECK_NEAR(t.forward.attention_s * chips, score_flop / 1e12, 1e-12);
            CHECK_NEAR(t.backward.gemm_s * chips, 2 * gemm_flop / 1e12, 1e-12);
            CHECK_NEAR(t.backward.attention_s * chips, 2.5 * score_flop / 1e12, 1e-12);
        }
    }
}

/* The whole model, forward, is a third of the step's work: layers and output projection. */
static void test_model_flop(void)
{
    ll_chip chip = pure_chip();
    dense model = small_model();
    job j = small_job(2, 1);
    part_time layer, output;
    layer_cost(&chip, &model, &j, &layer);
    output_cost(&chip, &model, &j, &output);
    const ll_model whole = model_of(&model);
    double forward_flop =
        1e12 * 2 * (4 * (layer.forward.gemm_s + layer.forward.attention_s) + output.forward.gemm_s);
    CHECK_NEAR(2 * ll_model_flop_per_sequence(&whole, 2048), 3 * forward_flop, 1e-12);
}

/* A product bound by memory: m = n = k = 16 at 2 B, 3 * 256 * 2 = 1536 B read and written; and the
 * precision decides the rate: at twice the peak a large product takes half the time. */
static void test_roofline(void)
{
    ll_chip chip = pure_chip();
    dense model = small_model();
    job j = small_job(1, 1);
    part_time fast, slow;
    chip.peak_flop_per_s[LL_PRECISION_FP8] = 2e12;
    layer_cost(&chip, &model, &j, &slow);
    j.layout.precision = LL_PRECISION_FP8;
    layer_cost(&chip, &model, &j, &fast);
    CHECK_NEAR(fast.forward.gemm_s, slow.forward.gemm_s / 2, 1e-12);
    CHECK_NEAR(fast.forward.attention_s, slow.forward.attention_s, 1e-12);
    j.layout.precision = LL_PRECISION_BF16;
    chip.memory_Bps = 1e3; /* so slow that bytes decide: q and o, k and v, up and gate, down */
    layer_cost(&chip, &model, &j, &slow);
    double t = 4096, h = 1024, qkv = 2048, ffn = 4096;
    double bytes = 2 * ((t * h + h * qkv + t * qkv) + (t * h + h * h + t * h) +
                        (t * h + h * 2 * ffn + t * 2 * ffn) + (t * ffn + ffn * h + t * h));
    CHECK_NEAR(slow.forward.gemm_s, bytes / 1e3, 1e-12);
}

/* Full recomputation adds a forward pass to the backward one, selective adds the attention core. */
static void test_recompute(void)
{
    ll_chip chip = pure_chip();
    chip.launch_s = 1e-6;
    dense model = small_model();
    job j = small_job(1, 1);
    part_time none, selective, full;
    layer_cost(&chip, &model, &j, &none);
    j.stack.recompute = LL_RECOMPUTE_SELECTIVE;
    layer_cost(&chip, &model, &j, &selective);
    j.stack.recompute = LL_RECOMPUTE_FULL;
    layer_cost(&chip, &model, &j, &full);
    CHECK_NEAR(ll_compute_total_s(&full.backward),
               ll_compute_total_s(&none.backward) + ll_compute_total_s(&none.forward), 1e-12);
    CHECK_NEAR(ll_compute_total_s(&selective.backward),
               ll_compute_total_s(&none.backward) + none.forward.attention_s + 1e-6, 1e-12);
    CHECK_NEAR(ll_compute_total_s(&full.forward), ll_compute_total_s(&none.forward), 1e-12);
}

/* Unfused, as in 2022: 4096 queries x 2048 keys x 8 heads = 67,108,864 scores, all of them in
 * products of 2 * 128 FLOP. t h = 4,194,304. Streamed beyond what fused software streams, forward:
 *   scores 9 * 67108864, output copied 4 t h, bias 4 t 2048 less rotary 4 t 1536, masks 2 t h
 *   = 603979776 + 16777216 + 8388608 + 8388608 = 637,534,208 B
 * backward:
 *   scores 11 * 67108864, copied 4 t h, biases 2 t (2048 + 8192), norms' weights 2 * 4 t h,
 *   dropout and its bias 2 * 7 t h, less rotary 4 t 1536
 *   = 738197504 + 16777216 + 83886080 + 33554432 + 58720256 - 25165824 = 905,969,664 B
 * Each product reads or writes the scores and two of queries, keys, values, outputs, 2 * (67108864
 * + 2 * 4194304) B; and their time adds up in squares with that of multiplying. */
static void test_unfused(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    dense model = small_model();
    job j = small_job(1, 1);
    part_time fused, unfused;
    layer_cost(&chip, &model, &j, &fused);
    j.stack.fused_attention = false;
    layer_cost(&chip, &model, &j, &unfused);
    const double product_s = hypot(2 * 128 * 67108864.0 / 1e12, 2 * (67108864.0 + 8388608) / 1e12);
    CHECK_NEAR(unfused.forward.stream_s - fused.forward.stream_s, 637534208.0 / 1e12, 1e-9);
    CHECK_NEAR(unfused.backward.stream_s - fused.backward.stream_s, 905969664.0 / 1e12, 1e-9);
    CHECK_NEAR(unfused.forward.attention_s, 2 * product_s, 1e-12);
    CHECK_NEAR(unfused.backward.attention_s, 4 * product_s, 1e-12);
}

/* Biases of 16 sequences and heads times 2048 x 2048 scores, not fused: written (2 B) by a kernel,
 * read (2 B) by the product that writes the scores. */
static void test_alibi(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    dense model = small_model();
    job j = small_job(1, 1);
    part_time plain, biased;
    j.stack.fused_attention = false;
    chip.n_multiprocessor = 4;
    layer_cost(&chip, &model, &j, &plain);
    model.attention.alibi = true;
    layer_cost(&chip, &model, &j, &biased);
    const double n_score = 16.0 * 2048 * 2048;
    CHECK_NEAR(biased.forward.stream_s - plain.forward.stream_s, 2 * n_score / 1e12, 1e-9);
    const double read_B = 2 * 2 * 16 * 2048 * 128.0, multiply_s = 2 * 128 * n_score / 1e12;
    double scores_s[2]; /* by 2 and by 4 B that are written */
    for (int i = 0; i < 2; i++) {
        const double written_B = 2 * (i + 1) * n_score;
        scores_s[i] = hypot(multiply_s + written_B / 1e12, (read_B + written_B) / 1e12);
    }
    CHECK_NEAR(biased.forward.attention_s - plain.forward.attention_s, scores_s[1] - scores_s[0],
               1e-9);
    CHECK_NEAR(ll_compute_total_s(&biased.backward), ll_compute_total_s(&plain.backward), 1e-12);
}

/* FP8, against BF16. Forward: inputs of the attention's and the feed-forward network's last product
 * are cast, 4 B each: 4096 * (1024 + 4096); the others leave a norm as they are needed. The
 * 15,728,640 weights are cast once in 4 micro-batches: 83886080 + 15728640 B. Backward: gradients
 * of the four results, 4096 * (1024 + 8192 + 1024 + 2048), 4 B each; two gathered inputs are
 * turned, 2 B each: 201326592 + 16777216 B. FP4: 3 B each, and 2 before for the maximum of the
 * tensor; norms are cast like the others, as their maxima are not known when they are written:
 * forward 5 * (20971520 + 2 * 4194304 + 15728640 / 4), backward 5 * 50331648 and 1 B each for the
 * two that are turned, 8388608. */
static void test_casts(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    dense model = small_model();
    job j = small_job(1, 1);
    part_time wide, narrow;
    layer_cost(&chip, &model, &j, &wide);
    j.layout.precision = LL_PRECISION_FP8;
    layer_cost(&chip, &model, &j, &narrow);
    CHECK_NEAR(narrow.forward.stream_s - wide.forward.stream_s, 99614720.0 / 1e12, 1e-9);
    CHECK_NEAR(narrow.backward.stream_s - wide.backward.stream_s, 218103808.0 / 1e12, 1e-9);
    j.layout.precision = LL_PRECISION_FP4;
    chip.peak_flop_per_s[LL_PRECISION_FP4] = 4e12;
    chip.gemm_frac[LL_PRECISION_FP4] = 1;
    layer_cost(&chip, &model, &j, &narrow);
    CHECK_NEAR(narrow.forward.stream_s - wide.forward.stream_s, 166461440.0 / 1e12, 1e-9);
    CHECK_NEAR(narrow.backward.stream_s - wide.backward.stream_s, 260046848.0 / 1e12, 1e-9);
}

/* Gradients of the 15,728,640 weights in 32 bits, added up by kernels of their own: 16 bits read,
 * 32 read and written, 10 B each. Sharded ones are not added up. */
static void test_grad_fusion(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    dense model = small_model();
    job j = small_job(1, 1);
    part_time fused, apart;
    layer_cost(&chip, &model, &j, &fused);
    j.stack.grad_fusion = false;
    layer_cost(&chip, &model, &j, &apart);
    CHECK_NEAR(apart.backward.stream_s - fused.backward.stream_s, 157286400.0 / 1e12, 1e-9);
    /* Widened first: 16 bits read, 32 written, and then 32 read instead of 16: 8 B more each. */
    j.stack.grad_widen = true;
    layer_cost(&chip, &model, &j, &apart);
    CHECK_NEAR(apart.backward.stream_s - fused.backward.stream_s, 283115520.0 / 1e12, 1e-9);
    /* Into a buffer of 16 bits there is nothing to widen: 2 + 4 B. */
    j.stack.grad_precision = 1;
    layer_cost(&chip, &model, &j, &apart);
    CHECK_NEAR(apart.backward.stream_s - fused.backward.stream_s, 94371840.0 / 1e12, 1e-9);
    j.stack.zero = 2;
    layer_cost(&chip, &model, &j, &apart);
    CHECK_NEAR(apart.backward.stream_s, fused.backward.stream_s, 1e-12);
}

/* PyTorch's own kernels, backward. Biases' gradients are sums over results of 2048 + 1024 + 8192 +
 * 1024 columns, 2 B; two norms' weights read 4 B of 1024 columns again; gradients of queries, keys
 * and values, 2048 columns, are read and written: 4096 * (2 * 12288 + 2 * 4 * 1024 + 4 * 2048) B.
 * Sharded: 15,728,640 gradients are put together, 4 B, and divided, 4 B. Adam moves 80 B instead of
 * 28. */
static void test_eager(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    dense model = small_model();
    job j = small_job(1, 1);
    part_time fused, eager;
    layer_cost(&chip, &model, &j, &fused);
    const double adam_s = optimizer_s(&chip, &j, 1e9);
    j.stack.eager = true;
    layer_cost(&chip, &model, &j, &eager);
    CHECK_NEAR(eager.forward.stream_s, fused.forward.stream_s, 1e-12);
    CHECK_NEAR(eager.backward.stream_s - fused.backward.stream_s, 167772160.0 / 1e12, 1e-9);
    CHECK_NEAR(optimizer_s(&chip, &j, 1e9) - adam_s, 0.052, 1e-9);
    j.stack.zero = 3;
    layer_cost(&chip, &model, &j, &eager);
    CHECK_NEAR(eager.backward.stream_s - fused.backward.stream_s, 293601280.0 / 1e12, 1e-9);
}

/* Queries and keys, 1024 + 512 columns of 4096 tokens, are read and written once more where
 * positions turn them, and so are their gradients. */
static void test_rotary(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    dense model = small_model();
    job j = small_job(1, 1);
    part_time turned, learned;
    layer_cost(&chip, &model, &j, &turned);
    model.attention.rotary = false;
    layer_cost(&chip, &model, &j, &learned);
    CHECK_NEAR(turned.forward.stream_s - learned.forward.stream_s, 25165824.0 / 1e12, 1e-9);
    CHECK_NEAR(turned.backward.stream_s - learned.backward.stream_s, 25165824.0 / 1e12, 1e-9);
}

/* Two chips share 4096 tokens, and all streams of a layer with them; what they add up as keys pass
 * comes on top, once for each of the two parts of the keys. Forward: outputs, 1024 columns, 2 B,
 * added to 32 bits that are read and written. Backward: gradients of queries, keys and values, 2048
 * columns, 2 B and 4 B: 2 * 2048 * 10 * 1024 and 2 * 2048 * 6 * 2048 B. */
static void test_context(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    dense model = small_model();
    job whole = small_job(1, 1), split = small_job(1, 2);
    part_time one, two;
    layer_cost(&chip, &model, &whole, &one);
    layer_cost(&chip, &model, &split, &two);
    CHECK_NEAR(two.forward.stream_s - one.forward.stream_s / 2, 41943040.0 / 1e12, 1e-9);
    CHECK_NEAR(two.backward.stream_s - one.backward.stream_s / 2, 50331648.0 / 1e12, 1e-9);
}

/* The rate given is that of 4096 keys a row; with a ramp of 1024, rows of 2048 tokens, which see
 * 1024, get (1024 / 2048) / (4096 / 5120) = 0.625 of it; split over two chips they see 512 a call,
 * 5/12. */
static void test_attention_ramp(void)
{
    ll_chip chip = pure_chip();
    dense model = small_model();
    chip.attention_ramp = chip.attention_backward_ramp = 1024;
    for (int cp = 1; cp <= 2; cp++) {
        job j = small_job(1, cp);
        const double left = cp == 1 ? 0.625 : 5.0 / 12;
        part_time t;
        layer_cost(&chip, &model, &j, &t);
        CHECK_NEAR(t.forward.attention_s, 17179869184.0 / cp / 1e12 / left, 1e-12);
        CHECK_NEAR(t.backward.attention_s, 2.5 * 17179869184.0 / cp / 1e12 / left, 1e-12);
    }
}

/* Products by their weights, which have h = 1024 rows or columns and 2048 (qkv), 1024, 2 * 4096 and
 * 4096 of the other: 2 t h x FLOP forward, and as many for each of the two gradients. */
static void test_product(void)
{
    ll_chip chip = pure_chip();
    dense model = small_model();
    job j = small_job(1, 1);
    part_time t;
    layer_cost(&chip, &model, &j, &t);
    const double other[N_GEMM] = {2048, 1024, 8192, 4096};
    for (int i = 0; i < N_GEMM; i++) {
        const double want_s = 2 * 4096.0 * 1024 * other[i] / 1e12;
        CHECK_NEAR(t.gemm[i].forward_s, want_s, 1e-9);
        CHECK_NEAR(t.gemm[i].input_s, want_s, 1e-9);
        CHECK_NEAR(t.gemm[i].weight_s, want_s, 1e-9);
    }
}

/* Hidden tp transfers cut the first product, 4096 x 512 x 1024 on one of four, into four parts. A
 * chip of 100 multiprocessors, in waves of 128 x 128 x 1024 tiles. Whole: 128 tiles, 7 parts along
 * k each, 896 in 9 waves: 9/7. In parts of 32 tiles, three side by side: 96 in a wave; then 32, 3
 * parts along k each, 96 in a wave: 1 + 1/3. */
static void test_parts(void)
{
    ll_chip chip = pure_chip();
    chip.n_multiprocessor = 100;
    dense model = small_model();
    job j = small_job(4, 1);
    const double wave_s = 2 * 128 * 128 * 1024.0 * 100 / 1e12;
    part_time t;
    layer_cost(&chip, &model, &j, &t);
    CHECK_NEAR(t.gemm[QKV].forward_s, wave_s * 9 / 7, 1e-12);
    j.stack.overlap_tp = true;
    layer_cost(&chip, &model, &j, &t);
    CHECK_NEAR(t.gemm[QKV].forward_s, wave_s * 4 / 3, 1e-12);
}

/* 1e9 weights at 1 TB/s. 32-bit gradients: cleared 4, norm 4, clipped 8, Adam 28, weights 6: 50 B.
 * With 16 bits: cleared 2, copied 6, and the rest 46: 54 B. fp16 is unscaled: 8 more. Four replicas
 * scale the gradients first, 8 B, and share all but clearing and that: 12 + 46 / 4 B. */
static void test_optimizer(void)
{
    ll_chip chip = pure_chip();
    job j = small_job(1, 1);
    chip.memory_Bps = 1e12;
    CHECK_NEAR(optimizer_s(&chip, &j, 1e9), 0.050, 1e-12);
    j.stack.grad_precision = 1;
    CHECK_NEAR(optimizer_s(&chip, &j, 1e9), 0.054, 1e-12);
    j.layout.precision = LL_PRECISION_FP16;
    CHECK_NEAR(optimizer_s(&chip, &j, 1e9), 0.062, 1e-12);
    j = small_job(1, 1);
    j.layout.dp = 4;
    j.stack.zero = 1;
    CHECK_NEAR(optimizer_s(&chip, &j, 1e9), 0.0235, 1e-12);
    j.stack.zero = 2;
    CHECK_NEAR(optimizer_s(&chip, &j, 1e9), 0.0145, 1e-12);
}

int main(void)
{
    mem = ll_arena_create("test");
    test_flop();
    test_model_flop();
    test_roofline();
    test_recompute();
    test_unfused();
    test_alibi();
    test_casts();
    test_grad_fusion();
    test_eager();
    test_attention_ramp();
    test_context();
    test_rotary();
    test_parts();
    test_product();
    test_optimizer();
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
