#include "sim/work/chunk_plan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char key[] = "job.pipeline_layout";

enum { MAX_SYMBOL = 1 << 16, MAX_DEPTH = 8 };

/* Parses the text twice: to count, and to fill. */
typedef struct reader {
    const char *text, *at;
    ll_faults *why;
    ll_chunk_plan sum;
    ll_planned_chunk *chunk; /* [n_chunk]; NULL: only count */
    int64_t n_symbol, n_embedding, n_loss;
    bool failed;
} reader;

static long place(const reader *r) { return (long)(r->at - r->text) + 1; }

static char peek(reader *r)
{
    r->at += strspn(r->at, " ,");
    return *r->at;
}

static bool fail(reader *r, const char *expected)
{
    const char c = peek(r);
    if (!r->failed && c)
        ll_fault_add(r->why, key, "character %ld, '%c': %s", place(r), c, expected);
    if (!r->failed && !c) ll_fault_add(r->why, key, "at its end: %s", expected);
    r->failed = true;
    return false;
}

static bool symbol(reader *r, char c)
{
    ll_planned_chunk *chunk = r->chunk ? &r->chunk[r->sum.n_chunk - 1] : NULL;
    if (r->n_loss > 0) return fail(r, "the loss L is the last symbol; nothing may follow it");
    if ((c == 'E') != (r->n_symbol == 0))
        return fail(r, c == 'E' ? "the embedding E stands once, at the beginning"
                                : "expected the embedding E as the first symbol");
    if (++r->n_symbol > MAX_SYMBOL) return fail(r, "more than 65536 symbols");
    if (c == 'L') r->n_loss++;
    if (c == '|') {
        r->sum.n_chunk++;
        if (r->chunk) chunk[1] = (ll_planned_chunk){.first_layer = r->sum.n_layer};
    }
    if (c == 't') r->sum.n_layer++;
    if (c == 'm') r->sum.n_predict++;
    if (chunk) {
        chunk->n_layer += c == 't';
        chunk->n_predict += c == 'm';
    }
    return true;
}

/* The number after a '*', or 1 if there is none; 0: a fault. */
static int64_t times(reader *r)
{
    if (peek(r) != '*') return 1;
    r->at++;
    if (!isdigit((unsigned char)peek(r))) {
        fail(r, "expected a number of repetitions after '*', such as t*3");
        return 0;
    }
    char *end;
    const long n = strtol(r->at, &end, 10);
    if (n < 1 || n > MAX_SYMBOL) {
        fail(r, "expected 1 to 65536 repetitions");
        return 0;
    }
    r->at = end;
    return n;
}

static bool items(reader *r, int depth);

/* A group, as often as is written behind it: the end of the group has to be found first. */
static bool group(reader *r, int depth)
{
    const char *const begin = ++r->at;
    if (depth == MAX_DEPTH) return fail(r, "groups are nested deeper than 8");
    if (peek(r) == ')') return fail(r, "an empty group");
    if (!items(r, depth + 1)) return false;
    if (peek(r) != ')') return fail(r, "expected ')' to close the group");
    r->at++;
    if (peek(r) != '*') return fail(r, "expected '*' and a number after a group, such as (tt|)*3");
    const int64_t n = times(r);
    const char *const end = r->at;
    for (int64_t i = 1; i < n; i++) {
        r->at = begin;
        if (!items(r, depth + 1)) return false;
    }
    r->at = end;
    return n > 0;
}

static bool items(reader *r, int depth)
{
    for (char c; (c = peek(r)) && c != ')';) {
        if (c == '(') {
            if (!group(r, depth)) return false;
            continue;
        }
        if (!strchr("EtmL|", c)) return fail(r, "expected E, t, m, L, | or a group (..)*n");
        const char *const here = r->at++;
        const int64_t n = times(r);
        const char *const end = r->at;
        r->at = here; /* where a fault is */
        for (int64_t i = 0; i < n; i++)
            if (!symbol(r, c)) return false;
        if (n == 0) return false;
        r->at = end;
    }
    return true;
}

static bool read_all(reader *r)
{
    if (!items(r, 0)) return false;
    if (peek(r) == ')') return fail(r, "closes no group");
    return r->n_loss == 1 || fail(r, "expected the loss L as the last symbol");
}

const ll_chunk_plan *ll_chunk_plan_parse(const char *text, ll_arena *mem, ll_faults *why)
{
    reader count = {.text = text, .at = text, .why = why, .sum = {.n_chunk = 1}};
    if (!read_all(&count)) return NULL;
    reader fill = {.text = text, .at = text, .sum = {.n_chunk = 1}};
    fill.chunk = ll_arena_array(mem, count.sum.n_chunk, ll_planned_chunk);
    (void)read_all(&fill);
    ll_chunk_plan *plan = ll_arena_new(mem, ll_chunk_plan);
    *plan = count.sum;
    plan->chunk = fill.chunk;
    return plan;
}
