#include "sim/machine/software.h"

#include "sim/base/words.h"

#include <string.h>

const char *const ll_collective_names[] = {"all_reduce", "all_gather", "reduce_scatter",
                                           "all_to_all", "broadcast",  "send",
                                           "dispatch",   "combine",    NULL};

const char *const ll_algorithm_names[] = {
    "auto",       "ring",         "direct",          "halving",  "tree",
    "in_network", "hierarchical", "in_network_tree", "one_shot", "two_shot",
    NULL};

const char *const ll_protocol_names[] = {"ll", "ll128", "simple", NULL};

/* Check the words of `algorithms`: names of flat algorithms, or "all" alone. */
static ll_status algorithms_check(const ll_config *cfg, const char *path, const char *text,
                                  ll_arena *mem, ll_error *err)
{
    static const char *const legal[] = {"all",  "ring",       "direct",         "halving",
                                        "tree", "in_network", "in_network_tree"};
    const ll_words words = {sizeof legal / sizeof *legal, legal, NULL};
    char hint[256];
    int n = 0;
    bool all = false;
    path = ll_arena_printf(mem, "%s.algorithms", path);
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " "), n++) {
        const size_t length = strcspn(at, " ");
        const char *word = ll_arena_strndup(mem, at, length);
        if (strcspn(word, ",;|+/") < length)
            return ll_config_fault(cfg, path, err,
                                   "separate the algorithms by spaces, as in \"ring tree\"");
        if (ll_words_find(&words, word) < 0)
            return ll_config_fault(cfg, path, err, "'%s' is not an algorithm; %s", word,
                                   ll_words_hint(&words, word, hint, sizeof hint));
        all = all || !strcmp(word, "all");
        at += length;
    }
    if (n == 0)
        return ll_config_fault(cfg, path, err, "names no algorithm; %s",
                               ll_words_hint(&words, "", hint, sizeof hint));
    if (all && n > 1)
        return ll_config_fault(cfg, path, err,
                               "\"all\" stands alone; leave it out or the other words");
    return LL_OK;
}

/* An entry without any value is one error, not one for each of its required keys. */
static ll_status entry_check(ll_config *cfg, const char *path, ll_arena *mem, ll_error *err)
{
    for (const ll_key *key = ll_software_keys; key->name; key++)
        if (key->flags && ll_config_has(cfg, ll_arena_printf(mem, "%s.%s", path, key->name)))
            return LL_OK;
    const ll_node *entry;
    LL_TRY(ll_config_group(cfg, path, &entry, err));
    return ll_config_fault(
        cfg, path, err,
        "no figures of the communication library; write on a line of its own @include "
        "\"parts/software_assumed.cfg\" (NCCL's between nodes, assumed), or "
        "\"parts/software_ideal.cfg\" (the wire alone); `lineloss list parts` has those of others");
}

/* Index of the dimension that an entry is for. From LL_MAX_DIM on it is for several, those without
 * an entry of their own: LL_MAX_DIM + f for the dimensions of one edge list, f the first of them,
 * and FOR_ALL for "*". -1: there is no such dimension. */
enum { FOR_ALL = 2 * LL_MAX_DIM };
static int dimension_of(const ll_topology *topo, const char *name)
{
    if (!strcmp(name, "*")) return FOR_ALL;
    const int own = ll_topology_dimension(topo, name);
    if (own >= 0) return own;
    for (int d = 0; d < topo->n_dim; d++)
        if (topo->dim[d].family && !strcmp(topo->dim[d].family, name)) return LL_MAX_DIM + d;
    return -1;
}

/* The entry for a dimension, its own or one for several; NULL if there is none. entry: as
 * dimension_of numbers them. */
static const ll_software *entry_for(const ll_topology *topo, int d, const ll_software *entry,
                                    const bool *known)
{
    if (known[d]) return &entry[d];
    if (topo->dim[d].family) {
        const int family = dimension_of(topo, topo->dim[d].family);
        if (known[family]) return &entry[family];
    }
    return known[FOR_ALL] ? &entry[FOR_ALL] : NULL;
}

ll_status ll_software_read(ll_config *cfg, const ll_topology *topo, ll_arena *mem, ll_software *out,
                           ll_error *err)
{
    int n = 0;
    LL_TRY(ll_config_list(cfg, "cluster.software", &n, err));
    bool known[FOR_ALL + 1] = {false};
    ll_software *entry = ll_arena_array(mem, FOR_ALL + 1, ll_software);
    for (int i = 0; i < n; i++) {
        ll_software s = {0};
        const char *path = ll_arena_printf(mem, "cluster.software[%d]", i);
        LL_TRY(entry_check(cfg, path, mem, err));
        LL_TRY(ll_config_fill(cfg, path, ll_software_keys, &s, err));
        algorithms_check(cfg, path, s.algorithms, mem, err);
        const int d = dimension_of(topo, s.dimension);
        if (d < 0 || known[d]) {
            path = ll_arena_printf(mem, "cluster.software[%d].dimension", i);
            return ll_config_fault(cfg, path, err, "%s; the topology's dimensions are: %s",
                                   d < 0 ? "no dimension has this name"
                                         : "this dimension is described twice",
                                   ll_topology_dimension_names(topo, mem));
        }
        known[d] = true;
        s.protocol_frac[LL_PROTOCOL_SIMPLE] = 1;
        s.launch_s[LL_DISPATCH] = s.launch_s[LL_COMBINE] = s.launch_s[LL_ALL_TO_ALL];
        s.rate_frac[LL_DISPATCH] = s.rate_frac[LL_COMBINE] = s.rate_frac[LL_ALL_TO_ALL];
        entry[d] = s;
    }
    for (int d = 0; d < topo->n_dim; d++) {
        const ll_software *found = entry_for(topo, d, entry, known);
        out[d] = found ? *found : (ll_software){0};
        out[d].dimension = topo->dim[d].name;
        if (!found)
            ll_config_fault(cfg, "cluster.software", err,
                            "no entry for dimension '%s'; add { dimension = \"%s\"; ... }, or { "
                            "dimension = \"*\"; ... } for all",
                            topo->dim[d].name, topo->dim[d].name);
    }
    return err->status;
}
