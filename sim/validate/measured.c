#include "sim/validate/measured.h"

#include "sim/base/csv.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Words ----------------------------------------------------------------------------------- */

typedef struct spelling {
    const char *word;
    ll_collective what;
} spelling;

static const spelling spellings[] = {{"all_reduce", LL_ALL_REDUCE},
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

/* Whole words of names: the longer ones above contain some of them. */
static const char *const others[] = {"alltoallv", "all_to_all_v", "allgatherv", "reducescatterv",
                                     "reduce",    "gather",       "scatter",    "hypercube"};

/* `word` in `text`, with no letter or digit beside it. */
static bool has_word(const char *text, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[n]))
            return true;
    return false;
}

void ll_measured_collective(ll_run *run, const char *words)
{
    int what = 0;
    const char *other = NULL;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings && !what; i++)
        if (strstr(words, spellings[i].word)) what = (int)spellings[i].what + 1;
    for (size_t i = 0; i < sizeof others / sizeof *others && !other; i++)
        if (has_word(words, others[i])) other = others[i];
    if (!what && !other) return;
    /* "reduce" is part of "all_reduce", but "alltoall" of "alltoallv" */
    const bool is_other = other && (!what || strstr(other, "v"));
    run->collective = is_other ? 0 : what;
    run->other = is_other ? other : NULL;
}

const char *ll_measured_heading(const char *text, size_t *n)
{
    while (*text == '#' || *text == '\n')
        text += *text == '#' ? strcspn(text, "\n") : 1;
    *n = strcspn(text, "\n");
    return text;
}

bool ll_said_parse(const char *word, ll_said *out)
{
    const char *exponent = strpbrk(word, "eE"), *point = strchr(word, '.');
    if (!ll_csv_number(word, -1e-300, 1e300, &out->value)) return false;
    const size_t n = exponent ? (size_t)(exponent - word) : strlen(word);
    const int decimals = point ? (int)(n - (size_t)(point + 1 - word)) : 0;
    const long power = exponent ? strtol(exponent + 1, NULL, 10) : 0;
    out->half = 0.5 * pow(10, (double)(power - decimals));
    return true;
}

int ll_measured_split(const char *line, char separator, int n_max, ll_arena *mem,
                      const char **field)
{
    static const char blanks[] = " \t\r";
    const char stop[] = {separator, '\0'};
    int n = 0;
    line += strspn(line, blanks);
    while (*line && n < n_max) {
        const size_t length = separator == ' ' ? strcspn(line, blanks) : strcspn(line, stop);
        size_t used = length;
        while (used > 0 && strchr(blanks, line[used - 1]))
            used--;
        field[n++] = ll_arena_strndup(mem, line, used);
        line += length;
        if (*line == separator) line++;
        line += strspn(line, blanks);
    }
    return n;
}

/* ---- Lines of logs --------------------------------------------------------------------------- */

/* Past "2026-01-31 10:00:00", with T and a zone perhaps, or the line as it is. */
static const char *skip_time(const char *line)
{
    static const char shape[] = "dddd-dd-ddxdd:dd:dd"; /* d: a digit; x: a blank or T */
    const char *at = line + (*line == '[');
    for (const char *s = shape; *s; s++, at++) {
        const bool fits = *s == 'd'   ? isdigit((unsigned char)*at) != 0
                          : *s == 'x' ? *at == ' ' || *at == 'T'
                                      : *at == *s;
        if (!fits) return line;
    }
    at += strspn(at, ".,0123456789");
    at += strspn(at, "Z+-:0123456789");
    if (*at == ']') at++;
    return *at == ' ' || *at == '\t' || *at == '\0' ? at : line;
}

/* Past "[1,0]<stdout>:" (mpirun), "0: " (srun), "node01: " (pdsh), "[0] " (Hydra). */
static const char *skip_label(const char *line)
{
    static const char *const streams[] = {"<stdout>:", "<stderr>:", "<stddiag>:"};
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    enum { MAX_LABEL = 120 };
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        const char *tag = strstr(line, streams[i]);
        if (tag && tag - line < MAX_LABEL) return tag + strlen(streams[i]);
    }
    const char *content = line + strspn(line, " \t");
    const size_t n = strspn(content, name);
    if (n > 0 && content[n] == ':' && (content[n + 1] == ' ' || content[n + 1] == '\0'))
        return content + n + 1;
    const size_t digits = *content == '[' ? strspn(content + 1, "0123456789") : 0;
    if (digits > 0 && !strncmp(content + 1 + digits, "] ", 2)) return content + 1 + digits + 1;
    return line;
}

const char *ll_measured_line(ll_measured *m, const char **text, int *line)
{
    const size_t n = strcspn(*text, "\n");
    const char *content = ll_arena_strndup(m->mem, *text, n), *before = NULL;
    *text += n + ((*text)[n] == '\n');
    ++*line;
    while (content != before) {
        before = content;
        content = skip_label(skip_time(content + strspn(content, " \t\r")));
    }
    return content;
}

/* ---- Runs ------------------------------------------------------------------------------------ */

void ll_measured_rank(ll_run *run, int line, int rank, int group)
{
    ll_ranks *r = &run->ranks;
    const bool first = r->n == 0;
    if (!first && rank <= r->last) {
        if (!r->twice) r->twice = line;
    } else if (rank != (first ? 0 : r->last + 1)) {
        r->cut = true;
    }
    if (!first && group < r->last_group) r->apart = true;
    if (group >= r->n_group) r->n_group = group + 1;
    r->last_group = group;
    r->last = rank;
    r->open = false;
    r->n++;
}

void ll_measured_row_add(ll_measured *m, const ll_measured_row *row)
{
    ll_run *run = &m->run;
    if (run->n_row == run->cap) {
        const int64_t cap = run->cap ? 2 * run->cap : 64;
        run->row = ll_arena_grown(m->mem, run->row, run->n_row, cap, sizeof *run->row);
        run->cap = cap;
    }
    run->row[run->n_row++] = *row;
}

void ll_measured_point_add(ll_measured *m, const ll_point *point)
{
    ll_points *all = m->points;
    if (all->n == all->cap) {
        const int64_t cap = all->cap ? 2 * all->cap : 256;
        all->point = ll_arena_grown(m->mem, all->point, all->n, cap, sizeof *all->point);
        all->cap = cap;
    }
    all->point[all->n] = *point;
    all->point[all->n++].file = m->file;
}
