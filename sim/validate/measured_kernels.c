/* Tables of all-reduces by the kernels of serving frameworks, inside a node:
 *     chip,framework,kernel,ranks,elements,us
 * elements are of 2 bytes. A curve is of one kernel of one framework among one number of ranks; the
 * framework is a library of cluster.custom_all_reduces. Of each curve the first size, the third and
 * so on are what the shipped figures were set on, the others are checks. */
#include "sim/base/csv.h"
#include "sim/validate/measured.h"

#include <math.h>
#include <string.h>

typedef enum column {
    COLUMN_CHIP,
    COLUMN_FRAMEWORK,
    COLUMN_KERNEL,
    COLUMN_RANKS,
    COLUMN_ELEMENTS,
    COLUMN_TIME,
    N_COLUMN
} column;

static const char *const column_names[N_COLUMN] = {"chip",  "framework", "kernel",
                                                   "ranks", "elements",  "us"};

static ll_status row_read(ll_measured *m, const ll_csv *csv, const int *at, int i, ll_point *out,
                          ll_error *err)
{
    const double element_B = 2;
    double n_chip = 0, n_element = 0, time_us = 0;
    const char *cell[N_COLUMN];
    for (int c = 0; c < N_COLUMN; c++)
        cell[c] = ll_csv_cell(csv, i, at[c]);
    if (!*cell[COLUMN_CHIP])
        ll_csv_fault(csv, i, at[COLUMN_CHIP], "the name of a chip, such as h100_sxm", err);
    if (!ll_csv_number(cell[COLUMN_RANKS], 1, 1e6, &n_chip) || n_chip > floor(n_chip))
        ll_csv_fault(csv, i, at[COLUMN_RANKS], "a number of chips from 2 to 1000000", err);
    if (!ll_csv_number(cell[COLUMN_ELEMENTS], 0, 1e15, &n_element) || n_element > floor(n_element))
        ll_csv_fault(csv, i, at[COLUMN_ELEMENTS], "a whole number of elements of 2 bytes", err);
    if (!ll_csv_number(cell[COLUMN_TIME], 0, 1e12, &time_us))
        ll_csv_fault(csv, i, at[COLUMN_TIME], "microseconds above 0", err);
    if (err->status != LL_OK) return err->status;
    const char *kernel =
        ll_arena_printf(m->mem, "%s %s", cell[COLUMN_FRAMEWORK], cell[COLUMN_KERNEL]);
    *out = (ll_point){.cluster = "",
                      .source = ll_arena_printf(m->mem, "%s, %s", cell[COLUMN_CHIP], kernel),
                      .chip = cell[COLUMN_CHIP],
                      .kernel = kernel,
                      .library = cell[COLUMN_FRAMEWORK],
                      .line = csv->line[i],
                      .collective = LL_ALL_REDUCE,
                      .n = (int32_t)n_chip,
                      .size_B = element_B * n_element,
                      .time_s = 1e-6 * time_us};
    return LL_OK;
}

/* Whether a row continues the curve of the point before it, in ascending sizes. */
static bool goes_on(const ll_point *before, const ll_point *p)
{
    return before->kernel != NULL && !strcmp(before->source, p->source) && before->n == p->n &&
           before->size_B < p->size_B;
}

static ll_status kernels_read(ll_measured *m, ll_error *err)
{
    static const ll_csv_columns columns = {N_COLUMN, column_names, (1u << N_COLUMN) - 1};
    int at[N_COLUMN];
    ll_csv csv;
    ll_point p;
    LL_TRY(ll_csv_parse(m->file, m->text, strlen(m->text), m->mem, &csv, err));
    LL_TRY(ll_csv_find(&csv, &columns, m->mem, at, err));
    const int first = m->points->n;
    for (int i = 0; i < csv.n_row; i++) {
        if (row_read(m, &csv, at, i, &p, err) != LL_OK) continue;
        const ll_point *before = m->points->n > first ? &m->points->point[m->points->n - 1] : NULL;
        p.check = before != NULL && goes_on(before, &p) && !before->check;
        ll_measured_point_add(m, &p);
    }
    return err->status;
}

static bool kernels_is(const char *text)
{
    size_t n;
    const char *heading = ll_measured_heading(text, &n), *end = heading + n;
    const char *elements = strstr(heading, "elements"), *framework = strstr(heading, "framework");
    return elements && framework && elements < end && framework < end;
}

const ll_measured_form ll_measured_kernels = {"table of all-reduces by frameworks", kernels_is,
                                              kernels_read};
