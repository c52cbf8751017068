/* A batch of variants, against the slow twin of each: the study loaded with the same settings and
 * run by itself. The same on every number of ranks, and after a stop in the middle. */
#include "sim/step/variants.h"
#include "tests/support/check.h"
#include "tests/support/petsc.h"
#include "tests/support/twin.h"

#include <mpi.h>
#include <string.h>

enum { N = 9, MAX_KEPT = 32 };

typedef struct env {
    twin_env twin;
    ll_study study;
} env;

/* A store in memory that breaks down after `limit` variants, as a killed process does. */
typedef struct memory {
    int n, limit, n_found;
    uint64_t key[MAX_KEPT];
    ll_found found[MAX_KEPT];
} memory;

static bool memory_find(void *self, uint64_t key, ll_found *out)
{
    memory *m = self;
    for (int i = 0; i < m->n; i++)
        if (m->key[i] == key) {
            *out = m->found[i];
            m->n_found++;
            return true;
        }
    return false;
}

static ll_status memory_keep(void *self, uint64_t key, const ll_found *found, ll_error *err)
{
    memory *m = self;
    if (m->n == m->limit) return ll_error_set(err, LL_ERR_RUN, "the store is full");
    m->key[m->n] = key;
    m->found[m->n++] = *found;
    return LL_OK;
}

/* Padding is 0 too: variants.c clears it. */
static bool same_bytes(const void *a, const void *b, size_t n) { return !memcmp(a, b, n); }

/* tp 4, 8 and 16, of which the last does not divide 72 chips by pp 9, in three extents. */
static ll_variant *variants_make(const env *e)
{
    static const char *const tp[] = {"4", "8", "16"};
    static const ll_extent extent[] = {LL_EXTENT_EVEN, LL_EXTENT_REAL, LL_EXTENT_WHOLE};
    ll_variant *v = ll_arena_array(e->twin.mem, N, ll_variant);
    for (int i = 0; i < N; i++) {
        ll_change *change = ll_arena_array(e->twin.mem, 2, ll_change);
        change[0] = (ll_change){.path = "job.tp", .text = tp[i / 3]};
        change[1] = (ll_change){.path = "job.recompute", .text = "full"};
        v[i] = (ll_variant){.n_change = 2, .change = change, .extent = extent[i % 3]};
    }
    return v;
}

static ll_status batch_run(const env *e, const ll_batch_store *store, ll_variant *v, ll_error *err)
{
    ll_error_init(err);
    return ll_variants_run(&e->study, &(ll_batch_how){.name = "test", .store = store}, N, v,
                           e->twin.world, err);
}

static void check_twins(const env *e, const ll_variant *v)
{
    for (int i = 0; i < N; i++) {
        ll_study study;
        ll_error err;
        ll_result *result = ll_arena_new(e->twin.mem, ll_result);
        ll_error_init(&err);
        const bool legal =
            ll_study_vary(&e->study, 2, v[i].change, e->twin.mem, &study, &err) == LL_OK;
        CHECK(legal == !*v[i].found.why && legal == (i < 6), "%d: %s", i, v[i].found.why);
        if (!legal) continue;
        if (v[i].extent == LL_EXTENT_EVEN) study = *ll_speed_study(&study, false, e->twin.mem);
        CHECK(ll_run(&study, e->twin.self, e->twin.mem, result, &err) == LL_OK, "%s", err.text);
        CHECK(twin_equal(v[i].found.speed.iteration_s, result->step_s) &&
                  v[i].found.tp == study.layout.tp && v[i].found.dp == study.layout.dp,
              "%d: %.17g s, alone %.17g", i, v[i].found.speed.iteration_s, result->step_s);
        if (v[i].extent != LL_EXTENT_WHOLE) continue;
        CHECK(v[i].found.checksum == result->checksum && v[i].found.n_loss == result->n_loss,
              "%d: another checksum than alone", i);
    }
}

/* A layout as structs is the same layout as text. */
static void check_structs(const env *e)
{
    ll_layout layout = e->study.layout;
    ll_stack stack = e->study.stack;
    ll_error err;
    ll_error_init(&err);
    layout.tp = 4;
    layout.dp = 0;
    stack.recompute = LL_RECOMPUTE_FULL;
    const ll_change change[] = {{.path = "job.tp", .text = "4"},
                                {.path = "job.recompute", .text = "full"},
                                {.path = "job.tp", .text = "5"}};
    ll_layout illegal = layout;
    illegal.tp = 5;
    ll_variant v[] = {{.n_change = 2, .change = change},
                      {.layout = &layout, .stack = &stack},
                      {.n_change = 1, .change = &change[2]},
                      {.layout = &illegal, .stack = &stack}};
    CHECK(ll_variants_run(&e->study, &(ll_batch_how){.name = "test"}, 4, v, e->twin.world, &err) ==
              LL_OK,
          "%s", err.text);
    for (int i = 0; i < 4; i += 2)
        CHECK(twin_equal(v[i].found.speed.iteration_s, v[i + 1].found.speed.iteration_s) &&
                  twin_equal(v[i].found.memory_B, v[i + 1].found.memory_B) &&
                  !*v[i].found.why == (i == 0) && !*v[i + 1].found.why == (i == 0),
              "%.17g s as text, %.17g as structs; %s; %s", v[i].found.speed.iteration_s,
              v[i + 1].found.speed.iteration_s, v[i].found.why, v[i + 1].found.why);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm mpi = MPI_COMM_WORLD;
    env *e = NULL;
    ll_arena *mem = ll_arena_create("test");
    e = ll_arena_new(mem, env);
    e->twin = (twin_env){.mem = mem, .world = ll_comm_create(&mpi, mem), .self = ll_comm_self(mem)};
    e->study = twin_load(&e->twin, "nvl72", 0, NULL);
    ll_error err;
    ll_variant *plain = variants_make(e);
    CHECK(batch_run(e, NULL, plain, &err) == LL_OK, "%s", err.text);
    check_twins(e, plain);
    check_structs(e);

    memory *m = ll_arena_new(mem, memory);
    const ll_batch_store store = {m, memory_find, memory_keep};
    ll_variant *stopped = variants_make(e), *resumed = variants_make(e);
    m->limit = 4;
    CHECK(batch_run(e, &store, stopped, &err) == LL_ERR_RUN && m->n == 4, "%d kept", m->n);
    m->limit = MAX_KEPT;
    m->n_found = 0;
    CHECK(batch_run(e, &store, resumed, &err) == LL_OK, "%s", err.text);
    CHECK(m->n == N && m->n_found == 4, "%d kept, %d of them found", m->n, m->n_found);
    for (int i = 0; i < N; i++)
        CHECK(same_bytes(&resumed[i].found, &plain[i].found, sizeof plain[i].found),
              "%d: other bytes than without a stop", i);

    ll_comm_destroy(e->twin.self);
    ll_comm_destroy(e->twin.world);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
