#include "sim/step/oracle.h"

#include "sim/base/index_map.h"
#include "sim/base/text.h"
#include "sim/step/account.h"

#include <string.h>

enum { FIRST_CAP = 64 };

struct ll_answers {
    const ll_study *study;
    ll_comm *comm;
    double typical_s;
    ll_arena *mem, *scratch; /* mem: answers; scratch: one iteration */
    ll_pricer *pricer;
    ll_answers_use use;
    ll_index_map known; /* hash of a shape to its index in: */
    int64_t cap;
    char *shape;    /* [cap][shape_size] */
    double *time_s; /* [cap] */
};

ll_answers *ll_answers_create(const ll_study *study, ll_pricer *pricer, double typical_s,
                              ll_comm *comm, ll_arena *mem)
{
    ll_answers *a = ll_arena_new(mem, ll_answers);
    *a = (ll_answers){.study = study, .pricer = pricer, .comm = comm, .typical_s = typical_s};
    return a;
}

/* Most workloads ask for the typical iteration only, so the table is made at the first other
 * question. */
static void begin(ll_answers *a)
{
    if (a->mem) return;
    a->mem = ll_arena_create("answers");
    a->scratch = ll_arena_create("iteration");
    ll_index_map_init(&a->known, a->mem);
}

static ll_status iteration_run(ll_answers *a, const void *shape, double *out_s, ll_error *err)
{
    ll_arena_reset(a->scratch);
    ll_graph *graph = ll_arena_new(a->scratch, ll_graph);
    ll_prices *prices = ll_arena_new(a->scratch, ll_prices);
    LL_TRY(a->study->workload->build(a->study, shape, 0, a->scratch, graph, err));
    LL_TRY(ll_prices_make(a->pricer, graph, a->scratch, prices, err));
    ll_ladder ladder = {.study = a->study,
                        .graph = graph,
                        .lean = graph,
                        .prices = prices,
                        .comm = a->comm,
                        .mem = a->scratch};
    *out_s = ll_ladder_time(&ladder, 0, -1);
    a->use.n_run++;
    return LL_OK;
}

/* Index of the shape; *is_new: it has no time yet. On a collision of hashes, the later shape tries
 * the next hash. */
static int64_t index_of(ll_answers *a, const void *shape, bool *is_new)
{
    const size_t size = a->study->workload->shape_size;
    uint64_t hash = ll_text_hash(LL_HASH_START, shape, size);
    for (;; hash = ll_mix(hash + 1)) {
        const int64_t n = a->known.n, i = ll_index_map_of(&a->known, ll_mix(hash));
        *is_new = i == n;
        if (*is_new || !memcmp(a->shape + (size_t)i * size, shape, size)) return i;
    }
}

static void remember(ll_answers *a, int64_t i, const void *shape, double time_s)
{
    const size_t size = a->study->workload->shape_size;
    if (i == a->cap) {
        const int64_t cap = a->cap ? 2 * a->cap : FIRST_CAP;
        a->shape = ll_arena_grown(a->mem, a->shape, i, cap, size);
        a->time_s = ll_arena_grown(a->mem, a->time_s, i, cap, sizeof *a->time_s);
        a->cap = cap;
    }
    memcpy(a->shape + (size_t)i * size, shape, size);
    a->time_s[i] = time_s;
}

static ll_status answer(void *self, const void *shape, double *out_s, ll_error *err)
{
    ll_answers *a = self;
    bool is_new;
    a->use.n_asked++;
    *out_s = a->typical_s;
    if (!shape) return LL_OK;
    LL_ASSERT(a->study->workload->shape_size > 0,
              "workload %s declares no shapes, but asks for one", a->study->workload->name);
    begin(a);
    const int64_t i = index_of(a, shape, &is_new);
    if (is_new) {
        double time_s = 0;
        LL_TRY(iteration_run(a, shape, &time_s, err));
        remember(a, i, shape, time_s);
    }
    *out_s = a->time_s[i];
    return LL_OK;
}

ll_oracle ll_answers_oracle(ll_answers *answers)
{
    return (ll_oracle){answer, answers, answers->comm};
}

ll_answers_use ll_answers_use_of(const ll_answers *answers) { return answers->use; }

void ll_answers_destroy(ll_answers *a)
{
    if (!a->mem) return;
    ll_arena_destroy(a->scratch);
    ll_arena_destroy(a->mem);
}

ll_status ll_figures_find(const ll_study *study, ll_pricer *pricer, double typical_s, ll_comm *comm,
                          ll_arena *mem, double *value, ll_error *err)
{
    ll_answers *answers = ll_answers_create(study, pricer, typical_s, comm, mem);
    const ll_oracle oracle = ll_answers_oracle(answers);
    ll_outcome outcome = {.n_chip = study->cluster.topo->n_chip,
                          .chip_power_W = study->cluster.chip.power_W};
    const ll_status status = study->workload->clock(study, &oracle, mem, &outcome, err);
    ll_answers_destroy(answers);
    LL_TRY(status);
    study->workload->metrics(study, &outcome, value);
    return LL_OK;
}
