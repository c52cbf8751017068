#include "sim/work/study.h"

#include "sim/config/registry.h"
#include "sim/machine/timed_tables.h"
#include "sim/work/experts.h"
#include "sim/work/infer.h"
#include "sim/work/stack.h"
#include "sim/work/study_job.h"

#include <stdio.h>
#include <string.h>

const ll_key ll_study_keys[] = {
    {.name = "name", .kind = LL_KIND_STRING, .offset = offsetof(ll_study, name), .doc = "name"},
    {.name = "doc",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_study, doc),
     .def = "",
     .doc = "one line for lists and reports"},
    {.name = "seed",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(ll_study, seed),
     .def = "1",
     .min = 0,
     .max = 9e15,
     .doc = "seed of all random draws"},
    {0}};

static const char *engine_name(int i)
{
    return ll_engine_types[i] ? ll_engine_types[i]->name : NULL;
}

static const char *workload_name(int i)
{
    return ll_workload_types[i] ? ll_workload_types[i]->name : NULL;
}

static const ll_registry engines = {"network engine", "flow", engine_name};
static const ll_registry workloads = {"workload", "train", workload_name};

static bool has_key(const ll_key *keys, const char *name)
{
    for (; keys->name; keys++)
        if (!strcmp(keys->name, name)) return true;
    return false;
}

/* A key of another engine gets a message of its own, as it is not misspelt. */
static ll_status engine_keys_check(const ll_config *cfg, const ll_engine_type *engine,
                                   ll_arena *mem, ll_error *err)
{
    for (int i = 0; ll_engine_types[i]; i++)
        for (const ll_key *key = ll_engine_types[i]->keys; key->name; key++) {
            const char *path = ll_arena_printf(mem, "engine.%s", key->name);
            if (has_key(engine->keys, key->name) || !ll_config_has(cfg, path)) continue;
            return ll_config_fault(cfg, path, err,
                                   "engine %s has no '%s', which is a key of engine %s; leave it "
                                   "out, or choose that engine",
                                   engine->name, key->name, ll_engine_types[i]->name);
        }
    return LL_OK;
}

static ll_status engine_read(ll_config *cfg, ll_arena *mem, ll_study *out, ll_error *err)
{
    int choice = 0;
    LL_TRY(ll_registry_read(cfg, "engine", &engines, mem, &choice, err));
    out->engine = ll_engine_types[choice];
    LL_TRY(engine_keys_check(cfg, out->engine, mem, err));
    void *param = ll_arena_alloc(mem, 1, out->engine->param_size);
    LL_TRY(ll_config_fill(cfg, "engine", out->engine->keys, param, err));
    out->engine_param = param;
    return LL_OK;
}

ll_study ll_study_with_engine(const ll_study *study, const ll_engine_type *engine, ll_arena *mem)
{
    ll_study other = *study;
    if (engine == study->engine) return other;
    other.engine = engine;
    other.engine_param = ll_engine_defaults(engine, mem);
    return other;
}

static ll_status workload_read(ll_config *cfg, ll_arena *mem, ll_study *out, ll_error *err)
{
    int choice = 0;
    LL_TRY(ll_registry_read(cfg, "job", &workloads, mem, &choice, err));
    out->workload = ll_workload_types[choice];
    void *param = ll_arena_alloc(mem, 1, out->workload->param_size + 1);
    LL_TRY(ll_config_fill(cfg, "job", out->workload->keys, param, err));
    out->workload_param = param;
    return LL_OK;
}

/* A missing group is one error, not one for each of its required keys. */
static void group_check(ll_config *cfg, const char *name, const char *write, ll_error *err)
{
    const ll_node *group;
    if (ll_config_has(cfg, name) || ll_config_group(cfg, name, &group, err) != LL_OK) return;
    ll_config_fault(cfg, "", err, "no %s; write %s", name, write);
}

/* Read what is of training alone: batch and schedule, and the software. */
static ll_status step_read(ll_config *cfg, ll_study *out, ll_error *err)
{
    out->cluster.chip.tables = NULL;
    const ll_status step = ll_config_fill(cfg, "job", ll_layout_step_keys, &out->layout, err);
    const ll_status stack = ll_config_fill(cfg, "job", ll_stack_keys, &out->stack, err);
    return step == LL_OK ? stack : step;
}

/* Read what is of inference alone: the engine. Its gaps between kernels stand in place of the
 * chip's, as it runs them from captured graphs; and kernels are timed by the chip's tables. */
static ll_status server_read(ll_config *cfg, ll_arena *mem, ll_study *out, ll_error *err)
{
    static const char write[] =
        "@include \"servers/NAME.cfg\" on a line of its own; `lineloss list "
        "servers` has the names";
    group_check(cfg, "server", write, err);
    LL_TRY(err->status);
    LL_TRY(ll_config_fill(cfg, "server", ll_server_keys, &out->server, err));
    LL_TRY(ll_kernel_tables_load(cfg, "cluster.chip", &out->cluster.chip, mem, err));
    out->cluster.chip.launch_s = out->server.gap_s;
    out->layout.server = &out->server;
    ll_shots *shots = &out->cluster.shots;
    if (!*shots->chosen && ll_shots_have(shots, out->server.all_reduce))
        shots->chosen = out->server.all_reduce;
    out->layout.interleave = 1;
    out->layout.plan_text = "";
    out->stack = (ll_stack){.recompute_modules = "", .fused_attention = true};
    return LL_OK;
}

static ll_status keys_read(ll_config *cfg, ll_arena *mem, ll_study *out, ll_error *err)
{
    LL_TRY(workload_read(cfg, mem, out, err));
    const ll_status own =
        ll_study_serves(out) ? server_read(cfg, mem, out, err) : step_read(cfg, out, err);
    const ll_status layout = ll_config_fill(cfg, "job", ll_layout_keys, &out->layout, err);
    const ll_status experts =
        ll_config_fill(cfg, "job", ll_experts_keys, &out->layout.experts, err);
    LL_TRY(own);
    LL_TRY(layout);
    return experts;
}

/* Read layout, software and workload, and check them against the model and the chips. */
static ll_status job_read(ll_config *cfg, ll_arena *mem, ll_study *out, ll_error *err)
{
    LL_TRY(keys_read(cfg, mem, out, err));
    ll_faults why = {0};
    if (ll_study_serves(out)) ll_server_parse(&out->server, &why);
    if (out->layout.plan_text[0])
        out->layout.plan = ll_chunk_plan_parse(out->layout.plan_text, mem, &why);
    ll_stack_parse(&out->stack, &why);
    ll_study_job_legal(out, mem, &why);
    for (int i = 0; i < why.n && i < LL_MAX_FAULT; i++)
        ll_config_fault(cfg, why.at[i].path, err, "%s", why.at[i].text);
    return err->status;
}

/* A job that does not fit into memory is an error that says how much is missing and which keys to
 * change. */
static ll_status memory_check(const ll_config *cfg, const ll_study *study, ll_error *err)
{
    ll_faults why = {0};
    if (ll_study_memory_fits(study, &why)) return LL_OK;
    return ll_config_fault(cfg, why.at[0].path, err, "%s", why.at[0].text);
}

static ll_status groups_check(ll_config *cfg, const ll_study_source *from, ll_error *err)
{
    static const char cluster[] = "@include \"clusters/NAME.cfg\" on a line of its own; `lineloss "
                                  "list clusters` has the names";
    static const char model[] =
        "@include \"models/NAME.cfg\" on a line of its own; `lineloss list models` has the names";
    static const char job[] =
        "job : { sequence = 8192; precision = \"bf16\"; global_batch = 1024; tp = 8; };";
    const bool whole = from->what == LL_STUDY_WHOLE;
    if (whole && ll_config_has(cfg, "cluster") && !ll_config_has(cfg, "model") &&
        !ll_config_has(cfg, "job") && !ll_config_has(cfg, "name"))
        return ll_config_fault(
            cfg, "", err,
            "a cluster, not a study: it has no model and no job; `lineloss net "
            "%s` prices collectives on it, `lineloss list studies` shows studies",
            from->path);
    const int before = err->n_line;
    group_check(cfg, "cluster", cluster, err);
    if (whole || ll_config_has(cfg, "model") || ll_config_has(cfg, "job")) {
        group_check(cfg, "model", model, err);
        group_check(cfg, "job", job, err);
    }
    return err->n_line > before ? LL_ERR_CONFIG : LL_OK;
}

/* What a study is read from: its source text and settings, and changes from other configurations.
 */
typedef struct reading {
    const ll_study_source *from;
    ll_source source;
    int n_change;
    const ll_change *change;        /* changes with a text are in from->set already */
    const ll_topology *known;       /* the topology if it is built already, or NULL */
    const ll_kernel_tables *tables; /* the chip's, if they are loaded already, or NULL */
} reading;

/* Read name, doc and seed; a cluster need not have them, and may have a seed alone. The name stands
 * in every result. */
static ll_status head_read(ll_config *cfg, int what, ll_study *out, ll_error *err)
{
    enum { MAX_NAME = 120, SEED = 2 };
    if (what != LL_STUDY_WHOLE && !ll_config_has(cfg, "name"))
        return ll_config_has(cfg, "seed") ? ll_config_fill(cfg, "", &ll_study_keys[SEED], out, err)
                                          : LL_OK;
    LL_TRY(ll_config_fill(cfg, "", ll_study_keys, out, err));
    const size_t n = strlen(out->name);
    if (n >= 1 && n <= MAX_NAME) return LL_OK;
    return ll_config_fault(cfg, "name", err, "a name of 1 to %d bytes is expected; it has %zu",
                           MAX_NAME, n);
}

static ll_status precision_check(const ll_config *cfg, const ll_study *study, ll_error *err)
{
    const ll_chip *chip = &study->cluster.chip;
    const int precision = study->layout.precision;
    if (chip->peak_flop_per_s[precision] > 0) return LL_OK;
    return ll_config_fault(cfg, "job.precision", err, "%s has no peak for %s", chip->name,
                           ll_precision_names[precision]);
}

/* Read the job, after cluster and model. */
static ll_status work_fill(ll_config *cfg, ll_arena *mem, ll_study *out, ll_error *err)
{
    LL_TRY(job_read(cfg, mem, out, err));
    LL_TRY(precision_check(cfg, out, err));
    out->workload->memory(out, mem, &out->memory);
    LL_TRY(memory_check(cfg, out, err));
    out->collectives = out->workload->collectives(out, mem);
    return LL_OK;
}

static ll_status study_fill(ll_config *cfg, const reading *r, ll_arena *mem, ll_study *out,
                            ll_error *err)
{
    const int what = r->from->what;
    ll_status study = head_read(cfg, what, out, err);
    ll_status engine = engine_read(cfg, mem, out, err);
    ll_status cluster = ll_cluster_read(cfg, r->known, mem, &out->cluster, err);
    LL_TRY(study);
    LL_TRY(engine);
    if (what == LL_STUDY_CLUSTER && !ll_config_has(cfg, "model")) return cluster;
    ll_status model = ll_model_read(cfg, "model", mem, &out->model, err);
    LL_TRY(cluster);
    LL_TRY(model);
    return work_fill(cfg, mem, out, err);
}

static ll_status reading_run(const reading *r, ll_arena *mem, ll_study *out, ll_error *err)
{
    *out = (ll_study){.path = r->from->path, .from = r->from, .source = r->source, .seed = 1};
    LL_TRY(ll_config_parse(r->source, r->from->n_set, r->from->set, mem, &out->config, err));
    for (int i = 0; i < r->n_change; i++)
        if (!r->change[i].text)
            LL_TRY(ll_config_take(out->config, r->change[i].from, r->change[i].path, err));
    out->cluster.chip.tables = r->tables;
    ll_status status = groups_check(out->config, r->from, err);
    if (status == LL_OK) status = study_fill(out->config, r, mem, out, err);
    ll_status rest = ll_config_finish(out->config, err);
    return status == LL_OK ? rest : status;
}

ll_status ll_study_parse(const ll_study_source *from, ll_source source, ll_arena *mem,
                         ll_study *out, ll_error *err)
{
    ll_study_source *own = ll_arena_new(mem, ll_study_source);
    *own = *from;
    return reading_run(&(reading){.from = own, .source = source}, mem, out, err);
}

/* Whether `path` is in the group, or the group in it. */
static bool concerns(const char *path, const char *group)
{
    const size_t n = strlen(path), n_group = strlen(group), both = n < n_group ? n : n_group;
    return !strncmp(path, group, both);
}

ll_status ll_study_vary(const ll_study *study, int n, const ll_change *change, ll_arena *mem,
                        ll_study *out, ll_error *err)
{
    ll_study_source *from = ll_arena_new(mem, ll_study_source);
    const char **set = ll_arena_array(mem, study->from->n_set + n, const char *);
    bool same_fabric = true;
    *from = *study->from;
    for (int i = 0; i < from->n_set; i++)
        set[i] = from->set[i];
    for (int i = 0; i < n; i++) {
        if (change[i].text)
            set[from->n_set++] = ll_arena_printf(mem, "%s=%s", change[i].path, change[i].text);
        same_fabric = same_fabric && !concerns(change[i].path, "cluster.topology") &&
                      !concerns(change[i].path, "cluster.link_rates");
    }
    from->set = set;
    const reading r = {.from = from,
                       .source = study->source,
                       .n_change = n,
                       .change = change,
                       .known = same_fabric ? study->cluster.topo : NULL,
                       .tables = study->cluster.chip.tables};
    return reading_run(&r, mem, out, err);
}

ll_status ll_study_load(const ll_study_source *from, ll_comm *comm, ll_arena *mem, ll_study *out,
                        ll_error *err)
{
    ll_source source;
    LL_TRY(ll_source_read(from->path, from->n_set, from->set, comm, mem, &source, err));
    return ll_study_parse(from, source, mem, out, err);
}
