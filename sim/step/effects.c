#include "sim/step/effects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double THRESHOLD_FRAC = 0.005;

/* ---- parts of a configuration, and groups of them ---- */

enum { FABRIC = 1 << 0, CHIP = 1 << 1, MODEL = 1 << 2, JOB = 1 << 3 };

static const struct {
    unsigned part;
    const char *path;
} places[] = {{FABRIC, "cluster.topology"},
              {FABRIC, "cluster.software"},
              {FABRIC, "cluster.link_rates"},
              {CHIP, "cluster"},
              {MODEL, "model"},
              {JOB, "job"}};
enum { N_PLACE = sizeof places / sizeof *places };

const ll_effect_group ll_effect_groups[] = {
    {"fabric", "topology, its software and its link rates", FABRIC},
    {"model", "the model", MODEL},
    {"job", "batch, layout and training software", JOB},
    {"fabric, job", "fabric, batch and layout", FABRIC | JOB},
    {"cluster", "chip, fabric, wire and jitter", FABRIC | CHIP},
    {"model, job", "model, batch and layout", MODEL | JOB},
    {"cluster, job", "cluster, batch and layout", FABRIC | CHIP | JOB},
    {"all", "cluster, model and job", FABRIC | CHIP | MODEL | JOB},
    {0}};
enum { N_GROUP = sizeof ll_effect_groups / sizeof *ll_effect_groups - 1 };

static bool is_in(const char *path, const char *group)
{
    const size_t n = strlen(group);
    return !strncmp(path, group, n) && (!path[n] || strchr(".[", path[n]));
}

/* The part that a key belongs to; 0: none (engine, name). */
static unsigned part_of(const char *path)
{
    for (int i = 0; i < N_PLACE; i++)
        if (is_in(path, places[i].path)) return places[i].part;
    return 0;
}

/* A variant with all keys of the group as they are in `from`. A group with the chip has the fabric
 * too: it takes the whole cluster. */
static ll_variant group_variant(const ll_effect_group *group, const ll_config *from, ll_arena *mem)
{
    ll_change *change = ll_arena_array(mem, N_PLACE, ll_change);
    int n = 0;
    for (int i = 0; i < N_PLACE; i++)
        if (group->parts & places[i].part && !(group->parts & CHIP && places[i].part == FABRIC))
            change[n++] = (ll_change){.path = places[i].path, .from = from};
    return (ll_variant){.n_change = n, .change = change};
}

/* ---- rows ---- */

typedef struct finder {
    int n; /* studies */
    const ll_study *study;
    ll_comm *comm;
    ll_arena *mem;
    ll_speed base, jittered; /* of the first study */
    int cap;                 /* of rows */
    ll_effects *out;
} finder;

static const ll_config_entry *entry_find(const ll_config *cfg, const char *path)
{
    for (int i = 0; i < ll_config_n_entry(cfg); i++)
        if (!strcmp(ll_config_entry_at(cfg, i)->path, path)) return ll_config_entry_at(cfg, i);
    return NULL;
}

/* The same value, whatever unit it was typed in. */
static bool same(const ll_config_entry *a, const ll_config_entry *b)
{
    if (!a || !b) return a == b;
    if (a->kind == b->kind && a->kind <= LL_KIND_POWER)
        return !(a->value < b->value) && !(a->value > b->value);
    return !strcmp(a->text, b->text);
}

static ll_effects_row *row_add(finder *f, const char *path)
{
    ll_effects *out = f->out;
    if (out->n == f->cap) {
        f->cap = 2 * f->cap + 64;
        out->row = ll_arena_grown(f->mem, out->row, out->n, f->cap, sizeof *out->row);
    }
    ll_effects_row *row = &out->row[out->n++];
    *row = (ll_effects_row){.path = path,
                            .text = ll_arena_array(f->mem, f->n, const char *),
                            .effect = ll_arena_array(f->mem, f->n, ll_effect)};
    return row;
}

/* A row for the path, unless all studies have the same value there. */
static void path_add(finder *f, const char *path)
{
    const ll_config_entry *first = entry_find(f->study[0].config, path);
    ll_effects_row *row = row_add(f, path);
    bool differs = false;
    for (int k = 0; k < f->n; k++) {
        const ll_config_entry *e = entry_find(f->study[k].config, path);
        row->text[k] = e ? e->text : NULL;
        row->effect[k].differs = !same(first, e);
        differs = differs || row->effect[k].differs;
    }
    if (!differs) f->out->n--;
}

static void paths_add(finder *f)
{
    for (int k = 0; k < f->n; k++) {
        const ll_config *cfg = f->study[k].config;
        for (int i = 0; i < ll_config_n_entry(cfg); i++) {
            const char *path = ll_config_entry_at(cfg, i)->path;
            bool known = false;
            for (int before = 0; before < k && !known; before++)
                known = entry_find(f->study[before].config, path) != NULL;
            if (!known) path_add(f, path);
        }
    }
}

/* ---- effects ---- */

static double effect_frac(const finder *f, const ll_variant *v)
{
    return v->found.speed.headline /
               (v->extent == LL_EXTENT_JITTER ? f->jittered : f->base).headline -
           1;
}

/* Why a key is not tried alone; NULL: it is tried. A key that one study lacks would run with its
 * default, which is a value of neither study. */
static const char *why_not_alone(const ll_effects_row *row, int k)
{
    if (is_in(row->path, "engine"))
        return "effects are computed by engine closed, whichever engine the study has";
    return row->text[0] && row->text[k] ? NULL : "only one of the two studies has this key";
}

/* Each key alone. */
static ll_status alone_run(finder *f, ll_error *err)
{
    ll_effects *out = f->out;
    ll_variant *v = ll_arena_array(f->mem, out->n * f->n, ll_variant);
    ll_effect **of = ll_arena_array(f->mem, out->n * f->n, ll_effect *);
    int n = 0;
    for (int i = 0; i < out->n; i++)
        for (int k = 1; k < f->n; k++) {
            const char *path = out->row[i].path;
            ll_effect *effect = &out->row[i].effect[k];
            if (!effect->differs) continue;
            effect->why = why_not_alone(&out->row[i], k);
            if (effect->why) continue;
            ll_change *change = ll_arena_new(f->mem, ll_change);
            *change = (ll_change){.path = path, .from = f->study[k].config};
            const bool jitter = is_in(path, "cluster.jitter") || !strcmp(path, "seed");
            v[n] = (ll_variant){.n_change = 1,
                                .change = change,
                                .extent = jitter ? LL_EXTENT_JITTER : LL_EXTENT_EVEN};
            of[n++] = effect;
        }
    const ll_batch_how how = {.name = "changing keys"};
    LL_TRY(ll_variants_run(f->study, &how, n, v, f->comm, err));
    for (int i = 0; i < n; i++) {
        if (*v[i].found.why)
            of[i]->why = v[i].found.why;
        else
            of[i]->effect_frac = effect_frac(f, &v[i]);
    }
    return LL_OK;
}

/* Effects of the groups of one study. That of the last, all keys, is known; others are run when a
 * key needs them. */
typedef struct group_effects {
    bool ok[N_GROUP];
    double effect_frac[N_GROUP];
} group_effects;

static ll_status groups_run(finder *f, int k, unsigned parts, group_effects *g, ll_error *err)
{
    const ll_batch_how how = {.name = "changing groups"};
    ll_variant *v = ll_arena_array(f->mem, N_GROUP, ll_variant);
    int n = 0, of[N_GROUP];
    *g = (group_effects){{false}, {0}};
    for (int i = 0; i < N_GROUP - 1; i++) {
        if (!(ll_effect_groups[i].parts & parts)) continue;
        v[n] = group_variant(&ll_effect_groups[i], f->study[k].config, f->mem);
        of[n++] = i;
    }
    LL_TRY(ll_variants_run(f->study, &how, n, v, f->comm, err));
    for (int i = 0; i < n; i++) {
        g->ok[of[i]] = !*v[i].found.why;
        g->effect_frac[of[i]] = g->ok[of[i]] ? effect_frac(f, &v[i]) : 0;
    }
    g->ok[N_GROUP - 1] = true;
    g->effect_frac[N_GROUP - 1] = f->out->total_frac[k];
    return LL_OK;
}

static ll_effects_row *group_row(finder *f, const ll_effect_group *group)
{
    for (int i = 0; i < f->out->n; i++)
        if (f->out->row[i].is_group && !strcmp(f->out->row[i].path, group->name))
            return &f->out->row[i];
    ll_effects_row *row = row_add(f, group->name);
    row->is_group = true;
    return row;
}

static bool needs_group(const finder *f, int i, int k)
{
    const ll_effects_row *row = &f->out->row[i];
    return !row->is_group && row->effect[k].why && part_of(row->path);
}

/* Changes each key of study k that is illegal alone with the first group that is legal. */
static ll_status grouped_run(finder *f, int k, ll_error *err)
{
    const int n_key = f->out->n;
    unsigned parts = 0;
    for (int i = 0; i < n_key; i++)
        if (needs_group(f, i, k)) parts |= part_of(f->out->row[i].path);
    group_effects g;
    if (!parts) return LL_OK;
    LL_TRY(groups_run(f, k, parts, &g, err));
    for (int i = 0; i < n_key; i++) {
        if (!needs_group(f, i, k)) continue;
        int j = 0;
        while (!(ll_effect_groups[j].parts & part_of(f->out->row[i].path)) || !g.ok[j])
            j++;
        const ll_effect_group *group = &ll_effect_groups[j];
        group_row(f, group)->effect[k] =
            (ll_effect){.differs = true, .effect_frac = g.effect_frac[j]};
        f->out->row[i].effect[k].group = group;
    }
    return LL_OK;
}

static int by_effect(const void *a, const void *b)
{
    const ll_effects_row *x = a, *y = b;
    if (x->effect_frac > y->effect_frac) return -1;
    if (x->effect_frac < y->effect_frac) return 1;
    return strcmp(x->path, y->path);
}

static void rows_finish(const finder *f)
{
    ll_effects *out = f->out;
    for (int i = 0; i < out->n; i++) {
        ll_effects_row *row = &out->row[i];
        bool alone = !row->is_group;
        for (int k = 1; k < f->n; k++) {
            row->effect_frac = fmax(row->effect_frac, fabs(row->effect[k].effect_frac));
            alone = alone && !row->effect[k].why;
        }
        out->n_below += alone && row->effect_frac < out->threshold_frac;
    }
    qsort(out->row, (size_t)out->n, sizeof *out->row, by_effect);
}

ll_status ll_effects_find(int n, const ll_study *study, ll_comm *comm, ll_arena *mem,
                          ll_effects *out, ll_error *err)
{
    finder f = {.n = n, .study = study, .comm = comm, .mem = mem, .out = out};
    *out = (ll_effects){.n_study = n,
                        .headline = ll_headline(study),
                        .threshold_frac = THRESHOLD_FRAC,
                        .total_frac = ll_arena_array(mem, n, double)};
    LL_TRY(ll_speed_find(study, false, comm, mem, &f.base, err));
    LL_TRY(ll_speed_find(study, true, comm, mem, &f.jittered, err));
    for (int k = 1; k < n; k++) {
        ll_speed other;
        LL_TRY(ll_speed_find(&study[k], false, comm, mem, &other, err));
        out->total_frac[k] = other.headline / f.base.headline - 1;
    }
    paths_add(&f);
    LL_TRY(alone_run(&f, err));
    for (int k = 1; k < n; k++)
        LL_TRY(grouped_run(&f, k, err));
    rows_finish(&f);
    return LL_OK;
}
