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
                       .interleave = interleave};
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

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_deal();
    test_deal_ends();
    test_plan(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
