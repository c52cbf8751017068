/* Inside the configuration reader: the tree of settings, between libconfig and the key tables. */
#ifndef LL_CONFIG_CONFIG_TREE_H
#define LL_CONFIG_CONFIG_TREE_H

#include "sim/config/config_text.h"

typedef enum ll_node_type {
    LL_NODE_GROUP,
    LL_NODE_LIST, /* of libconfig: list or array */
    LL_NODE_TEXT,
    LL_NODE_NUMBER,
    LL_NODE_BOOL,
    LL_NODE_TYPED, /* from a set string or a default: typed without quotes, may be of any kind */
    LL_NODE_ABSENT /* asked for, required, and not there */
} ll_node_type;

struct ll_node {
    ll_node_type type;
    const char *name; /* "" in a list, and for the root */
    int index;        /* in its list */
    const char *text; /* of a value, as typed (a string without its quotes) */
    ll_place place;
    ll_node *parent;
    ll_node **child; /* [n_child] of a group or list */
    int n_child, cap_child;
    bool asked;      /* a table or a reader knows this name */
    bool is_default; /* not written by the user */
    bool is_set;     /* exists only because a set string wrote it */
    bool reported;   /* a fault of it is in the error list already */
    bool has_entry;
};

typedef struct ll_set {
    const char *path;
    ll_place place;
    ll_node *node; /* what it wrote */
} ll_set;

struct ll_config {
    ll_arena *mem;
    ll_node *root;
    int n_section;
    ll_section *section; /* [n_section] */
    int n_attached;
    ll_attached *attached; /* [n_attached] */
    int n_set;
    ll_set *set; /* [n_set] */
    int n_entry, cap_entry;
    ll_config_entry *entry; /* [n_entry] */
};

/* The tree of one section. The only use of libconfig. Errors: everything that ll_lex finds, and
 * syntax. */
ll_status ll_tree_read(const ll_section *section, ll_arena *mem, ll_node **out, ll_error *err);

ll_node *ll_node_add(ll_arena *mem, ll_node *parent, ll_node_type type, const char *name);
ll_node *ll_node_find(const ll_node *group, const char *name, size_t n);
bool ll_node_is_value(const ll_node *node);
const char *ll_node_path(const ll_node *node, ll_arena *mem);
const char *ll_node_where(const ll_node *node, ll_arena *mem);
bool ll_key_is_file(const char *name); /* "file", "..._file": its value names a file */
const char *ll_node_file(const ll_node *node, const char *value, ll_arena *mem); /* its path */
void ll_node_ask(ll_node *node); /* it and all above it are known names */

/* Add "where: path = value: " and the message. */
ll_status ll_node_fault(ll_node *node, ll_arena *mem, ll_error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Go down `path` from `node`. Returns the last node that is there; *rest is what is left of the
 * path, "" if all was found. */
ll_node *ll_node_walk(ll_node *node, const char *path, const char **rest);

/* Why nothing can be at `rest` below node, which ll_node_walk gave; NULL if a group could be added.
 */
const char *ll_node_why_not(const ll_node *node, const char *rest, ll_arena *mem);

/* Add the groups and, as the last, a node of `type` for the rest of a path. */
ll_node *ll_node_grow(ll_arena *mem, ll_node *node, const char *rest, ll_node_type type);

/* The option that a string of the command line was typed as: "--seed" of "--seed seed=7", which
 * leaves "seed=7" in *text; "--set" of anything else. */
const char *ll_set_option(const char **text, ll_arena *mem);

/* Split "path = value"; false if it is no such thing. */
bool ll_set_split(const char *text, ll_arena *mem, const char **path, const char **value);

#endif
