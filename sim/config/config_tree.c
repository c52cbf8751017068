#include "sim/config/config_tree.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ll_node *ll_node_add(ll_arena *mem, ll_node *parent, ll_node_type type, const char *name)
{
    ll_node *node = ll_arena_new(mem, ll_node);
    node->type = type;
    node->name = name;
    node->parent = parent;
    if (!parent) return node;
    if (parent->n_child == parent->cap_child) {
        const int cap = parent->cap_child ? 2 * parent->cap_child : 8;
        parent->child = ll_arena_grown(mem, parent->child, parent->n_child, cap,
                                       sizeof *parent->child); // NOLINT: an array of pointers
        parent->cap_child = cap;
    }
    node->index = parent->n_child;
    node->place = parent->place;
    parent->child[parent->n_child++] = node;
    return node;
}

ll_node *ll_node_find(const ll_node *group, const char *name, size_t n)
{
    for (int i = 0; i < group->n_child; i++) {
        const char *other = group->child[i]->name;
        if (strncmp(other, name, n) == 0 && other[n] == 0) return group->child[i];
    }
    return NULL;
}

bool ll_node_is_value(const ll_node *node)
{
    return node->type != LL_NODE_GROUP && node->type != LL_NODE_LIST &&
           node->type != LL_NODE_ABSENT;
}

static void add_path(const ll_node *node, ll_text *t)
{
    if (!node->parent) return;
    add_path(node->parent, t);
    if (node->parent->type == LL_NODE_LIST)
        ll_text_add(t, "[%d]", node->index);
    else
        ll_text_add(t, "%s%s", t->n ? "." : "", node->name);
}

const char *ll_node_path(const ll_node *node, ll_arena *mem)
{
    ll_text t;
    ll_text_init(&t, mem);
    add_path(node, &t);
    return t.s;
}

const char *ll_place_text(ll_place place, ll_arena *mem)
{
    return place.line > 0 ? ll_arena_printf(mem, "%s:%d", place.file, place.line) : place.file;
}

const char *ll_node_where(const ll_node *node, ll_arena *mem)
{
    while (node->is_default || node->type == LL_NODE_ABSENT)
        node = node->parent;
    return ll_place_text(node->place, mem);
}

void ll_node_file_keep(ll_node *node, ll_arena *mem)
{
    if (node->is_set || node->filed || !ll_node_is_value(node)) return;
    ll_node *filed = ll_arena_new(mem, ll_node);
    *filed = *node;
    node->filed = filed;
}

void ll_node_ask(ll_node *node)
{
    for (; node; node = node->parent)
        node->asked = true;
}

/* Length of the part of a value that messages show: whole characters of its first line. */
static int shown_length(const char *text)
{
    enum { MAX = 40 };
    size_t n = strcspn(text, "\n");
    if (n <= MAX) return (int)n;
    for (n = MAX; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
        n--;
    return (int)n;
}

ll_status ll_node_fault(ll_node *node, ll_arena *mem, ll_error *err, const char *fmt, ...)
{
    char message[1024], value[80] = "";
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    const char *quote = node->type == LL_NODE_TEXT ? "\"" : "";
    if (ll_node_is_value(node)) {
        const int n = shown_length(node->text);
        snprintf(value, sizeof value, " = %s%.*s%s%s%s", quote, n, node->text,
                 node->text[n] ? "..." : "", quote, node->is_default ? " (default)" : "");
    }
    const char *path = ll_node_path(node, mem);
    node->reported = true;
    return ll_error_add(err, LL_ERR_CONFIG, "%s: %s%s%s%s", ll_node_where(node, mem), path, value,
                        *path ? ": " : "", message);
}

/* One step of a path: the part before the next '.' or '[', or an index "[3]". */
static ll_node *step(const ll_node *node, const char *path, const char **rest)
{
    if (*path == '[') {
        char *end;
        long i = isdigit((unsigned char)path[1]) ? strtol(path + 1, &end, 10) : -1;
        if (i < 0 || *end != ']' || node->type != LL_NODE_LIST || i >= node->n_child) return NULL;
        *rest = end + 1;
        return node->child[i];
    }
    size_t n = strcspn(path, ".[");
    if (node->type != LL_NODE_GROUP || n == 0) return NULL;
    *rest = path + n;
    return ll_node_find(node, path, n);
}

ll_node *ll_node_walk(ll_node *node, const char *path, const char **rest)
{
    while (*path) {
        const char *from = path + (*path == '.' && node->parent), *next = from;
        ll_node *child = step(node, from, &next);
        if (!child) break;
        node = child;
        path = next;
    }
    *rest = path;
    return node;
}

const char *ll_node_why_not(const ll_node *node, const char *rest, ll_arena *mem)
{
    const char *path = ll_node_path(node, mem);
    const char *name = rest + (*rest == '.');
    if (*name == '[' && node->type == LL_NODE_LIST)
        return ll_arena_printf(mem, "the list '%s' has %d elements, numbered from 0", path,
                               node->n_child);
    if (*name == '[')
        return ll_arena_printf(mem, "%s%s%s is not a list", *path ? "'" : "", *path ? path : "this",
                               *path ? "'" : "");
    if (node->type == LL_NODE_LIST)
        return ll_arena_printf(mem, "'%s' is a list; choose an element, as in %s[0]", path, path);
    if (node->type != LL_NODE_GROUP)
        return ll_arena_printf(mem, "'%s' is a value, not a group", path);
    bool ok = *name != '.';
    for (; ok && *name; name++) {
        if (*name == '[') return ll_arena_printf(mem, "there is no list before '%s'", name);
        ok = isalnum((unsigned char)*name) || strchr("._-*", *name);
        ok = ok && !(name[0] == '.' && (name[1] == '.' || !name[1]));
    }
    if (ok) return NULL;
    return ll_arena_printf(mem, "'%s' is not a path; expected names as in cluster.chip.memory",
                           rest + (*rest == '.'));
}

ll_node *ll_node_grow(ll_arena *mem, ll_node *node, const char *rest, ll_node_type type)
{
    while (*rest) {
        rest += *rest == '.';
        size_t n = strcspn(rest, ".");
        node =
            ll_node_add(mem, node, rest[n] ? LL_NODE_GROUP : type, ll_arena_strndup(mem, rest, n));
        rest += n;
    }
    return node;
}

static const char *trimmed(const char *s, size_t n, ll_arena *mem)
{
    while (n > 0 && isspace((unsigned char)*s)) {
        s++;
        n--;
    }
    while (n > 0 && isspace((unsigned char)s[n - 1]))
        n--;
    return ll_arena_strndup(mem, s, n);
}

const char *ll_set_option(const char **text, ll_arena *mem)
{
    const size_t n = strcspn(*text, " ");
    if (strncmp(*text, "--", 2) != 0 || !(*text)[n]) return "--set";
    const char *option = ll_arena_strndup(mem, *text, n);
    *text += n + 1;
    return option;
}

bool ll_set_split(const char *text, ll_arena *mem, const char **path, const char **value)
{
    const char *equal = strchr(text, '=');
    if (!equal) return false;
    *path = trimmed(text, (size_t)(equal - text), mem);
    *value = trimmed(equal + 1, strlen(equal + 1), mem);
    size_t n = strlen(*value);
    if (n >= 2 && (*value)[0] == '"' && (*value)[n - 1] == '"')
        *value = ll_arena_strndup(mem, *value + 1, n - 2);
    return **path && **value;
}

bool ll_key_is_file(const char *name)
{
    const size_t n = strlen(name);
    return !strcmp(name, "file") || (n > 5 && !strcmp(name + n - 5, "_file"));
}

const char *ll_node_file(const ll_node *node, const char *value, ll_arena *mem)
{
    return node->place.line > 0 ? ll_path_beside(node->place.file, value, mem) : value;
}
