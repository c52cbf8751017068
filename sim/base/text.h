/* Text that grows, and the nearest of several words. */
#ifndef LL_BASE_TEXT_H
#define LL_BASE_TEXT_H

#include "sim/base/arena.h"

#include <stdbool.h>
#include <stdio.h>

typedef struct ll_text {
    ll_arena *mem;
    char *s; /* always ended by 0 */
    size_t n, cap;
} ll_text;

void ll_text_init(ll_text *t, ll_arena *mem);
void ll_text_add(ll_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ll_text_add_bytes(ll_text *t, const char *s, size_t n);

/* Bytes of the UTF-8 character at s (well formed, in its shortest form); 0 if there is none. */
int ll_text_utf8(const char *s);

/* The first byte of s that is no character, or a control character other than a tab, which a
 * terminal would obey; NULL if there is none. */
const char *ll_text_unprintable(const char *s);

/* Prints text for people. Unprintable bytes other than ends of lines are written as escapes such
 * as \x1b. False if it cannot be written, see errno. */
bool ll_text_print(const char *s, FILE *out);

/* Edit distance (insert, delete, replace, swap of neighbours), case-insensitive. */
int ll_text_distance(const char *a, const char *b);

/* Index of the word nearest to `word` if it is near enough to be a misspelling, else -1. */
int ll_text_nearest(const char *word, int n, const char *const *words);

/* 64-bit FNV-1a of n bytes, continuing from `h` (start with LL_HASH_START). */
#define LL_HASH_START 14695981039346656037ULL
uint64_t ll_text_hash(uint64_t h, const void *bytes, size_t n);

#endif
