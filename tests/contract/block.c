/* What every block promises (sim/model/block.h), on splits, precisions and software of many kinds.
 */
#include "sim/model/attention.h"
#include "tests/support/check.h"
#include "tests/support/param_make.h"

#include "tests/toys/block_toy.h"
#include <string.h>

/* A line for each: every registered type at least once, and those that only the tests have.
 * `copied`: splits of more chips than this hold copies of weights, and may repeat work of each
 * other. `back`: FLOP of scores backward, over those forward; 0: 2.5 of fused attention, else 2. */
typedef struct sample {
    const ll_block_type *type;
    const char *text;
    int64_t copied;
    double back;
} sample;

static const sample samples[] = {
    {&ll_block_attention, "heads=12; kv_heads=4; head_dim=64", 4, 0},
    {&ll_block_attention, "heads=12; kv_heads=12; head_dim=64; attention=full; rotary=false", 12,
     0},
    /* three GEMMs over 48 and two over 32, for one of each; over 80 and 64 */
    {&ll_block_attention, "heads=12; kv_heads=12; head_dim=64; window=128", 12, 0},
    {&ll_block_attention, "heads=12; kv_heads=4; head_dim=64; qk_norm=head", 1, 0},
    {&ll_block_attention, "heads=12; kv_heads=4; head_dim=64; qk_norm=token", 4, 0},
    {&ll_block_mla, "heads=12; q_latent=96; kv_latent=64; nope_dim=32; rope_dim=16; v_dim=32", 1,
     208.0 / 80},
    {&ll_block_mla, "heads=12; q_latent=0; kv_latent=64; nope_dim=64; rope_dim=16; v_dim=64", 1,
     368.0 / 144},
    /* per token 24,576 FLOP of scores, 73,728 of states, 73,728 within a chunk; forward 1, 2 and 1
     * times these, backward 3, 5 and 2 times */
    {&ll_block_mamba,
     "mamba_heads=12; mamba_head_dim=96; mamba_state=32; mamba_groups=6; mamba_chunk=64", 12,
     589824.0 / 245760},
    {&ll_block_ffn, "ffn=3072; gated=true", 12, 0},
    {&ll_block_ffn, "ffn=3072; gated=false", 12, 0},
    {&ll_block_moe, "experts=12; top_k=3; expert_ffn=384; shared_ffn=768", 1, 0},
    {&ll_block_moe,
     "experts=12; top_k=2; expert_ffn=384; expert_gated=false; expert_groups=4;"
     " token_groups=2",
     1, 0},
    {&ll_block_moe,
     "experts=12; top_k=3; expert_ffn=384; shared_ffn=768; expert_latent=192; expert_gated=false",
     1, 0},
    {&ll_block_mtp, "predict_layers=1", 12, 0},
    {&ll_block_embedding, "vocab=3000", 12, 0},
    {&ll_block_output, "vocab=3000; tied=true", 12, 0},
    {&ll_block_toy, "", 12, 0},
};

static const double hidden = 768, seq = 960;

/* Software, and the precision of GEMMs. */
static const ll_stack stacks[] = {
    {.sequence_parallel = true, .fused_attention = true, .grad_fusion = true},
    {.sequence_parallel = true,
     .fused_attention = true,
     .grad_fusion = true,
     .overlap_tp = true,
     .overlap_tp_grad = true,
     .narrow_outputs = true},
    {.sequence_parallel = false, .fused_attention = false, .zero = 1},
    {.sequence_parallel = true, .fused_attention = true, .eager = true, .zero = 3},
    {.sequence_parallel = false, .fused_attention = false, .recompute = LL_RECOMPUTE_SELECTIVE},
};
static const int precisions[] = {LL_PRECISION_BF16, LL_PRECISION_FP8, LL_PRECISION_FP4};

typedef struct env {
    ll_arena *mem;
    const ll_block_type *type;
    const void *param;
    const sample *sample;
    ll_split split;
    const char *name;
} env;

static ll_split split_make(const ll_stack *stack, int precision, int64_t tp, int64_t cp,
                           double n_sequence)
{
    ll_split s = {.stack = stack,
                  .precision = precision,
                  .tp = tp,
                  .cp = cp,
                  .hidden = hidden,
                  .n_sequence = n_sequence,
                  .n_query = seq / (double)cp,
                  .n_key = seq,
                  .n_token = n_sequence * seq / (double)cp,
                  .n_micro = 4,
                  .experts = {.ep = 2 * cp, .etp = cp, .hot = 1, .dispatcher = (int)(tp > 2)},
                  .n_replica = 2 * (double)cp};
    s.n_token_norm = stack->sequence_parallel ? s.n_token / (double)tp : s.n_token;
    return s;
}

/* ---- One pass
 * ------------------------------------------------------------------------------------ */

typedef void (*pass_fn)(const void *param, const ll_split *split, ll_pass *pass);

/* What the block appends to a pass that has `before` kernels. */
static ll_pass pass_of(const env *e, pass_fn append, int before)
{
    ll_pass pass = ll_pass_begin(e->split.precision, e->mem);
    for (int i = 0; i < before; i++)
        ll_pass_stream(&pass, 1);
    append(e->param, &e->split, &pass);
    return pass;
}

static bool equal(double a, double b) { return !(a < b) && !(a > b); }

static bool same_kernel(const ll_kernel *a, const ll_kernel *b)
{
    return a->kind == b->kind && a->share == b->share && a->precision == b->precision &&
           a->n_part == b->n_part && a->weight_gradient == b->weight_gradient &&
           !memcmp(&a->gemm, &b->gemm, sizeof a->gemm) && equal(a->flop, b->flop) &&
           equal(a->bytes, b->bytes) && equal(a->keys, b->keys) && a->n_group == b->n_group;
}

/* Equal, but that what is in `b` stands `by` kernels further on. */
static bool same_use(const ll_use *a, const ll_use *b, int by)
{
    return !strcmp(a->exchange.name, b->exchange.name) &&
           a->exchange.collective == b->exchange.collective &&
           a->exchange.axes == b->exchange.axes && equal(a->exchange.size_B, b->exchange.size_B) &&
           equal(a->scale, b->scale) && a->hide == b->hide && a->n_kernel == b->n_kernel &&
           (a->n_kernel == 0 || a->first_kernel + by == b->first_kernel);
}

/* Twice the same, and the same behind other kernels. */
static void check_same(const env *e, pass_fn append, const ll_pass *pass)
{
    for (int by = 0; by < 3; by++) {
        const ll_pass again = pass_of(e, append, by);
        const bool as_many = again.n_kernel == pass->n_kernel + by && again.n_use == pass->n_use;
        CHECK(as_many, "%s: %d kernels, %d before", e->name, again.n_kernel, pass->n_kernel);
        for (int i = 0; i < pass->n_kernel && as_many; i++)
            CHECK(same_kernel(&pass->kernel[i], &again.kernel[i + by]), "%s: kernel %d", e->name,
                  i);
        for (int i = 0; i < pass->n_use && as_many; i++)
            CHECK(same_use(&pass->use[i], &again.use[i], by), "%s: use %d", e->name, i);
    }
}

static void check_kernels(const env *e, const ll_pass *pass)
{
    for (int i = 0; i < pass->n_kernel; i++) {
        const ll_kernel *k = &pass->kernel[i];
        const ll_matmul *g = &k->gemm;
        /* routers keep 16 bits */
        bool ok = k->precision == e->split.precision || k->precision == LL_PRECISION_BF16;
        switch (k->kind) {
        case LL_KERNEL_GEMM:
            ok = ok && k->n_part >= 1 && g->batch * g->m * g->n * g->k > 0 && g->out_B > 0;
            break;
        case LL_KERNEL_GROUPED_GEMM:
            ok = ok && k->n_group >= 1 && k->rows && g->n * g->k > 0 && g->out_B > 0;
            break;
        case LL_KERNEL_ATTENTION:
        case LL_KERNEL_ATTENTION_BACKWARD:
        case LL_KERNEL_DECODE:
            ok = ok && k->flop > 0 && k->bytes > 0 && k->keys > 0;
            break;
        case LL_KERNEL_TOPK:
            ok = ok && g->m > 0;
            break;
        case LL_KERNEL_EXPERTS:
            ok = ok && k->experts && k->flop > 0 && k->bytes > 0;
            break;
        case LL_KERNEL_HOST:
        case LL_KERNEL_NONE:
            ok = false;
            break;
        case LL_KERNEL_ROWWISE:
        case LL_KERNEL_STREAM:
            ok = ok && k->bytes > 0;
            break;
        }
        CHECK(ok, "%s: kernel %d of kind %d", e->name, i, (int)k->kind);
    }
}

/* Transfers are of axes that have more than one chip, and hidden by kernels that there are. */
static void check_uses(const env *e, const ll_pass *pass)
{
    const unsigned axes = (e->split.tp > 1 ? 1u << LL_AXIS_TP : 0) |
                          (e->split.cp > 1 ? 1u << LL_AXIS_CP : 0) |
                          (e->split.experts.ep > 1 ? 1u << LL_AXIS_EP : 0) |
                          (e->split.experts.etp > 1 ? 1u << LL_AXIS_ETP : 0);
    for (int i = 0; i < pass->n_use; i++) {
        const ll_use *u = &pass->use[i];
        CHECK(u->exchange.name[0] && u->exchange.size_B > 0 && u->scale > 0 && u->transfer == -1,
              "%s: use %d", e->name, i);
        CHECK(u->exchange.axes && !(u->exchange.axes & ~axes), "%s: %s on axes %x", e->name,
              u->exchange.name, u->exchange.axes);
        CHECK(u->first_kernel >= 0 && u->n_kernel >= 0 &&
                  u->first_kernel + u->n_kernel <= pass->n_kernel,
              "%s: %s is hidden by kernels %d + %d of %d", e->name, u->exchange.name,
              u->first_kernel, u->n_kernel, pass->n_kernel);
        CHECK(u->hide == LL_HIDE_NONE || u->n_kernel > 0, "%s: nothing hides %s", e->name,
              u->exchange.name);
        for (int k = 0; k < i; k++)
            CHECK(strcmp(pass->use[k].exchange.name, u->exchange.name) ||
                      (pass->use[k].exchange.axes == u->exchange.axes &&
                       pass->use[k].exchange.collective == u->exchange.collective),
                  "%s: two transfers are called %s", e->name, u->exchange.name);
    }
}

/* ---- FLOP
 * ---------------------------------------------------------------------------------------- */

static double kernel_flop(const ll_kernel *k)
{
    const ll_matmul *g = &k->gemm;
    double rows = 0;
    if (k->kind == LL_KERNEL_GEMM) return 2 * g->batch * g->m * g->n * g->k;
    for (int i = 0; i < k->n_group; i++)
        rows += k->rows[i];
    return k->kind == LL_KERNEL_GROUPED_GEMM ? 2 * rows * g->n * g->k : k->flop;
}

/* Of the kernels that count to a share; gradients: of weights alone. */
static double pass_flop(const ll_pass *pass, ll_kernel_share share, bool gradients)
{
    double sum = 0;
    for (int i = 0; i < pass->n_kernel; i++)
        if (pass->kernel[i].share == share && (!gradients || pass->kernel[i].weight_gradient))
            sum += kernel_flop(&pass->kernel[i]);
    return sum;
}

static bool has_kind(const ll_pass *pass, ll_kernel_kind kind)
{
    for (int i = 0; i < pass->n_kernel; i++)
        if (pass->kernel[i].kind == kind) return true;
    return false;
}

/* FLOP of all tp chips together are those that count, or more where chips repeat work of each
 * other. Attention that is not fused computes what its mask hides, too, and fused attention
 * computes scores once more in the backward pass. */
static void check_flop(const env *e, const ll_pass *forward, const ll_pass *backward)
{
    const ll_flop f = e->type->flop(e->param, hidden, seq);
    const double tp = (double)e->split.tp, tokens = e->split.n_token;
    const double gemm = tp * pass_flop(forward, LL_SHARE_GEMM, false);
    const double score = tp * pass_flop(forward, LL_SHARE_ATTENTION, false);
    const bool fused = has_kind(forward, LL_KERNEL_ATTENTION);
    if (e->split.tp <= e->sample->copied)
        CHECK_NEAR(gemm, tokens * f.gemm_flop, 1e-12);
    else
        CHECK(gemm > tokens * f.gemm_flop * (1 - 1e-12), "%s: %g FLOP", e->name, gemm);
    CHECK_NEAR(score, tokens * f.score_flop * (fused ? f.score_frac : 1), 1e-12);
    CHECK_NEAR(tp * pass_flop(backward, LL_SHARE_GEMM, false), 2 * gemm, 1e-12);
    CHECK_NEAR(tp * pass_flop(backward, LL_SHARE_GEMM, true), gemm, 1e-12);
    CHECK(!(pass_flop(backward, LL_SHARE_ATTENTION, true) > 0), "%s: weights of scores", e->name);
    const double back = e->sample->back > 0 ? e->sample->back : fused ? 2.5 : 2;
    CHECK_NEAR(tp * pass_flop(backward, LL_SHARE_ATTENTION, false), back * score, 1e-12);
    CHECK(!(f.gemm_flop < 0) && !(f.score_flop < 0) && f.score_frac >= 0 && f.score_frac <= 1,
          "%s: %g %g %g", e->name, f.gemm_flop, f.score_flop, f.score_frac);
}

/* ---- A serving iteration
 * ------------------------------------------------------------------------------- */

/* Decoding requests and a prompt, by an engine that fuses nothing: kernels that can be timed, the
 * same each time, transfers over tp alone where no ranks share experts. */
static void check_serve(const env *e)
{
    const ll_batch batch = {.n_decode = 5,
                            .n_new = 2,
                            .context = 700,
                            .n_prompt = 1,
                            .from = 128,
                            .to = 640,
                            .n_logits = 11};
    const ll_server server = {.kv_precision = LL_PRECISION_BF16};
    env serve = *e;
    CHECK(e->type->serve, "%s: no hook serve; ll_block_nothing if inference leaves it out",
          e->name);
    if (!e->type->serve || e->split.cp > 1 || e->split.experts.ep > 1) return;
    serve.split.batch = &batch;
    serve.split.server = &server;
    serve.split.n_token = serve.split.n_token_norm = ll_batch_tokens(&batch);
    serve.split.experts.etp = e->split.tp;
    const ll_pass pass = pass_of(&serve, e->type->serve, 0);
    check_kernels(&serve, &pass);
    check_uses(&serve, &pass);
    check_same(&serve, e->type->serve, &pass);
    CHECK(e->type->serve == ll_block_nothing || pass.n_kernel > 0, "%s: no kernels", e->name);
    if (e->type->cache_B)
        CHECK(e->type->cache_B(e->param, &serve.split, 700) > 0 &&
                  e->type->cache_B(e->param, &serve.split, 700) * 700 <=
                      e->type->cache_B(e->param, &serve.split, 900) * 900,
              "%s: the cache of a longer request is smaller", e->name);
}

/* ---- A split
 * -------------------------------------------------------------------------------------- */

static void check_kept(const env *e)
{
    const double one_B = e->type->kept_B(e->param, &e->split);
    const ll_split twice = split_make(e->split.stack, e->split.precision, e->split.tp, e->split.cp,
                                      2 * e->split.n_sequence);
    CHECK(isfinite(one_B) && one_B >= 0, "%s: keeps %g B", e->name, one_B);
    CHECK_NEAR(e->type->kept_B(e->param, &twice), 2 * one_B, 1e-12);
    CHECK_NEAR(e->type->kept_B(e->param, &e->split), one_B, 0);
}

static void check_split(const env *e)
{
    const ll_pass forward = pass_of(e, e->type->forward, 0);
    const ll_pass backward = pass_of(e, e->type->backward, 0);
    const ll_pass recompute = pass_of(e, e->type->recompute, 0);
    const pass_fn append[] = {e->type->forward, e->type->backward, e->type->recompute};
    const ll_pass *pass[] = {&forward, &backward, &recompute};
    for (int i = 0; i < 3; i++) {
        check_kernels(e, pass[i]);
        check_uses(e, pass[i]);
        check_same(e, append[i], pass[i]);
        CHECK(e->split.tp > 1 || e->split.cp > 1 || e->split.experts.ep > 1 || pass[i]->n_use == 0,
              "%s: transfers", e->name);
        for (int k = 0; k < pass[i]->n_kernel; k++)
            CHECK(i == 1 || !pass[i]->kernel[k].weight_gradient, "%s: kernel %d", e->name, k);
    }
    CHECK(forward.n_kernel > 0 && backward.n_kernel > 0, "%s: no kernels", e->name);
    CHECK(recompute.n_kernel <= forward.n_kernel, "%s: recomputes %d kernels of %d", e->name,
          recompute.n_kernel, forward.n_kernel);
    check_flop(e, &forward, &backward);
    check_kept(e);
    check_serve(e);
}

/* Yes and no are the same in silence, and every no has a reason. */
static bool check_legal(const env *e, const ll_split *split)
{
    ll_faults why = {0};
    const bool silent = e->type->legal(e->param, split, NULL);
    const bool ok = e->type->legal(e->param, split, &why);
    CHECK(ok == silent && ok == (why.n == 0), "%s: %d and %d with %d faults", e->name, ok, silent,
          why.n);
    for (int i = 0; i < why.n && i < LL_MAX_FAULT; i++)
        CHECK(why.at[i].text[0] &&
                  (!strncmp(why.at[i].path, "job.", 4) || !strncmp(why.at[i].path, "model.", 6)),
              "%s: fault %d at %s", e->name, i, why.at[i].path);
    return ok;
}

/* Matrices are appended, all of them have weights, and their sum is the block's. */
static void check_matrices(const env *e)
{
    const ll_block block = {e->type, e->param};
    ll_matrices m = {0}, more = {.n = 3, .n_weight = {1, 2, 3}};
    double sum = 0;
    e->type->matrices(e->param, hidden, 1, &m);
    e->type->matrices(e->param, hidden, 1, &more);
    CHECK(m.n > 0 && m.n <= LL_MAX_MATRIX && more.n == m.n + 3, "%s: %d and %d matrices", e->name,
          m.n, more.n - 3);
    for (int i = 0; i < m.n; i++) {
        sum += m.n_weight[i];
        CHECK(m.n_weight[i] > 0 && equal(more.n_weight[i + 3], m.n_weight[i]), "%s: matrix %d",
              e->name, i);
    }
    CHECK_NEAR(ll_block_param(&block, hidden, 1), sum, 0);
}

/* Weights are split without a rest up to `copied` chips; beyond, some are held by several of them,
 * and no chip has less than with `copied`. */
static void check_copies(const env *e)
{
    const ll_block block = {e->type, e->param};
    const int64_t tp = e->split.tp, copied = e->sample->copied;
    const double all = ll_block_param(&block, hidden, tp),
                 model = ll_block_param(&block, hidden, 1);
    if (tp <= copied)
        CHECK_NEAR(all, model, 0);
    else
        CHECK(all > model && all / (double)tp < model / (double)copied, "%s: %g weights of %g",
              e->name, all, model);
}

/* Returns how many splits are legal. */
static int check_splits(env *e, const char *sample_name)
{
    static const int64_t tps[] = {1, 2, 3, 4, 5, 6, 12}, cps[] = {1, 2};
    int n_legal = 0;
    for (size_t s = 0; s < sizeof stacks / sizeof *stacks; s++)
        for (size_t p = 0; p < sizeof precisions / sizeof *precisions; p++)
            for (size_t t = 0; t < sizeof tps / sizeof *tps; t++)
                for (size_t c = 0; c < sizeof cps / sizeof *cps; c++) {
                    const ll_arena_mark mark = ll_arena_here(e->mem);
                    e->split = split_make(&stacks[s], precisions[p], tps[t], cps[c], 2);
                    e->name = ll_arena_printf(
                        e->mem, "%s, software %d, %s, tp %d, cp %d", sample_name, (int)s,
                        ll_precision_names[precisions[p]], (int)tps[t], (int)cps[c]);
                    if (check_legal(e, &e->split)) {
                        check_split(e);
                        check_copies(e);
                        n_legal++;
                    }
                    ll_arena_release(e->mem, mark);
                }
    return n_legal;
}

static void check_sample(const sample *s, ll_arena *mem)
{
    env e = {.mem = mem, .type = s->type, .sample = s};
    const char *name = ll_arena_printf(mem, "%s (%s)", s->type->name, s->text);
    e.name = name;
    e.param = param_make(mem, name, s->type->keys, s->type->param_size, s->text);
    CHECK(s->type->name[0] && s->type->doc[0], "a block without a name");
    for (const ll_key *key = s->type->keys; key->name; key++)
        CHECK(key->doc && key->doc[0] && key->offset < s->type->param_size, "%s: key %s", name,
              key->name);
    CHECK(check_legal(&e, NULL), "%s: parameters that do not fit each other", name);
    check_matrices(&e);
    CHECK(check_splits(&e, name) >= 10, "%s: hardly a split is legal", name);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        check_sample(&samples[i], mem);
    for (int k = 0; ll_block_types[k]; k++) {
        bool known = false;
        for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
            known = known || samples[i].type == ll_block_types[k];
        CHECK(known, "no sample of block '%s'", ll_block_types[k]->name);
    }
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
