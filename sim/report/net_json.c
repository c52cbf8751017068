/* The result of `net` as JSON. */
#include "sim/engine/flow/solver_options.h"
#include "sim/print/fields.h"
#include "sim/report/net.h"
#include "sim/report/provenance.h"
#include "sim/version.h"

enum { SCHEMA_VERSION = 1 };

typedef struct document {
    int schema_version;
    const char *version, *git, *cluster, *chip, *engine, *asked, *petsc_options, *routing;
    double row_B;
    int32_t n_chip, n_member, stride;
    int64_t seed;
    uint64_t config_hash;
    int n_row, n_config, n_file;
    const ll_net_row *row;
    const ll_config_row *config;
    const ll_config_file *file;
} document;

#define ROW(member, unit_, doc_) LL_FIELD(#member, LL_FIELD_NUMBER, ll_net_row, member, unit_, doc_)

static const ll_field spread_fields[] = {
    LL_FIELD("min_s", LL_FIELD_NUMBER, ll_spread, min_s, "s", "of the first flow"),
    LL_FIELD("median_s", LL_FIELD_NUMBER, ll_spread, median_s, "s",
             "when half of the flows have ended"),
    LL_FIELD("p99_s", LL_FIELD_NUMBER, ll_spread, p99_s, "s", "when 99 % of the flows have ended"),
    LL_FIELD("max_s", LL_FIELD_NUMBER, ll_spread, max_s, "s", "of the last flow"),
    {0}};

static const ll_field row_fields[] = {
    LL_FIELD("collective", LL_FIELD_STRING, ll_net_row, collective, "", "the collective operation"),
    ROW(size_B, "B", "as nccl-tests counts it"),
    LL_FIELD("engine", LL_FIELD_STRING, ll_net_row, engine, "", "that priced it"),
    LL_FIELD("algorithm", LL_FIELD_STRING, ll_net_row, algorithm, "", "that was used"),
    LL_FIELD(
        "best_algorithm", LL_FIELD_STRING, ll_net_row, best_algorithm, "",
        "the fastest other one, if more than 5 % faster by the same engine; null: none, or not "
        "searched, as for a given algorithm, packet, or over 4 million flows"),
    ROW(best_s, "s", "time by best_algorithm; null: as above"),
    ROW(time_s, "s", "of the collective: software_s + latency_s + wire_s"),
    ROW(software_s, "s", "part of time_s: launch, steps, ramp"),
    ROW(latency_s, "s", "part of time_s: zero-load latency"),
    ROW(wire_s, "s", "part of time_s: bytes over the links"),
    ROW(algbw_Bps, "B/s", "size over time"),
    ROW(busbw_Bps, "B/s", "algbw times the factor of nccl-tests: the rate of a chip's links"),
    {.name = "flow_end",
     .type = LL_FIELD_OBJECT,
     .offset = offsetof(ll_net_row, flow),
     .unit = "",
     .sub = spread_fields,
     .doc = "engine packet: when the flows of the longest round end, as simulated; else 0"},
    ROW(diff_frac, "1", "time_s over that of the first engine, minus 1; 0 without --beside"),
    ROW(bound_frac, "1", "on the error of batched or extrapolated ends; 0 without --beside"),
    {0}};

static const ll_field document_fields[] = {
    LL_FIELDS_VERSION(document),
    LL_FIELD("config_hash", LL_FIELD_HASH, document, config_hash, "",
             "of the effective configuration, without its evidence"),
    LL_FIELD("cluster", LL_FIELD_STRING, document, cluster, "", "name of the cluster"),
    LL_FIELD("chip", LL_FIELD_STRING, document, chip, "", "name of the chip"),
    LL_FIELD("chips", LL_FIELD_INT32, document, n_chip, "chips",
             "0 .. chips - 1 of the cluster take part"),
    LL_FIELD("group_size", LL_FIELD_INT32, document, n_member, "chips",
             "members of one group; all groups at once"),
    LL_FIELD("group_stride", LL_FIELD_INT32, document, stride, "chips",
             "from one member to the next"),
    LL_FIELD("algorithm", LL_FIELD_STRING, document, asked, "", "that was asked for"),
    LL_FIELD("routing", LL_FIELD_STRING, document, routing, "",
             "of the tokens of a dispatch or a combine; else null"),
    LL_FIELD("row_B", LL_FIELD_NUMBER, document, row_B, "B", "of a token; else 0"),
    LL_FIELD("engine", LL_FIELD_STRING, document, engine, "", "of the configuration"),
    LL_FIELD("petsc_options", LL_FIELD_STRING, document, petsc_options, "", "after --petsc"),
    LL_FIELD("seed", LL_FIELD_INT64, document, seed, "", "of all random draws"),
    {LL_FIELD_LIST_OF("rows", ll_net_row, row_fields, document, row, n_row,
                      "collectives by size, and by engine")},
    LL_FIELDS_CONFIG(document),
    {0}};

void ll_net_json(const ll_net *net, ll_arena *mem, ll_text *out)
{
    const ll_study *s = net->study;
    document *d = ll_arena_new(mem, document);
    *d = (document){.schema_version = SCHEMA_VERSION,
                    .version = ll_version(),
                    .git = ll_git(),
                    .cluster = s->cluster.name,
                    .chip = s->cluster.chip.name,
                    .engine = s->engine->name,
                    .asked = net->asked,
                    .routing = net->routing,
                    .row_B = net->row_B,
                    .petsc_options = ll_solver_options(mem),
                    .n_chip = net->group.n_chip,
                    .n_member = ll_group_size(&net->group),
                    .stride = net->group.stride[0],
                    .seed = s->seed,
                    .config_hash = ll_config_hash(s->config),
                    .n_row = net->n_row,
                    .row = net->row};
    d->n_config = ll_config_rows(s->config, mem, &d->config);
    d->n_file = ll_config_files(s->config, mem, &d->file);
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_fields_json(document_fields, d, &j);
    ll_json_close(&j);
}

void ll_net_fields_add(const char *prefix, ll_table *t)
{
    ll_fields_list_add(document_fields, prefix, t);
}
