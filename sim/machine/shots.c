#include "sim/machine/shots.h"

#include "sim/base/words.h"

#include <math.h>
#include <string.h>

#define TIME(key, field, text)                                                              \
    {                                                                                       \
        .name = (key), .kind = LL_KIND_TIME, .flags = LL_KEY_FACT,                          \
        .offset = offsetof(ll_shot, field), .def = "0 s", .min = 0, .max = 1, .doc = (text) \
    }
#define FRAC(way, key, text)                                                                   \
    {                                                                                          \
        .name = (key), .kind = LL_KIND_RATIO, .flags = LL_KEY_FACT,                            \
        .offset = offsetof(ll_shot, rate_frac) + (way) * sizeof(double), .def = "0", .min = 0, \
        .max = 1, .doc = (text)                                                                \
    }
#define BELOW(way, i, key, text)                                                                 \
    {                                                                                            \
        .name = (key), .kind = LL_KIND_SIZE, .flags = LL_KEY_FACT,                               \
        .offset = offsetof(ll_shot, below_B) + ((way)*LL_N_SHOT_MEMBERS + (i)) * sizeof(double), \
        .def = "0 B", .min = 0, .max = 1e15, .doc = (text)                                       \
    }

const ll_key ll_shot_keys[] = {
    {.name = "library",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_shot, library),
     .doc = "name of the inference engine whose kernels reduce, such as vllm"},
    {.name = "dimension",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_shot, dimension),
     .def = "*",
     .doc = "dimension of the topology that the entry is for; *: all that have none"},
    TIME("floor", floor_s, "time of an all_reduce of few bytes between two chips, without latency"),
    TIME("member", member_s, "additional time of each further member"),
    TIME("fill", fill_s, "additional time of each other member from 8 KiB on; below in proportion"),
    TIME("step", step_s, "two_shot: additional time of the second wait for all"),
    TIME("step_member", step_member_s, "two_shot: additional time of each member beyond two"),
    {.name = "peer_rate",
     .kind = LL_KIND_RATE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_shot, peer_Bps),
     .def = "0 B/s",
     .min = 0,
     .max = 1e15,
     .doc = "one_shot: rate at which a chip reads the buffer of one other; 0: no limit"},
    FRAC(LL_ONE_SHOT, "rate_frac_one_shot",
         "fraction of the link rate of long one-shot all_reduces; 0: no such kernel"),
    FRAC(LL_TWO_SHOT, "rate_frac_two_shot",
         "fraction of the link rate of long two-shot all_reduces; 0: no such kernel"),
    BELOW(LL_ONE_SHOT, 0, "one_shot_below_2", "2 members: sizes below this are one_shot"),
    BELOW(LL_ONE_SHOT, 1, "one_shot_below_4", "3 or 4 members: sizes below this are one_shot"),
    BELOW(LL_ONE_SHOT, 2, "one_shot_below_8", "5 to 8 members: sizes below this are one_shot"),
    BELOW(LL_TWO_SHOT, 0, "two_shot_below_2", "2 members: others below this are two_shot"),
    BELOW(LL_TWO_SHOT, 1, "two_shot_below_4", "3 or 4 members: others below this are two_shot"),
    BELOW(LL_TWO_SHOT, 2, "two_shot_below_8", "5 to 8 members: others below this are two_shot"),
    {0}};

bool ll_shots_have(const ll_shots *all, const char *library)
{
    for (int i = 0; i < all->n; i++)
        if (!strcmp(all->at[i].library, library)) return true;
    return false;
}

static ll_status choice_check(const ll_config *cfg, const ll_shots *all, ll_arena *mem,
                              ll_error *err)
{
    char hint[256];
    if (!*all->chosen || ll_shots_have(all, all->chosen)) return LL_OK;
    const char **name = ll_arena_array(mem, all->n, const char *);
    int n = 0;
    for (int i = 0; i < all->n; i++)
        if (i == 0 || strcmp(all->at[i].library, all->at[i - 1].library) != 0)
            name[n++] = all->at[i].library;
    if (n == 0)
        return ll_config_fault(cfg, "cluster.custom_all_reduce", err,
                               "the cluster has no custom_all_reduces; `lineloss list parts` has "
                               "those that were measured");
    const ll_words words = {n, name, NULL};
    return ll_config_fault(cfg, "cluster.custom_all_reduce", err,
                           "the cluster has no such library; %s",
                           ll_words_hint(&words, all->chosen, hint, sizeof hint));
}

ll_status ll_shots_read(ll_config *cfg, const ll_topology *topo, ll_arena *mem, ll_shots *out,
                        ll_error *err)
{
    LL_TRY(ll_config_list(cfg, "cluster.custom_all_reduces", &out->n, err));
    ll_shot *all = ll_arena_array(mem, out->n, ll_shot);
    out->at = all;
    for (int i = 0; i < out->n; i++) {
        const char *path = ll_arena_printf(mem, "cluster.custom_all_reduces[%d]", i);
        ll_shot *s = &all[i];
        LL_TRY(ll_config_fill(cfg, path, ll_shot_keys, s, err));
        if (strcmp(s->dimension, "*") != 0 && ll_topology_dimension(topo, s->dimension) < 0)
            ll_config_fault(cfg, ll_arena_printf(mem, "%s.dimension", path), err,
                            "no dimension has this name; the topology's dimensions are: %s",
                            ll_topology_dimension_names(topo, mem));
        if (s->rate_frac[LL_ONE_SHOT] <= 0 && s->rate_frac[LL_TWO_SHOT] <= 0)
            ll_config_fault(cfg, path, err,
                            "no figures of kernels: rate_frac_one_shot or rate_frac_two_shot; "
                            "`lineloss list parts` has those that were measured");
    }
    LL_TRY(err->status);
    return choice_check(cfg, out, mem, err);
}

/* Whether it reduces sizes of a library by a way at all, and takes this one of itself. */
static bool has(const ll_shot *s, const char *library, const char *dimension, ll_shot_way way)
{
    return !strcmp(s->library, library) && s->rate_frac[way] > 0 &&
           (!strcmp(s->dimension, "*") || !strcmp(s->dimension, dimension));
}

static bool takes(const ll_shot *s, ll_shot_way way, int32_t n, double size_B)
{
    if (n < 2 || n > 8) return false;
    return size_B < s->below_B[way][n > 4 ? 2 : n > 2 ? 1 : 0];
}

const ll_shot *ll_shots_take(const ll_shots *all, const char *dimension, int32_t n, double size_B,
                             ll_shot_way *way)
{
    for (int i = 0; i < all->n && *all->chosen; i++)
        for (ll_shot_way w = LL_ONE_SHOT; w < LL_N_SHOT; w++) {
            if (!has(&all->at[i], all->chosen, dimension, w)) continue;
            if (!takes(&all->at[i], w, n, size_B)) continue;
            *way = w;
            return &all->at[i];
        }
    return NULL;
}

const ll_shot *ll_shots_by(const ll_shots *all, const char *dimension, ll_shot_way way, int32_t n,
                           double size_B)
{
    const ll_shot *first = NULL;
    for (int i = 0; i < all->n; i++) {
        const char *library = *all->chosen ? all->chosen : all->at[0].library;
        if (!has(&all->at[i], library, dimension, way)) continue;
        if (takes(&all->at[i], way, n, size_B)) return &all->at[i];
        if (first == NULL) first = &all->at[i];
    }
    return first;
}

double ll_shot_fixed_s(const ll_shot *shot, ll_shot_way way, int32_t n, double size_B)
{
    static const double filled_B = 8192;
    double out_s = shot->floor_s + shot->member_s * (n - 2) +
                   shot->fill_s * (n - 1) * fmin(1, size_B / filled_B);
    if (way == LL_TWO_SHOT) out_s += shot->step_s + shot->step_member_s * (n - 2);
    return out_s;
}

double ll_shot_bytes_s(const ll_shot *shot, ll_shot_way way, double size_B, double wire_s)
{
    const double out_s = wire_s / shot->rate_frac[way];
    return way == LL_ONE_SHOT && shot->peer_Bps > 0 ? fmax(out_s, size_B / shot->peer_Bps) : out_s;
}
