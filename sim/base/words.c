#include "sim/base/words.h"

#include "sim/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int ll_words_find(const ll_words *words, const char *word)
{
    for (int i = 0; i < words->n; i++)
        if (!strcmp(word, words->word[i])) return i;
    return -1;
}

/* Appends what fits. */
__attribute__((format(printf, 3, 4))) static void add(char *out, size_t cap, const char *fmt, ...)
{
    const size_t used = strlen(out);
    va_list args;
    va_start(args, fmt);
    vsnprintf(out + used, cap - used, fmt, args);
    va_end(args);
}

const char *ll_words_hint(const ll_words *words, const char *word, char *out, size_t cap)
{
    const int near = ll_text_nearest(word, words->n, words->word);
    LL_ASSERT(cap > 0, "cap = %zu", cap);
    out[0] = '\0';
    if (near >= 0) add(out, cap, "did you mean '%s'?", words->word[near]);
    if (words->otherwise) {
        if (near < 0) add(out, cap, "%s", words->otherwise);
        return out;
    }
    for (int i = 0; i < words->n; i++)
        add(out, cap, "%s%s",
            i          ? ", "
            : near < 0 ? "expected one of: "
                       : " expected one of: ",
            words->word[i]);
    return out;
}

ll_status ll_words_pick(const ll_words *words, const char *word, int *out, ll_error *err,
                        const char *fmt, ...)
{
    char what[512], hint[512];
    const int i = ll_words_find(words, word);
    if (i >= 0) {
        *out = i;
        return LL_OK;
    }
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return ll_error_set(err, LL_ERR_CONFIG, "%s%s", what,
                        ll_words_hint(words, word, hint, sizeof hint));
}
