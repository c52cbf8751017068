/* Which differences matter, against a slow twin: the first study loaded from its files with the
 * other's value set as on the command line, and run as a whole. The same on every number of ranks.
 */
#include "sim/step/effects.h"
#include "sim/step/result.h"
#include "tests/support/check.h"
#include "tests/support/petsc.h"
#include "tests/support/twin.h"

#include <mpi.h>
#include <string.h>

static ll_effects find(int n, const ll_study *study, ll_comm *comm, ll_arena *mem)
{
    ll_effects effects;
    ll_error err;
    ll_error_init(&err);
    const ll_status status = ll_effects_find(n, study, comm, mem, &effects, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    return effects;
}

static const ll_effects_row *row_of(const ll_effects *f, const char *path)
{
    for (int i = 0; i < f->n; i++)
        if (!strcmp(f->row[i].path, path)) return &f->row[i];
    return NULL;
}

/* Every key that was changed alone, and every one that both have and that was refused. */
static void check_twin(const twin_env *e, const char *first, const char *other)
{
    const ll_study study[] = {twin_load(e, first, 0, NULL), twin_load(e, other, 0, NULL)};
    const ll_effects f = find(2, study, e->self, e->mem);
    const double base = twin_run(e, first, 0, NULL, false);
    int n_alone = 0, n_below = 0;
    for (int i = 0; i < f.n; i++) {
        const ll_effects_row *row = &f.row[i];
        const ll_effect *effect = &row->effect[1];
        if (row->is_group || !row->text[0] || !row->text[1]) continue;
        if (!*row->text[1]) { /* "path=" sets nothing */
            n_below += fabs(effect->effect_frac) < f.threshold_frac;
            continue;
        }
        const char *set = ll_arena_printf(e->mem, "%s=%s", row->path, row->text[1]);
        const double headline = twin_run(e, first, 1, &set, false);
        CHECK(headline > 0 ? !effect->why && twin_equal(effect->effect_frac, headline / base - 1)
                           : effect->why && effect->group && twin_equal(effect->effect_frac, 0),
              "%s with %s: %.17g, the twin says %.17g", first, set, effect->effect_frac,
              headline / base - 1);
        n_alone += headline > 0;
        n_below += headline > 0 && fabs(headline / base - 1) < f.threshold_frac;
    }
    CHECK(n_alone > 2 && n_below == f.n_below, "%d keys, %d of no account; the twin says %d",
          n_alone, f.n_below, n_below);
    const double total = twin_run(e, other, 0, NULL, false) / base - 1;
    CHECK(twin_equal(f.total_frac[1], total) && twin_equal(f.total_frac[0], 0),
          "%.17g in all, not %.17g", f.total_frac[1], total);
}

static const ll_config_entry *entry_of(const ll_study *study, const char *path)
{
    for (int i = 0; i < ll_config_n_entry(study->config); i++)
        if (!strcmp(ll_config_entry_at(study->config, i)->path, path))
            return ll_config_entry_at(study->config, i);
    return NULL;
}

/* Whatever differs has a row, which says what became of it: an effect of its own, a group whose row
 * has one, or why neither. */
static void check_whole(const ll_effects *f, const ll_study *study)
{
    for (int k = 0; k < f->n_study; k++)
        for (int i = 0; i < ll_config_n_entry(study[k].config); i++) {
            const ll_config_entry *a = ll_config_entry_at(study[k].config, i);
            const ll_config_entry *b = entry_of(&study[0], a->path);
            const ll_effects_row *row = row_of(f, a->path);
            if (b && (a->kind > LL_KIND_POWER ? !strcmp(a->text, b->text)
                                              : twin_equal(a->value, b->value)))
                continue;
            CHECK(row && row->effect[k].differs && !strcmp(row->text[k], a->text), "%s = %s in %d",
                  a->path, a->text, k);
        }
    for (int i = 0; i < f->n; i++)
        for (int k = 1; k < f->n_study; k++) {
            const ll_effects_row *row = &f->row[i];
            const ll_effect *effect = &row->effect[k];
            const ll_effects_row *group = effect->group ? row_of(f, effect->group->name) : NULL;
            CHECK(!effect->group == !group && (!group || group->effect[k].differs) &&
                      (!effect->why || twin_equal(effect->effect_frac, 0)) &&
                      (!effect->group || effect->why),
                  "%s in %d: %g, %s, %s", row->path, k, effect->effect_frac,
                  effect->group ? effect->group->name : "-", effect->why ? effect->why : "-");
            CHECK(fabs(effect->effect_frac) <= row->effect_frac, "%s in %d", row->path, k);
        }
}

/* One row of fabric for 4 racks: the batch must be another too, and together they are all. */
static void check_groups(const twin_env *e)
{
    const ll_study study[] = {twin_load(e, "atlas950", 0, NULL),
                              twin_load(e, "atlas950_256", 0, NULL)};
    const ll_effects f = find(2, study, e->self, e->mem);
    const ll_effects_row *batch = row_of(&f, "job.global_batch"), *both = row_of(&f, "fabric, job");
    check_whole(&f, study);
    CHECK(batch && batch->effect[1].why &&
              strstr(batch->effect[1].why, "job.global_batch = 64: ") && batch->effect[1].group &&
              !strcmp(batch->effect[1].group->name, "fabric, job"),
          "batch: %s", batch && batch->effect[1].why ? batch->effect[1].why : "-");
    CHECK(both && both->is_group && !both->text[0] && !both->text[1] &&
              twin_equal(both->effect[1].effect_frac, f.total_frac[1]),
          "%g by both, %g by all", both ? both->effect[1].effect_frac : 0, f.total_frac[1]);
    for (int i = 1; i < f.n; i++)
        CHECK(f.row[i - 1].effect_frac >= f.row[i].effect_frac, "row %d is out of order", i);
}

/* Variants of one study: a unit is no difference, an engine is not run, jitter and seeds draw. */
static void check_variants(const twin_env *e)
{
    static const char *const set[] = {"cluster.topology.bandwidth=0.05 TB/s",
                                      "engine.type=packet",
                                      "cluster.jitter.op=0.02",
                                      "seed=5",
                                      "cluster.chip.memory=190 GB",
                                      "job.zero=1"};
    const ll_study study[] = {twin_load(e, "nvl72", 0, NULL), twin_load(e, "nvl72", 6, set),
                              twin_load(e, "nvl72", 0, NULL)};
    const ll_effects same = find(2, (const ll_study[]){study[0], study[2]}, e->self, e->mem);
    CHECK(same.n == 0 && twin_equal(same.total_frac[1], 0), "%d rows of nothing", same.n);
    const ll_effects f = find(3, study, e->self, e->mem);
    check_whole(&f, study);
    CHECK(!row_of(&f, "cluster.topology.bandwidth"), "0.05 TB/s are not 50 GB/s");
    const ll_effects_row *engine = row_of(&f, "engine.type");
    CHECK(engine && engine->effect[1].why && !engine->effect[1].group && !engine->effect[2].differs,
          "engine: %s", engine && engine->effect[1].why ? engine->effect[1].why : "-");
    static const struct {
        const char *path;
        int set;
    } draws[] = {{"cluster.jitter.op", 2}, {"seed", 3}};
    const double base = twin_run(e, "nvl72", 0, NULL, true);
    for (int i = 0; i < 2; i++) {
        const ll_effects_row *row = row_of(&f, draws[i].path);
        const double want = twin_run(e, "nvl72", 1, &set[draws[i].set], true) / base - 1;
        CHECK(row && twin_equal(row->effect[1].effect_frac, want), "%s: %.17g, not %.17g",
              draws[i].path, row ? row->effect[1].effect_frac : 0, want);
    }
    CHECK(row_of(&f, "cluster.jitter.op")->effect[1].effect_frac < 0, "jitter is faster");
}

/* The world's ranks, which share the variants, find what one rank finds. */
static void check_ranks(const twin_env *e)
{
    const ll_study study[] = {twin_load(e, "nvl72", 0, NULL), twin_load(e, "gb200_8192", 0, NULL),
                              twin_load(e, "atlas950_256", 0, NULL)};
    const ll_effects one = find(3, study, e->self, e->mem), all = find(3, study, e->world, e->mem);
    check_whole(&all, study);
    CHECK(one.n == all.n && one.n_below == all.n_below && one.n > 100, "%d rows, not %d", all.n,
          one.n);
    for (int i = 0; i < one.n && i < all.n; i++)
        for (int k = 1; k < 3; k++) {
            const ll_effect *a = &one.row[i].effect[k], *b = &all.row[i].effect[k];
            CHECK(!strcmp(one.row[i].path, all.row[i].path) &&
                      twin_equal(a->effect_frac, b->effect_frac) && a->group == b->group &&
                      !a->why == !b->why && (!a->why || !strcmp(a->why, b->why)),
                  "%s in %d: %.17g and %.17g", one.row[i].path, k, a->effect_frac, b->effect_frac);
        }
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm mpi = MPI_COMM_WORLD;
    twin_env e = {.mem = ll_arena_create("test")};
    e.world = ll_comm_create(&mpi, e.mem);
    e.self = ll_comm_self(e.mem);
    if (ll_comm_size(e.world) == 1) {
        check_twin(&e, "nvl72", "atlas950");
        check_twin(&e, "nvl72", "gb200_8192");
        check_groups(&e);
        check_variants(&e);
    }
    check_ranks(&e);
    ll_comm_destroy(e.self);
    ll_comm_destroy(e.world);
    ll_arena_destroy(e.mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
