#include "sim/report/catalog.h"

#include "sim/config/shipped.h"
#include "sim/machine/chip.h"
#include "sim/model/model.h"
#include "sim/report/summary.h"
#include "sim/work/study.h"

#include <string.h>

static const char *shipped_path(ll_comm *comm, ll_arena *mem, const char *kind, const char *name)
{
    return ll_arena_printf(mem, "%s/%s/%s.cfg", ll_shipped_dir(comm, mem), kind, name);
}

/* The first message of err, without its end of line: the row of a file that cannot be read. */
static const char *fault_text(const ll_error *err, ll_arena *mem)
{
    const char *text = ll_arena_strndup(mem, err->text, strcspn(err->text, "\n"));
    return ll_arena_printf(mem, "error: %s", ll_shipped_short(text, mem));
}

/* A shipped file as a configuration; `group` is where its keys are: "chip", or "" if at the top. */
static ll_status shipped_parse(const char *path, const char *name, ll_comm *comm, ll_arena *mem,
                               ll_config **cfg, const char **group, ll_error *err)
{
    ll_source source;
    LL_TRY(ll_source_read(path, 0, NULL, comm, mem, &source, err));
    LL_TRY(ll_config_parse(source, 0, NULL, mem, cfg, err));
    *group = ll_config_has(*cfg, name) ? name : "";
    return LL_OK;
}

ll_table *ll_catalog_chips(ll_comm *comm, ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "file"},
        {.name = "chip"},
        {.name = "fp4", .right = true},
        {.name = "fp8", .right = true},
        {.name = "bf16", .right = true},
        {.name = "memory", .right = true},
        {.name = "bandwidth", .right = true},
        {.name = "power", .right = true},
    };
    ll_table *t = ll_table_create(mem, "", (int)(sizeof columns / sizeof *columns), columns);
    const char *const *names, *group;
    int n = ll_shipped_names("chips", comm, mem, &names);
    ll_error *err = ll_arena_new(mem, ll_error);
    for (int i = 0; i < n; i++) {
        ll_config *cfg;
        ll_chip chip;
        ll_error_init(err);
        ll_table_row(t);
        ll_table_set(t, 0, "%s", names[i]);
        if (shipped_parse(shipped_path(comm, mem, "chips", names[i]), "chip", comm, mem, &cfg,
                          &group, err) ||
            ll_chip_read(cfg, group, &chip, err)) {
            ll_table_set(t, 1, "%s", fault_text(err, mem));
            continue;
        }
        ll_table_set(t, 1, "%s", chip.name);
        static const ll_precision peak[] = {LL_PRECISION_FP4, LL_PRECISION_FP8, LL_PRECISION_BF16};
        for (int k = 0; k < 3; k++)
            ll_table_set(t, 2 + k, "%s",
                         chip.peak_flop_per_s[peak[k]] > 0
                             ? ll_quantity_text(LL_KIND_COMPUTE, chip.peak_flop_per_s[peak[k]], mem)
                             : "-");
        ll_table_set(t, 5, "%s", ll_quantity_text(LL_KIND_SIZE, chip.memory_B, mem));
        ll_table_set(t, 6, "%s", ll_quantity_text(LL_KIND_RATE, chip.memory_Bps, mem));
        ll_table_set(t, 7, "%s",
                     chip.power_W > 0 ? ll_quantity_text(LL_KIND_POWER, chip.power_W, mem) : "-");
    }
    return t;
}

/* Clusters, or whole studies: what = LL_STUDY_CLUSTER or LL_STUDY_WHOLE. */
static ll_table *list_studies_of(const char *kind, int what, ll_comm *comm, ll_arena *mem)
{
    ll_table *t = ll_table_create(mem, "", 5,
                                  (ll_column[]){{.name = "name"},
                                                {.name = "chips", .right = true},
                                                {.name = "chip"},
                                                {.name = "shape"},
                                                {.name = "what it is", .key = "doc"}});
    const char *const *names;
    int n = ll_shipped_names(kind, comm, mem, &names);
    ll_error *err = ll_arena_new(mem, ll_error);
    for (int i = 0; i < n; i++) {
        ll_study *s = ll_arena_new(mem, ll_study);
        ll_error_init(err);
        ll_table_row(t);
        ll_table_set(t, 0, "%s", names[i]);
        if (ll_study_load(
                &(ll_study_source){shipped_path(comm, mem, kind, names[i]), 0, NULL, what}, comm,
                mem, s, err)) {
            ll_table_set(t, 4, "%s", fault_text(err, mem));
            continue;
        }
        ll_table_set(t, 1, "%d", s->cluster.topo->n_chip);
        ll_table_set(t, 2, "%s", s->cluster.chip.name);
        ll_table_set(t, 3, "%s", ll_report_shape(s->cluster.topo, mem));
        ll_table_set(t, 4, "%s", what == LL_STUDY_WHOLE && s->doc ? s->doc : s->cluster.doc);
    }
    return t;
}

ll_table *ll_catalog_clusters(ll_comm *comm, ll_arena *mem)
{
    return list_studies_of("clusters", LL_STUDY_CLUSTER, comm, mem);
}

ll_table *ll_catalog_studies(ll_comm *comm, ll_arena *mem)
{
    return list_studies_of("studies", LL_STUDY_WHOLE, comm, mem);
}

/* The first sentence of the comment at the top of a file. */
static const char *comment_of(const char *text, ll_arena *mem)
{
    ll_text out;
    ll_text_init(&out, mem);
    while (*text == '#') {
        const char *s = text + 1 + strspn(text + 1, " ");
        const size_t n = strcspn(s, "\n");
        ll_text_add(&out, "%s%.*s", out.n ? " " : "", (int)n, s);
        text = s + n + (s[n] == '\n');
    }
    const char *end = strstr(out.s, ". ");
    if (end) out.s[end - out.s] = '\0';
    return out.s;
}

/* Files of a folder, with what their comments say first. */
static ll_table *list_comments_of(const char *kind, const char *what, ll_comm *comm, ll_arena *mem)
{
    ll_table *t = ll_table_create(
        mem, "", 2, (ll_column[]){{.name = "file"}, {.name = "what it is", .key = "doc"}});
    const char *const *names, *text;
    const int n = ll_shipped_names(kind, comm, mem, &names);
    ll_error *err = ll_arena_new(mem, ll_error);
    for (int i = 0; i < n; i++) {
        size_t n_byte;
        ll_error_init(err);
        ll_table_row(t);
        ll_table_set(t, 0, "%s", names[i]);
        const ll_status status = ll_source_file(shipped_path(comm, mem, kind, names[i]), what, comm,
                                                mem, &text, &n_byte, err);
        ll_table_set(t, 1, "%s", status ? fault_text(err, mem) : comment_of(text, mem));
    }
    return t;
}

ll_table *ll_catalog_parts(ll_comm *comm, ll_arena *mem)
{
    return list_comments_of("parts", "a part", comm, mem);
}

ll_table *ll_catalog_servers(ll_comm *comm, ll_arena *mem)
{
    return list_comments_of("servers", "an inference engine", comm, mem);
}

ll_table *ll_catalog_models(ll_comm *comm, ll_arena *mem)
{
    ll_table *t = ll_table_create(mem, "", 5,
                                  (ll_column[]){{.name = "file"},
                                                {.name = "model"},
                                                {.name = "parameters", .right = true},
                                                {.name = "layers", .right = true},
                                                {.name = "hidden", .right = true}});
    const char *const *names, *group;
    int n = ll_shipped_names("models", comm, mem, &names);
    ll_error *err = ll_arena_new(mem, ll_error);
    for (int i = 0; i < n; i++) {
        ll_config *cfg;
        ll_model model;
        ll_error_init(err);
        ll_table_row(t);
        ll_table_set(t, 0, "%s", names[i]);
        if (shipped_parse(shipped_path(comm, mem, "models", names[i]), "model", comm, mem, &cfg,
                          &group, err) ||
            ll_model_read(cfg, group, mem, &model, err)) {
            ll_table_set(t, 1, "%s", fault_text(err, mem));
            continue;
        }
        ll_table_set(t, 1, "%s", model.name);
        ll_table_set(t, 2, "%s", ll_thousands_text(ll_model_param(&model), mem));
        ll_table_set(t, 3, "%lld", (long long)model.n_layer);
        ll_table_set(t, 4, "%lld", (long long)model.hidden);
    }
    return t;
}
