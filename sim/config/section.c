/* Splits a source: where each line of text came from, and the attached files. */
#include "sim/config/config_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Move the marks of one section out of its text, into stretches. */
static void section_fill(ll_section *section, const char *s, size_t n, ll_arena *mem)
{
    int n_mark = 0, line = 1;
    for (size_t i = 0; i < n; i++)
        n_mark += s[i] == LL_MARK_LINE;
    section->stretch = ll_arena_array(mem, n_mark, ll_stretch);
    ll_text text;
    ll_text_init(&text, mem);
    while (n > 0) {
        const char *end = memchr(s, '\n', n);
        size_t length = end ? (size_t)(end - s) + 1 : n;
        if (*s == LL_MARK_LINE) {
            int at = 0, skip = 0;
            for (skip = 1; isdigit((unsigned char)s[skip]); skip++)
                at = 10 * at + (s[skip] - '0');
            const char *file = ll_arena_strndup(mem, s + skip + 1, length - (size_t)skip - 2);
            section->stretch[section->n_stretch++] = (ll_stretch){line, {file, at}};
        } else {
            ll_text_add_bytes(&text, s, length);
            line++;
        }
        s += length;
        n -= length;
    }
    section->text = text.s;
    if (!section->name) section->name = section->stretch[0].place.file;
}

/* Where the attached files begin: after all sections. */
static const char *attached_begin(ll_source source)
{
    const char *mark = memchr(source.bytes, LL_MARK_FILE, source.n_byte);
    return mark ? mark : source.bytes + source.n_byte;
}

int ll_section_split(ll_source source, ll_arena *mem, ll_section **out)
{
    int n = 1;
    const char *s = source.bytes, *all_end = attached_begin(source);
    for (const char *c = s; c < all_end; c++)
        n += *c == LL_MARK_SECTION;
    *out = ll_arena_array(mem, n, ll_section);
    for (int i = 0; i < n; i++) {
        if (i > 0) {
            const char *end = memchr(s, '\n', (size_t)(all_end - s));
            (*out)[i].name = ll_arena_strndup(mem, s + 1, (size_t)(end - s - 1));
            s = end + 1;
        }
        const char *next = memchr(s, LL_MARK_SECTION, (size_t)(all_end - s));
        if (!next) next = all_end;
        section_fill(&(*out)[i], s, (size_t)(next - s), mem);
        s = next;
    }
    return n;
}

ll_place ll_section_place(const ll_section *section, int line)
{
    int lo = 0, hi = section->n_stretch;
    while (hi - lo > 1) {
        int mid = (lo + hi) / 2;
        if (section->stretch[mid].first <= line)
            lo = mid;
        else
            hi = mid;
    }
    ll_place place = section->stretch[lo].place;
    place.line += line - section->stretch[lo].first;
    return place;
}

void ll_attached_add(const ll_attached *file, ll_text *source)
{
    ll_text_add(source, "%c%d %zu %zu\n", LL_MARK_FILE, (int)file->status, strlen(file->name),
                strlen(file->text));
    ll_text_add_bytes(source, file->name, strlen(file->name));
    ll_text_add_bytes(source, "\n", 1);
    ll_text_add_bytes(source, file->text, strlen(file->text));
    ll_text_add_bytes(source, "\n", 1);
}

int ll_attached_split(ll_source source, ll_arena *mem, ll_attached **out)
{
    int n = 0, cap = 0;
    *out = NULL;
    for (const char *s = attached_begin(source); s < source.bytes + source.n_byte; n++) {
        char *rest;
        if (n == cap) {
            cap = 2 * cap + 4;
            *out = ll_arena_grown(mem, *out, n, cap, sizeof **out);
        }
        ll_attached *file = &(*out)[n];
        file->status = (ll_status)strtol(s + 1, &rest, 10);
        const size_t n_name = strtoul(rest, &rest, 10), n_text = strtoul(rest, &rest, 10);
        file->name = ll_arena_strndup(mem, rest + 1, n_name);
        file->text = ll_arena_strndup(mem, rest + 1 + n_name + 1, n_text);
        s = rest + 1 + n_name + 1 + n_text + 1;
    }
    return n;
}
