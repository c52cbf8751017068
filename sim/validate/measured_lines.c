/* What nccl-tests and rccl-tests print, of any version, in whatever log it stands.
 *
 * The heading is known by its words ("size  count ... time  algbw  busbw"), with or without '#'. A
 * row is two whole numbers and a type; between the type and the time it has the words that the
 * heading names there (redop, root), or, as older versions print them for collectives that do not
 * reduce, fewer. Lines that are neither belong to the library, a launcher or a shell. */
#include "sim/validate/measured.h"

#include "sim/base/csv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FIELD = 40, N_BEFORE = 3 }; /* size, count, type */

typedef struct lines {
    ll_measured *m;
    int line;
    bool listing;                      /* between "Using devices" and the heading */
    bool in_table;                     /* below a heading */
    bool headless;                     /* rows without a heading were told */
    int time, algbw, busbw, wrong, of; /* fields of the heading; wrong 0: none; of: how many */
} lines;

static bool is_whole(const char *word) { return *word && word[strspn(word, "0123456789")] == '\0'; }

/* ---- Headings and lists ---------------------------------------------------------------------- */

static int field_find(const char *const *field, int from, int n, const char *word)
{
    for (int i = from; i < n; i++)
        if (!strcmp(field[i], word)) return i;
    return 0;
}

/* field: [n] from "size" on. */
static ll_status heading_read(lines *l, const char *const *field, int n, ll_error *err)
{
    LL_TRY(l->m->run.n_row ? ll_measured_run_end(l->m, err) : LL_OK);
    l->listing = false;
    l->in_table = true;
    l->time = field_find(field, 0, n, "time");
    l->algbw = field_find(field, l->time, n, "algbw");
    l->busbw = field_find(field, l->time, n, "busbw");
    l->wrong = field_find(field, l->time, n, "#wrong");
    if (!l->wrong) l->wrong = field_find(field, l->time, n, "wrong"); /* with the '#' lost */
    l->of = n;
    if (l->time && l->algbw > l->time && l->busbw > l->time) return LL_OK;
    const bool cpu = field_find(field, 0, n, "cputime") > 0;
    l->in_table = false;
    return ll_error_set(
        err, LL_ERR_CONFIG, "%s:%d: a heading %s; expected the columns time, algbw and busbw%s",
        l->m->file, l->line, cpu ? "with the column 'cputime'" : "without the column 'time'",
        cpu ? ": run nccl-tests without -C, which times the call and not the collective" : "");
}

/* A new run of the program: what was said of ranks is of the one before. */
static ll_status run_begin(lines *l, bool devices, ll_error *err)
{
    if (l->m->run.n_row) LL_TRY(ll_measured_run_end(l->m, err));
    l->m->run.ranks = (ll_ranks){0};
    l->listing = devices;
    l->in_table = false;
    return LL_OK;
}

/* What a line that is no row says of the rows to come. */
static ll_status words_read(lines *l, const char *text, const char *const *field, int n,
                            ll_error *err)
{
    ll_run *run = &l->m->run;
    const size_t length = strlen(text), dots = strlen("...");
    for (int i = 0; i + 1 < n; i++)
        if (!strcmp(field[i], "size") && !strcmp(field[i + 1], "count"))
            return heading_read(l, field + i, n - i, err);
    if (strstr(text, "_perf") || strstr(text, "Collective test starting")) {
        if (run->n_row) LL_TRY(ll_measured_run_end(l->m, err));
        ll_measured_collective(run, text);
    }
    if (strstr(text, "Using devices")) return run_begin(l, true, err);
    if (n > 1 && !strcmp(field[0], "nThread")) return run_begin(l, false, err);
    if (n > 1 && !strcmp(field[0], "Rank") && is_whole(field[1])) {
        const bool grouped = n > 3 && !strcmp(field[2], "Group") && is_whole(field[3]);
        ll_measured_rank(run, l->line, (int)strtol(field[1], NULL, 10),
                         grouped ? (int)strtol(field[3], NULL, 10) : 0);
    }
    if (l->listing && length >= dots && !strcmp(text + length - dots, "..."))
        run->ranks.cut = run->ranks.open = true;
    if (strstr(text, "Out of bounds values")) {
        if (strstr(text, "FAILED")) run->failed = l->line;
        l->in_table = false;
    }
    if (strstr(text, "Avg bus bandwidth")) l->in_table = false;
    return LL_OK;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/* Where a row begins: two whole numbers and a word; -1: nowhere. */
static int row_start(const char *const *field, int n)
{
    for (int i = 0; i + 2 < n; i++)
        if (is_whole(field[i]) && is_whole(field[i + 1]) && isalpha((unsigned char)field[i + 2][0]))
            return i;
    return -1;
}

static bool figures_read(const lines *l, const char *const *field, int n, int n_blank,
                         ll_measured_row *out)
{
    double wrong = 0;
    out->n_blank = n_blank;
    if (l->busbw - n_blank >= n || !ll_said_parse(field[l->time - n_blank], &out->time_us) ||
        !ll_said_parse(field[l->algbw - n_blank], &out->algbw_GBps) ||
        !ll_said_parse(field[l->busbw - n_blank], &out->busbw_GBps))
        return false;
    if (l->wrong && l->wrong - n_blank < n)
        ll_csv_number(field[l->wrong - n_blank], 0, 1e300, &wrong);
    out->n_wrong = wrong;
    return true;
}

static ll_status row_fault(const lines *l, const char *const *field, int n, ll_error *err)
{
    if (n <= l->busbw)
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s:%d: a row that is cut or torn: %d fields; expected the time in "
                            "field %d of %d",
                            l->m->file, l->line, n, l->time + 1, l->of);
    return ll_error_add(err, LL_ERR_CONFIG,
                        "%s:%d: time = '%s', algbw = '%s', busbw = '%s'; expected microseconds "
                        "above 0 and two rates in GB/s",
                        l->m->file, l->line, field[l->time], field[l->algbw], field[l->busbw]);
}

static ll_status row_read(lines *l, const char *const *field, int n, ll_error *err)
{
    ll_measured_row row = {.line = l->line};
    if (!l->in_table) {
        if (l->headless) return LL_OK;
        l->headless = true;
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s:%d: figures without a heading; expected \"#  size  count  type ... "
                            " time  algbw  busbw\" before them",
                            l->m->file, l->line);
    }
    row.size_B = strtod(field[0], NULL);
    if (row.size_B <= 0) return LL_OK; /* less than a byte for each rank */
    bool proved = false;
    for (int blank = 0; blank <= l->time - N_BEFORE && !proved; blank++)
        proved = figures_read(l, field, n, blank, &row) && ll_measured_proves(&row);
    if (!proved && !figures_read(l, field, n, 0, &row)) return row_fault(l, field, n, err);
    if (row.time_us.value <= 0 && row.algbw_GBps.value <= 0) { /* less than its last digit */
        l->m->points->n_untimed++;
        return LL_OK;
    }
    ll_measured_row_add(l->m, &row);
    return LL_OK;
}

static ll_status line_read(lines *l, const char *text, ll_error *err)
{
    const char *field[MAX_FIELD];
    const bool comment = *text == '#';
    const int n = ll_measured_split(text + strspn(text, "# \t"), ' ', MAX_FIELD, l->m->mem, field);
    const int start = comment ? -1 : row_start(field, n);
    const bool torn = start > 0 || (start < 0 && n > 0 && is_whole(field[0]));
    if (n == 0) return LL_OK;
    if (start == 0) return row_read(l, field, n, err);
    if (!comment && l->in_table && torn)
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s:%d: '%.60s': a row that is cut or torn; expected %d fields",
                            l->m->file, l->line, text, l->of);
    return words_read(l, text + strspn(text, "# \t"), field, n, err);
}

static ll_status lines_read(ll_measured *m, ll_error *err)
{
    lines l = {.m = m};
    for (const char *text = m->text; *text && err->status == LL_OK;) {
        const char *line = ll_measured_line(m, &text, &l.line);
        line_read(&l, line, err);
    }
    LL_TRY(err->status);
    return ll_measured_run_end(m, err);
}

static bool lines_is(const char *text)
{
    (void)text;
    return true;
}

const ll_measured_form ll_measured_lines = {"nccl-tests", lines_is, lines_read};
