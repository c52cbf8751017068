/* Comma-separated tables of collectives: see curve.h. */
#include "sim/base/csv.h"
#include "sim/validate/measured.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

typedef enum column {
    COLUMN_CLUSTER,
    COLUMN_OP,
    COLUMN_N,
    COLUMN_BYTES,
    COLUMN_TIME,
    COLUMN_ALGORITHM,
    COLUMN_USE,
    COLUMN_SOURCE,
    N_COLUMN
} column;

static const char *const column_names[N_COLUMN] = {"cluster", "op",        "n",   "bytes",
                                                   "time_us", "algorithm", "use", "source"};

static bool size_read(const char *word, double *out)
{
    char why[256];
    if (ll_csv_number(word, 0, 1e15, out)) return true;
    return isalpha((unsigned char)word[*word ? strlen(word) - 1 : 0]) &&
           ll_units_parse(LL_KIND_SIZE, word, out, why, sizeof why) == LL_OK && *out > 0 &&
           *out <= 1e15;
}

/* The algorithm of that name; -1: none has it. Nothing said: auto. */
static int algorithm_of(const char *name)
{
    int a = LL_ALGORITHM_AUTO;
    while (a < LL_N_ALGORITHM && *name && strcmp(ll_algorithm_names[a], name) != 0)
        a++;
    return a < LL_N_ALGORITHM ? a : -1;
}

/* at: [N_COLUMN] as ll_csv_find has it. */
static ll_status row_read(const ll_csv *csv, const int *at, int i, ll_point *out, ll_error *err)
{
    const char *cell[N_COLUMN];
    double n_chip = 0;
    for (int c = 0; c < N_COLUMN; c++)
        cell[c] = ll_csv_cell(csv, i, at[c]);
    ll_run run = {0};
    ll_measured_collective(&run, cell[COLUMN_OP]);
    ll_point p = {.cluster = cell[COLUMN_CLUSTER],
                  .source = cell[COLUMN_SOURCE],
                  .line = csv->line[i],
                  .check = !strcmp(cell[COLUMN_USE], "check")};
    if (!run.collective)
        ll_csv_fault(csv, i, at[COLUMN_OP],
                     "all_reduce, all_gather, reduce_scatter, all_to_all, broadcast or send", err);
    if (!ll_csv_number(cell[COLUMN_N], 0, 1e6, &n_chip) || n_chip < 2 || n_chip > floor(n_chip))
        ll_csv_fault(csv, i, at[COLUMN_N], "a number of chips from 2 to 1000000", err);
    if (!size_read(cell[COLUMN_BYTES], &p.size_B))
        ll_csv_fault(csv, i, at[COLUMN_BYTES], "a size of 1 B to 1 PB, such as 1048576 or 1 MiB",
                     err);
    if (!ll_csv_number(cell[COLUMN_TIME], 0, 1e12, &p.time_s))
        ll_csv_fault(csv, i, at[COLUMN_TIME], "microseconds above 0", err);
    if (*cell[COLUMN_USE] && strcmp(cell[COLUMN_USE], "fit") != 0 && !p.check)
        ll_csv_fault(csv, i, at[COLUMN_USE], "fit or check", err);
    const int algorithm = algorithm_of(cell[COLUMN_ALGORITHM]);
    if (algorithm < 0)
        ll_csv_fault(csv, i, at[COLUMN_ALGORITHM],
                     "an algorithm that was forced, as `lineloss list algorithms` has them, or "
                     "nothing",
                     err);
    if (err->status != LL_OK) return err->status;
    p.algorithm = (ll_algorithm)algorithm;
    p.collective = (ll_collective)(run.collective - 1);
    p.n = (int32_t)n_chip;
    p.time_s *= 1e-6;
    *out = p;
    return LL_OK;
}

static ll_status csv_read(ll_measured *m, ll_error *err)
{
    static const ll_csv_columns columns = {N_COLUMN, column_names,
                                           1u << COLUMN_OP | 1u << COLUMN_N | 1u << COLUMN_BYTES |
                                               1u << COLUMN_TIME};
    int at[N_COLUMN];
    ll_csv csv;
    ll_point p;
    LL_TRY(ll_csv_parse(m->file, m->text, strlen(m->text), m->mem, &csv, err));
    LL_TRY(ll_csv_find(&csv, &columns, m->mem, at, err));
    for (int i = 0; i < csv.n_row; i++)
        if (row_read(&csv, at, i, &p, err) == LL_OK) ll_measured_point_add(m, &p);
    return err->status;
}

/* Whether `n` bytes are one of the names. */
static bool is_column(const char *word, size_t n)
{
    for (int c = 0; c < N_COLUMN; c++)
        if (strlen(column_names[c]) == n && !strncmp(word, column_names[c], n)) return true;
    return false;
}

/* Whether two of the names stand in the first line that is no comment. */
static bool csv_is(const char *text)
{
    static const char blanks[] = " \t\r\"";
    int n_known = 0;
    while (*text == '#' || *text == '\n' || (*text && strchr(blanks, *text)))
        text += *text == '#' ? strcspn(text, "\n") : 1;
    while (*text && *text != '\n') {
        text += strspn(text, blanks);
        const size_t n = strcspn(text, ", \t\r\"\n");
        n_known += is_column(text, n);
        text += n;
        text += strcspn(text, ",\n");
        text += *text == ',';
    }
    return n_known >= 2;
}

const ll_measured_form ll_measured_csv = {"comma-separated", csv_is, csv_read};
