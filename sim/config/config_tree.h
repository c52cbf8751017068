/* Private to the configuration reader: the tree of settings, between libconfig and the tables of
 * keys. */
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
    LL_NODE_ABSENT /* required, but missing */
} ll_node_type;

struct ll_node {
    ll_node_type type;
    const char *name; /* "" in a list, and for the root */
    int index;        /* in its list */
    const char *text; /* of a value, as typed (a string without its quotes) */
    ll_node *filed;   /* what the files have here, if a setting or a change replaced it */
    ll_place place;
    ll_node *parent;
    ll_node **child; /* [n_child] of a group or list */
    int n_child, cap_child;
    bool asked;      /* a table or a reader knows this name */
    bool is_default; /* not written by the user */
    bool is_set;     /* exists only because a set string wrote it */
    bool reported;   /* the error list already has a fault of it */
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

/* The tree of one section, by libconfig. Errors: those of ll_lex, and syntax. */
ll_status ll_tree_read(const ll_section *section, ll_arena *mem, ll_node **out, ll_error *err);

ll_node *ll_node_add(ll_arena *mem, ll_node *parent, ll_node_type type, const char *name);
ll_node *ll_node_find(const ll_node *group, const char *name, size_t n);
bool ll_node_is_value(const ll_node *node);
const char *ll_node_path(const ll_node *node, ll_arena *mem);
const char *ll_node_where(const ll_node *node, ll_arena *mem);
bool ll_key_is_file(const char *name); /* "file", "..._file": its value names a file */
const char *ll_node_file(const ll_node *node, const char *value, ll_arena *mem); /* its path */
void ll_node_file_keep(ll_node *node, ll_arena *mem); /* fills `filed`, before a value changes */
void ll_node_ask(ll_node *node); /* marks it and all groups above it as known names */

/* Add "where: path = value: " and the message. */
ll_status ll_node_fault(ll_node *node, ll_arena *mem, ll_error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Follow `path` from `node`. Returns the last node that exists; *rest is the rest of the path, ""
 * if all of it exists. */
ll_node *ll_node_walk(ll_node *node, const char *path, const char **rest);

/* Why there can be no node at `rest` below node, both from ll_node_walk; NULL if one can be added.
 * */
const char *ll_node_why_not(const ll_node *node, const char *rest, ll_arena *mem);

/* Add the groups and, as the last, a node of `type` for the rest of a path. */
ll_node *ll_node_grow(ll_arena *mem, ll_node *node, const char *rest, ll_node_type type);

/* The option of a setting of the command line: "--seed" of "--seed seed=7", which leaves "seed=7"
 * in *text; "--set" of any other. */
const char *ll_set_option(const char **text, ll_arena *mem);

/* Split "path = value"; false if there is no '=' or no path. */
bool ll_set_split(const char *text, ll_arena *mem, const char **path, const char **value);

#endif
