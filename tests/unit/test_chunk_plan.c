#include "sim/work/chunk_plan.h"
#include "tests/support/check.h"

#include <string.h>

/* Layouts of training recipes of Megatron-Bridge (NVIDIA-NeMo/Megatron-Bridge @067f987,
 * src/megatron/bridge/perf_recipes, Apache-2.0) for a model of 61 layers and one that predicts. */
static const struct {
    const char *text;
    int64_t n_chunk, first, second, before_last, last; /* layers of these chunks */
} recipes[] = {{"Et|(tt|)*30mL", 32, 1, 2, 2, 0},
               {"Et*3|(tt|)*29m|L", 32, 3, 2, 0, 0},
               {"Et*4|(t*4|)*14tmL", 16, 4, 4, 4, 1},
               {"Et*4|(tttt|)*14tmL", 16, 4, 4, 4, 1}};

static void test_recipes(ll_arena *mem)
{
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        ll_faults why = {0};
        const ll_chunk_plan *p = ll_chunk_plan_parse(recipes[i].text, mem, &why);
        CHECK(p && why.n == 0, "%s: %s", recipes[i].text, why.at[0].text);
        if (!p) continue;
        const int64_t n = p->n_chunk;
        CHECK(n == recipes[i].n_chunk && p->n_layer == 61 && p->n_predict == 1,
              "%s: %lld chunks, %lld layers, %lld that predict", recipes[i].text, (long long)n,
              (long long)p->n_layer, (long long)p->n_predict);
        CHECK(p->chunk[0].n_layer == recipes[i].first && p->chunk[1].n_layer == recipes[i].second &&
                  p->chunk[n - 2].n_layer == recipes[i].before_last &&
                  p->chunk[n - 1].n_layer == recipes[i].last,
              "%s: %lld %lld .. %lld %lld", recipes[i].text, (long long)p->chunk[0].n_layer,
              (long long)p->chunk[1].n_layer, (long long)p->chunk[n - 2].n_layer,
              (long long)p->chunk[n - 1].n_layer);
        int64_t first = 0, n_predict = 0;
        for (int64_t v = 0; v < n; v++) {
            CHECK(p->chunk[v].first_layer == first, "%s: chunk %lld", recipes[i].text,
                  (long long)v);
            first += p->chunk[v].n_layer;
            n_predict += p->chunk[v].n_predict;
        }
        CHECK(first == 61 && n_predict == 1, "%s: %lld layers", recipes[i].text, (long long)first);
    }
}

/* Groups in groups, spaces and commas: 2 (1 + 2 x 3) layers. */
static void test_nested(ll_arena *mem)
{
    ll_faults why = {0};
    const ll_chunk_plan *p = ll_chunk_plan_parse("E, (t | (t t |)*3)*2 L", mem, &why);
    CHECK(p && p->n_chunk == 9 && p->n_layer == 14, "%s", why.at[0].text);
}

static const struct {
    const char *text, *says;
} bad[] = {{"", "at its end: expected the loss L"},
           {"tt|tL", "character 1, 't': expected the embedding E"},
           {"EtE|tL", "character 3, 'E': the embedding E stands once"},
           {"Et|tL|t", "character 6, '|': the loss L is the last"},
           {"E*2t|L", "character 1, 'E': the embedding E stands once"},
           {"Et|tt", "at its end: expected the loss L"},
           {"Ex|tL", "character 2, 'x': expected E, t, m, L"},
           {"Et*|tL", "character 4, '|': expected a number of repetitions"},
           {"Et*0|tL", "character 4, '0': expected 1 to 65536"},
           {"Et*99999999999999999999|tL", "character 4, '9': expected 1 to 65536"},
           {"E(tt|*3tL", "at its end: expected ')'"},
           {"E(tt|)3tL", "character 7, '3': expected '*' and a number"},
           {"E()*3L", "character 3, ')': an empty group"},
           {"Et)*3L", "character 3, ')': closes no group"},
           {"E(t*60000)*60000L", "more than 65536 symbols"},
           {"E(((((((((t)*2)*2)*2)*2)*2)*2)*2)*2)*2L", "nested deeper than 8"}};

static void test_bad(ll_arena *mem)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_faults why = {0};
        const ll_chunk_plan *p = ll_chunk_plan_parse(bad[i].text, mem, &why);
        CHECK(!p && why.n == 1 && !strcmp(why.at[0].path, "job.pipeline_layout") &&
                  strstr(why.at[0].text, bad[i].says),
              "\"%s\": %d faults: %s", bad[i].text, why.n, why.at[0].text);
    }
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_recipes(mem);
    test_nested(mem);
    test_bad(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
