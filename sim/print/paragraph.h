/* Sentences for people: words filled into lines. */
#ifndef LL_PRINT_PARAGRAPH_H
#define LL_PRINT_PARAGRAPH_H

#include "sim/base/text.h"

/* Append `s` in lines of at most `width` columns (0: one line); lines after the first begin with
 * `indent` spaces. A word that is longer than a line stays whole. */
void ll_paragraph(ll_text *out, const char *s, int width, int indent);

#endif
