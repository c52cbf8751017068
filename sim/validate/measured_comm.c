/* Tables of collectives as aiconfigurator keeps them (ai-dynamo/aiconfigurator, systems/data):
 *     framework,version,device,op_name,kernel_source,nccl_dtype,num_gpus,message_size,latency
 * message_size is in elements of nccl_dtype, latency in ms. */
#include "sim/base/csv.h"
#include "sim/validate/measured.h"

#include <math.h>
#include <string.h>

typedef enum column {
    COLUMN_OP,
    COLUMN_DTYPE,
    COLUMN_N,
    COLUMN_ELEMENTS,
    COLUMN_LATENCY,
    COLUMN_DEVICE,
    COLUMN_SOURCE,
    COLUMN_FRAMEWORK,
    COLUMN_VERSION,
    N_COLUMN
} column;

static const char *const column_names[N_COLUMN] = {"op_name",       "nccl_dtype", "num_gpus",
                                                   "message_size",  "latency",    "device",
                                                   "kernel_source", "framework",  "version"};

/* Bytes of an element; 0: unknown. */
static double element_B(const char *dtype)
{
    static const struct {
        const char *name;
        double size_B;
    } known[] = {{"int8", 1}, {"fp8", 1}, {"half", 2}, {"bfloat16", 2}, {"float", 4}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(dtype, known[i].name)) return known[i].size_B;
    return 0;
}

static ll_status row_read(const ll_csv *csv, const int *at, int i, ll_point *out, ll_error *err)
{
    double n_chip = 0, n_element = 0, latency_ms = 0;
    const double each_B = element_B(ll_csv_cell(csv, i, at[COLUMN_DTYPE]));
    ll_run run = {0};
    ll_measured_collective(&run, ll_csv_cell(csv, i, at[COLUMN_OP]));
    if (!run.collective)
        ll_csv_fault(csv, i, at[COLUMN_OP],
                     "all_reduce, all_gather, reduce_scatter, alltoall, broadcast or send", err);
    if (each_B <= 0)
        ll_csv_fault(csv, i, at[COLUMN_DTYPE], "int8, fp8, half, bfloat16 or float", err);
    if (!ll_csv_number(ll_csv_cell(csv, i, at[COLUMN_N]), 1, 1e6, &n_chip) ||
        n_chip > floor(n_chip))
        ll_csv_fault(csv, i, at[COLUMN_N], "a number of chips from 2 to 1000000", err);
    if (!ll_csv_number(ll_csv_cell(csv, i, at[COLUMN_ELEMENTS]), 0, 1e15, &n_element))
        ll_csv_fault(csv, i, at[COLUMN_ELEMENTS], "a number of elements", err);
    if (!ll_csv_number(ll_csv_cell(csv, i, at[COLUMN_LATENCY]), 0, 1e9, &latency_ms))
        ll_csv_fault(csv, i, at[COLUMN_LATENCY], "milliseconds above 0", err);
    if (err->status != LL_OK) return err->status;
    const char *device = ll_csv_cell(csv, i, at[COLUMN_DEVICE]);
    *out = (ll_point){.cluster = "",
                      .source = device,
                      .chip = *device ? device : NULL,
                      .line = csv->line[i],
                      .collective = (ll_collective)(run.collective - 1),
                      .n = (int32_t)n_chip,
                      .size_B = each_B * n_element,
                      .time_s = 1e-3 * latency_ms};
    return LL_OK;
}

static ll_status comm_read(ll_measured *m, ll_error *err)
{
    static const ll_csv_columns columns = {N_COLUMN, column_names,
                                           1u << COLUMN_OP | 1u << COLUMN_DTYPE | 1u << COLUMN_N |
                                               1u << COLUMN_ELEMENTS | 1u << COLUMN_LATENCY};
    int at[N_COLUMN];
    ll_csv csv;
    ll_point p;
    LL_TRY(ll_csv_parse(m->file, m->text, strlen(m->text), m->mem, &csv, err));
    LL_TRY(ll_csv_find(&csv, &columns, m->mem, at, err));
    for (int i = 0; i < csv.n_row; i++)
        if (row_read(&csv, at, i, &p, err) == LL_OK) ll_measured_point_add(m, &p);
    return err->status;
}

/* The heading is the first line. */
static bool comm_is(const char *text)
{
    const char *size = strstr(text, "message_size"), *op = strstr(text, "op_name");
    const char *end = text + strcspn(text, "\n");
    return size && op && size < end && op < end;
}

const ll_measured_form ll_measured_comm = {"table of aiconfigurator", comm_is, comm_read};
