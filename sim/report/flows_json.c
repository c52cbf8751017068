/* The result of `net` for listed flows and patterns as JSON. */
#include "sim/engine/flow/solver_options.h"
#include "sim/print/fields.h"
#include "sim/report/flows.h"
#include "sim/report/provenance.h"
#include "sim/version.h"

enum { SCHEMA_VERSION = 1 };

typedef struct document {
    int schema_version;
    const char *version, *git, *cluster, *chip, *engine, *traffic, *petsc_options;
    int32_t n_chip;
    int64_t seed;
    uint64_t config_hash;
    double makespan_s;
    int n_row, n_flow, n_config, n_file;
    const ll_flows_row *row;
    const ll_flows_flow *flow;
    const ll_config_row *config;
    const ll_config_file *file;
} document;

#define ROW(member, unit_, doc_) \
    LL_FIELD(#member, LL_FIELD_NUMBER, ll_flows_row, member, unit_, doc_)
static const ll_field row_fields[] = {
    LL_FIELD("engine", LL_FIELD_STRING, ll_flows_row, engine, "", "that priced it"),
    ROW(size_B, "B", "of every flow; null if they differ"),
    LL_FIELD("n_flow", LL_FIELD_INT64, ll_flows_row, n_flow, "", "flows"),
    ROW(total_B, "B", "of all flows"),
    ROW(makespan_s, "s", "when the last byte has landed, from time 0"),
    ROW(rate_Bps, "B/s", "total_B over makespan_s"),
    ROW(busiest_s, "s", "what the busiest link needs for its bytes: a lower bound of makespan_s"),
    ROW(mean_s, "s", "from start to end of a flow, mean; null without ends of flows"),
    ROW(median_s, "s", "the same, median"),
    ROW(p99_s, "s", "the same, 99 % quantile"),
    ROW(max_s, "s", "the same, longest"),
    ROW(diff_frac, "1", "makespan_s over that of the first engine, minus 1"),
    ROW(bound_frac, "1", "on the error of batched or extrapolated ends"),
    {0}};

static const ll_field flow_fields[] = {
    LL_FIELD("engine", LL_FIELD_STRING, ll_flows_flow, engine, "", "that priced it"),
    LL_FIELD("src", LL_FIELD_INT32, ll_flows_flow, src, "", "chip that sends"),
    LL_FIELD("dst", LL_FIELD_INT32, ll_flows_flow, dst, "", "chip that receives"),
    LL_FIELD("bytes", LL_FIELD_NUMBER, ll_flows_flow, bytes, "B", "on the wire"),
    LL_FIELD("start_s", LL_FIELD_NUMBER, ll_flows_flow, start_s, "s", "its first byte may leave"),
    LL_FIELD("end_s", LL_FIELD_NUMBER, ll_flows_flow, end_s, "s", "its last byte has landed"),
    {0}};

static const ll_field document_fields[] = {
    LL_FIELDS_VERSION(document),
    LL_FIELD("config_hash", LL_FIELD_HASH, document, config_hash, "",
             "of the effective configuration, without its evidence"),
    LL_FIELD("cluster", LL_FIELD_STRING, document, cluster, "", "name of the cluster"),
    LL_FIELD("chip", LL_FIELD_STRING, document, chip, "", "name of the chip"),
    LL_FIELD("chips", LL_FIELD_INT32, document, n_chip, "chips", "of the cluster"),
    LL_FIELD("engine", LL_FIELD_STRING, document, engine, "", "of the configuration"),
    LL_FIELD("petsc_options", LL_FIELD_STRING, document, petsc_options, "", "after --petsc"),
    LL_FIELD("traffic", LL_FIELD_STRING, document, traffic, "", "the pattern or the file"),
    LL_FIELD("seed", LL_FIELD_INT64, document, seed, "", "of all random draws"),
    LL_FIELD("makespan_s", LL_FIELD_NUMBER, document, makespan_s, "s", "of the first row"),
    {LL_FIELD_LIST_OF("rows", ll_flows_row, row_fields, document, row, n_row,
                      "sizes, and engines")},
    {LL_FIELD_LIST_OF("flows", ll_flows_flow, flow_fields, document, flow, n_flow,
                      "with --flows: in the order of the traffic, engine by engine")},
    LL_FIELDS_CONFIG(document),
    {0}};

void ll_flows_json(const ll_flows *flows, ll_arena *mem, ll_text *out)
{
    const ll_study *s = flows->study;
    document *d = ll_arena_new(mem, document);
    *d = (document){.schema_version = SCHEMA_VERSION,
                    .version = ll_version(),
                    .git = ll_git(),
                    .cluster = s->cluster.name,
                    .chip = s->cluster.chip.name,
                    .engine = s->engine->name,
                    .traffic = flows->traffic,
                    .petsc_options = ll_solver_options(mem),
                    .n_chip = s->cluster.topo->n_chip,
                    .seed = s->seed,
                    .config_hash = ll_config_hash(s->config),
                    .makespan_s = flows->row[0].makespan_s,
                    .n_row = flows->n_row,
                    .row = flows->row,
                    .n_flow = flows->listed ? flows->n_flow : 0,
                    .flow = flows->flow};
    d->n_config = ll_config_rows(s->config, mem, &d->config);
    d->n_file = ll_config_files(s->config, mem, &d->file);
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_fields_json(document_fields, d, &j);
    ll_json_close(&j);
}

void ll_flows_fields_add(const char *prefix, ll_table *t)
{
    ll_fields_list_add(document_fields, prefix, t);
}
