/* Whether a text is well-formed XML without namespaces, document types and CDATA, which pages and
 * pictures are. */
#ifndef LL_TESTS_SUPPORT_XML_CHECK_H
#define LL_TESTS_SUPPORT_XML_CHECK_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { XML_DEPTH = 32 };

/* One of the entities that XML itself knows, or a number, at s, after '&'. */
static inline bool xml_entity(const char *s)
{
    static const char *const known[] = {"amp;", "lt;", "gt;", "quot;", "#39;"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strncmp(s, known[i], strlen(known[i]))) return true;
    return false;
}

static inline bool xml_name(const char **s)
{
    const char *first = *s;
    if (!isalpha((unsigned char)**s)) return false;
    while (isalnum((unsigned char)**s) || strchr("-:_", **s ? **s : ' '))
        ++*s;
    return *s > first;
}

/* Attributes up to '>' or '/>'; each once, in double quotes. */
static inline bool xml_attributes(const char **s, bool *empty)
{
    for (;;) {
        const bool space = isspace((unsigned char)**s);
        while (isspace((unsigned char)**s))
            ++*s;
        *empty = !strncmp(*s, "/>", 2);
        if (*empty || **s == '>') {
            *s += *empty ? 2 : 1;
            return true;
        }
        if (!space || !xml_name(s) || strncmp(*s, "=\"", 2) != 0) return false;
        for (*s += 2; **s != '"'; ++*s)
            if (!**s || **s == '<' || (**s == '&' && !xml_entity(*s + 1))) return false;
        ++*s;
    }
}

/* NULL if it is, else where it is not. */
static inline const char *xml_wrong(const char *s)
{
    struct {
        const char *name;
        size_t n;
    } open[XML_DEPTH];
    int depth = 0;
    bool any = false;
    if (!strncmp(s, "<?xml", 5)) s = strchr(s, '\n');
    if (!strncmp(s, "<!DOCTYPE html>", 15)) s += 15;
    while (*s) {
        const char *at = s;
        if ((unsigned char)*s < 0x20 && !isspace((unsigned char)*s)) return at;
        if (*s == '&' && !xml_entity(s + 1)) return at;
        if (*s == '>' || (depth == 0 && *s != '<' && !isspace((unsigned char)*s))) return at;
        if (*s++ != '<') continue;
        const bool ends = *s == '/';
        const char *name = s += ends;
        if (!xml_name(&s)) return at;
        const size_t n = (size_t)(s - name);
        if (ends) {
            const bool match = depth > 0 && open[depth - 1].n == n &&
                               !strncmp(open[depth - 1].name, name, n) && *s == '>';
            if (!match) return at;
            depth--;
            s++;
            continue;
        }
        bool empty;
        if ((depth == 0 && any) || depth == XML_DEPTH || !xml_attributes(&s, &empty)) return at;
        any = true;
        if (!empty) {
            open[depth].name = name;
            open[depth++].n = n;
            /* A style sheet is text to both readers: it has no '<' and no '&'. */
            if (n == 5 && !strncmp(name, "style", 5)) s = strstr(s, "</style>");
        }
    }
    return depth || !any ? s : NULL;
}

#endif
