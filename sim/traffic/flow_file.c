#include "sim/traffic/flow_lines.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool ll_flow_line(ll_flow_reader *r)
{
    for (r->n_word = 0; r->n_word == 0;) {
        if (!*r->rest) return false;
        const size_t n = strcspn(r->rest, "\n"), said = strcspn(r->rest, "#\n");
        char *line = ll_arena_printf(r->mem, "%.*s", (int)said, r->rest);
        r->rest += n + (r->rest[n] == '\n');
        r->line++;
        for (char *rest = line; r->n_word < LL_FLOW_WORDS;) {
            rest += strspn(rest, " \t\r");
            if (!*rest) break;
            r->word[r->n_word++] = rest;
            rest += strcspn(rest, " \t\r");
            if (*rest) *rest++ = '\0';
        }
    }
    r->word[r->n_word] = "";
    return true;
}

ll_status ll_flow_fault(const ll_flow_reader *r, const char *what, const char *word,
                        const char *legal)
{
    return ll_error_set(r->err, LL_ERR_CONFIG, "%s:%d: %s '%.60s': expected %s", r->name, r->line,
                        what, word, legal);
}

ll_status ll_flow_whole(const ll_flow_reader *r, const char *what, const char *word, int64_t least,
                        int64_t most, int64_t *out)
{
    char *end;
    errno = 0;
    const long long x = strtoll(word, &end, 10);
    if (end != word && !*end && !errno && x >= least && x <= most) {
        *out = x;
        return LL_OK;
    }
    return ll_flow_fault(r, what, word,
                         ll_arena_printf(r->mem, "a whole number from %lld to %lld",
                                         (long long)least, (long long)most));
}

ll_status ll_flow_chip(const ll_flow_reader *r, const char *what, const char *word, int32_t *out)
{
    int64_t chip = 0;
    LL_TRY(ll_flow_whole(r, what, word, 0, r->n_chip - 1, &chip));
    *out = (int32_t)chip;
    return LL_OK;
}

void ll_flow_add(ll_flow_reader *r, int32_t src, int32_t dst, double size_B, double start_s)
{
    if (r->n == r->cap) {
        const int64_t cap = 2 * r->cap + 256;
        r->src = ll_arena_grown(r->mem, r->src, r->n, cap, sizeof *r->src);
        r->dst = ll_arena_grown(r->mem, r->dst, r->n, cap, sizeof *r->dst);
        r->size_B = ll_arena_grown(r->mem, r->size_B, r->n, cap, sizeof *r->size_B);
        r->start_s = ll_arena_grown(r->mem, r->start_s, r->n, cap, sizeof *r->start_s);
        r->at_line = ll_arena_grown(r->mem, r->at_line, r->n, cap, sizeof *r->at_line);
        r->cap = cap;
    }
    r->src[r->n] = src;
    r->dst[r->n] = dst;
    r->size_B[r->n] = size_B;
    r->start_s[r->n] = start_s;
    r->at_line[r->n++] = r->line;
    r->timed = r->timed || start_s > 0;
}

void ll_flow_wait(ll_flow_reader *r, int64_t flow, int64_t before)
{
    if (r->n_wait == r->cap_wait) {
        r->cap_wait = 2 * r->cap_wait + 256;
        r->wait = ll_arena_grown(r->mem, r->wait, r->n_wait, r->cap_wait, sizeof *r->wait);
    }
    r->wait[r->n_wait][0] = flow;
    r->wait[r->n_wait++][1] = before;
}

/* ---- Lines "SRC DST BYTES [START] [after=N,N...]" -------------------------------------------- */

static bool is_after(const char *word) { return strncmp(word, "after=", 6) == 0; }

/* A quantity at word *i, with its unit in the same word or in the next; *i moves behind it. */
static ll_status quantity(const ll_flow_reader *r, const char *what, ll_kind kind, int *i,
                          double *out)
{
    const char *word = r->word[(*i)++], *next = r->word[*i];
    char *end, why[256];
    const double number = strtod(word, &end);
    const bool bare = end != word && !*end;
    const bool has_unit = bare && isalpha((unsigned char)*next) && !is_after(next);
    if (has_unit) {
        word = ll_arena_printf(r->mem, "%s %s", word, next);
        (*i)++;
    }
    if (bare && !has_unit)
        *out = number;
    else if (ll_units_parse(kind, word, out, why, sizeof why) != LL_OK)
        return ll_error_set(r->err, LL_ERR_CONFIG, "%s:%d: %s '%.60s': %s", r->name, r->line, what,
                            word, why);
    if (*out >= 0 && *out <= (kind == LL_KIND_SIZE ? 1e15 : 1e6)) return LL_OK;
    return ll_flow_fault(r, what, word, kind == LL_KIND_SIZE ? "0 B to 1 PB" : "0 s to 1e6 s");
}

/* "after=0,3": the flows that the one at hand waits for. */
static ll_status predecessors(ll_flow_reader *r, const char *word)
{
    const char *legal = "numbers of flows, from 0 in the order of the file, such as after=0,3";
    if (!is_after(word))
        return ll_flow_fault(r, "after the size", word,
                             "a start such as 5us, or after= with numbers of flows");
    for (const char *s = word + 6;; s++) {
        char *end;
        const long long before = strtoll(s, &end, 10);
        if (end == s || before < 0 || before > INT32_MAX || (*end && *end != ','))
            return ll_flow_fault(r, "predecessors", word, legal);
        ll_flow_wait(r, r->n, before);
        s = end;
        if (!*s) return LL_OK;
    }
}

ll_status ll_flow_plain(ll_flow_reader *r)
{
    do {
        int32_t src, dst;
        double size_B = 0, start_s = 0;
        int i = 2;
        if (r->n_word < 3)
            return ll_flow_fault(r, "line", r->word[0],
                                 "SRC DST BYTES [START] [after=N,N...], such as 0 1 1MiB 5us");
        LL_TRY(ll_flow_chip(r, "source", r->word[0], &src));
        LL_TRY(ll_flow_chip(r, "destination", r->word[1], &dst));
        LL_TRY(quantity(r, "size", LL_KIND_SIZE, &i, &size_B));
        if (i < r->n_word && !is_after(r->word[i]))
            LL_TRY(quantity(r, "start", LL_KIND_TIME, &i, &start_s));
        for (; i < r->n_word; i++)
            LL_TRY(predecessors(r, r->word[i]));
        ll_flow_add(r, src, dst, size_B, start_s);
    } while (ll_flow_line(r));
    return LL_OK;
}

/* ---- Both ------------------------------------------------------------------------------------ */

/* Sorts what flows wait for into lists by flow. */
static ll_status waits_list(const ll_flow_reader *r, ll_traffic *out)
{
    int64_t *first = ll_arena_array(r->mem, r->n + 1, int64_t);
    int64_t *after = ll_arena_array(r->mem, r->n_wait, int64_t);
    for (int64_t k = 0; k < r->n_wait; k++) {
        if (r->wait[k][1] >= r->n)
            return ll_error_set(r->err, LL_ERR_CONFIG,
                                "%s:%d: waits for flow %lld: expected 0 to %lld, as the file has "
                                "%lld flows",
                                r->name, r->at_line[r->wait[k][0]], (long long)r->wait[k][1],
                                (long long)r->n - 1, (long long)r->n);
        first[r->wait[k][0] + 1]++;
        after[k] = r->wait[k][1];
    }
    for (int64_t i = 0; i < r->n; i++)
        first[i + 1] += first[i];
    out->first_after = first;
    out->after = after;
    return LL_OK;
}

/* A flow that waits for itself, however far round, never starts. */
static ll_status circle_check(const ll_flow_reader *r, const ll_traffic *t)
{
    const ll_arena_mark mark = ll_arena_here(r->mem);
    int64_t *left = ll_arena_array(r->mem, r->n, int64_t);
    int64_t *first = ll_arena_array(r->mem, r->n + 2, int64_t);
    int64_t *next = ll_arena_array(r->mem, r->n_wait, int64_t);
    int64_t *queue = ll_arena_array(r->mem, r->n, int64_t), n_queue = 0;
    for (int64_t k = 0; k < r->n_wait; k++)
        first[r->wait[k][1] + 2]++;
    for (int64_t i = 0; i < r->n; i++)
        first[i + 2] += first[i + 1];
    for (int64_t k = 0; k < r->n_wait; k++)
        next[first[r->wait[k][1] + 1]++] = r->wait[k][0];
    for (int64_t i = 0; i < r->n; i++) {
        left[i] = t->first_after[i + 1] - t->first_after[i];
        if (left[i] == 0) queue[n_queue++] = i;
    }
    for (int64_t q = 0; q < n_queue; q++)
        for (int64_t k = first[queue[q]]; k < first[queue[q] + 1]; k++)
            if (--left[next[k]] == 0) queue[n_queue++] = next[k];
    int line = 0;
    for (int64_t i = r->n - 1; i >= 0 && n_queue < r->n; i--)
        if (left[i] > 0) line = r->at_line[i];
    ll_arena_release(r->mem, mark);
    if (line == 0) return LL_OK;
    return ll_error_set(r->err, LL_ERR_CONFIG,
                        "%s:%d: this flow never starts: the flows that it waits for wait for it, "
                        "in a circle",
                        r->name, line);
}

ll_status ll_flow_file_parse(const char *name, const char *text, int32_t n_chip, ll_arena *mem,
                             ll_traffic *out, ll_error *err)
{
    ll_flow_reader r = {.name = name, .rest = text, .n_chip = n_chip, .mem = mem, .err = err};
    if (!ll_flow_line(&r))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s: no flows; expected lines SRC DST BYTES [START] [after=N], such as "
                            "0 1 1MiB, or a connection matrix of htsim",
                            name);
    LL_TRY(strcmp(r.word[0], "Nodes") == 0 ? ll_flow_matrix(&r) : ll_flow_plain(&r));
    *out = (ll_traffic){.pattern = LL_PATTERN_LIST,
                        .n_list = r.n,
                        .src = r.src,
                        .dst = r.dst,
                        .list_B = r.size_B,
                        .start_s = r.timed ? r.start_s : NULL};
    if (r.n_wait == 0) return LL_OK;
    LL_TRY(waits_list(&r, out));
    return circle_check(&r, out);
}
