/* On which inputs a result depends, against a slow twin: the study loaded from its files with the
 * value set as on the command line, and run as a whole. The same on every number of ranks. */
#include "sim/step/sensitivity.h"
#include "sim/step/result.h"
#include "sim/work/evidence.h"
#include "tests/support/check.h"
#include "tests/support/petsc.h"
#include "tests/support/twin.h"

#include <mpi.h>
#include <string.h>

typedef struct env {
    twin_env twin;
    double base[2]; /* headline of the twin's study, without and with jitter */
} env;

static ll_sensitivity find(const ll_study *study, ll_comm *comm, ll_arena *mem)
{
    ll_sensitivity s;
    ll_error err;
    ll_error_init(&err);
    const ll_status status = ll_sensitivity_find(study, comm, mem, &s, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    return s;
}

static const char *unit_of(ll_kind kind)
{
    return kind == LL_KIND_TIME      ? " s"
           : kind == LL_KIND_SIZE    ? " B"
           : kind == LL_KIND_RATE    ? " B/s"
           : kind == LL_KIND_COMPUTE ? " FLOP/s"
           : kind == LL_KIND_POWER   ? " W"
                                     : "";
}

/* The effect of a side, by the long way; refused: 0. */
static double twin_effect(const env *e, const char *name, const ll_config_entry *entry,
                          double value, bool *refused)
{
    const bool jitter = strstr(entry->path, "jitter") != NULL;
    const char *set =
        ll_arena_printf(e->twin.mem, "%s=%.17g%s", entry->path, value, unit_of(entry->kind));
    const double varied = twin_run(&e->twin, name, 1, &set, jitter);
    *refused = !(varied > 0);
    return *refused ? 0 : varied / e->base[jitter] - 1;
}

static const ll_sensitivity_row *row_of(const ll_sensitivity *s, const char *path)
{
    for (int i = 0; i < s->n; i++)
        if (!strcmp(s->row[i].entry->path, path)) return &s->row[i];
    return NULL;
}

static void check_side(const env *e, const char *name, const ll_config_entry *entry,
                       const ll_side *side, double factor)
{
    bool refused;
    const double want = fmax(entry->key->min, fmin(entry->value * factor, entry->key->max));
    const double effect = twin_effect(e, name, entry, want, &refused);
    CHECK(side ? twin_equal(side->value, want) && refused == (side->why != NULL) &&
                     twin_equal(side->effect_frac, effect) &&
                     side->clipped == !twin_equal(want, entry->value * factor)
               : !refused && twin_equal(effect, 0),
          "%s: %s = %g: %.17g, the twin says %.17g", name, entry->path, want,
          side ? side->effect_frac : 0, effect);
}

/* A number about the world that is none of a count, and not 0. */
static bool is_varied(const ll_config_entry *e)
{
    return e->key->flags & LL_KEY_FACT && e->kind != LL_KIND_COUNT && fabs(e->value) > 0;
}

/* Every figure, also those that have no row. */
static void check_twin(env *e, const char *name)
{
    for (int jitter = 0; jitter < 2; jitter++)
        e->base[jitter] = twin_run(&e->twin, name, 0, NULL, jitter > 0);
    const ll_study study = twin_load(&e->twin, name, 0, NULL);
    const ll_sensitivity s = find(&study, e->twin.self, e->twin.mem);
    int n_tried = 0;
    for (int i = 0; i < ll_config_n_entry(study.config); i++) {
        const ll_config_entry *entry = ll_config_entry_at(study.config, i);
        const ll_sensitivity_row *row = row_of(&s, entry->path);
        CHECK(!row || is_varied(entry), "%s: %s has a row", name, entry->path);
        if (!is_varied(entry)) continue;
        n_tried++;
        check_side(e, name, entry, row ? &row->minus : NULL, 0.9);
        check_side(e, name, entry, row ? &row->plus : NULL, 1.1);
        CHECK(ll_evidence_counts(&study, entry) || !row, "%s: %s counts for nothing, and has a row",
              name, entry->path);
    }
    CHECK(n_tried == s.n_tried && s.n > 10, "%s: %d figures, not %d", name, s.n_tried, n_tried);
}

/* Peak and efficiency of matrix products first; more speed is faster, more waiting is slower. */
static void check_order(const env *e)
{
    static const struct {
        const char *path;
        int sign; /* of a larger value */
    } cases[] = {{"cluster.chip.peak_bf16", 1},
                 {"cluster.chip.gemm_frac_bf16", 1},
                 {"cluster.topology.bandwidth", 1},
                 {"cluster.chip.memory_bandwidth", 1},
                 {"cluster.software[0].rate_frac_all_gather", 1},
                 {"cluster.chip.kernel_launch", -1},
                 {"cluster.topology.latency", -1},
                 {"cluster.jitter.op", -1},
                 {"cluster.jitter.chip", -1}};
    const ll_study study = twin_load(&e->twin, "nvl72", 0, NULL);
    const ll_sensitivity s = find(&study, e->twin.self, e->twin.mem);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ll_sensitivity_row *row = row_of(&s, cases[i].path);
        CHECK(row && row->plus.effect_frac * cases[i].sign > 0 &&
                  row->minus.effect_frac * cases[i].sign < 0,
              "%s: %g %g", cases[i].path, row ? row->minus.effect_frac : 0,
              row ? row->plus.effect_frac : 0);
        if (i < 2) CHECK(row == &s.row[i], "%s is not number %zu", cases[i].path, i + 1);
    }
    for (int i = 1; i < s.n; i++)
        CHECK(s.row[i - 1].effect_frac > s.row[i].effect_frac ||
                  (twin_equal(s.row[i - 1].effect_frac, s.row[i].effect_frac) &&
                   strcmp(s.row[i - 1].entry->path, s.row[i].entry->path) < 0),
              "row %d is out of order", i);
    const ll_sensitivity_row *memory = row_of(&s, "cluster.chip.memory");
    CHECK(memory && memory->minus.why && strstr(memory->minus.why, "are missing") &&
              !strncmp(memory->minus.why, "job.tp = 8: ", 12) && !memory->plus.why,
          "memory: %s", memory && memory->minus.why ? memory->minus.why : "-");
}

/* The world's ranks, which share the variants, find what one rank finds. */
static void check_ranks(const env *e, const char *name)
{
    const ll_study study = twin_load(&e->twin, name, 0, NULL);
    const ll_sensitivity one = find(&study, e->twin.self, e->twin.mem),
                         all = find(&study, e->twin.world, e->twin.mem);
    CHECK(one.n == all.n && one.n_tried == all.n_tried, "%s: %d rows, not %d", name, all.n, one.n);
    for (int i = 0; i < one.n && i < all.n; i++) {
        const ll_sensitivity_row *a = &one.row[i], *b = &all.row[i];
        CHECK(a->entry == b->entry && twin_equal(a->minus.effect_frac, b->minus.effect_frac) &&
                  twin_equal(a->plus.effect_frac, b->plus.effect_frac) &&
                  !a->minus.why == !b->minus.why &&
                  (!a->minus.why || !strcmp(a->minus.why, b->minus.why)),
              "%s: %s: %.17g and %.17g", name, a->entry->path, a->effect_frac, b->effect_frac);
    }
}

static void check_moments(const ll_moments *got, const double *x, int n)
{
    double sum = 0, square = 0, min = x[0], max = x[0];
    for (int i = 0; i < n; i++) {
        sum += x[i] / n;
        min = fmin(min, x[i]);
        max = fmax(max, x[i]);
    }
    for (int i = 0; i < n; i++)
        square += (x[i] - sum) * (x[i] - sum) / (n - 1);
    CHECK(twin_equal(got->min, min) && twin_equal(got->max, max), "%.17g to %.17g", got->min,
          got->max);
    CHECK_NEAR(got->mean, sum, 1e-14);
    CHECK_NEAR(got->sd, sqrt(square), 1e-9);
}

static ll_seed_spread spread_of(const env *e, const ll_study *study, int n)
{
    ll_seed_spread spread;
    ll_error err;
    ll_error_init(&err);
    const ll_status status =
        ll_seed_spread_find(study, n, e->twin.world, e->twin.mem, &spread, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    return spread;
}

/* Against whole runs with one seed each. */
static void check_seeds(const env *e)
{
    enum { N = 4 };
    static const char *const first[] = {"seed=3"};
    static const char *const even[] = {"cluster.jitter.op=0", "cluster.jitter.chip=0"};
    const ll_study study = twin_load(&e->twin, "nvl72", 1, first),
                   same = twin_load(&e->twin, "nvl72", 2, even),
                   large = twin_load(&e->twin, "gb200_8192", 0, NULL);
    const double tokens_per_chip = 18 * 8192.0 / 72;
    double time_s[N], headline[N];
    for (int i = 0; i < N; i++) {
        const char *seed = ll_arena_printf(e->twin.mem, "seed=%d", 3 + i);
        headline[i] = twin_run(&e->twin, "nvl72", 1, &seed, true);
        time_s[i] = tokens_per_chip / headline[i];
    }
    const ll_seed_spread spread = spread_of(e, &study, N);
    check_moments(&spread.headline, headline, N);
    CHECK_NEAR(spread.iteration_s.max, tokens_per_chip / spread.headline.min, 1e-12);
    CHECK_NEAR(spread.iteration_s.mean, (time_s[0] + time_s[1] + time_s[2] + time_s[3]) / 4, 1e-12);
    CHECK(spread.n == N && spread.n_chip == 72 && spread.headline.sd > 0, "%d seeds, %d chips",
          spread.n, spread.n_chip);
    const ll_moments none = spread_of(e, &same, 2).headline;
    CHECK(twin_equal(none.sd, 0) && twin_equal(none.min, none.max), "no jitter, and %g apart",
          none.sd);
    CHECK(spread_of(e, &large, 1).n_chip == LL_SPEED_MAX_CHIP, "not so many chips draw");
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm mpi = MPI_COMM_WORLD;
    env e = {.twin = {.mem = ll_arena_create("test")}};
    e.twin.world = ll_comm_create(&mpi, e.twin.mem);
    e.twin.self = ll_comm_self(e.twin.mem);
    if (ll_comm_size(e.twin.world) == 1) {
        check_twin(&e, "nvl72");
        check_twin(&e, "atlas950_256");
        check_order(&e);
    }
    check_ranks(&e, "nvl72");
    check_ranks(&e, "atlas950");
    check_seeds(&e);
    ll_comm_destroy(e.twin.self);
    ll_comm_destroy(e.twin.world);
    ll_arena_destroy(e.twin.mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
