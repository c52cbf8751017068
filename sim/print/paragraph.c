#include "sim/print/paragraph.h"

#include <stdbool.h>
#include <string.h>

/* Columns that n bytes of UTF-8 take. */
static int columns(const char *s, size_t n)
{
    int w = 0;
    for (size_t i = 0; i < n; i++)
        w += ((unsigned char)s[i] & 0xc0) != 0x80;
    return w;
}

void ll_paragraph(ll_text *out, const char *s, int width, int indent)
{
    int at = 0; /* column */
    bool fresh = true;
    while (*s) {
        size_t n = strcspn(s, " ");
        while (s[n] == ' ' && s[n + 1] == '%') /* a line does not begin with its unit */
            n += 1 + strcspn(s + n + 1, " ");
        const int w = columns(s, n);
        if (!fresh && width > 0 && at + 1 + w > width) {
            ll_text_add(out, "\n%*s", indent, "");
            at = indent;
            fresh = true;
        }
        if (!fresh) ll_text_add(out, " ");
        ll_text_add_bytes(out, s, n);
        at += w + !fresh;
        fresh = false;
        s += n + (s[n] == ' ');
    }
    ll_text_add(out, "\n");
}
