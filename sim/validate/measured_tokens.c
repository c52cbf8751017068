/* Tables of dispatch and combine, told by their headings, which have these columns in any order:
 *
 *   aiconfigurator, DeepEP      num_token, hidden_size, num_topk, num_experts, node_num,
 *                               dispatch_sms, dispatch_transmit_us, combine_transmit_us, ...
 *   the same over nodes         ep, tokens, sms, dispatch_us, combine_us
 *   the same, low latency       ep, experts, tokens, dispatch_us, dispatch_GBs, combine_us, ...
 *   TensorRT-LLM, one-sided     ep, tokens_per_rank, hidden, topk, experts, payload,
 *                               dispatch_us, combine_us
 *   aiconfigurator, the kernels of TensorRT-LLM
 *                               op_name, kernel_source, moe_dtype, num_tokens, moe_ep_size,
 *                               distribution, latency (ms), ...
 *
 * Tokens are those of a rank. What a table does not say is that of DeepSeek-V3: 7168 wide, 8 of 256
 * experts. DeepEP sends FP8 with scales of 4 bytes for every 128 values, and gets BF16 back. Waits
 * for late ranks (notify) and exchanges of counts (prepare) are no transfers and are left out.
 * Every other number of tokens, from the smallest on, is marked fit: those that the shipped parts
 * were set on. The others are checks. */
#include "sim/base/csv.h"
#include "sim/validate/measured.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the cells of a row say; several columns may say the same. */
typedef enum said {
    SAID_TOKENS,
    SAID_HIDDEN,
    SAID_TOP_K,
    SAID_EXPERTS,
    SAID_RANKS,
    SAID_NODES,
    SAID_DISPATCH_SM,
    SAID_COMBINE_SM,
    SAID_DISPATCH_US,
    SAID_COMBINE_US,
    SAID_LATENCY_MS,
    N_NUMBER,
    SAID_OP = N_NUMBER,
    SAID_KERNEL,
    SAID_TYPE,
    SAID_LAW,
    SAID_DEVICE,
    SAID_DISPATCH_RATE,
    SAID_OTHER
} said;

static const struct {
    const char *name;
    said what;
} columns[] = {{"num_token", SAID_TOKENS},
               {"tokens", SAID_TOKENS},
               {"tokens_per_rank", SAID_TOKENS},
               {"num_tokens", SAID_TOKENS},
               {"hidden_size", SAID_HIDDEN},
               {"hidden", SAID_HIDDEN},
               {"num_topk", SAID_TOP_K},
               {"topk", SAID_TOP_K},
               {"num_experts", SAID_EXPERTS},
               {"experts", SAID_EXPERTS},
               {"ep", SAID_RANKS},
               {"moe_ep_size", SAID_RANKS},
               {"node_num", SAID_NODES},
               {"nodes", SAID_NODES},
               {"dispatch_sms", SAID_DISPATCH_SM},
               {"combine_sms", SAID_COMBINE_SM},
               {"sms", SAID_DISPATCH_SM},
               {"dispatch_transmit_us", SAID_DISPATCH_US},
               {"dispatch_us", SAID_DISPATCH_US},
               {"combine_transmit_us", SAID_COMBINE_US},
               {"combine_us", SAID_COMBINE_US},
               {"latency", SAID_LATENCY_MS},
               {"op_name", SAID_OP},
               {"kernel_source", SAID_KERNEL},
               {"moe_dtype", SAID_TYPE},
               {"payload", SAID_TYPE},
               {"distribution", SAID_LAW},
               {"device", SAID_DEVICE},
               {"chip", SAID_DEVICE},
               {"dispatch_GBs", SAID_DISPATCH_RATE},
               {"combine_GBs", SAID_OTHER},
               {"dispatch_notify_us", SAID_OTHER},
               {"combine_notify_us", SAID_OTHER},
               {"framework", SAID_OTHER},
               {"version", SAID_OTHER}};
enum { N_COLUMN = sizeof columns / sizeof *columns };

/* A row: numbers that are not said are 0, words "". */
typedef struct row {
    double number[N_NUMBER];
    const char *word[SAID_OTHER];
    int line;
} row;

static double row_B(const row *r, ll_collective what)
{
    const double n = r->number[SAID_HIDDEN];
    const char *type = r->word[SAID_TYPE];
    if (what == LL_COMBINE || !strcmp(type, "bf16") || !strcmp(type, "bfloat16")) return 2 * n;
    if (!strcmp(type, "nvfp4")) return n * 9 / 16;
    if (!strcmp(type, "mxfp8")) return n * 33 / 32;
    return !strcmp(type, "fp8") ? n : n + n / 128 * 4;
}

static const char *library_of(const row *r)
{
    const char *kernel = r->word[SAID_KERNEL];
    if (!strcmp(kernel, "NVLinkTwoSided")) return "trtllm_two_sided";
    if (!strcmp(kernel, "NVLinkOneSided") || *r->word[SAID_TYPE]) return "trtllm_one_sided";
    return *r->word[SAID_DISPATCH_RATE] ? "deepep_low_latency" : "deepep";
}

/* Benchmarks of TensorRT-LLM balance their router, those of DeepEP draw at random. */
static void law_of(const row *r, ll_routing *out)
{
    static const char power[] = "power_law_";
    const char *law = r->word[SAID_LAW];
    if (!strcmp(law, "balanced") || !strcmp(library_of(r), "trtllm_one_sided"))
        out->law = LL_ROUTING_BALANCED;
    if (strncmp(law, power, strlen(power)) != 0) return;
    out->law = LL_ROUTING_POWER;
    out->exponent = strtod(law + strlen(power), NULL);
}

static void point_add(ll_measured *m, const row *r, ll_collective what, double time_us)
{
    const double *n = r->number;
    const double sm =
        what == LL_COMBINE && n[SAID_COMBINE_SM] > 0 ? n[SAID_COMBINE_SM] : n[SAID_DISPATCH_SM];
    ll_point p = {.cluster = "",
                  .line = r->line,
                  .collective = what,
                  .n = (int32_t)n[SAID_RANKS],
                  .time_s = 1e-6 * time_us,
                  .library = library_of(r),
                  .n_multiprocessor = (int64_t)sm,
                  .rows = {.routing = {.n_expert = (int32_t)n[SAID_EXPERTS],
                                       .top_k = (int32_t)n[SAID_TOP_K],
                                       .n_rank = (int32_t)n[SAID_RANKS]},
                           .row_B = row_B(r, what)}};
    law_of(r, &p.rows.routing);
    p.size_B = n[SAID_TOKENS] * p.rows.row_B;
    p.source = ll_arena_printf(m->mem, "%s, %s %.0f x %.0f, %d of %d%s", r->word[SAID_DEVICE],
                               what == LL_COMBINE ? "bf16" : r->word[SAID_TYPE], n[SAID_TOKENS],
                               n[SAID_HIDDEN], p.rows.routing.top_k, p.rows.routing.n_expert,
                               sm > 0 ? ll_arena_printf(m->mem, ", %.0f SMs", sm) : "");
    ll_measured_point_add(m, &p);
}

static void points_add(ll_measured *m, const row *r)
{
    const char *op = r->word[SAID_OP];
    const double latency_us = 1e3 * r->number[SAID_LATENCY_MS];
    if (r->number[SAID_DISPATCH_US] > 0) point_add(m, r, LL_DISPATCH, r->number[SAID_DISPATCH_US]);
    if (r->number[SAID_COMBINE_US] > 0) point_add(m, r, LL_COMBINE, r->number[SAID_COMBINE_US]);
    if (!(latency_us > 0)) return;
    if (!strcmp(op, "alltoall_dispatch"))
        point_add(m, r, LL_DISPATCH, latency_us);
    else if (!strcmp(op, "alltoall_combine"))
        point_add(m, r, LL_COMBINE, latency_us);
    else
        m->points->n_other++;
}

static ll_status row_read(const ll_csv *csv, int i, row *out, ll_error *err)
{
    *out = (row){.line = csv->line[i]};
    for (int s = 0; s < SAID_OTHER; s++)
        out->word[s] = "";
    for (int c = 0; c < N_COLUMN; c++) {
        const int at = ll_csv_column(csv, columns[c].name);
        const said what = columns[c].what;
        if (at < 0 || what == SAID_OTHER) continue;
        out->word[what] = ll_csv_cell(csv, i, at);
        if (what < N_NUMBER && !ll_csv_number(out->word[what], -1e-300, 1e12, &out->number[what]))
            ll_csv_fault(csv, i, at, "a number that is not negative", err);
    }
    double *n = out->number;
    if (!(n[SAID_HIDDEN] > 0)) n[SAID_HIDDEN] = 7168;
    if (!(n[SAID_TOP_K] > 0)) n[SAID_TOP_K] = 8;
    if (!(n[SAID_EXPERTS] > 0)) n[SAID_EXPERTS] = 256;
    const bool tray =
        strstr(out->word[SAID_DEVICE], "GB200") || strstr(out->word[SAID_DEVICE], "GB300");
    if (!(n[SAID_RANKS] > 0)) n[SAID_RANKS] = n[SAID_NODES] * (tray ? 4 : 8);
    if (err->status == LL_OK && (n[SAID_RANKS] < 2 || n[SAID_RANKS] > 1e6 || n[SAID_TOKENS] < 1))
        ll_error_add(err, LL_ERR_CONFIG,
                     "%s:%d: %g tokens on each of %g ranks; expected at least 1 "
                     "and 2",
                     csv->name, out->line, n[SAID_TOKENS], n[SAID_RANKS]);
    return err->status;
}

static int by_number(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Marks the points from `first` on: tokens at odd places among the numbers that there are. */
static void checks_mark(ll_measured *m, int first)
{
    const int n = m->points->n - first;
    double *all = ll_arena_array(m->mem, n, double);
    for (int i = 0; i < n; i++) {
        const ll_point *p = &m->points->point[first + i];
        all[i] = round(p->size_B / p->rows.row_B);
    }
    qsort(all, (size_t)n, sizeof *all, by_number);
    int n_known = 0;
    for (int i = 0; i < n; i++)
        if (n_known == 0 || all[i] > all[n_known - 1]) all[n_known++] = all[i];
    for (int i = first; i < m->points->n; i++) {
        ll_point *p = &m->points->point[i];
        const double tokens = round(p->size_B / p->rows.row_B);
        const double *at = bsearch(&tokens, all, (size_t)n_known, sizeof *all, by_number);
        p->check = at != NULL && (at - all) % 2 == 1;
    }
}

/* Curves follow each other: dispatch before combine, of each library, number of ranks and of
 * multiprocessors. */
static int by_curve(const void *a, const void *b)
{
    const ll_point *p = a, *q = b;
    int d = strcmp(p->library, q->library);
    if (d == 0) d = (int)p->collective - (int)q->collective;
    if (d == 0) d = p->n - q->n;
    if (d == 0) d = (int)(p->n_multiprocessor - q->n_multiprocessor);
    return d ? d : p->line - q->line;
}

static ll_status tokens_read(ll_measured *m, ll_error *err)
{
    const char *name[N_COLUMN];
    int at[N_COLUMN];
    ll_csv csv;
    row r;
    for (int c = 0; c < N_COLUMN; c++)
        name[c] = columns[c].name;
    LL_TRY(ll_csv_parse(m->file, m->text, strlen(m->text), m->mem, &csv, err));
    LL_TRY(ll_csv_find(&csv, &(ll_csv_columns){N_COLUMN, name, 0}, m->mem, at, err));
    const int first = m->points->n;
    for (int i = 0; i < csv.n_row; i++) {
        if (row_read(&csv, i, &r, err) != LL_OK) continue;
        points_add(m, &r);
    }
    LL_TRY(err->status);
    checks_mark(m, first);
    qsort(m->points->point + first, (size_t)(m->points->n - first), sizeof *m->points->point,
          by_curve);
    return LL_OK;
}

static bool tokens_is(const char *text)
{
    size_t n;
    const char *heading = ll_measured_heading(text, &n);
    bool dispatch = false, tokens = false;
    for (const char *at = heading; at < heading + n; at += strcspn(at, ",\n") + 1) {
        const size_t length = strcspn(at, ",\r\n");
        for (int c = 0; c < N_COLUMN; c++) {
            if (strlen(columns[c].name) != length || strncmp(at, columns[c].name, length) != 0)
                continue;
            tokens = tokens || columns[c].what == SAID_TOKENS;
            dispatch = dispatch || columns[c].what == SAID_DISPATCH_US ||
                       !strcmp(columns[c].name, "moe_ep_size");
        }
    }
    return tokens && dispatch;
}

const ll_measured_form ll_measured_tokens = {"table of dispatch and combine", tokens_is,
                                             tokens_read};
