/* A study with changes is the study that the changed files would describe: values as typed, and
 * parts of another configuration. */
#include "sim/step/result.h"
#include "tests/support/check.h"

#include <string.h>

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
    ll_study nvl72, pods;
} env;

static ll_study load(const env *e, const char *name, int n_set, const char *const *set)
{
    ll_study study = {0};
    ll_error err;
    ll_error_init(&err);
    const ll_study_source from = {name, n_set, set, LL_STUDY_WHOLE};
    CHECK(ll_study_load(&from, e->comm, e->mem, &study, &err) == LL_OK, "%s", err.text);
    return study;
}

static const ll_config_entry *entry_of(const ll_config *cfg, const char *path)
{
    for (int i = 0; i < ll_config_n_entry(cfg); i++)
        if (!strcmp(ll_config_entry_at(cfg, i)->path, path)) return ll_config_entry_at(cfg, i);
    return NULL;
}

/* Entry by entry, but those at the top. */
static void check_equal(const ll_config *got, const ll_config *want)
{
    for (int i = 0; i < ll_config_n_entry(want); i++) {
        const ll_config_entry *w = ll_config_entry_at(want, i);
        const ll_config_entry *g = entry_of(got, w->path);
        if (!strchr(w->path, '.')) continue;
        CHECK(g && !strcmp(g->text, w->text) && g->evidence == w->evidence, "%s = %s, not %s",
              w->path, g ? g->text : "(nothing)", w->text);
    }
    CHECK(ll_config_n_entry(got) == ll_config_n_entry(want), "%d entries, not %d",
          ll_config_n_entry(got), ll_config_n_entry(want));
}

static void check_text(const env *e)
{
    static const char *const set[] = {"cluster.chip.memory_frac=0.5", "job.zero=0"};
    const ll_change change[] = {{.path = "cluster.chip.memory_frac", .text = "0.5"},
                                {.path = "job.zero", .text = "0"}};
    const ll_study want = load(e, "nvl72", 2, set);
    ll_study got;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_study_vary(&e->nvl72, 2, change, e->mem, &got, &err) == LL_OK, "%s", err.text);
    check_equal(got.config, want.config);
    CHECK(ll_study_vary(&got, 0, NULL, e->mem, &got, &err) == LL_OK, "%s", err.text);
    check_equal(got.config, want.config);
}

/* Everything of the other study, piece by piece: that is the other study. A part that --set wrote
 * goes with the group that it stood in. */
static void check_whole(const env *e)
{
    static const char *const set[] = {"cluster.jitter.op=0.2", "job.zero=0", "model.rotary=false"};
    const ll_config *from = e->pods.config;
    const ll_change change[] = {{.path = "cluster", .from = from},
                                {.path = "model", .from = from},
                                {.path = "job", .from = from}};
    const ll_study base = load(e, "nvl72", 3, set);
    ll_study got;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_study_vary(&base, 3, change, e->mem, &got, &err) == LL_OK, "%s", err.text);
    check_equal(got.config, from);
}

/* One key; where the other leaves it to its default, the default. */
static void check_key(const env *e)
{
    const ll_config *from = e->pods.config;
    const ll_change change[] = {{.path = "job.interleave", .from = from},
                                {.path = "cluster.doc", .from = from}};
    static const char *const set[] = {"job.interleave=1"};
    const ll_study other = load(e, "nvl72", 1, set);
    const ll_change back = {.path = "job.zero", .from = e->nvl72.config};
    static const char *const zero[] = {"job.zero=0"};
    const ll_study base = load(e, "nvl72", 1, zero);
    ll_study got;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_study_vary(&e->nvl72, 2, change, e->mem, &got, &err) == LL_OK, "%s", err.text);
    CHECK(
        got.layout.interleave == e->pods.layout.interleave &&
            !strcmp(entry_of(got.config, "cluster.doc")->text, entry_of(from, "cluster.doc")->text),
        "%lld chunks", (long long)got.layout.interleave);
    const ll_change one = {.path = "job.interleave", .from = other.config};
    CHECK(ll_study_vary(&e->nvl72, 1, &one, e->mem, &got, &err) == LL_OK, "%s", err.text);
    CHECK(got.layout.interleave == 1, "%lld chunks", (long long)got.layout.interleave);
    CHECK(ll_study_vary(&base, 1, &back, e->mem, &got, &err) == LL_OK, "%s", err.text);
    const ll_config_entry *entry = entry_of(got.config, "job.zero");
    CHECK(got.stack.zero == 1 && !strcmp(entry->origin, "default"), "zero %lld of %s",
          (long long)got.stack.zero, entry->origin);
}

/* A topology is built anew only if it may be another: an edge list takes its time. */
static void check_fabric(const env *e)
{
    static const struct {
        const char *path, *text;
        bool anew;
    } cases[] = {{"cluster.chip.memory_frac", "0.5", false},
                 {"cluster.topology.bandwidth", "60 GB/s", true},
                 {"cluster.link_rates", "3:0.5", true},
                 {"cluster.wire.kappa", "0.1", false},
                 {"job.zero", "0", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ll_change change = {.path = cases[i].path, .text = cases[i].text};
        ll_study got;
        ll_link link;
        ll_error err;
        ll_error_init(&err);
        CHECK(ll_study_vary(&e->nvl72, 1, &change, e->mem, &got, &err) == LL_OK, "%s", err.text);
        CHECK(cases[i].anew == (got.cluster.topo != e->nvl72.cluster.topo), "%s", change.path);
        got.cluster.topo->type->link(got.cluster.topo, 3, &link);
        CHECK_NEAR(link.bw_Bps, i == 1 ? 60e9 : i == 2 ? 25e9 : 50e9, 1e-12);
    }
    const ll_change all = {.path = "cluster", .from = e->nvl72.config};
    ll_study got;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_study_vary(&e->nvl72, 1, &all, e->mem, &got, &err) == LL_OK, "%s", err.text);
    CHECK(got.cluster.topo != e->nvl72.cluster.topo, "the cluster has an old fabric");
}

static void check_refused(const env *e)
{
    static const struct {
        const char *path, *text, *says;
    } cases[] = {{"cluster.topology.dimensions[1].size", NULL, "cluster.topology"},
                 {"cluster.topology", NULL, "no entry for dimension 'infiniband'"},
                 {"job.global_batch", "17", "micro-batches per pipeline"},
                 {"cluster.chip.memory", "1 GB", "are missing"},
                 {"cluster.chip.colour", "1", "unknown path 'cluster.chip.colour'"},
                 {"job.tp.x", "1", "is a value, not a group"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ll_change change = {cases[i].path, cases[i].text,
                                  cases[i].text ? NULL : e->pods.config};
        ll_study got;
        ll_error err;
        ll_error_init(&err);
        CHECK(ll_study_vary(&e->nvl72, 1, &change, e->mem, &got, &err) == LL_ERR_CONFIG &&
                  strstr(err.text, cases[i].says),
              "%s: says nothing of '%s': %s", cases[i].path, cases[i].says, err.text);
    }
}

int main(void)
{
    env e = {.mem = ll_arena_create("test")};
    e.comm = ll_comm_self(e.mem);
    e.nvl72 = load(&e, "nvl72", 0, NULL);
    e.pods = load(&e, "gb200_8192", 0, NULL);
    check_text(&e);
    check_whole(&e);
    check_key(&e);
    check_fabric(&e);
    check_refused(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(e.mem);
    return LL_CHECK_RESULT;
}
