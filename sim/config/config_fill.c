/* Fills structs from the tree by tables of keys, records which keys were filled, and reports the
 * unknown ones. */
#include "sim/config/config_value.h"
#include "sim/config/foreign.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------------------- fill */

/* The text of the file was read with the configuration; if that failed, reports why. */
static ll_status store_file(ll_config *cfg, ll_node *node, const char *value, ll_text_file *out,
                            ll_error *err)
{
    *out = (ll_text_file){value, ""};
    if (!*value) return LL_OK;
    out->name = ll_node_file(node, value, cfg->mem);
    for (int i = 0; i < cfg->n_attached; i++) {
        const ll_attached *file = &cfg->attached[i];
        if (strcmp(file->name, out->name) != 0) continue;
        out->text = file->text;
        return file->status == LL_OK ? LL_OK : ll_node_fault(node, cfg->mem, err, "%s", file->text);
    }
    return ll_node_fault(node, cfg->mem, err, "that file was not read");
}

static ll_status store(ll_config *cfg, ll_node *node, const ll_key *key, const ll_value *v,
                       void *param, ll_error *err)
{
    LL_ASSERT(!(key->flags & LL_KEY_PATH) || ll_key_is_file(key->name),
              "'%s' names a file, and is not called so", key->name);
    if (key->flags & LL_KEY_PATH)
        return store_file(cfg, node, v->text, (void *)((char *)param + key->offset), err);
    ll_key_store(key, v->number, v->text, param);
    return LL_OK;
}

static void add_entry(ll_config *cfg, ll_node *node, const ll_key *key, const ll_value *v)
{
    if (node->has_entry) return;
    node->has_entry = true;
    if (cfg->n_entry == cfg->cap_entry) {
        int cap = cfg->cap_entry ? 2 * cfg->cap_entry : 64;
        cfg->entry = ll_arena_grown(cfg->mem, cfg->entry, cfg->n_entry, cap, sizeof *cfg->entry);
        cfg->cap_entry = cap;
    }
    cfg->entry[cfg->n_entry++] = (ll_config_entry){
        .path = ll_node_path(node, cfg->mem),
        .text = v->text,
        .kind = key->kind,
        .value = ll_kind_is_number(key->kind) ? v->number : 0,
        .origin = node->is_default ? "default" : ll_place_text(node->place, cfg->mem),
        .evidence = v->evidence,
        .source = v->source,
        .key = key};
}

/* If the group holds an unknown name that is `key` misspelt, report that one. */
static bool report_misspelling(ll_config *cfg, ll_node *group, const ll_key *keys,
                               const ll_key *key, ll_error *err)
{
    int n = 0;
    while (keys[n].name)
        n++;
    const char **names = ll_arena_array(cfg->mem, n, const char *);
    for (int i = 0; i < n; i++)
        names[i] = keys[i].name;
    for (int i = 0; i < group->n_child; i++) {
        ll_node *child = group->child[i];
        if (child->asked || child->is_default || child->reported) continue;
        if (ll_foreign_key(child->name)) continue; // reported with the unknown names
        int near = ll_text_nearest(child->name, n, names);
        if (near < 0 || &keys[near] != key) continue;
        if (ll_text_distance(child->name, key->name) > 2) continue;
        child->reported = true;
        const char *path = ll_node_path(group, cfg->mem);
        ll_error_add(err, LL_ERR_CONFIG, "%s: unknown key '%s' %s%s%s; did you mean '%s'?",
                     ll_node_where(child, cfg->mem), child->name,
                     *path ? "in '" : "at the top level", path, *path ? "'" : "", key->name);
        return true;
    }
    return false;
}

static void report_missing(ll_config *cfg, ll_node *group, const ll_key *keys, const ll_key *key,
                           ll_error *err)
{
    bool seen = ll_node_find(group, key->name, strlen(key->name)) != NULL;
    if (seen || report_misspelling(cfg, group, keys, key, err)) return;
    const char *path = ll_node_path(group, cfg->mem);
    ll_error_add(err, LL_ERR_CONFIG, "%s: missing key '%s' %s%s%s (%s); write for example: %s",
                 ll_node_where(group, cfg->mem), key->name, *path ? "in '" : "at the top level",
                 path, *path ? "'" : "", key->doc, ll_value_example(key, cfg->mem));
}

/* The value of `key` in group, or its default; NULL after reporting that it is missing. */
static ll_node *value_node(ll_config *cfg, ll_node *group, const ll_key *keys, const ll_key *key,
                           ll_error *err)
{
    ll_node *node = ll_node_find(group, key->name, strlen(key->name));
    if (node && node->type != LL_NODE_ABSENT) return node;
    if (!node) {
        if (!key->def) report_missing(cfg, group, keys, key, err);
        node = ll_node_add(cfg->mem, group, key->def ? LL_NODE_TYPED : LL_NODE_ABSENT, key->name);
        node->is_default = true;
        node->asked = true;
        node->text = key->def;
    }
    return key->def ? node : NULL;
}

ll_status ll_config_fill(ll_config *cfg, const char *path, const ll_key *keys, void *param,
                         ll_error *err)
{
    const ll_node *found;
    LL_TRY(ll_config_group(cfg, path, &found, err));
    const char *rest;
    ll_node *group = ll_node_walk(cfg->root, path, &rest);
    ll_status status = LL_OK;
    // Names first: a key of this table is never taken for a misspelling of another.
    for (const ll_key *key = keys; key->name; key++) {
        ll_node *node = ll_node_find(group, key->name, strlen(key->name));
        if (node) node->asked = true;
    }
    for (const ll_key *key = keys; key->name; key++) {
        ll_node *node = value_node(cfg, group, keys, key, err);
        ll_value v;
        if (!node || ll_value_read(node, key, cfg->mem, &v, err) != LL_OK) {
            LL_ASSERT(!node || !node->is_default, "default of key '%s': %s", key->name, err->text);
            status = LL_ERR_CONFIG;
            continue;
        }
        if (store(cfg, node, key, &v, param, err) != LL_OK) status = LL_ERR_CONFIG;
        add_entry(cfg, node, key, &v);
    }
    return status;
}

void ll_config_fill_filed(ll_config *cfg, const char *path, const ll_key *keys, void *param)
{
    const char *rest;
    const ll_node *group = ll_node_walk(cfg->root, path, &rest);
    for (const ll_key *key = keys; key->name && !*rest; key++) {
        const ll_node *node = ll_node_find(group, key->name, strlen(key->name));
        ll_node plain = {.type = LL_NODE_TYPED, .name = key->name, .text = key->def};
        ll_error ignored = {0};
        ll_value v;
        if (!node || (!node->filed && !node->is_set)) continue;
        if (node->filed) plain = *node->filed;
        if (plain.text && ll_value_read(&plain, key, cfg->mem, &v, &ignored) == LL_OK)
            store(cfg, &plain, key, &v, param, &ignored);
    }
}

ll_status ll_config_fault(const ll_config *cfg, const char *path, ll_error *err, const char *fmt,
                          ...)
{
    char message[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    const char *rest;
    ll_node *node = ll_node_walk(cfg->root, path, &rest);
    if (!*rest) return ll_node_fault(node, cfg->mem, err, "%s", message);
    return ll_error_add(err, LL_ERR_CONFIG, "%s: %s: %s", ll_node_where(node, cfg->mem), path,
                        message);
}

int ll_config_n_entry(const ll_config *cfg) { return cfg->n_entry; }

int ll_config_files(const ll_config *cfg, ll_arena *mem, const ll_config_file **out)
{
    ll_config_file *files = ll_arena_array(mem, cfg->n_entry + 1, ll_config_file);
    int n = 0;
    for (int i = 0; i < cfg->n_entry; i++) {
        const ll_config_entry *e = &cfg->entry[i];
        const char *rest;
        if (!e->key || !(e->key->flags & LL_KEY_PATH) || !*e->text) continue;
        const char *name = ll_node_file(ll_node_walk(cfg->root, e->path, &rest), e->text, mem);
        for (int k = 0; k < cfg->n_attached; k++)
            if (strcmp(cfg->attached[k].name, name) == 0) {
                files[n++] = (ll_config_file){e->path, e->text, cfg->attached[k].text};
                break;
            }
    }
    *out = files;
    return n;
}

static uint64_t string_hash(uint64_t h, const char *s) { return ll_text_hash(h, s, strlen(s) + 1); }

uint64_t ll_config_hash(const ll_config *cfg)
{
    uint64_t h = LL_HASH_START;
    for (int i = 0; i < cfg->n_entry; i++) {
        const ll_config_entry *e = &cfg->entry[i];
        const bool is_file = e->key && (e->key->flags & LL_KEY_PATH) != 0;
        h = string_hash(string_hash(h, e->path), is_file ? "" : e->text);
    }
    for (int i = 0; i < cfg->n_attached; i++)
        h = string_hash(h, cfg->attached[i].text);
    return h;
}

const ll_config_entry *ll_config_entry_at(const ll_config *cfg, int i)
{
    LL_ASSERT(i >= 0 && i < cfg->n_entry, "i = %d, n = %d", i, cfg->n_entry);
    return &cfg->entry[i];
}

/* ----------------------------------------------------------------------------------- finish */

/* Whether one can stand in the place of the other: a list, a group or a value for its like. */
static bool alike(const ll_node *a, const ll_node *b)
{
    return (a->type == LL_NODE_LIST) == (b->type == LL_NODE_LIST) &&
           (a->type == LL_NODE_GROUP) == (b->type == LL_NODE_GROUP);
}

/* The names in a group that some table has. as: only those that are like it; NULL: all. */
static int known_names(const ll_node *group, const ll_node *as, ll_arena *mem, const char ***out)
{
    int n = 0;
    *out = ll_arena_array(mem, group->n_child, const char *);
    for (int i = 0; i < group->n_child; i++)
        if (group->child[i]->asked && (!as || alike(group->child[i], as)))
            (*out)[n++] = group->child[i]->name;
    return n;
}

static const char *list_of(int n, const char *const *names, ll_arena *mem)
{
    ll_text t;
    ll_text_init(&t, mem);
    for (int i = 0; i < n; i++)
        ll_text_add(&t, "%s%s", i ? ", " : "", names[i]);
    return t.s;
}

/* The hint for an unknown node: that it is the name of another program, "; did you mean 'x'?" with
 * `prefix` before x, or the known names; NULL if only_near and none of its like is near. */
static const char *suggestion(const ll_node *node, const char *prefix, bool only_near,
                              ll_arena *mem)
{
    const char *name = node->name, **names;
    int n = known_names(node->parent, only_near ? node : NULL, mem, &names);
    const char *foreign = ll_foreign_key(name);
    if (foreign) return ll_arena_printf(mem, "; %s", foreign);
    int near = ll_text_nearest(name, n, names);
    if (near >= 0) return ll_arena_printf(mem, "; did you mean '%s%s'?", prefix, names[near]);
    if (only_near) return NULL;
    return n ? ll_arena_printf(mem, "; known here: %s", list_of(n, names, mem)) : "";
}

/* After other faults, tables of keys may not have been read, so only a name that looks like a
 * misspelling of its like is surely unknown (only_near): a list that nobody has asked for yet is no
 * misspelt key. */
static void report_unknown(ll_config *cfg, ll_node *group, bool only_near, ll_error *err)
{
    for (int i = 0; i < group->n_child; i++) {
        ll_node *node = group->child[i];
        if (node->asked) {
            report_unknown(cfg, node, only_near, err);
            continue;
        }
        if (node->reported || node->is_set) continue; // set strings are reported by their path
        const char *hint = suggestion(node, "", only_near, cfg->mem);
        if (!hint) continue;
        const char *path = ll_node_path(group, cfg->mem);
        const char *what = node->type == LL_NODE_GROUP  ? "group"
                           : node->type == LL_NODE_LIST ? "list"
                                                        : "key";
        node->reported = true;
        ll_error_add(err, LL_ERR_CONFIG, "%s: unknown %s '%s' %s%s%s%s",
                     ll_node_where(node, cfg->mem), what, node->name,
                     *path ? "in '" : "at the top level", path, *path ? "'" : "", hint);
    }
}

/* The hint for a set string with an unknown path: the nearest whole path if its beginning is wrong,
 * else the nearest name in the last known group. */
static const char *set_suggestion(const ll_config *cfg, const ll_set *set, bool only_near)
{
    const ll_node *node = set->node;
    while (node->parent->parent && !node->parent->asked)
        node = node->parent;
    if (node->parent == cfg->root) {
        const char **paths = ll_arena_array(cfg->mem, cfg->n_entry, const char *);
        for (int i = 0; i < cfg->n_entry; i++)
            paths[i] = cfg->entry[i].path;
        int near = ll_text_nearest(set->path, cfg->n_entry, paths);
        if (near >= 0) return ll_arena_printf(cfg->mem, "; did you mean '%s'?", paths[near]);
    }
    const char *path = ll_node_path(node->parent, cfg->mem);
    const char *prefix = *path ? ll_arena_printf(cfg->mem, "%s.", path) : "";
    return suggestion(node, prefix, only_near, cfg->mem);
}

static void report_unused_sets(ll_config *cfg, bool only_near, ll_error *err)
{
    for (int i = 0; i < cfg->n_set; i++) {
        const ll_set *set = &cfg->set[i];
        if (set->node->asked || set->node->reported) continue;
        const char *hint = set_suggestion(cfg, set, only_near);
        if (!hint) continue;
        set->node->reported = true;
        ll_error_add(err, LL_ERR_CONFIG, "%s: unknown path '%s'%s",
                     ll_place_text(set->place, cfg->mem), set->path, hint);
    }
}

ll_status ll_config_finish(ll_config *cfg, ll_error *err)
{
    bool only_near = err->n_line > 0;
    report_unknown(cfg, cfg->root, only_near, err);
    report_unused_sets(cfg, only_near, err);
    return err->status;
}
