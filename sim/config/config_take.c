/* Replaces parts of a configuration by those of another one. */
#include "sim/config/config_tree.h"

/* Marks a replaced node as known, so that keys that a set string wrote there are no error. */
static void forget(ll_node *node)
{
    node->asked = true;
    for (int i = 0; i < node->n_child; i++)
        forget(node->child[i]);
}

static void detach(ll_node *node)
{
    ll_node *parent = node->parent;
    forget(node);
    for (int i = node->index; i + 1 < parent->n_child; i++) {
        parent->child[i] = parent->child[i + 1];
        parent->child[i]->index = i;
    }
    parent->n_child--;
}

static bool was_written(const ll_node *node)
{
    return !node->is_default && node->type != LL_NODE_ABSENT;
}

/* Copies the written part of `from` to `to`, as not yet read. */
static void copy(const ll_node *from, ll_arena *mem, ll_node *to)
{
    to->type = from->type;
    to->text = from->text;
    to->place = from->place;
    if (from->is_set) to->is_set = true;
    if (!to->filed) to->filed = from->filed;
    to->child = NULL;
    to->n_child = to->cap_child = 0;
    for (int i = 0; i < from->n_child; i++)
        if (was_written(from->child[i]))
            copy(from->child[i], mem,
                 ll_node_add(mem, to, from->child[i]->type, from->child[i]->name));
}

/* Adds the files that values of `from` name. */
static void attach(ll_config *cfg, const ll_config *from)
{
    const int n = cfg->n_attached + from->n_attached;
    cfg->attached =
        ll_arena_grown(cfg->mem, cfg->attached, cfg->n_attached, n, sizeof *cfg->attached);
    for (int i = 0; i < from->n_attached; i++)
        cfg->attached[cfg->n_attached++] = from->attached[i];
}

ll_status ll_config_take(ll_config *cfg, const ll_config *from, const char *path, ll_error *err)
{
    const char *rest;
    const ll_node *other = ll_node_walk(from->root, path, &rest);
    const bool written = !*rest && was_written(other);
    ll_node *node = ll_node_walk(cfg->root, path, &rest);
    if (!written) {
        if (!*rest) detach(node);
        return LL_OK;
    }
    const char *why = *rest ? ll_node_why_not(node, rest, cfg->mem) : NULL;
    if (why) return ll_error_add(err, LL_ERR_CONFIG, "%s: %s", path, why);
    const bool is_new = *rest && ll_node_is_value(other);
    if (*rest) node = ll_node_grow(cfg->mem, node, rest, other->type);
    for (int i = 0; i < node->n_child; i++)
        forget(node->child[i]);
    ll_node_file_keep(node, cfg->mem);
    copy(other, cfg->mem, node);
    if (is_new) node->is_set = true;
    attach(cfg, from);
    return LL_OK;
}
