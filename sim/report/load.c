#include "sim/report/load.h"

#include "sim/engine/flow/solver_options.h"
#include "sim/print/fields.h"
#include "sim/report/provenance.h"
#include "sim/version.h"

#include <math.h>

enum { SCHEMA_VERSION = 1 };

/* ---- Rows ------------------------------------------------------------------------------------ */

/* Half of the 95 % confidence interval of the mean of n batches, by Student's t. */
static double interval_of(int n, const double *x)
{
    static const double t[] = {0,     0,     12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365,
                               2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131};
    enum { N_T = sizeof t / sizeof *t };
    double mean = 0, square = 0;
    for (int i = 0; i < n; i++)
        mean += x[i] / n;
    for (int i = 0; i < n; i++)
        square += (x[i] - mean) * (x[i] - mean) / (n - 1);
    return (n < N_T ? t[n] : 2.131) * sqrt(square / n);
}

ll_load_row ll_load_row_of(const ll_open_load *load, const ll_open_result *result)
{
    return (ll_load_row){.load = load->load,
                         .accepted = result->accepted,
                         .accepted_ci = interval_of(load->n_batch, result->accepted_batch),
                         .mean_ci_s = interval_of(load->n_batch, result->latency_batch_s),
                         .mean_s = result->mean_s,
                         .p50_s = result->p50_s,
                         .p99_s = result->p99_s,
                         .max_s = result->max_s,
                         .n_measured = (int64_t)result->n_measured,
                         .n_late = (int64_t)result->n_late,
                         .sustained = result->sustained};
}

static ll_table *rows_table(const ll_load_curve *curve, ll_arena *mem)
{
    static const ll_column head[] = {
        {.name = "load", .right = true},
        {.name = "accepted", .right = true},
        {.name = "+-", .key = "accepted_ci", .right = true},
        {.name = "mean us", .key = "mean_us", .right = true},
        {.name = "+- us", .key = "mean_ci_us", .right = true},
        {.name = "P50 us", .key = "p50_us", .right = true},
        {.name = "P99 us", .key = "p99_us", .right = true},
        {.name = "max us", .key = "max_us", .right = true},
        {.name = "packets", .right = true},
        {.name = "late", .right = true},
        {.name = "sustained"},
    };
    ll_table *t = ll_table_create(mem, "", sizeof head / sizeof *head, head);
    for (int i = 0; i < curve->n_row; i++) {
        const ll_load_row *r = &curve->row[i];
        ll_table_row(t);
        ll_table_number(t, 0, 4, r->load);
        ll_table_number(t, 1, 4, r->accepted);
        ll_table_number(t, 2, 4, r->accepted_ci);
        ll_table_number(t, 3, 4, r->mean_s * 1e6);
        ll_table_number(t, 4, 4, r->mean_ci_s * 1e6);
        ll_table_number(t, 5, 4, r->p50_s * 1e6);
        ll_table_number(t, 6, 4, r->p99_s * 1e6);
        ll_table_number(t, 7, 4, r->max_s * 1e6);
        ll_table_set(t, 8, "%lld", (long long)r->n_measured);
        ll_table_set(t, 9, "%lld", (long long)r->n_late);
        ll_table_set(t, 10, "%s", r->sustained ? "yes" : "no");
    }
    return t;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static void heading(const ll_load_curve *c, ll_text *out)
{
    const ll_study *s = c->study;
    ll_text_add(out, "# %s: %d chips, engine packet; %s, open loop\n", s->cluster.name,
                s->cluster.topo->n_chip, c->traffic);
    if (s->cluster.topo->note) ll_text_add(out, "# %s\n", s->cluster.topo->note);
    if (ll_config_has(s->config, "model"))
        ll_text_add(out, "# %s is a study: only its cluster is used, without the job\n", c->named);
    ll_text_add(out,
                "# load 1: a chip sends %.4g GB/s, as the widest link that leaves chip 0; packets "
                "of\n"
                "#   %.0f B take %.4g us on it\n",
                c->link_Bps * 1e-9, s->cluster.wire.packet_B, c->packet_s * 1e6);
    ll_text_add(out,
                "# %lld packet times of warm-up, %lld measured in %d batches (+-: 95 %%), seed "
                "%lld\n",
                (long long)c->n_warm, (long long)c->n_measure, c->n_batch, (long long)s->seed);
    ll_text_add(
        out,
        "# late: %lld packet times or more above the longest path; sustained: at most one in "
        "10,000\n",
        (long long)c->patience);
}

static void verdict(const ll_load_curve *c, ll_text *out)
{
    if (c->saturation > 0 && c->saturates)
        ll_text_add(out, "# saturates at a load of %.4g, %.1f %% of the bound", c->saturation,
                    100 * c->saturation / c->bound);
    else if (c->saturation > 0)
        ll_text_add(out, "# a load of %.4g is sustained", c->saturation);
    else
        ll_text_add(out, "# saturated at every load");
    ll_text_add(out, "; the busiest link bounds it by %.4g\n", c->bound);
}

void ll_load_print(const ll_load_curve *curve, ll_format format, int width, ll_arena *mem,
                   ll_text *out)
{
    if (format == LL_FORMAT_JSON) {
        ll_load_json(curve, mem, out);
        return;
    }
    if (format == LL_FORMAT_TEXT) heading(curve, out);
    ll_table_print(rows_table(curve, mem), format, width, out);
    if (format == LL_FORMAT_TEXT) verdict(curve, out);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

typedef struct document {
    int schema_version;
    const char *version, *git, *cluster, *chip, *engine, *traffic, *petsc_options;
    int32_t n_chip;
    int64_t seed, n_warm, n_measure, patience;
    uint64_t config_hash;
    double link_Bps, packet_B, packet_s, bound, saturation;
    bool saturates;
    int n_batch, n_row, n_config, n_file;
    const ll_load_row *row;
    const ll_config_row *config;
    const ll_config_file *file;
} document;

#define ROW(member, unit_, doc_) \
    LL_FIELD(#member, LL_FIELD_NUMBER, ll_load_row, member, unit_, doc_)
static const ll_field row_fields[] = {
    ROW(load, "1", "offered by each chip that sends, of link_Bps"),
    ROW(accepted, "1", "what landed in the measured time, as load counts"),
    ROW(accepted_ci, "1", "half of the 95 % interval of accepted"),
    ROW(mean_s, "s", "latency from release to last byte, mean of the packets that came"),
    ROW(mean_ci_s, "s", "half of the 95 % interval of mean_s"),
    ROW(p50_s, "s", "the same, median, to 0.4 %"),
    ROW(p99_s, "s", "the same, 99 % quantile, to 0.4 %"),
    ROW(max_s, "s", "the same, longest"),
    LL_FIELD("n_measured", LL_FIELD_INT64, ll_load_row, n_measured, "",
             "packets that were released in the measured time and take a link"),
    LL_FIELD("n_late", LL_FIELD_INT64, ll_load_row, n_late, "",
             "of these, took `patience` packet times more than the longest path"),
    LL_FIELD("sustained", LL_FIELD_BOOL, ll_load_row, sustained, "",
             "at most one packet in 10,000 was late"),
    {0}};

#define NUMBER(member, unit_, doc_) \
    LL_FIELD(#member, LL_FIELD_NUMBER, document, member, unit_, doc_)
static const ll_field document_fields[] = {
    LL_FIELDS_VERSION(document),
    LL_FIELD("config_hash", LL_FIELD_HASH, document, config_hash, "",
             "of the effective configuration, without its evidence"),
    LL_FIELD("cluster", LL_FIELD_STRING, document, cluster, "", "name of the cluster"),
    LL_FIELD("chip", LL_FIELD_STRING, document, chip, "", "name of the chip"),
    LL_FIELD("chips", LL_FIELD_INT32, document, n_chip, "chips", "of the cluster"),
    LL_FIELD("engine", LL_FIELD_STRING, document, engine, "", "packet"),
    LL_FIELD("petsc_options", LL_FIELD_STRING, document, petsc_options, "", "after --petsc"),
    LL_FIELD("traffic", LL_FIELD_STRING, document, traffic, "", "the pattern"),
    LL_FIELD("seed", LL_FIELD_INT64, document, seed, "", "of all random draws"),
    NUMBER(link_Bps, "B/s", "what a chip sends at load 1"),
    NUMBER(packet_B, "B", "of every packet"),
    NUMBER(packet_s, "s", "of a packet at link_Bps: the packet time"),
    LL_FIELD("warm_up", LL_FIELD_INT64, document, n_warm, "packet times", "not measured"),
    LL_FIELD("measured", LL_FIELD_INT64, document, n_measure, "packet times", "after it"),
    LL_FIELD("batches", LL_FIELD_INT, document, n_batch, "", "of the measured time"),
    LL_FIELD("patience", LL_FIELD_INT64, document, patience, "packet times",
             "after which a packet is late"),
    NUMBER(bound, "1", "load at which the busiest link is never idle"),
    NUMBER(saturation, "1", "largest load that was found to be sustained; 0: none"),
    LL_FIELD("saturates", LL_FIELD_BOOL, document, saturates, "",
             "a load that is not sustained was found"),
    {LL_FIELD_LIST_OF("rows", ll_load_row, row_fields, document, row, n_row, "loads")},
    LL_FIELDS_CONFIG(document),
    {0}};

void ll_load_json(const ll_load_curve *c, ll_arena *mem, ll_text *out)
{
    const ll_study *s = c->study;
    document *d = ll_arena_new(mem, document);
    *d = (document){.schema_version = SCHEMA_VERSION,
                    .version = ll_version(),
                    .git = ll_git(),
                    .cluster = s->cluster.name,
                    .chip = s->cluster.chip.name,
                    .engine = ll_engine_packet.name,
                    .traffic = c->traffic,
                    .petsc_options = ll_solver_options(mem),
                    .n_chip = s->cluster.topo->n_chip,
                    .seed = s->seed,
                    .n_warm = c->n_warm,
                    .n_measure = c->n_measure,
                    .patience = c->patience,
                    .n_batch = c->n_batch,
                    .config_hash = ll_config_hash(s->config),
                    .link_Bps = c->link_Bps,
                    .packet_B = s->cluster.wire.packet_B,
                    .packet_s = c->packet_s,
                    .bound = c->bound,
                    .saturation = c->saturation,
                    .saturates = c->saturates,
                    .n_row = c->n_row,
                    .row = c->row};
    d->n_config = ll_config_rows(s->config, mem, &d->config);
    d->n_file = ll_config_files(s->config, mem, &d->file);
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_fields_json(document_fields, d, &j);
    ll_json_close(&j);
}

void ll_load_fields_add(const char *prefix, ll_table *t)
{
    ll_fields_list_add(document_fields, prefix, t);
}
