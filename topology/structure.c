#include "topology/structure.h"

#include "topology/bundle.h"
#include "topology/copies.h"
#include "topology/levels.h"

#include <string.h>

/* The dimensions that `asked` lists; those without a size get it from `found`. */
static ll_status dims_asked(ll_structure *s, const char *asked, ll_levels *levels, ll_arena *mem,
                            ll_error *err)
{
    int32_t found[LL_MAX_DIM];
    int n_sized = 0;
    const int n_found = ll_levels_find(levels, found);
    for (const char *at = asked + strspn(asked, " "); *at; at += strspn(at, " ")) {
        const char *word = ll_arena_strndup(mem, at, strcspn(at, " "));
        const char *colon = strchr(word, ':');
        double size = 0;
        char why[256];
        at += strlen(word);
        if (s->n_dim == LL_MAX_DIM)
            return ll_error_set(err, LL_ERR_CONFIG, "more than %d dimensions", LL_MAX_DIM);
        if (colon && (colon == word ||
                      ll_units_parse(LL_KIND_COUNT, colon + 1, &size, why, sizeof why) != LL_OK ||
                      size < 1 || size > LL_EDGELIST_MAX_CHIP))
            return ll_error_set(err, LL_ERR_CONFIG,
                                "'%s': expected \"auto\", \"none\", or dimensions as NAME:SIZE, "
                                "such as \"nvlink:8 ib:4\"",
                                word);
        n_sized += colon != NULL;
        s->dim[s->n_dim++] =
            (ll_dim){.name = colon ? ll_arena_strndup(mem, word, (size_t)(colon - word)) : word,
                     .size = (int32_t)size};
    }
    if (n_sized == s->n_dim) return LL_OK;
    if (n_sized > 0 || s->n_dim != n_found)
        return ll_error_set(
            err, LL_ERR_CONFIG, "'%s': %s; give each dimension its size, such as \"nvlink:8 ib:4\"",
            asked,
            n_sized ? "some dimensions have a size and others none"
                    : ll_arena_printf(mem, "%d names, but %d dimension%s found in %s", s->n_dim,
                                      n_found, n_found > 1 ? "s were" : " was", s->list.file));
    for (int d = 0; d < n_found; d++)
        s->dim[d].size = found[d];
    return LL_OK;
}

static void dims_found(ll_structure *s, const char *name, ll_levels *levels, ll_arena *mem)
{
    int32_t size[LL_MAX_DIM];
    s->n_dim = ll_levels_find(levels, size);
    for (int d = 0; d < s->n_dim; d++)
        s->dim[d] = (ll_dim){.name = s->n_dim > 1 ? ll_arena_printf(mem, "%s.%d", name, d) : name,
                             .size = size[d]};
}

/* Whether the dimensions that somebody stated hold. */
static ll_status dims_check(const ll_structure *s, ll_levels *levels, ll_arena *mem, ll_error *err)
{
    int32_t size[LL_MAX_DIM];
    const char *name[LL_MAX_DIM];
    int64_t n = 1;
    const char *text = "";
    for (int d = 0; d < s->n_dim; d++) {
        size[d] = s->dim[d].size;
        name[d] = s->dim[d].name;
        n *= size[d];
        text = ll_arena_printf(mem, "%s%s%s:%d", text, d ? " " : "", name[d], size[d]);
        for (int k = 0; k < d; k++)
            if (strcmp(name[k], name[d]) == 0)
                return ll_error_set(err, LL_ERR_CONFIG, "two dimensions are called '%s'", name[d]);
        if (n > s->list.n_chip) break;
    }
    if (n != s->list.n_chip)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s: the sizes of dimensions %s do not multiply to %d chips",
                            s->list.file, text, s->list.n_chip);
    const char *why = ll_levels_obstacle(levels, s->n_dim, size, name, mem);
    if (!why) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG, "%s does not have the dimensions %s: %s", s->list.file,
                        text, why);
}

/* ---- In words -------------------------------------------------------------------------------- */

/* Bandwidth of the links of dimension d that leave chip 0. */
static double leaves_Bps(const ll_structure *s, int d)
{
    double sum_Bps = 0;
    for (int64_t i = 0; i < s->list.n_link; i++)
        if (s->list.link[i].from == 0 && s->list.link[i].dimension == d)
            sum_Bps += ll_link_capacity_Bps(&s->list.link[i]);
    return sum_Bps;
}

static bool has_switch(const ll_structure *s, int d)
{
    for (int64_t i = 0; i < s->list.n_link; i++)
        if (s->list.link[i].dimension == d && s->list.link[i].to >= s->list.n_chip) return true;
    return false;
}

static const char *dim_text(const ll_structure *s, int d, bool apart, ll_arena *mem)
{
    const ll_dim *dim = &s->dim[d];
    const int32_t n_line = s->list.n_chip / dim->size;
    const char *kind = d == 0 ? "node" : has_switch(s, d) ? "rail" : "line";
    char rate[64];
    ll_units_format(LL_KIND_RATE, leaves_Bps(s, d), rate, sizeof rate);
    if (d > 0 && !apart)
        return ll_arena_printf(mem, "a network of all %d chips ('%s', %d to a line, %s a chip)",
                               s->list.n_chip, dim->name, dim->size, rate);
    return ll_arena_printf(mem, "%d %s%s of %d chips ('%s', %s a chip)", n_line, kind,
                           n_line == 1 ? "" : "s", dim->size, dim->name, rate);
}

static const char *note_of(const ll_structure *s, const bool *apart, bool stated, int32_t n_node,
                           ll_arena *mem)
{
    const char *text = ll_arena_printf(mem, "%s: ", s->list.file);
    if (s->n_dim == 1 && !stated)
        text = ll_arena_printf(
            mem, "%sno groups of consecutive chips found, so it is one dimension, '%s'", text,
            s->dim[0].name);
    else
        text = ll_arena_printf(mem, "%s%s ", text, stated ? "states" : "found");
    for (int d = 0; d < s->n_dim && (s->n_dim > 1 || stated); d++)
        text = ll_arena_printf(mem, "%s%s%s", text, d ? ", " : "", dim_text(s, d, apart[d], mem));
    for (int d = 1; d < s->n_dim && !stated; d++)
        if (leaves_Bps(s, d) > 2 * leaves_Bps(s, d - 1))
            text = ll_arena_printf(mem,
                                   "%s; '%s' is faster than '%s', and becomes the inner "
                                   "dimension if chips are numbered along it",
                                   text, s->dim[d].name, s->dim[d - 1].name);
    if (n_node != s->list.n_node)
        text = ll_arena_printf(mem, "%s; parallel switches are one: %d for %d", text,
                               s->list.n_node - s->list.n_chip, n_node - s->list.n_chip);
    return text;
}

/* ---- All of it ------------------------------------------------------------------------------- */

static void as_written(const ll_edgelist *list, const char *name, ll_structure *out)
{
    *out = (ll_structure){.list = *list, .n_dim = 1};
    out->dim[0] = (ll_dim){.name = name, .type = "custom", .size = list->n_chip};
}

/* Labels the links, and looks for copies. apart: [n_dim], filled. */
static void find_copies(ll_structure *s, ll_levels *levels, ll_arena *mem, bool *apart)
{
    int32_t size[LL_MAX_DIM];
    for (int d = 0; d < s->n_dim; d++)
        size[d] = s->dim[d].size;
    ll_levels_label(levels, s->n_dim, size, &s->list);
    s->copies = true;
    for (int d = 0; d < s->n_dim; d++) {
        apart[d] = ll_levels_apart(levels, s->n_dim, size, d, mem);
        s->copies =
            s->copies && apart[d] && ll_copies_find(&s->list, s->n_dim, size, d, mem, &s->line[d]);
    }
}

ll_status ll_structure_find(const ll_edgelist *list, const char *name, const char *asked,
                            ll_arena *mem, ll_structure *out, ll_error *err)
{
    as_written(list, name, out);
    if (strcmp(asked, "none") == 0) return LL_OK;
    ll_structure s = {.n_dim = 0};
    bool apart[LL_MAX_DIM];
    const bool by_key = strcmp(asked, "auto") != 0, stated = by_key || list->n_dim > 0;
    ll_edgelist plain = *list;
    if (by_key) { /* which dimension the file says a switch is of does not count */
        const int32_t n_switch = list->n_node - list->n_chip;
        plain.switch_dim = ll_arena_array(mem, n_switch, int);
        for (int32_t i = 0; i < n_switch; i++)
            plain.switch_dim[i] = -1;
    }
    ll_bundle_merge(&plain, mem, &s.list);
    s.merged = s.list.n_link != list->n_link;
    ll_levels *levels = ll_levels_create(&s.list, mem);
    if (by_key) {
        LL_TRY(dims_asked(&s, asked, levels, mem, err));
    } else if (stated) {
        s.n_dim = list->n_dim;
        memcpy(s.dim, list->dim, sizeof s.dim);
    } else {
        dims_found(&s, name, levels, mem);
    }
    for (int d = 0; d < s.n_dim && by_key; d++)
        for (int k = 0; k < list->n_dim; k++)
            s.dim[d].reduces = s.dim[d].reduces || (strcmp(s.dim[d].name, list->dim[k].name) == 0 &&
                                                    list->dim[k].reduces);
    if (stated) LL_TRY(dims_check(&s, levels, mem, err));
    for (int d = 0; d < s.n_dim; d++) {
        s.dim[d].type = "custom";
        s.dim[d].family = name;
    }
    find_copies(&s, levels, mem, apart);
    s.note = note_of(&s, apart, stated, list->n_node, mem);
    *out = s;
    return LL_OK;
}
