#include "sim/step/sweep.h"

#include "sim/base/index_map.h"
#include "sim/base/text.h"
#include "sim/comm/progress.h"
#include "sim/step/scale.h"

#include <math.h>
#include <string.h>

const char *const ll_scaling_names[] = {"none", "weak", "strong"};

/* ---- which points ---- */

static ll_status keys_check(const ll_study *study, int n_over, const ll_over *over, bool zip,
                            ll_error *err)
{
    for (int i = 0; i < n_over; i++)
        for (int k = 0; k < i; k++) {
            if (!strcmp(over[i].path, over[k].path))
                return ll_error_set(err, LL_ERR_CONFIG, "%s: --over has %s twice", study->path,
                                    over[i].path);
            if (zip && over[i].n != over[k].n)
                return ll_error_set(err, LL_ERR_CONFIG,
                                    "%s: --zip needs as many values of each key; %s has %lld and "
                                    "%s has %lld",
                                    study->path, over[k].path, (long long)over[k].n, over[i].path,
                                    (long long)over[i].n);
        }
    return LL_OK;
}

static double points_count(int n_over, const ll_over *over, const ll_sweep_how *how)
{
    double n = 1;
    bool chips = false;
    for (int i = 0; i < n_over; i++) {
        n = how->zip ? (double)over[i].n : n * (double)over[i].n;
        chips = chips || over[i].is_chips;
    }
    return n * (chips && how->weak && how->strong ? 2 : 1);
}

static const char *duration(double s, ll_arena *mem)
{
    if (s < 120) return ll_arena_printf(mem, "%.0f s", s);
    if (s < 7200) return ll_arena_printf(mem, "%.0f min", s / 60);
    return s < 48 * 3600 ? ll_arena_printf(mem, "%.0f h", s / 3600)
                         : ll_arena_printf(mem, "%.0f days", s / 86400);
}

/* Says how long so many points would take, from the time of the study itself. */
static ll_status too_many(const ll_study *study, double n, const ll_sweep_how *how, ll_comm *comm,
                          ll_arena *mem, ll_error *err)
{
    ll_variant *one = ll_arena_new(mem, ll_variant);
    one->extent = how->extent;
    double each_s = ll_progress_clock_s();
    LL_TRY(ll_variants_run(study, &(ll_batch_how){.name = "one point"}, 1, one, comm, err));
    each_s = ll_progress_clock_s() - each_s;
    ll_comm_max_f64(comm, 1, &each_s);
    const int size = ll_comm_size(comm);
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s: %.0f points would take about %s on %d rank%s (%.2g s each); at most "
                        "%d are swept at once: write fewer values, or --zip",
                        study->path, n, duration(n * each_s / size, mem), size, size > 1 ? "s" : "",
                        each_s, LL_SWEEP_MAX);
}

/* ---- the changes of a point ---- */

typedef struct maker {
    const ll_sweep *sweep;
    ll_arena *mem;
    int n_change;
    ll_change change[LL_SWEEP_MAX_OVER + 10];
} maker;

static void change_add(maker *m, const char *path, const char *text)
{
    m->change[m->n_change++] = (ll_change){.path = path, .text = text};
}

static bool varies(const ll_sweep *s, const char *path)
{
    for (int i = 0; i < s->n_over; i++)
        if (!strcmp(s->over[i].path, path)) return true;
    return false;
}

static void key_store(const ll_key *keys, const ll_over *over, int64_t at, ll_layout *layout)
{
    static const char group[] = "job.";
    for (; keys->name && !strncmp(over->path, group, strlen(group)); keys++) {
        if (strcmp(keys->name, over->path + strlen(group)) != 0) continue;
        double number = over->value[at];
        for (int i = 0; keys->kind == LL_KIND_CHOICE && keys->choices[i]; i++)
            if (!strcmp(keys->choices[i], over->text[at])) number = i;
        ll_key_store(keys, number, over->text[at], layout);
    }
}

/* The layout of the study at the values of a point, without a check. */
static ll_layout layout_at(const ll_sweep *s, const ll_sweep_point *p)
{
    ll_layout layout = s->study->layout;
    for (int i = 0; i < s->n_over; i++) {
        if (s->over[i].is_chips) continue;
        key_store(ll_layout_keys, &s->over[i], p->at[i], &layout);
        if (!ll_study_serves(s->study))
            key_store(ll_layout_step_keys, &s->over[i], p->at[i], &layout);
    }
    if (!ll_study_serves(s->study)) layout.schedule = ll_schedule_types[layout.schedule_choice];
    return layout;
}

/* Sequences per step, or requests, of the point: those of the study, in proportion to the chips if
 * scaling is weak. */
static void work_set(maker *m, const ll_sweep_point *p, const ll_layout *layout)
{
    const ll_study *study = m->sweep->study;
    const bool serves = ll_study_serves(study);
    const char *key = serves ? study->workload->load : "global_batch";
    if (!key) return;
    const char *path = ll_arena_printf(m->mem, "job.%s", key);
    const double frac = (double)p->n_chip / study->cluster.topo->n_chip;
    double have = 0;
    for (int i = 0; i < ll_config_n_entry(study->config); i++)
        if (!strcmp(ll_config_entry_at(study->config, i)->path, path))
            have = ll_config_entry_at(study->config, i)->value;
    if (varies(m->sweep, path) || !(have > 0)) return;
    const double want = p->scaling == LL_SCALING_WEAK ? have * frac : have;
    int64_t set = (int64_t)fmax(1, nearbyint(want));
    if (!serves) set = ll_scale_batch(layout, (int32_t)p->n_chip, want);
    if (set > 0) change_add(m, path, ll_arena_printf(m->mem, "%lld", (long long)set));
}

/* Fills the changes of a point, and its n_chip. */
static ll_status changes_make(maker *m, ll_sweep_point *p, ll_error *err)
{
    const ll_sweep *s = m->sweep;
    const ll_layout layout = layout_at(s, p);
    m->n_change = 0;
    for (int i = 0; i < s->n_over; i++) {
        const ll_over *o = &s->over[i];
        if (!o->is_chips) {
            const bool quoted =
                o->entry->kind == LL_KIND_STRING || o->entry->kind == LL_KIND_CHOICE;
            change_add(m, o->path,
                       quoted ? ll_arena_printf(m->mem, "\"%s\"", o->text[p->at[i]])
                              : o->text[p->at[i]]);
            continue;
        }
        ll_scaled *scaled = ll_arena_new(m->mem, ll_scaled);
        LL_TRY(ll_scale_chips(s->study, (int64_t)o->value[p->at[i]],
                              layout.tp * layout.cp * layout.pp, m->mem, scaled, err));
        p->n_chip = scaled->n_chip;
        for (int k = 0; k < scaled->n_change; k++)
            if (!varies(s, scaled->change[k].path))
                change_add(m, scaled->change[k].path, scaled->change[k].text);
    }
    if (p->n_chip > 0) work_set(m, p, &layout);
    return LL_OK;
}

/* ---- all points ---- */

/* Hash of what makes a point another one than those before. */
static uint64_t hash_of(const ll_sweep_point *p, const ll_variant *v)
{
    uint64_t h = ll_text_hash(LL_HASH_START, &p->scaling, sizeof p->scaling);
    for (int i = 0; i < v->n_change; i++) {
        h = ll_text_hash(h, v->change[i].path, strlen(v->change[i].path) + 1);
        h = ll_text_hash(h, v->change[i].text, strlen(v->change[i].text) + 1);
    }
    return ll_mix(h);
}

/* Places of the values of point `i` of a curve. */
static void place(const ll_sweep *s, bool zip, int64_t i, ll_sweep_point *p)
{
    for (int k = s->n_over - 1; k >= 0; k--) {
        p->at[k] = zip ? i : i % s->over[k].n;
        if (!zip) i /= s->over[k].n;
    }
}

static ll_status points_make(ll_sweep *s, const ll_sweep_how *how, int64_t n_each, ll_variant *v,
                             ll_arena *mem, ll_error *err)
{
    const bool chips = varies(s, "chips");
    maker *m = ll_arena_new(mem, maker);
    m->sweep = s;
    m->mem = mem;
    ll_index_map seen;
    ll_index_map_init(&seen, mem);
    for (int scaling = chips ? LL_SCALING_WEAK : 0; scaling <= (chips ? 2 : 0); scaling++) {
        if ((scaling == LL_SCALING_WEAK && !how->weak) ||
            (scaling == LL_SCALING_STRONG && !how->strong))
            continue;
        for (int64_t i = 0; i < n_each; i++) {
            ll_sweep_point *p = &s->point[s->n];
            *p = (ll_sweep_point){.scaling = (ll_scaling)scaling};
            place(s, how->zip, i, p);
            LL_TRY(changes_make(m, p, err));
            ll_change *change = ll_arena_array(mem, m->n_change, ll_change);
            memcpy(change, m->change, (size_t)m->n_change * sizeof *change);
            v[s->n] =
                (ll_variant){.n_change = m->n_change, .change = change, .extent = how->extent};
            p->found = &v[s->n].found;
            if (ll_index_map_of(&seen, hash_of(p, &v[s->n])) == s->n)
                s->n++;
            else
                s->n_same++;
        }
    }
    return LL_OK;
}

ll_status ll_sweep_run(const ll_study *study, const ll_sweep_how *how, ll_comm *comm, ll_arena *mem,
                       ll_sweep *out, ll_error *err)
{
    *out = (ll_sweep){.study = study, .n_over = how->n_over, .over = how->over};
    LL_TRY(keys_check(study, how->n_over, how->over, how->zip, err));
    const double n = points_count(how->n_over, how->over, how);
    if (n > LL_SWEEP_MAX) return too_many(study, n, how, comm, mem, err);
    const int64_t n_curve = varies(out, "chips") ? how->weak + how->strong : 1;
    out->point = ll_arena_array(mem, (int64_t)n, ll_sweep_point);
    ll_variant *v = ll_arena_array(mem, (int64_t)n, ll_variant);
    LL_TRY(points_make(out, how, (int64_t)n / n_curve, v, mem, err));
    const ll_batch_how batch = {.name = "sweep", .store = how->store};
    return ll_variants_run(study, &batch, out->n, v, comm, err);
}
