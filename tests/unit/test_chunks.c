/* Layers dealt to chunks. */
#include "sim/work/chunks.h"
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
    return (ll_layout){.seq = 1000,
                       .global_batch = 64,
                       .micro_batch = 1,
                       .precision = LL_PRECISION_BF16,
                       .tp = 1,
                       .cp = 1,
                       .pp = pp,
                       .dp = 1,
                       .interleave = interleave,
                       .schedule = &ll_schedule_one_f_one_b};
}

static void test_deal(void)
{
    for (int64_t n_layer = 8; n_layer < 130; n_layer += 7) {
        for (int64_t pp = 1; pp <= 4; pp++) {
            for (int64_t inter = 1; inter <= 2; inter++) {
                for (int ends = 0; ends < 2; ends++) {
                    dense d;
                    const ll_model *m = dense_make(&d, n_layer);
                    ll_layout layout = layout_of(pp, inter);
                    layout.embedding_as_layer = ends;
                    int64_t sum = 0, n_chunk = pp * inter;
                    double n_param = 0;
                    for (int64_t v = 0; v < n_chunk; v++) {
                        sum += ll_chunk_deal(m, &layout, v).n;
                        n_param += ll_chunk_param(m, &layout, v);
                    }
                    CHECK(sum == n_layer, "%lld of %lld", (long long)sum, (long long)n_layer);
                    CHECK_NEAR(n_param + 1024, ll_model_param(m), 1e-12);
                }
            }
        }
    }
}

/* 126 layers over 64 chunks with the ends counted: 128 units, two each; the first and the last
 * chunk have one layer (Llama 3.1 405B with PP 8, VP 8). */
static void test_deal_ends(void)
{
    dense d;
    const ll_model *m = dense_make(&d, 126);
    ll_layout layout = layout_of(8, 8);
    layout.embedding_as_layer = true;
    for (int64_t v = 0; v < 64; v++) {
        int64_t want = v == 0 || v == 63 ? 1 : 2;
        CHECK(ll_chunk_deal(m, &layout, v).n == want, "chunk %lld", (long long)v);
    }
}

/* A plan that deals 12 layers evenly is the same as none; another one moves layers and weights. */
static void test_plan(ll_arena *mem)
{
    dense d;
    const ll_model *m = dense_make(&d, 12);
    ll_layout layout = layout_of(3, 2), even = layout;
    ll_faults why = {0};
    layout.plan = ll_chunk_plan_parse("E(tt|)*5ttL", mem, &why);
    for (int64_t v = 0; v < 6; v++) {
        const ll_chunk_layers a = ll_chunk_deal(m, &layout, v), b = ll_chunk_deal(m, &even, v);
        CHECK(a.n == b.n && a.of_run[0] == b.of_run[0], "chunk %lld: %lld and %lld layers",
              (long long)v, (long long)a.n, (long long)b.n);
        CHECK_NEAR(ll_chunk_param(m, &layout, v), ll_chunk_param(m, &even, v), 0);
    }
    layout.plan = ll_chunk_plan_parse("E|t*5|(tt|)*3tL", mem, &why);
    CHECK(ll_chunk_deal(m, &layout, 0).n == 0 && ll_chunk_deal(m, &layout, 1).of_run[0] == 5 &&
              ll_chunk_deal(m, &layout, 5).n == 1,
          "%d faults", why.n);
    CHECK_NEAR(ll_chunk_param(m, &layout, 0), 1000 * 1024, 0);
}

/* Chunks of one kind have the same layers and weights, and each kind is there once. */
static void check_kinds(const ll_model *m, const ll_layout *layout, int n_kind, ll_arena *mem)
{
    const ll_chunk_kinds kinds = ll_chunk_kinds_find(m, layout, mem);
    const int64_t n_chunk = ll_chunk_count(layout);
    int n = 0;
    int64_t n_alike = 0;
    for (int k = 0; k < kinds.n; k++)
        n_alike += kinds.n_alike[k];
    CHECK(n_alike == kinds.n_chunk, "%lld of %lld chunks", (long long)n_alike,
          (long long)kinds.n_chunk);
    for (int64_t v = 0; v < kinds.n_chunk; v++) {
        const int32_t k = kinds.of[v];
        n += kinds.first[k] == v;
        CHECK(kinds.first[k] <= v && kinds.layers[k].n == ll_chunk_deal(m, layout, v).n,
              "chunk %lld of kind %d", (long long)v, k);
        CHECK_NEAR(kinds.param[k].dense + kinds.param[k].expert, ll_chunk_param(m, layout, v), 0);
        if (v % n_chunk == 0 || (v + 1) % n_chunk == 0)
            CHECK(kinds.first[k] == v, "end %lld is of kind %d", (long long)v, k);
    }
    CHECK(kinds.n_chunk == ll_chunk_laid(layout) && n == kinds.n && n == n_kind,
          "%d kinds of %lld chunks", n, (long long)kinds.n_chunk);
}

/* 126 layers over 64 chunks: ends of one layer, all others of two. Over 8 chunks: 15 or 16 layers.
 * A chunk alone is both ends. With two copies of the model each has ends of its own. */
static void test_kinds(ll_arena *mem)
{
    dense d;
    const ll_model *m = dense_make(&d, 126);
    ll_layout layout = layout_of(8, 8);
    layout.embedding_as_layer = true;
    check_kinds(m, &layout, 3, mem);
    layout = layout_of(8, 1);
    check_kinds(m, &layout, 4, mem);
    layout.schedule = &ll_schedule_dualpipe;
    check_kinds(m, &layout, 6, mem);
    layout = layout_of(1, 1);
    check_kinds(m, &layout, 1, mem);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_deal();
    test_deal_ends();
    test_plan(mem);
    test_kinds(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
