#include "sim/base/text.h"

#include "sim/base/status.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_CAP = 256, WORD_CAP = 200 };

void ll_text_init(ll_text *t, ll_arena *mem)
{
    t->mem = mem;
    t->n = 0;
    t->cap = FIRST_CAP;
    t->s = ll_arena_array(mem, t->cap, char);
}

/* Room for n more bytes and the closing 0. */
static void reserve(ll_text *t, size_t n)
{
    if (n < t->cap - t->n) return;
    size_t cap = 2 * t->cap;
    if (cap < t->n + n + 1) cap = t->n + n + 1;
    char *s = ll_arena_array(t->mem, cap, char);
    memcpy(s, t->s, t->n);
    t->s = s;
    t->cap = cap;
}

void ll_text_add_bytes(ll_text *t, const char *s, size_t n)
{
    reserve(t, n);
    memcpy(t->s + t->n, s, n);
    t->n += n;
    t->s[t->n] = 0;
}

void ll_text_add(ll_text *t, const char *fmt, ...)
{
    LL_ASSERT(fmt, "after \"%s\"", t->s);
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    LL_ASSERT(n >= 0, "format \"%s\"", fmt);
    reserve(t, (size_t)n);
    vsnprintf(t->s + t->n, (size_t)n + 1, fmt, again);
    va_end(again);
    t->n += (size_t)n;
}

int ll_text_utf8(const char *s)
{
    const unsigned char *c = (const unsigned char *)s;
    if (c[0] < 0x80) return 1;
    int n = c[0] >= 0xf0 && c[0] <= 0xf4 ? 4 : c[0] >= 0xe0 ? 3 : c[0] >= 0xc2 ? 2 : 0;
    if (c[0] > 0xf4) return 0;
    for (int i = 1; i < n; i++)
        if ((c[i] & 0xc0) != 0x80) return 0;
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xf0 && c[1] < 0x90)) return 0;
    if ((c[0] == 0xed && c[1] > 0x9f) || (c[0] == 0xf4 && c[1] > 0x8f)) return 0;
    return n;
}

/* Bytes of the character at s, 0 if it is a control character or none at all. */
static int printable(const char *s)
{
    const unsigned char c = (unsigned char)s[0];
    if ((c < ' ' && c != '\t') || c == 0x7f) return 0;
    if (c == 0xc2 && (unsigned char)s[1] < 0xa0) return 0; // controls of 8 bits
    return ll_text_utf8(s);
}

const char *ll_text_unprintable(const char *s)
{
    for (int n; *s; s += n)
        if ((n = printable(s)) == 0) return s;
    return NULL;
}

bool ll_text_print(const char *s, FILE *out)
{
    while (*s) {
        size_t n = 0;
        for (int step; s[n]; n += (size_t)step) {
            step = s[n] == '\n' ? 1 : printable(s + n);
            if (step == 0) break;
        }
        if (fwrite(s, 1, n, out) != n) return false;
        s += n;
        if (*s && fprintf(out, "\\x%02x", (unsigned char)*s++) < 0) return false;
    }
    return fflush(out) == 0;
}

static int fold_case(char c) { return tolower((unsigned char)c); }

static int min2(int a, int b) { return a < b ? a : b; }

/* Length of a word, as far as it is compared. */
static int word_length(const char *s) { return (int)strnlen(s, WORD_CAP); }

int ll_text_distance(const char *a, const char *b)
{
    // Optimal string alignment: rows i-2, i-1, i of the table of distances between prefixes.
    int row[3][WORD_CAP + 1];
    int n_a = word_length(a), n_b = word_length(b);
    for (int j = 0; j <= n_b; j++)
        row[0][j] = j;
    for (int i = 1; i <= n_a; i++) {
        int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (int j = 1; j <= n_b; j++) {
            int x = fold_case(a[i - 1]), y = fold_case(b[j - 1]);
            now[j] = min2(min2(last[j], now[j - 1]) + 1, last[j - 1] + (x != y));
            bool swapped = i > 1 && j > 1 && x == fold_case(b[j - 2]) && fold_case(a[i - 2]) == y;
            if (swapped) now[j] = min2(now[j], before[j - 2] + 1);
        }
    }
    return row[n_a % 3][n_b];
}

/* Whether the whole of `part` stands at the begin or end of `word`: "bandwidth" in
 * "link_bandwidth". */
static bool is_part(const char *part, const char *word)
{
    size_t n = strlen(part), n_word = strlen(word);
    if (n < 3 || n > n_word) return false;
    return memcmp(word, part, n) == 0 || memcmp(word + n_word - n, part, n) == 0;
}

int ll_text_nearest(const char *word, int n, const char *const *words)
{
    // One slip in three letters is a misspelling; two short words that share nothing are not.
    int best = -1, best_distance = (word_length(word) + 1) / 3 + 1;
    for (int i = 0; i < n; i++) {
        int d = ll_text_distance(word, words[i]);
        if (d < best_distance && d < word_length(words[i])) {
            best = i;
            best_distance = d;
        }
    }
    if (best >= 0) return best;
    for (int i = 0; i < n; i++) {
        bool part = is_part(word, words[i]) || is_part(words[i], word);
        if (part && (best < 0 || strlen(words[i]) > strlen(words[best]))) best = i;
    }
    return best;
}

uint64_t ll_text_hash(uint64_t h, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 1099511628211ULL;
    return h;
}
