/* Measured collectives beside predicted ones as JSON; see sim/report/report_json.c for what is
 * common to all results. */
#include "sim/engine/flow/solver_options.h"
#include "sim/print/fields.h"
#include "sim/report/provenance.h"
#include "sim/validate/curve_report.h"
#include "sim/version.h"

#include <math.h>

enum { SCHEMA_VERSION = 1 };

typedef struct cluster_json {
    const char *asked, *name, *chip, *engine;
    int64_t seed;
    uint64_t config_hash;
    int n_config, n_file;
    const ll_config_row *config;
    const ll_config_file *file;
} cluster_json;

typedef struct point_json {
    const char *cluster, *collective, *use, *source;
    int n_chip;
    double size_B, measured_s, predicted_s, closed_s, error_frac, closed_error_frac;
} point_json;

typedef struct document {
    int schema_version;
    const char *version, *git, *petsc_options;
    int n_row, n_cluster, n_other_chip;
    const point_json *row;
    const cluster_json *cluster;
} document;

static const ll_field row_fields[] = {
    LL_FIELD("cluster", LL_FIELD_STRING, point_json, cluster, "", "as the table names it"),
    LL_FIELD("collective", LL_FIELD_STRING, point_json, collective, "", "what was measured"),
    LL_FIELD("chips", LL_FIELD_INT, point_json, n_chip, "chips", "0 .. chips - 1 of the cluster"),
    LL_FIELD("size_B", LL_FIELD_NUMBER, point_json, size_B, "B", "as nccl-tests counts it"),
    LL_FIELD("measured_s", LL_FIELD_NUMBER, point_json, measured_s, "s", "by the source"),
    LL_FIELD("predicted_s", LL_FIELD_NUMBER, point_json, predicted_s, "s", "by the engine"),
    LL_FIELD("error_frac", LL_FIELD_NUMBER, point_json, error_frac, "1",
             "predicted_s over measured_s, less 1"),
    LL_FIELD("closed_s", LL_FIELD_NUMBER, point_json, closed_s, "s", "by engine closed"),
    LL_FIELD("closed_error_frac", LL_FIELD_NUMBER, point_json, closed_error_frac, "1",
             "closed_s over measured_s, less 1"),
    LL_FIELD("use", LL_FIELD_STRING, point_json, use, "",
             "fit: figures of the cluster were fitted to it, perhaps; check: they were not"),
    LL_FIELD("source", LL_FIELD_STRING, point_json, source, "", "where it was measured"),
    {0}};

static const ll_field cluster_fields[] = {
    LL_FIELD("cluster", LL_FIELD_STRING, cluster_json, asked, "", "as the table names it"),
    LL_FIELD("name", LL_FIELD_STRING, cluster_json, name, "", "of the cluster"),
    LL_FIELD("chip", LL_FIELD_STRING, cluster_json, chip, "", "name of the chip"),
    LL_FIELD("engine", LL_FIELD_STRING, cluster_json, engine, "", "that predicted_s is by"),
    LL_FIELD("seed", LL_FIELD_INT64, cluster_json, seed, "", "of all random draws"),
    LL_FIELD("config_hash", LL_FIELD_HASH, cluster_json, config_hash, "",
             "of the effective configuration, without its evidence"),
    LL_FIELDS_CONFIG(cluster_json),
    {0}};

static const ll_field document_fields[] = {
    LL_FIELDS_VERSION(document),
    LL_FIELD("petsc_options", LL_FIELD_STRING, document, petsc_options, "", "after --petsc"),
    {LL_FIELD_LIST_OF("rows", point_json, row_fields, document, row, n_row,
                      "measured points, in the order of the tables")},
    LL_FIELD("other_chip_rows", LL_FIELD_INT, document, n_other_chip, "",
             "rows of other chips, passed over"),
    {LL_FIELD_LIST_OF("clusters", cluster_json, cluster_fields, document, cluster, n_cluster,
                      "on which they were measured")},
    {0}};

static point_json point_make(const ll_point *p, double predicted_s, double closed_s)
{
    return (point_json){.cluster = p->cluster,
                        .collective = ll_collective_names[p->collective],
                        .use = p->check ? "check" : "fit",
                        .source = p->source,
                        .n_chip = p->n,
                        .size_B = p->size_B,
                        .measured_s = p->time_s,
                        .predicted_s = predicted_s,
                        .closed_s = closed_s,
                        .error_frac = predicted_s / p->time_s - 1,
                        .closed_error_frac = closed_s / p->time_s - 1};
}

void ll_curve_json(const ll_curves *c, ll_arena *mem, ll_text *out)
{
    point_json *row = ll_arena_array(mem, c->points->n, point_json);
    cluster_json *cluster = ll_arena_array(mem, c->n_cluster, cluster_json);
    for (int i = 0; i < c->points->n; i++)
        row[i] = point_make(&c->points->point[i], c->engine_s[i], c->closed_s[i]);
    for (int k = 0; k < c->n_cluster; k++) {
        const ll_study *s = c->cluster[k];
        cluster[k] = (cluster_json){.asked = c->asked[k],
                                    .name = s->cluster.name,
                                    .chip = s->cluster.chip.name,
                                    .engine = s->engine->name,
                                    .seed = s->seed,
                                    .config_hash = ll_config_hash(s->config)};
        cluster[k].n_config = ll_config_rows(s->config, mem, &cluster[k].config);
        cluster[k].n_file = ll_config_files(s->config, mem, &cluster[k].file);
    }
    const document d = {.schema_version = SCHEMA_VERSION,
                        .version = ll_version(),
                        .git = ll_git(),
                        .petsc_options = ll_solver_options(mem),
                        .n_row = c->points->n,
                        .n_cluster = c->n_cluster,
                        .n_other_chip = c->points->n_other_chip,
                        .row = row,
                        .cluster = cluster};
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_fields_json(document_fields, &d, &j);
    ll_json_close(&j);
}

void ll_curve_fields_add(const char *prefix, ll_table *t)
{
    ll_fields_list_add(document_fields, prefix, t);
}
