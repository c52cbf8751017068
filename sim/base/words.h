/* One word out of a list, and what to say about a word that is not in it. */
#ifndef LL_BASE_WORDS_H
#define LL_BASE_WORDS_H

#include "sim/base/status.h"

#include <stddef.h>

typedef struct ll_words {
    int n;
    const char *const *word; /* [n] */
    /* what to say if no word is near; NULL: all words, after any suggestion too */
    const char *otherwise;
} ll_words;

/* Index of the word, or -1. */
int ll_words_find(const ll_words *words, const char *word);

/* "did you mean 'closed'? expected one of: closed, flow", without the first part if no word is
 * near, into out[cap]; returns out. */
const char *ll_words_hint(const ll_words *words, const char *word, char *out, size_t cap);

/* *out: index of the word. Error: the text of fmt, which names the place and the word and ends
 * before the hint. */
ll_status ll_words_pick(const ll_words *words, const char *word, int *out, ll_error *err,
                        const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif
