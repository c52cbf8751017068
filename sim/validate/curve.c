#include "sim/validate/curve.h"

#include "sim/base/csv.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { MAX_COLUMN = 32 };

/* Columns that a comma-separated table may have. */
typedef enum column {
    COLUMN_CLUSTER,
    COLUMN_OP,
    COLUMN_N,
    COLUMN_BYTES,
    COLUMN_TIME,
    COLUMN_USE,
    COLUMN_SOURCE,
    N_COLUMN
} column;

static const char *const column_names[N_COLUMN] = {"cluster", "op",  "n",     "bytes",
                                                   "time_us", "use", "source"};

/* A file in the making. */
typedef struct table {
    const char *file;
    int line; /* that is read */
    ll_arena *mem;
    ll_points *points;
    int n_rank;                 /* nccl-tests, this and what follows */
    int time_field, collective; /* field + 1, collective + 1; 0 if not known yet */
} table;

/* The word that names a collective as nccl-tests and others spell it, anywhere in `word`; or 0. */
static int collective_in(const char *word)
{
    static const struct {
        const char *word;
        ll_collective what;
    } spelling[] = {{"all_reduce", LL_ALL_REDUCE},
                    {"allreduce", LL_ALL_REDUCE},
                    {"all_gather", LL_ALL_GATHER},
                    {"allgather", LL_ALL_GATHER},
                    {"reduce_scatter", LL_REDUCE_SCATTER},
                    {"reducescatter", LL_REDUCE_SCATTER},
                    {"all_to_all", LL_ALL_TO_ALL},
                    {"alltoall", LL_ALL_TO_ALL},
                    {"broadcast", LL_BROADCAST},
                    {"sendrecv", LL_SEND},
                    {"send", LL_SEND}};
    for (size_t i = 0; i < sizeof spelling / sizeof *spelling; i++)
        if (strstr(word, spelling[i].word)) return (int)spelling[i].what + 1;
    return 0;
}

static void point_add(table *t, const ll_point *p)
{
    ll_points *all = t->points;
    if (all->n == all->cap) {
        const int64_t cap = all->cap ? 2 * all->cap : 256;
        all->point = ll_arena_grown(t->mem, all->point, all->n, cap, sizeof *all->point);
        all->cap = cap;
    }
    all->point[all->n] = *p;
    all->point[all->n].file = t->file;
    all->point[all->n++].line = t->line;
}

/* ---- Comma-separated ------------------------------------------------------------------------- */

static bool size_read(const char *word, double *out)
{
    char why[256];
    if (ll_csv_number(word, 0, 1e15, out)) return true;
    return isalpha((unsigned char)word[*word ? strlen(word) - 1 : 0]) &&
           ll_units_parse(LL_KIND_SIZE, word, out, why, sizeof why) == LL_OK && *out > 0 &&
           *out <= 1e15;
}

/* at: [N_COLUMN] as ll_csv_find has it. */
static ll_status row_read(const ll_csv *csv, const int *at, int i, ll_point *out, ll_error *err)
{
    const char *cell[N_COLUMN];
    double n_chip = 0;
    for (int c = 0; c < N_COLUMN; c++)
        cell[c] = ll_csv_cell(csv, i, at[c]);
    const int what = collective_in(cell[COLUMN_OP]);
    ll_point p = {.cluster = cell[COLUMN_CLUSTER],
                  .source = cell[COLUMN_SOURCE],
                  .check = !strcmp(cell[COLUMN_USE], "check")};
    if (!what)
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
    if (err->status != LL_OK) return err->status;
    p.collective = (ll_collective)(what - 1);
    p.n = (int32_t)n_chip;
    p.time_s *= 1e-6;
    *out = p;
    return LL_OK;
}

static ll_status rows_read(table *t, const char *text, ll_error *err)
{
    static const ll_csv_columns columns = {N_COLUMN, column_names,
                                           1u << COLUMN_OP | 1u << COLUMN_N | 1u << COLUMN_BYTES |
                                               1u << COLUMN_TIME};
    int at[N_COLUMN];
    ll_csv csv;
    ll_point p;
    LL_TRY(ll_csv_parse(t->file, text, strlen(text), t->mem, &csv, err));
    LL_TRY(ll_csv_find(&csv, &columns, t->mem, at, err));
    t->line = csv.heading_line;
    for (int i = 0; i < csv.n_row; i++) {
        t->line = csv.line[i];
        if (row_read(&csv, at, i, &p, err) == LL_OK) point_add(t, &p);
    }
    return err->status;
}

/* ---- nccl-tests ------------------------------------------------------------------------------ */

static int split_blanks(const char *line, int n_max, ll_arena *mem, const char **field)
{
    int n = 0;
    for (line += strspn(line, " \t\r"); *line && n < n_max; line += strspn(line, " \t\r")) {
        const size_t length = strcspn(line, " \t\r");
        field[n++] = ll_arena_strndup(mem, line, length);
        line += length;
    }
    return n;
}

/* What a comment of nccl-tests says about the lines to come. */
static void comment_read(table *t, const char *line)
{
    const char *field[MAX_COLUMN], *text = line + strspn(line, "# \t");
    const int n = split_blanks(text, MAX_COLUMN, t->mem, field);
    if (strstr(line, "Collective test starting")) {
        t->collective = collective_in(line);
        t->n_rank = 0;
    }
    if (n > 1 && !strcmp(field[0], "Rank") && isdigit((unsigned char)field[1][0])) t->n_rank++;
    if (n > 2 && !strcmp(field[0], "size") && !strcmp(field[1], "count"))
        for (int i = n - 1; i > 1; i--)
            if (!strcmp(field[i], "time")) t->time_field = i + 1;
}

static ll_status figures_read(table *t, const char *line, ll_error *err)
{
    const char *field[MAX_COLUMN];
    const int n = split_blanks(line, MAX_COLUMN, t->mem, field);
    ll_point p = {.cluster = "", .source = ""};
    if (!strcmp(field[0], "0")) return LL_OK;
    if (!t->time_field)
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s:%d: figures without a heading; expected \"#  size  count  type ... "
                            " time\" before them",
                            t->file, t->line);
    if (!t->collective)
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s:%d: figures of an unknown collective; expected a file name such as "
                            "all_reduce.txt or \"# Collective test starting: ...\"",
                            t->file, t->line);
    if (t->n_rank < 2)
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s:%d: figures of %d ranks; expected at least two lines \"#  Rank  0 "
                            "...\" before them",
                            t->file, t->line, t->n_rank);
    if (n < t->time_field)
        return ll_error_add(err, LL_ERR_CONFIG, "%s:%d: %d fields; expected the time in field %d",
                            t->file, t->line, n, t->time_field);
    if (!ll_csv_number(field[0], 0, 1e15, &p.size_B))
        ll_error_add(err, LL_ERR_CONFIG, "%s:%d: size = '%s'; expected bytes from 0 to 1e15",
                     t->file, t->line, field[0]);
    if (!ll_csv_number(field[t->time_field - 1], 0, 1e12, &p.time_s))
        ll_error_add(err, LL_ERR_CONFIG, "%s:%d: time = '%s'; expected microseconds above 0",
                     t->file, t->line, field[t->time_field - 1]);
    if (err->status != LL_OK) return err->status;
    p.collective = (ll_collective)(t->collective - 1);
    p.n = t->n_rank;
    p.time_s *= 1e-6;
    point_add(t, &p);
    return LL_OK;
}

static void line_read(table *t, const char *line, ll_error *err)
{
    const char *content = line + strspn(line, " \t\r");
    const int shown = (int)strcspn(content, "\r");
    if (*content == '#')
        comment_read(t, content);
    else if (isdigit((unsigned char)*content))
        figures_read(t, line, err);
    else if (*content)
        ll_error_add(err, LL_ERR_CONFIG,
                     "%s:%d: '%.*s'; expected a heading such as op,n,bytes,time_us, or what "
                     "nccl-tests prints",
                     t->file, t->line, shown < 60 ? shown : 60, content);
}

static ll_status lines_read(table *t, const char *text, ll_error *err)
{
    while (*text) {
        const size_t n = strcspn(text, "\n");
        t->line++;
        line_read(t, ll_arena_strndup(t->mem, text, n), err);
        text += n + (text[n] == '\n');
    }
    return err->status;
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* Whether the first line that is no comment is a heading with commas. */
static bool has_heading(const char *text)
{
    while (*text) {
        const size_t n = strcspn(text, "\n");
        const char *content = text + strspn(text, " \t\r");
        if (content < text + n && *content != '#')
            return !isdigit((unsigned char)*content) && memchr(text, ',', n) != NULL;
        text += n + (text[n] == '\n');
    }
    return false;
}

ll_status ll_curve_parse(const char *file, const char *text, ll_arena *mem, ll_points *io,
                         ll_error *err)
{
    const char *slash = strrchr(file, '/');
    const int n_before = io->n;
    table t = {.file = file,
               .mem = mem,
               .points = io,
               .collective = collective_in(slash ? slash + 1 : file)};
    LL_TRY(has_heading(text) ? rows_read(&t, text, err) : lines_read(&t, text, err));
    if (io->n == n_before)
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s:%d: the file ends without a figure; expected lines with sizes and "
                            "times",
                            file, t.line ? t.line : 1);
    return LL_OK;
}

ll_status ll_curve_read(int n_file, const char *const *file, ll_comm *comm, ll_arena *mem,
                        ll_points *out, ll_error *err)
{
    *out = (ll_points){0};
    for (int i = 0; i < n_file; i++) {
        const char *text;
        size_t n;
        LL_TRY(ll_source_file(file[i], "a table of collectives", comm, mem, &text, &n, err));
        LL_TRY(ll_curve_parse(file[i], text, mem, out, err));
    }
    return LL_OK;
}

ll_status ll_curve_request(const ll_cluster *cluster, const ll_point *p, ll_request *out,
                           ll_error *err)
{
    const int32_t n_chip = cluster->topo->n_chip;
    if (p->n > n_chip)
        return ll_error_set(err, LL_ERR_CONFIG, "%s:%d: n = '%d'; %s has %d chips", p->file,
                            p->line, p->n, cluster->name, n_chip);
    *out =
        (ll_request){p->collective, LL_ALGORITHM_AUTO, {.n_chip = p->n, .n_digit = 1}, p->size_B};
    out->group.size[0] = p->n;
    out->group.stride[0] = 1;
    return LL_OK;
}
