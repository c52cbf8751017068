/* Makes a tree from a source and set strings, and finds nodes in it by path. */
#include "sim/config/config_tree.h"

#include <string.h>

/* The section of "@file", which ll_source_read has added. */
static const ll_section *section_of(const ll_config *cfg, const char *name)
{
    for (int i = 1; i < cfg->n_section; i++)
        if (strcmp(cfg->section[i].name, name) == 0) return &cfg->section[i];
    return NULL;
}

/* Why the file whose keys are in `root` cannot describe the group `node`; NULL if it can. */
static const char *misfit(const ll_node *node, const ll_node *root, ll_arena *mem)
{
    static const char *const whole[] = {"cluster", "model", "job"};
    const char *had = NULL;
    bool has = false;
    for (int i = 0; i < node->n_child; i++)
        if (node->child[i]->type == LL_NODE_GROUP && !had) had = node->child[i]->name;
    for (int i = 0; i < root->n_child; i++) {
        if (root->child[i]->type != LL_NODE_GROUP) continue;
        has = true;
        for (size_t k = 0; k < sizeof whole / sizeof *whole; k++)
            if (!strcmp(root->child[i]->name, whole[k]) && strcmp(node->name, whole[k]) != 0)
                return ll_arena_printf(mem, "that file describes '%s', not '%s' alone", whole[k],
                                       node->name);
    }
    return had && !has ? ll_arena_printf(mem, "that file has no group such as '%s' of '%s'", had,
                                         node->name)
                       : NULL;
}

/* Make `node` the group that the file describes: its keys, or those of its only group if that has
 * the name of the node, as files of models and clusters do. */
static ll_status replace_group(ll_config *cfg, ll_node *node, const ll_set *set, const char *file,
                               ll_error *err)
{
    const char *path = set->place.line > 0 ? ll_path_beside(set->place.file, file, cfg->mem) : file;
    const ll_section *section = section_of(cfg, path);
    if (!section)
        return ll_error_add(err, LL_ERR_CONFIG, "%s: %s = @%s: that file was not read",
                            ll_place_text(set->place, cfg->mem), set->path, file);
    ll_node *root;
    LL_TRY(ll_tree_read(section, cfg->mem, &root, err));
    if (root->n_child == 1 && root->child[0]->type == LL_NODE_GROUP &&
        strcmp(root->child[0]->name, node->name) == 0)
        root = root->child[0];
    const char *why = misfit(node, root, cfg->mem);
    if (why)
        return ll_error_add(err, LL_ERR_CONFIG, "%s: %s = @%s: %s",
                            ll_place_text(set->place, cfg->mem), set->path, file, why);
    node->type = LL_NODE_GROUP;
    node->place = root->place;
    node->child = root->child;
    node->n_child = root->n_child;
    node->cap_child = root->cap_child;
    for (int i = 0; i < node->n_child; i++)
        node->child[i]->parent = node;
    return LL_OK;
}

/* The node at the path of a set string, added if it is not there; NULL after an error. */
static ll_node *set_target(ll_config *cfg, const ll_set *set, ll_error *err)
{
    const char *rest;
    ll_node *node = ll_node_walk(cfg->root, set->path, &rest);
    if (!*rest) return node;
    const char *why = ll_node_why_not(node, rest, cfg->mem);
    if (why) {
        ll_error_add(err, LL_ERR_CONFIG, "%s: %s: %s", ll_place_text(set->place, cfg->mem),
                     set->path, why);
        return NULL;
    }
    ll_node *last = ll_node_grow(cfg->mem, node, rest, LL_NODE_TYPED);
    for (ll_node *n = last; n != node; n = n->parent) {
        n->is_set = true;
        n->place = set->place;
    }
    return last;
}

/* A path that the list of the file has twice; the command line may set it again. */
static ll_status check_once(const ll_config *cfg, const ll_set *set, ll_error *err)
{
    for (int i = 0; i < cfg->n_set && set->place.line > 0; i++)
        if (!strcmp(cfg->set[i].path, set->path))
            return ll_error_add(err, LL_ERR_CONFIG, "%s: %s is set twice; the first time in %s",
                                ll_place_text(set->place, cfg->mem), set->path,
                                ll_place_text(cfg->set[i].place, cfg->mem));
    return LL_OK;
}

static ll_status apply_set(ll_config *cfg, const char *text, ll_place place, ll_error *err)
{
    const char *path, *value;
    const char *where = ll_place_text(place, cfg->mem);
    if (!ll_set_split(text, cfg->mem, &path, &value))
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s: \"%s\": expected path=value, such as cluster.chip.memory=80 GB",
                            where, text);
    ll_set *set = &cfg->set[cfg->n_set];
    *set = (ll_set){.path = path, .place = place};
    LL_TRY(check_once(cfg, set, err));
    set->node = set_target(cfg, set, err);
    if (!set->node) return LL_ERR_CONFIG;
    if (*value == '@') {
        LL_TRY(replace_group(cfg, set->node, set, value + 1, err));
    } else if (set->node->type == LL_NODE_GROUP || set->node->type == LL_NODE_LIST) {
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s: %s is a %s: set a key in it, or write %s=@FILE to replace it",
                            where, path, set->node->type == LL_NODE_GROUP ? "group" : "list", path);
    } else {
        ll_node_file_keep(set->node, cfg->mem);
        set->node->type = LL_NODE_TYPED;
        set->node->text = value;
        set->node->place = place;
    }
    cfg->n_set++;
    return LL_OK;
}

/* The list `set` of the file, then the strings of the command line; all faults are collected. */
static ll_status apply_sets(ll_config *cfg, int n_set, const char *const *set, ll_error *err)
{
    int before = err->n_line;
    ll_node *list = ll_node_find(cfg->root, "set", 3);
    int n_list = list && list->type == LL_NODE_LIST ? list->n_child : 0;
    cfg->set = ll_arena_array(cfg->mem, n_set + n_list, ll_set);
    if (list) {
        list->asked = true;
        if (list->type != LL_NODE_LIST)
            ll_node_fault(list, cfg->mem, err,
                          "expected a list of strings, such as set = [ \"job.tp = 8\" ];");
    }
    for (int i = 0; i < n_list; i++) {
        ll_node *item = list->child[i];
        item->asked = true;
        if (item->type == LL_NODE_TEXT)
            apply_set(cfg, item->text, item->place, err);
        else
            ll_node_fault(item, cfg->mem, err, "expected a string such as \"job.tp = 8\"");
    }
    for (int i = 0; i < n_set; i++) {
        const char *text = set[i], *option = ll_set_option(&text, cfg->mem);
        apply_set(cfg, text, (ll_place){option, 0}, err);
    }
    return err->n_line > before ? LL_ERR_CONFIG : LL_OK;
}

ll_status ll_config_parse(ll_source source, int n_set, const char *const *set, ll_arena *mem,
                          ll_config **out, ll_error *err)
{
    ll_config *cfg = ll_arena_new(mem, ll_config);
    cfg->mem = mem;
    cfg->n_section = ll_section_split(source, mem, &cfg->section);
    cfg->n_attached = ll_attached_split(source, mem, &cfg->attached);
    LL_TRY(ll_tree_read(&cfg->section[0], mem, &cfg->root, err));
    LL_TRY(apply_sets(cfg, n_set, set, err));
    *out = cfg;
    return LL_OK;
}

/* Reports a group of `in` whose name is nearly that of the missing one. */
static bool report_misspelt(ll_config *cfg, ll_node *in, const char *name, ll_error *err)
{
    for (int i = 0; i < in->n_child; i++) {
        ll_node *child = in->child[i];
        const bool group = child->type == LL_NODE_GROUP || child->type == LL_NODE_LIST;
        if (!group || child->asked || ll_text_distance(child->name, name) > 2) continue;
        if (ll_text_nearest(child->name, 1, &name) < 0) continue;
        if (child->reported) return true;
        const char *path = ll_node_path(in, cfg->mem);
        child->reported = true;
        ll_error_add(err, LL_ERR_CONFIG, "%s: unknown %s '%s' %s%s%s; did you mean '%s'?",
                     ll_node_where(child, cfg->mem),
                     child->type == LL_NODE_GROUP ? "group" : "list", child->name,
                     *path ? "in '" : "at the top level", path, *path ? "'" : "", name);
        return true;
    }
    return false;
}

/* The node at `path` for reading; a missing group is added as an empty one. */
static ll_status reach(ll_config *cfg, const char *path, ll_node_type type, ll_node **out,
                       ll_error *err)
{
    const char *rest;
    ll_node *node = ll_node_walk(cfg->root, path, &rest);
    if (*rest) {
        const char *why = ll_node_why_not(node, rest, cfg->mem);
        ll_node_ask(node);
        if (why && !node->reported)
            ll_node_fault(node, cfg->mem, err, "expected a group { ... }; %s", why);
        const char *name = rest + (*rest == '.');
        if (why || (!strpbrk(name, ".[") && report_misspelt(cfg, node, name, err)))
            return LL_ERR_CONFIG;
        ll_node *last = ll_node_grow(cfg->mem, node, rest, type);
        for (ll_node *n = last; n != node; n = n->parent)
            n->is_default = true;
        node = last;
    }
    ll_node_ask(node);
    *out = node;
    if (node->type == type) return LL_OK;
    if (!node->reported)
        ll_node_fault(node, cfg->mem, err, "expected %s",
                      type == LL_NODE_GROUP ? "a group { ... }" : "a list ( { ... }, { ... } )");
    return LL_ERR_CONFIG;
}

ll_status ll_config_group(ll_config *cfg, const char *path, const ll_node **out, ll_error *err)
{
    ll_node *node;
    LL_TRY(reach(cfg, path, LL_NODE_GROUP, &node, err));
    *out = node;
    return LL_OK;
}

bool ll_config_has(const ll_config *cfg, const char *path)
{
    const char *rest;
    const ll_node *node = ll_node_walk(cfg->root, path, &rest);
    return !*rest && !node->is_default && node->type != LL_NODE_ABSENT;
}

ll_status ll_config_list(ll_config *cfg, const char *path, int *n, ll_error *err)
{
    ll_node *node;
    LL_TRY(reach(cfg, path, LL_NODE_LIST, &node, err));
    int before = err->n_line;
    for (int i = 0; i < node->n_child; i++) {
        ll_node *item = node->child[i];
        item->asked = true;
        if (item->type != LL_NODE_GROUP && !item->reported)
            ll_node_fault(item, cfg->mem, err, "expected a group { ... }");
    }
    if (err->n_line > before) return LL_ERR_CONFIG;
    *n = node->n_child;
    return LL_OK;
}
