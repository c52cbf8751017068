#include "sim/validate/curve.h"

#include "sim/base/text.h"
#include "sim/validate/columns.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
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
    ll_columns columns; /* the place, and the heading if it is comma-separated */
    bool comma;         /* a heading with commas was seen */
    ll_points *points;
    int n_rank, time_field,
        collective; /* nccl-tests; field + 1, collective + 1: 0 if not known yet */
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
        all->point = ll_arena_grown(t->columns.mem, all->point, all->n, cap, sizeof *all->point);
        all->cap = cap;
    }
    all->point[all->n] = *p;
    all->point[all->n].file = t->columns.file;
    all->point[all->n++].line = t->columns.line;
}

/* ---- Comma-separated ------------------------------------------------------------------------- */

static ll_status size_read(const table *t, const char *word, double *out)
{
    char why[256];
    if (ll_columns_number(word, 1e15, out)) return LL_OK;
    if (isalpha((unsigned char)word[*word ? strlen(word) - 1 : 0]) &&
        ll_units_parse(LL_KIND_SIZE, word, out, why, sizeof why) == LL_OK && *out > 0 &&
        *out <= 1e15)
        return LL_OK;
    return ll_columns_fault_in(&t->columns, "bytes", word,
                               "a size of 1 B to 1 PB, such as 1048576 or 1 MiB");
}

static ll_status row_read(table *t, const char *line)
{
    const char *cell[N_COLUMN];
    ll_point p = {.cluster = "", .source = ""};
    double n_chip = 0;
    LL_TRY(ll_columns_row(&t->columns, line, cell));
    const int what = collective_in(cell[COLUMN_OP]);
    if (!what)
        ll_columns_fault_in(
            &t->columns, "op", cell[COLUMN_OP],
            "all_reduce, all_gather, reduce_scatter, all_to_all, broadcast or send");
    if (!ll_columns_number(cell[COLUMN_N], 1e6, &n_chip) || n_chip < 2 || n_chip > floor(n_chip))
        ll_columns_fault_in(&t->columns, "n", cell[COLUMN_N],
                            "a number of chips from 2 to 1000000");
    size_read(t, cell[COLUMN_BYTES], &p.size_B);
    if (!ll_columns_number(cell[COLUMN_TIME], 1e12, &p.time_s))
        ll_columns_fault_in(&t->columns, "time_us", cell[COLUMN_TIME], "microseconds above 0");
    if (*cell[COLUMN_USE] && strcmp(cell[COLUMN_USE], "fit") != 0 &&
        strcmp(cell[COLUMN_USE], "check") != 0)
        ll_columns_fault_in(&t->columns, "use", cell[COLUMN_USE], "fit or check");
    if (t->columns.err->status != LL_OK) return t->columns.err->status;
    p.collective = (ll_collective)(what - 1);
    p.n = (int32_t)n_chip;
    p.time_s *= 1e-6;
    p.check = !strcmp(cell[COLUMN_USE], "check");
    p.cluster = cell[COLUMN_CLUSTER];
    p.source = cell[COLUMN_SOURCE];
    point_add(t, &p);
    return LL_OK;
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
    const int n = split_blanks(text, MAX_COLUMN, t->columns.mem, field);
    if (strstr(line, "Collective test starting")) {
        t->collective = collective_in(line);
        t->n_rank = 0;
    }
    if (n > 1 && !strcmp(field[0], "Rank") && isdigit((unsigned char)field[1][0])) t->n_rank++;
    if (n > 2 && !strcmp(field[0], "size") && !strcmp(field[1], "count"))
        for (int i = n - 1; i > 1; i--)
            if (!strcmp(field[i], "time")) t->time_field = i + 1;
}

static ll_status figures_read(table *t, const char *line)
{
    const char *field[MAX_COLUMN];
    const int n = split_blanks(line, MAX_COLUMN, t->columns.mem, field);
    ll_point p = {.cluster = "", .source = ""};
    if (!strcmp(field[0], "0")) return LL_OK;
    if (!t->time_field)
        return ll_columns_fault(&t->columns, "figures without a heading",
                                "\"#  size  count  type ...  time\" before them");
    if (!t->collective)
        return ll_columns_fault(
            &t->columns, "figures of an unknown collective",
            "a file name such as all_reduce.txt or \"# Collective test starting: ...\"");
    if (t->n_rank < 2)
        return ll_columns_fault(&t->columns,
                                ll_arena_printf(t->columns.mem, "figures of %d ranks", t->n_rank),
                                "at least two lines \"#  Rank  0 ...\" before them");
    if (n < t->time_field)
        return ll_columns_fault(
            &t->columns, ll_arena_printf(t->columns.mem, "%d fields", n),
            ll_arena_printf(t->columns.mem, "the time in field %d", t->time_field));
    if (!ll_columns_number(field[0], 1e15, &p.size_B))
        ll_columns_fault_in(&t->columns, "size", field[0], "bytes from 0 to 1e15");
    if (!ll_columns_number(field[t->time_field - 1], 1e12, &p.time_s))
        ll_columns_fault_in(&t->columns, "time", field[t->time_field - 1], "microseconds above 0");
    if (t->columns.err->status != LL_OK) return t->columns.err->status;
    p.collective = (ll_collective)(t->collective - 1);
    p.n = t->n_rank;
    p.time_s *= 1e-6;
    point_add(t, &p);
    return LL_OK;
}

/* ---- Files ----------------------------------------------------------------------------------- */

static void line_read(table *t, const char *line)
{
    const char *content = line + strspn(line, " \t\r");
    if (!*content) return;
    if (*content == '#') {
        comment_read(t, content);
    } else if (t->columns.n_field) {
        row_read(t, line);
    } else if (!t->comma && strchr(line, ',') && !isdigit((unsigned char)*content)) {
        t->comma = true;
        ll_columns_heading(&t->columns, line);
    } else if (!isdigit((unsigned char)*content)) {
        const int shown = (int)strcspn(content, "\r");
        ll_columns_fault(
            &t->columns,
            ll_arena_printf(t->columns.mem, "'%.*s'", shown < 60 ? shown : 60, content),
            "a heading such as op,n,bytes,time_us, or what nccl-tests prints");
    } else {
        figures_read(t, line);
    }
}

ll_status ll_curve_parse(const char *file, const char *text, ll_arena *mem, ll_points *io,
                         ll_error *err)
{
    const char *slash = strrchr(file, '/');
    const int n_before = io->n;
    table t = {.columns = {.file = file,
                           .mem = mem,
                           .err = err,
                           .n_name = N_COLUMN,
                           .name = column_names,
                           .required = 1u << COLUMN_OP | 1u << COLUMN_N | 1u << COLUMN_BYTES |
                                       1u << COLUMN_TIME,
                           .legal = "op, n, bytes, time_us and perhaps cluster, use, source"},
               .points = io,
               .collective = collective_in(slash ? slash + 1 : file)};
    while (*text && !(t.comma && !t.columns.field_of[COLUMN_OP])) {
        const size_t n = strcspn(text, "\n");
        t.columns.line++;
        line_read(&t, ll_arena_strndup(mem, text, n));
        text += n + (text[n] == '\n');
    }
    if (err->status == LL_OK && io->n == n_before) {
        t.columns.line = t.columns.line ? t.columns.line : 1;
        ll_columns_fault(&t.columns, "the file ends without a figure",
                         "lines with sizes and times");
    }
    return err->status;
}

ll_status ll_curve_read(int n_file, const char *const *file, ll_comm *comm, ll_arena *mem,
                        ll_points *out, ll_error *err)
{
    *out = (ll_points){0};
    for (int i = 0; i < n_file; i++) {
        const char *text;
        LL_TRY(ll_study_text(file[i], "a table of collectives", comm, mem, &text, err));
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
