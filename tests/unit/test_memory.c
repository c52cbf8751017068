/* Memory derived by hand. */
#include "sim/work/memory.h"
#include "tests/support/check.h"

/* A model of one run of layers, with what its blocks borrow. */
typedef struct dense {
    ll_attention_param attention;
    ll_ffn_param ffn;
    ll_vocab_param vocab;
    ll_model model;
} dense;

static ll_model *dense_make(dense *d, int64_t n_layer)
{
    d->attention = (ll_attention_param){.n_head = 8, .n_kv_head = 8, .head_dim = 128};
    d->ffn = (ll_ffn_param){.ffn = 4096};
    d->vocab = (ll_vocab_param){.vocab = 1000};
    d->model = ll_model_dense("m", n_layer, 1024, &d->attention, &d->ffn, &d->vocab);
    return &d->model;
}

static ll_layout layout_of(int64_t pp, int64_t interleave)
{
    return (ll_layout){.schedule = &ll_schedule_one_f_one_b,
                       .seq = 1000,
                       .global_batch = 64,
                       .micro_batch = 1,
                       .precision = LL_PRECISION_BF16,
                       .tp = 1,
                       .cp = 1,
                       .pp = pp,
                       .dp = 1,
                       .interleave = interleave};
}

/* One layer of width h = 1024, plain ffn 4h, 16 bits, t = 1000 tokens, in bytes per token: inputs
 * and outputs of two norms 2 * (2h + 2h) = 8h; q, k, v 6h; attention output 2h; ffn up 8h and
 * activation 8h: 32h (Korthikanti et al. 2022 have 34h: their two dropout masks are the other 2h).
 */
static void test_memory(ll_arena *arena)
{
    dense d;
    const ll_model *m = dense_make(&d, 8);
    ll_stack stack = {.sequence_parallel = true, .fused_attention = true};
    ll_layout layout = layout_of(1, 1);
    ll_chip chip = {.name = "c", .memory_B = 1e12, .memory_reserved_B = 7};
    ll_memory mem;
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    CHECK_NEAR(ll_memory_part_B(&mem, "activations"), 8.0 * 1000 * 32 * 1024, 1e-12);
    double n_param = ll_model_param(m) - 1024;
    CHECK_NEAR(ll_memory_part_B(&mem, "weights"), 2 * n_param, 1e-12);
    CHECK_NEAR(ll_memory_part_B(&mem, "gradients"), 4 * n_param, 1e-12);
    CHECK_NEAR(ll_memory_part_B(&mem, "optimizer"), 12 * n_param,
               1e-12); /* zero = 0 and one replica */
    CHECK_NEAR(ll_memory_part_B(&mem, "logits"), 6.0 * 1000 * 1000, 1e-12);

    /* Unfused: masks of two dropouts, 2h; and 5 a s more, a = 8 heads, s = 1000, but not if the
     * core is computed again: Korthikanti et al. 2022, table 2. */
    stack.fused_attention = false;
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    CHECK_NEAR(ll_memory_part_B(&mem, "activations"), 8.0 * 1000 * (34 * 1024 + 5 * 8 * 1000),
               1e-12);
    stack.recompute = LL_RECOMPUTE_SELECTIVE;
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    CHECK_NEAR(ll_memory_part_B(&mem, "activations"), 8.0 * 1000 * 34 * 1024, 1e-12);
    stack.recompute = LL_RECOMPUTE_NONE;
    stack.fused_attention = true;

    layout.dp = 4;
    stack.zero = 1;
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    CHECK_NEAR(ll_memory_part_B(&mem, "optimizer"), 3 * n_param, 1e-12);
    CHECK_NEAR(ll_memory_part_B(&mem, "gradients"), 4 * n_param, 1e-12);
    stack.zero = 2;
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    CHECK_NEAR(ll_memory_part_B(&mem, "gradients"), n_param, 1e-12);
    /* Sharded: two layers and both vocabulary matrices are whole while they are used. */
    stack.zero = 3;
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    double whole = 2 * ll_layer_param(&m->run[0], 1024, 1) + 2 * ll_model_embedding_param(m);
    CHECK_NEAR(ll_memory_part_B(&mem, "weights"), 2 * (n_param / 4 + whole), 1e-12);
    CHECK_NEAR(ll_memory_part_B(&mem, "gradients"), 4 * (n_param / 4 + whole), 1e-12);
    /* Through lists: twice the largest matrix, 1024 x 4096; twice a vocabulary's that is larger. */
    stack.gather_lists = true;
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    CHECK_NEAR(ll_memory_part_B(&mem, "weights"), 2 * (n_param / 4 + 2.0 * 1024 * 4096), 1e-12);
    CHECK_NEAR(ll_memory_part_B(&mem, "gradients"), 4 * (n_param / 4 + 2.0 * 1024 * 4096), 1e-12);
    d.vocab.vocab = 8192;
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    n_param = ll_model_param(m) - 1024;
    CHECK_NEAR(ll_memory_part_B(&mem, "weights"), 2 * (n_param / 4 + 2.0 * 1024 * 8192), 1e-12);
}

/* 1F1B keeps as many micro-batches on stage 0 as there are stages: 4 of a quarter of the layers.
 * With two chunks each, 2 * 3 + 1 * 4 + 1 = 11 of an eighth. */
static void test_in_flight(ll_arena *arena)
{
    dense d;
    const ll_model *m = dense_make(&d, 8);
    ll_stack stack = {.sequence_parallel = true, .fused_attention = true};
    ll_chip chip = {.name = "c", .memory_B = 1e12};
    ll_layout layout = layout_of(4, 1);
    ll_memory mem;
    double layer_B = 1000.0 * 32 * 1024;
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    CHECK_NEAR(ll_memory_part_B(&mem, "activations"), 4 * 2 * layer_B, 1e-12);
    layout.interleave = 2;
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    CHECK_NEAR(ll_memory_part_B(&mem, "activations"), 11 * 1 * layer_B, 1e-12);
}

/* Plans and split backward passes are gone through slot by slot. 1F1B, four stages with 1, 3, 3 and
 * 1 layers: the second holds 3 sets of 3 layers. ZB-H1 with two layers each: stage s holds 4 - s
 * whole sets and s of weight gradients, which need of a layer, per token: input and gradient of q,
 * k and v 2 (h + 3h), of the projection 2 (h + h), of both others 2 (h + 4h) each: 32 h, as much as
 * a whole set of 32 h. On the last stage 4 sets are for weight gradients before the oldest
 * one of these begins; they also have the output projection, 2 (h + 1000). */
static void test_slots(ll_arena *arena)
{
    dense d;
    const ll_model *m = dense_make(&d, 8);
    ll_stack stack = {.sequence_parallel = true, .fused_attention = true};
    const ll_chip chip = {.name = "c", .memory_B = 1e12};
    ll_layout layout = layout_of(4, 1);
    ll_memory mem;
    ll_faults why = {0};
    const double layer_B = 1000.0 * 32 * 1024, output_B = 1000.0 * 2 * (1024 + 1000);
    layout.plan = ll_chunk_plan_parse("Et|t*3|t*3|tL", arena, &why);
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    CHECK(mem.lane == 1, "stage %lld", (long long)mem.lane);
    CHECK_NEAR(ll_memory_part_B(&mem, "activations"), 3 * 3 * layer_B, 1e-12);
    layout.plan = NULL;
    layout.schedule = &ll_schedule_zb_h1;
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    CHECK(mem.lane == 3, "stage %lld", (long long)mem.lane);
    CHECK_NEAR(ll_memory_part_B(&mem, "activations"), 4 * 2 * layer_B + 4 * output_B, 1e-12);
}

/* DualPipe on four stages: the first holds the first and the last quarter of the layers, and both
 * vocabulary matrices; the copy on the last stage shards the optimizer with it. */
static void test_copies(ll_arena *arena)
{
    dense d;
    const ll_model *m = dense_make(&d, 8);
    ll_stack stack = {.sequence_parallel = true, .fused_attention = true, .zero = 1};
    const ll_chip chip = {.name = "c", .memory_B = 1e12};
    ll_layout layout = layout_of(4, 1);
    ll_memory mem;
    layout.schedule = &ll_schedule_dualpipe;
    ll_train_memory(&chip, m, &layout, &stack, arena, &mem);
    const double n_param = 4 * ll_layer_param(&m->run[0], 1024, 1) + 2 * 1000.0 * 1024;
    CHECK_NEAR(ll_memory_part_B(&mem, "weights"), 2 * n_param, 1e-12);
    CHECK_NEAR(ll_memory_part_B(&mem, "gradients"), 4 * n_param, 1e-12);
    CHECK_NEAR(ll_memory_part_B(&mem, "optimizer"), 12 * n_param / 2, 1e-12);
}

int main(void)
{
    ll_arena *arena = ll_arena_create("test");
    test_memory(arena);
    test_in_flight(arena);
    test_slots(arena);
    test_copies(arena);
    ll_arena_destroy(arena);
    return LL_CHECK_RESULT;
}
