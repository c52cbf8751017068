#include "sim/config/config_write.h"

#include <stdlib.h>
#include <string.h>

enum { INDENT = 4 };

/* The lines whose path begins with the first `prefix` bytes of that of line `first`. */
typedef struct group {
    int n;
    const ll_config_line *line; /* [n] */
    int first;
    size_t prefix;
    int depth;
    ll_text *out;
} group;

static bool is_in(const group *g, int i)
{
    return !strncmp(g->line[i].path, g->line[g->first].path, g->prefix);
}

/* The name after the prefix: *n bytes, without an index. */
static const char *name_of(const group *g, int i, size_t *n)
{
    const char *name = g->line[i].path + g->prefix;
    *n = strcspn(name, ".[");
    return name;
}

static bool same_name(const group *g, int i, int j)
{
    size_t n, m;
    const char *a = name_of(g, i, &n), *b = name_of(g, j, &m);
    return n == m && !strncmp(a, b, n);
}

static void quoted(const char *s, ll_text *out)
{
    for (; *s; s++)
        ll_text_add(out, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
}

static void indent(const group *g) { ll_text_add(g->out, "%*s", INDENT * g->depth, ""); }

static void value_write(const group *g, int i)
{
    const ll_config_line *line = &g->line[i];
    if (line->omit) return;
    indent(g);
    ll_text_add(g->out, "%s = \"", line->path + g->prefix);
    quoted(line->text, g->out);
    if (line->evidence) ll_text_add(g->out, " | %s", line->evidence);
    if (line->evidence && *line->source) {
        ll_text_add(g->out, ": ");
        quoted(line->source, g->out);
    }
    ll_text_add(g->out, "\";\n");
}

static void group_write(const group *g);

/* The group of line i whose name, with index and dot, has `more` bytes. */
static void inner_write(const group *g, int i, size_t more)
{
    group inner = *g;
    inner.first = i;
    inner.prefix += more;
    inner.depth++;
    ll_text_add(g->out, "{\n");
    group_write(&inner);
    indent(g);
    ll_text_add(g->out, "}");
}

/* First line of element `index` of the list of line i; -1: there is none. *more: bytes of its
 * name, with index and dot. */
static int element_find(const group *g, int i, long index, size_t *more)
{
    for (int k = 0; k < g->n; k++) {
        size_t n;
        char *end;
        const char *name = name_of(g, k, &n);
        if (!is_in(g, k) || !same_name(g, i, k) || name[n] != '[') continue;
        if (strtol(name + n + 1, &end, 10) != index) continue;
        *more = (size_t)(end + 2 - name); /* "]." */
        return k;
    }
    return -1;
}

static void list_write(const group *g, int i)
{
    size_t more;
    ll_text_add(g->out, " = (");
    for (long index = 0, k; (k = element_find(g, i, index, &more)) >= 0; index++) {
        if (index) ll_text_add(g->out, ", ");
        inner_write(g, (int)k, more);
    }
    ll_text_add(g->out, ");\n");
}

static void group_write(const group *g)
{
    for (int i = 0; i < g->n; i++) {
        bool written = false;
        if (!is_in(g, i)) continue;
        for (int before = 0; before < i && !written; before++)
            written = is_in(g, before) && same_name(g, before, i);
        if (written) continue;
        size_t n;
        const char *name = name_of(g, i, &n);
        if (!name[n]) {
            value_write(g, i);
            continue;
        }
        indent(g);
        ll_text_add_bytes(g->out, name, n);
        if (name[n] == '[') {
            list_write(g, i);
            continue;
        }
        ll_text_add(g->out, " : ");
        inner_write(g, i, n + 1);
        ll_text_add(g->out, ";\n");
    }
}

void ll_config_write(int n, const ll_config_line *line, ll_text *out)
{
    const group all = {.n = n, .line = line, .first = 0, .prefix = 0, .depth = 0, .out = out};
    if (n > 0) group_write(&all);
}
