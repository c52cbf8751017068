#include "sim/machine/timed.h"

#include "sim/base/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ll_timed_precision_names[] = {"fp4",  "fp8",   "fp8_block", "bf16",
                                                "fp16", "w4a16", "w4a8",      NULL};

const ll_timed_type ll_timed_types[LL_N_TIMED] = {
    [LL_TIMED_GEMM] = {"gemm", 3, {"m", "n", "k"}},
    [LL_TIMED_PREFILL] = {"attention_prefill", 4, {"s", "heads", "kv_heads", "batch"}},
    [LL_TIMED_DECODE] = {"attention_decode", 4, {"ctx", "heads", "kv_heads", "batch"}},
    [LL_TIMED_MLA_PREFILL] = {"mla_prefill", 3, {"s", "heads", "batch"}},
    [LL_TIMED_MLA_DECODE] = {"mla_decode", 3, {"ctx", "heads", "batch"}},
    [LL_TIMED_EXPERTS] = {"moe_experts",
                          8,
                          {"tokens", "hidden", "expert_ffn", "topk", "experts", "slots", "tp",
                           "ep"}},
    [LL_TIMED_SMALL] = {"small", 2, {"tokens", "bytes"}},
};

/* A wide form: columns with names and sizes, then times by the size that their headings begin with.
 * size[i]: the dimension i + 1 of its kind. */
typedef struct wide {
    const char *name;
    ll_timed_kind kind;
    const char *prefix, *precision, *variant; /* of the times; columns, or NULL */
    const char *size[LL_TIMED_MAX_DIM];       /* "=1": no column, but that value; NULL ends */
} wide;

static const wide wides[] = {
    {"gemm", LL_TIMED_GEMM, "m", "dtype", NULL, {"n", "k"}},
    {"attention_prefill",
     LL_TIMED_PREFILL,
     "s",
     "attn_dtype",
     "kv_dtype",
     {"heads", "kv_heads", "batch"}},
    {"attention_decode", LL_TIMED_DECODE, "ctx", NULL, "kv_dtype", {"heads", "kv_heads", "batch"}},
    {"mla_prefill", LL_TIMED_MLA_PREFILL, "s", "dtype", "kv_dtype", {"heads", "batch"}},
    {"mla_decode", LL_TIMED_MLA_DECODE, "ctx", "dtype", "kv_dtype", {"heads", "batch"}},
    {"moe_experts",
     LL_TIMED_EXPERTS,
     "t",
     "dtype",
     "routing",
     {"hidden", "expert_ffn", "topk", "experts", "experts", "tp", "ep"}},
    {"moe_experts_wide_ep",
     LL_TIMED_EXPERTS,
     "t",
     "dtype",
     "routing",
     {"hidden", "expert_ffn", "topk", "experts", "slots", "=1", "ep"}},
};

typedef struct reader {
    ll_csv csv;
    ll_arena *mem;
    ll_error *err;
    ll_timed_table *out;
} reader;

static void add(reader *r, const ll_timed *row)
{
    ll_timed_table *t = r->out;
    if (t->n == t->cap) {
        const int64_t cap = t->cap ? 2 * t->cap : 256;
        t->row = ll_arena_grown(r->mem, t->row, t->n, cap, sizeof *t->row);
        t->cap = cap;
    }
    t->row[t->n++] = *row;
}

/* ---- Cells ----------------------------------------------------------------------------------- */

static bool precision_find(const char *word, ll_timed_precision *out)
{
    static const struct {
        const char *word;
        ll_timed_precision precision;
    } others[] = {{"bfloat16", LL_TIMED_BF16},
                  {"float16", LL_TIMED_FP16},
                  {"nvfp4", LL_TIMED_FP4},
                  {"w4a16_mxfp4", LL_TIMED_W4A16},
                  {"w4a8_mxfp4_mxfp8", LL_TIMED_W4A8}};
    for (int p = 0; p < LL_N_TIMED_PRECISION; p++)
        if (!strcmp(word, ll_timed_precision_names[p])) {
            *out = (ll_timed_precision)p;
            return true;
        }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(word, others[i].word)) {
            *out = others[i].precision;
            return true;
        }
    return false;
}

static void precision_read(reader *r, int i, int at, ll_timed_precision *out)
{
    static const char legal[] =
        "bf16 (bfloat16), fp16, fp8, fp8_block, fp4 (nvfp4), w4a16_mxfp4 or "
        "w4a8_mxfp4_mxfp8";
    if (!precision_find(ll_csv_cell(&r->csv, i, at), out))
        ll_csv_fault(&r->csv, i, at, legal, r->err);
}

static double size_read(reader *r, int i, int at)
{
    double size = 1;
    if (!ll_csv_number(ll_csv_cell(&r->csv, i, at), 0, 1e9, &size))
        ll_csv_fault(&r->csv, i, at, "a size from 1 to 1e9", r->err);
    return size;
}

/* False: an empty cell, which was not measured. */
static bool time_read(reader *r, int i, int at, double *time_s)
{
    double us = 0;
    const char *cell = ll_csv_cell(&r->csv, i, at);
    if (!*cell) return false;
    if (!ll_csv_number(cell, 0, 1e12, &us))
        ll_csv_fault(&r->csv, i, at, "a time in us above 0, or nothing", r->err);
    *time_s = us * 1e-6;
    return r->err->status == LL_OK;
}

/* ---- Wide forms ------------------------------------------------------------------------------ */

/* The 4096 of "m4096_us", or 0. */
static double size_of(const char *heading, const char *prefix)
{
    const size_t n = strlen(prefix);
    char *end = NULL;
    if (strncmp(heading, prefix, n) != 0 || heading[n] < '1' || heading[n] > '9') return 0;
    const double size = strtod(heading + n, &end);
    return strcmp(end, "_us") == 0 && size <= 1e9 ? size : 0;
}

/* Whether each column of the table is one of the form, and each of the form is there. */
static bool is_wide(const ll_csv *csv, const wide *w)
{
    const char *want[LL_TIMED_MAX_DIM + 3] = {"chip"};
    int n_want = 1, n_found = 0, n_time = 0;
    if (w->precision) want[n_want++] = w->precision;
    if (w->variant) want[n_want++] = w->variant;
    for (int d = 0; w->size[d]; d++)
        if (w->size[d][0] != '=' && (d == 0 || strcmp(w->size[d], w->size[d - 1]) != 0))
            want[n_want++] = w->size[d];
    for (int c = 0; c < csv->n_column; c++) {
        bool known = false;
        for (int k = 0; k < n_want && !known; k++)
            known = !strcmp(csv->column[c], want[k]);
        n_found += known;
        n_time += !known && size_of(csv->column[c], w->prefix) > 0;
    }
    return n_found == n_want && n_time > 0 && n_found + n_time == csv->n_column;
}

static void wide_row(reader *r, const wide *w, int i)
{
    const ll_csv *csv = &r->csv;
    ll_timed row = {.kind = w->kind, .precision = LL_TIMED_BF16, .variant = ""};
    row.chip = ll_csv_cell(csv, i, ll_csv_column(csv, "chip"));
    if (w->precision) precision_read(r, i, ll_csv_column(csv, w->precision), &row.precision);
    if (w->variant) row.variant = ll_csv_cell(csv, i, ll_csv_column(csv, w->variant));
    for (int d = 0; w->size[d]; d++)
        row.at[d + 1] = w->size[d][0] == '=' ? 1 : size_read(r, i, ll_csv_column(csv, w->size[d]));
    for (int c = 0; c < csv->n_column; c++) {
        row.at[0] = size_of(csv->column[c], w->prefix);
        if (row.at[0] > 0 && time_read(r, i, c, &row.time_s)) add(r, &row);
    }
}

/* ---- Linear layers, and products ------------------------------------------------------------- */

static const struct model {
    const char *name;
    ll_timed_precision precision;
    double hidden, ffn, qkv; /* widths; qkv: of queries, keys and values together */
} models[] = {
    {"Llama-3.1-405B", LL_TIMED_FP8, 16384, 53248, 16384 + 2 * 1024},
    {"Llama-2-7B", LL_TIMED_BF16, 4096, 11008, 3 * 4096},
};

/* Bytes that a small kernel moves per token: norms read and write a row, and after attention they
 * add the residual stream and write it too; rotary embeddings turn queries and keys in place; gated
 * activations read two rows and write one. */
static double small_B(const struct model *m, const char *column, double tp)
{
    if (!strcmp(column, "input_layernorm_kernel_us")) return 4 * m->hidden;
    if (!strcmp(column, "post_attention_layernorm_kernel_us")) return 8 * m->hidden;
    if (!strcmp(column, "attn_rope_kernel_us")) return 4 * (m->hidden + m->qkv) / 2 / tp;
    if (!strcmp(column, "mlp_act_kernel_us")) return 6 * m->ffn / tp;
    return 0;
}

/* A column NAME_kernel_us of a linear layer, which is a kernel alone; its other column is as the
 * host sees it, and no kernel's time. Small kernels of other names are of no known size. */
static void linear_cell(reader *r, const struct model *m, int i, int c, double tp, double tokens)
{
    const struct {
        const char *name;
        double n, k;
    } products[] = {{"attn_pre_proj_kernel_us", m->qkv / tp, m->hidden},
                    {"attn_post_proj_kernel_us", m->hidden, m->hidden / tp},
                    {"mlp_up_proj_kernel_us", 2 * m->ffn / tp, m->hidden},
                    {"mlp_down_proj_kernel_us", m->hidden, m->ffn / tp}};
    ll_timed row = {.kind = LL_TIMED_SMALL, .precision = LL_TIMED_BF16, .variant = ""};
    row.chip = ll_csv_cell(&r->csv, i, ll_csv_column(&r->csv, "chip"));
    row.at[0] = tokens;
    row.at[1] = small_B(m, r->csv.column[c], tp);
    for (size_t p = 0; p < sizeof products / sizeof *products; p++) {
        if (strcmp(r->csv.column[c], products[p].name) != 0) continue;
        row.kind = LL_TIMED_GEMM;
        row.precision = m->precision;
        row.variant = LL_TIMED_ALONE;
        row.at[1] = products[p].n;
        row.at[2] = products[p].k;
    }
    if (time_read(r, i, c, &row.time_s)) add(r, &row);
}

static bool ends_in(const char *s, const char *end)
{
    const size_t n = strlen(s), n_end = strlen(end);
    return n > n_end && !strcmp(s + n - n_end, end);
}

static bool is_linear(const ll_csv *csv)
{
    int n_kernel = 0, n_other = 0;
    for (int c = 0; c < csv->n_column; c++) {
        n_kernel += ends_in(csv->column[c], "_kernel_us");
        n_other += ends_in(csv->column[c], "_event_us");
    }
    return n_kernel > 0 && n_kernel + n_other + 4 == csv->n_column &&
           ll_csv_column(csv, "chip") >= 0 && ll_csv_column(csv, "model") >= 0 &&
           ll_csv_column(csv, "tp") >= 0 && ll_csv_column(csv, "tokens") >= 0;
}

static void linear_row(reader *r, int i)
{
    const int at = ll_csv_column(&r->csv, "model");
    const char *name = ll_csv_cell(&r->csv, i, at);
    const double tp = size_read(r, i, ll_csv_column(&r->csv, "tp"));
    const double tokens = size_read(r, i, ll_csv_column(&r->csv, "tokens"));
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        if (strcmp(models[m].name, name) != 0) continue;
        for (int c = 0; c < r->csv.n_column; c++)
            if (ends_in(r->csv.column[c], "_kernel_us"))
                linear_cell(r, &models[m], i, c, tp, tokens);
        return;
    }
    ll_csv_fault(&r->csv, i, at, "Llama-3.1-405B or Llama-2-7B, whose widths are known", r->err);
}

static void product_row(reader *r, int i, const int *at)
{
    ll_timed row = {.kind = LL_TIMED_GEMM, .variant = ""};
    for (int d = 0; d < 3; d++)
        row.at[d] = size_read(r, i, at[d]);
    precision_read(r, i, at[3], &row.precision);
    if (at[4] >= 0 && !time_read(r, i, at[4], &row.time_s)) row.time_s = 0;
    add(r, &row);
}

static ll_status products_read(reader *r)
{
    static const char *const names[] = {"m", "n", "k", "precision", "time_us"};
    static const ll_csv_columns columns = {5, names, 15};
    int at[5];
    r->out->form = "products";
    LL_TRY(ll_csv_find(&r->csv, &columns, r->mem, at, r->err));
    for (int i = 0; i < r->csv.n_row; i++)
        product_row(r, i, at);
    return r->err->status;
}

/* ---- The form -------------------------------------------------------------------------------- */

static ll_status form_fault(const reader *r)
{
    const ll_csv *csv = &r->csv;
    const char *text = "";
    for (int c = 0; c < csv->n_column && c < 8; c++)
        text = ll_arena_printf(r->mem, "%s%s%s", text, c ? "," : "", csv->column[c]);
    return ll_error_add(r->err, LL_ERR_CONFIG,
                        "%s:%d: the heading '%s%s' is of no form of kernel tables; expected "
                        "m,n,k,precision[,time_us], or chip,dtype,n,k,m1_us,... or another of "
                        "`lineloss help kernels`",
                        csv->name, csv->heading_line, text, csv->n_column > 8 ? ",..." : "");
}

ll_status ll_timed_parse(const char *file, const char *text, ll_arena *mem, ll_timed_table *out,
                         ll_error *err)
{
    reader r = {.mem = mem, .err = err, .out = out};
    *out = (ll_timed_table){0};
    LL_TRY(ll_csv_parse(file, text, strlen(text), mem, &r.csv, err));
    if (ll_csv_column(&r.csv, "m") >= 0) {
        LL_TRY(products_read(&r));
    } else if (is_linear(&r.csv)) {
        out->form = "linear layers";
        for (int i = 0; i < r.csv.n_row; i++)
            linear_row(&r, i);
    } else {
        for (size_t w = 0; w < sizeof wides / sizeof *wides && !out->form; w++) {
            if (!is_wide(&r.csv, &wides[w])) continue;
            out->form = wides[w].name;
            for (int i = 0; i < r.csv.n_row; i++)
                wide_row(&r, &wides[w], i);
        }
        if (!out->form) return form_fault(&r);
    }
    if (err->status == LL_OK && out->n == 0)
        return ll_error_add(err, LL_ERR_CONFIG, "%s:%d: no time; expected rows below the heading",
                            file, r.csv.heading_line);
    return err->status;
}

bool ll_timed_by_chip(const char *text)
{
    while (*text == '#' || *text == '\n' || *text == '\r') {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return strncmp(text, "chip,", 5) == 0;
}
