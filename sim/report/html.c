#include "sim/report/html.h"

#include <string.h>

/* Bytes of the UTF-8 character at s that XML allows; 0 if there is none (RFC 3629). */
static int character_bytes(const unsigned char *s)
{
    const int c = s[0];
    if (c < 0x80) return (c >= 0x20 && c != 0x7F) || c == '\n' || c == '\t';
    const int n = c >= 0xF0 && c <= 0xF4  ? 4
                  : c >= 0xE0 && c < 0xF0 ? 3
                  : c >= 0xC2 && c < 0xE0 ? 2
                                          : 0;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    const bool too_long = (c == 0xE0 && s[1] < 0xA0) || (c == 0xF0 && s[1] < 0x90);
    const bool beyond = (c == 0xED && s[1] >= 0xA0) || (c == 0xF4 && s[1] >= 0x90);
    const bool control = c == 0xC2 && s[1] < 0xA0;
    const bool no_character = c == 0xEF && s[1] == 0xBF && s[2] >= 0xBE;
    return too_long || beyond || control || no_character ? 0 : n;
}

void ll_html_text(ll_text *out, const char *s)
{
    static const struct {
        char c;
        const char *as;
    } escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    while (*s) {
        const int n = character_bytes((const unsigned char *)s);
        const char *as = n ? NULL : "\xEF\xBF\xBD";
        for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
            if (*s == escapes[i].c) as = escapes[i].as;
        if (as)
            ll_text_add(out, "%s", as);
        else
            ll_text_add_bytes(out, s, (size_t)n);
        s += n ? n : 1;
    }
}

void ll_html_url(ll_text *out, const char *path)
{
    ll_text_add(out, "./");
    for (; *path; path++) {
        const unsigned char c = (unsigned char)*path;
        const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || strchr("-._~/", c);
        ll_text_add(out, safe ? "%c" : "%%%02X", c);
    }
}

void ll_html_element(ll_text *out, const char *tag, const char *attributes, const char *text)
{
    ll_text_add(out, "<%s%s>", tag, attributes);
    ll_html_text(out, text);
    ll_text_add(out, "</%s>", tag);
}

void ll_html_table(ll_text *out, const ll_table *t)
{
    ll_text_add(out, "<div class=\"wide\" tabindex=\"0\"><table>\n");
    if (*t->title) ll_html_element(out, "caption", "", t->title);
    ll_text_add(out, "<thead><tr>");
    for (int i = 0; i < t->n_column; i++)
        ll_html_element(out, "th",
                        t->column[i].right ? " scope=\"col\" class=\"n\"" : " scope=\"col\"",
                        t->column[i].name);
    ll_text_add(out, "</tr></thead>\n<tbody>\n");
    for (int k = 0; k < t->n_row; k++) {
        const char **cell = t->cell + (size_t)k * (size_t)t->n_column;
        ll_text_add(out, "<tr>");
        for (int i = 0; i < t->n_column; i++)
            ll_html_element(out, i ? "td" : "th",
                            i == 0               ? " scope=\"row\""
                            : t->column[i].right ? " class=\"n\""
                                                 : "",
                            cell[i] ? cell[i] : "");
        ll_text_add(out, "</tr>\n");
    }
    ll_text_add(out, "</tbody></table></div>\n");
}
