#include "sim/machine/dispatcher.h"

#include "sim/base/words.h"

#include <string.h>

static const char *const copies_names[] = {"ranks", "experts", NULL};
static const char *const path_names[] = {"direct", "hierarchical", NULL};
static const char none[] = "all_to_all";

#define TIME(key, field, text)                                                                    \
    {                                                                                             \
        .name = (key), .kind = LL_KIND_TIME, .flags = LL_KEY_FACT,                                \
        .offset = offsetof(ll_dispatcher, field), .def = "0 s", .min = 0, .max = 1, .doc = (text) \
    }
#define RATE(key, field, text)                                                           \
    {                                                                                    \
        .name = (key), .kind = LL_KIND_RATE, .flags = LL_KEY_FACT,                       \
        .offset = offsetof(ll_dispatcher, field), .def = "0 B/s", .min = 0, .max = 1e15, \
        .doc = (text)                                                                    \
    }
#define FRAC(key, field, text)                                                         \
    {                                                                                  \
        .name = (key), .kind = LL_KIND_RATIO, .flags = LL_KEY_FACT,                    \
        .offset = offsetof(ll_dispatcher, field), .min = 0.01, .max = 1, .doc = (text) \
    }
#define D LL_DISPATCH_WAY
#define C LL_COMBINE_WAY

const ll_key ll_dispatcher_keys[] = {
    {.name = "library",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_dispatcher, library),
     .doc = "name of the library that exchanges tokens, such as deepep"},
    {.name = "dimension",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_dispatcher, dimension),
     .def = "*",
     .doc = "outermost dimension of the groups that the entry is for; *: all that have none"},
    {.name = "copies",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_dispatcher, copies),
     .def = "ranks",
     .choices = copies_names,
     .doc = "a token is sent once to each rank, or once for each of its experts"},
    {.name = "path",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_dispatcher, path),
     .def = "direct",
     .choices = path_names,
     .doc = "direct: to each rank; hierarchical: once to each node, which passes it on"},
    {.name = "only_named",
     .kind = LL_KIND_BOOL,
     .offset = offsetof(ll_dispatcher, only_named),
     .def = "false",
     .doc =
         "taken only where cluster.dispatcher names the library, never as the first of the list"},
    {.name = "multiprocessors",
     .kind = LL_KIND_COUNT,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_dispatcher, n_multiprocessor),
     .def = "0",
     .min = 0,
     .max = 1024,
     .doc = "multiprocessors (SMs) of the chip that the library holds; kernels have the others"},
    TIME("launch_dispatch", launch_s[D], "time of a dispatch without any bytes"),
    TIME("launch_combine", launch_s[C], "time of a combine without any bytes"),
    TIME("launch_node", launch_node_s, "additional time for each further node"),
    TIME("floor_dispatch", floor_s[D], "least time of a dispatch"),
    TIME("floor_combine", floor_s[C], "least time of a combine"),
    FRAC("rate_frac_dispatch", rate_frac[D], "fraction of the link rate that a dispatch reaches"),
    FRAC("rate_frac_combine", rate_frac[C], "fraction of the link rate that a combine reaches"),
    RATE("row_rate_dispatch", row_Bps[D], "dispatch: rate of the first row; 0: no wait for it"),
    RATE("row_rate_combine", row_Bps[C], "combine: rate of the first row; 0: no wait for it"),
    TIME("token_dispatch", token_s[D], "dispatch: time of a multiprocessor for each token"),
    TIME("token_combine", token_s[C], "combine: time of a multiprocessor for each token"),
    RATE("multiprocessor_rate_dispatch", multiprocessor_Bps[D],
         "dispatch: rows that a multiprocessor moves; 0: no limit"),
    RATE("multiprocessor_rate_combine", multiprocessor_Bps[C],
         "combine: rows that a multiprocessor moves; 0: no limit"),
    {0}};

/* Names of libraries for a hint, each once, and all_to_all last. */
static ll_words names_of(const ll_dispatchers *all, ll_arena *mem)
{
    const char **name = ll_arena_array(mem, all->n + 1, const char *);
    ll_words out = {0, name, NULL};
    for (int i = 0; i < all->n; i++)
        if (ll_words_find(&out, all->at[i].library) < 0) name[out.n++] = all->at[i].library;
    name[out.n++] = none;
    return out;
}

ll_status ll_dispatchers_read(ll_config *cfg, const ll_topology *topo, ll_arena *mem,
                              ll_dispatchers *out, ll_error *err)
{
    char hint[256];
    LL_TRY(ll_config_list(cfg, "cluster.dispatchers", &out->n, err));
    ll_dispatcher *all = ll_arena_array(mem, out->n, ll_dispatcher);
    out->at = all;
    for (int i = 0; i < out->n; i++) {
        const char *path = ll_arena_printf(mem, "cluster.dispatchers[%d]", i);
        ll_dispatcher *d = &all[i];
        LL_TRY(ll_config_fill(cfg, path, ll_dispatcher_keys, d, err));
        path = ll_arena_printf(mem, "%s.dimension", path);
        if (strcmp(d->dimension, "*") != 0 && ll_topology_dimension(topo, d->dimension) < 0)
            ll_config_fault(cfg, path, err,
                            "no dimension has this name; the topology's dimensions are: %s",
                            ll_topology_dimension_names(topo, mem));
        for (int k = 0; k < i; k++)
            if (!strcmp(all[k].library, d->library) && !strcmp(all[k].dimension, d->dimension))
                ll_config_fault(cfg, path, err, "this dimension is described twice");
    }
    const ll_words words = names_of(out, mem);
    if (*out->chosen && ll_words_find(&words, out->chosen) < 0)
        ll_config_fault(cfg, "cluster.dispatcher", err, "the cluster has no such library; %s",
                        ll_words_hint(&words, out->chosen, hint, sizeof hint));
    return err->status;
}

bool ll_dispatchers_copy(const ll_dispatchers *all)
{
    return all->chosen != NULL && !strcmp(all->chosen, none);
}

bool ll_dispatchers_have(const ll_dispatchers *all, const char *library)
{
    bool have = false;
    for (int i = 0; i < all->n; i++)
        have = have || !strcmp(all->at[i].library, library);
    return have;
}

const ll_dispatcher *ll_dispatcher_of(const ll_dispatchers *all, const char *dimension)
{
    const ll_dispatcher *others = NULL;
    int first = 0;
    while (first < all->n && all->at[first].only_named && !*all->chosen)
        first++;
    if (first == all->n) return NULL;
    const char *library = *all->chosen ? all->chosen : all->at[first].library;
    for (int i = 0; i < all->n; i++) {
        if (strcmp(all->at[i].library, library) != 0) continue;
        if (!strcmp(all->at[i].dimension, dimension)) return &all->at[i];
        if (!strcmp(all->at[i].dimension, "*")) others = &all->at[i];
    }
    return others;
}

double ll_dispatcher_held_frac(const ll_dispatcher *d, int64_t n_all)
{
    const int64_t left = n_all - d->n_multiprocessor;
    return n_all > 0 && left > 0 ? (double)d->n_multiprocessor / (double)left : 0;
}
