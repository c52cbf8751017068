#include "sim/step/sensitivity.h"

#include "sim/step/over.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const ll_closed_leaves_out = "by engine closed: changes of contention are left out";

static const double CHANGE_FRAC = 0.1;

typedef enum varies { NO_FIGURE, ZERO, WHOLE, VARIES } varies;

static varies varies_of(const ll_config_entry *e)
{
    if (e->kind > LL_KIND_POWER || !(e->key->flags & LL_KEY_FACT)) return NO_FIGURE;
    if (e->kind == LL_KIND_COUNT) return WHOLE;
    return e->value > 0 || e->value < 0 ? VARIES : ZERO;
}

static ll_side side_of(const ll_config_entry *e, double factor)
{
    const double want = e->value * factor;
    const double value = fmax(e->key->min, fmin(want, e->key->max));
    return (ll_side){.value = value, .clipped = value < want || value > want};
}

static bool is_jitter(const ll_config_entry *e)
{
    static const char group[] = "cluster.jitter.";
    return !strncmp(e->path, group, strlen(group));
}

/* The variant of one side. A figure of jitter is compared with a run that has jitter. */
static ll_variant variant_of(const ll_config_entry *e, const ll_side *side, ll_arena *mem)
{
    ll_change *change = ll_arena_new(mem, ll_change);
    *change = (ll_change){.path = e->path, .text = ll_typed(e->kind, side->value, mem)};
    return (ll_variant){.n_change = 1,
                        .change = change,
                        .extent = is_jitter(e) ? LL_EXTENT_JITTER : LL_EXTENT_EVEN};
}

static void side_fill(ll_side *side, const ll_variant *v, const ll_speed *base, ll_arena *mem)
{
    if (*v->found.why)
        side->why = ll_arena_strdup(mem, v->found.why);
    else
        side->effect_frac = v->found.speed.headline / base->headline - 1;
}

/* A row for each figure that can be varied; counts the others. */
static int rows_begin(const ll_study *study, ll_sensitivity *out)
{
    int n = 0;
    for (int i = 0; i < ll_config_n_entry(study->config); i++) {
        const ll_config_entry *e = ll_config_entry_at(study->config, i);
        const varies kind = varies_of(e);
        out->n_zero += kind == ZERO;
        out->n_whole += kind == WHOLE;
        if (kind != VARIES) continue;
        out->row[n++] = (ll_sensitivity_row){
            .entry = e, .minus = side_of(e, 1 - CHANGE_FRAC), .plus = side_of(e, 1 + CHANGE_FRAC)};
    }
    return n;
}

static int by_effect(const void *a, const void *b)
{
    const ll_sensitivity_row *x = a, *y = b;
    if (x->effect_frac > y->effect_frac) return -1;
    if (x->effect_frac < y->effect_frac) return 1;
    return strcmp(x->entry->path, y->entry->path);
}

/* Fills the effects of all rows, drops rows without effect, and sorts the rest. */
static void rows_finish(const ll_variant *v, const ll_speed *jittered, ll_arena *mem,
                        ll_sensitivity *out)
{
    for (int i = 0; i < out->n_tried; i++, v += 2) {
        ll_sensitivity_row row = out->row[i];
        const ll_speed *base = v->extent == LL_EXTENT_JITTER ? jittered : &out->base;
        side_fill(&row.minus, &v[0], base, mem);
        side_fill(&row.plus, &v[1], base, mem);
        row.effect_frac = fmax(fabs(row.minus.effect_frac), fabs(row.plus.effect_frac));
        if (row.effect_frac > 0 || row.minus.why || row.plus.why) out->row[out->n++] = row;
    }
    qsort(out->row, (size_t)out->n, sizeof *out->row, by_effect);
}

/* The study as searches run it, with its speed, if it can be run so; else the study itself. */
static const ll_study *quick_of(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_speed *base)
{
    ll_study *other = ll_arena_new(mem, ll_study);
    ll_error *err = ll_arena_new(mem, ll_error);
    ll_error_init(err);
    ll_change *change = ll_arena_new(mem, ll_change);
    if (!ll_quick_change(study, mem, change)) return study;
    if (ll_study_vary(study, 1, change, mem, other, err) != LL_OK ||
        ll_speed_find(other, false, comm, mem, base, err) != LL_OK || !(base->headline > 0))
        return study;
    return other;
}

ll_status ll_sensitivity_find(const ll_study *study, ll_comm *comm, ll_arena *mem,
                              ll_sensitivity *out, ll_error *err)
{
    const int n_entry = ll_config_n_entry(study->config);
    ll_speed jittered;
    *out = (ll_sensitivity){.change_frac = CHANGE_FRAC,
                            .headline = ll_headline(study),
                            .row = ll_arena_array(mem, n_entry, ll_sensitivity_row)};
    out->n_tried = rows_begin(study, out);
    study = quick_of(study, comm, mem, &out->base);
    LL_TRY(ll_speed_find(study, false, comm, mem, &out->base, err));
    LL_TRY(ll_speed_find(study, true, comm, mem, &jittered, err));
    ll_variant *v = ll_arena_array(mem, 2 * out->n_tried, ll_variant);
    int n = 0;
    for (int i = 0; i < out->n_tried; i++) {
        v[n++] = variant_of(out->row[i].entry, &out->row[i].minus, mem);
        v[n++] = variant_of(out->row[i].entry, &out->row[i].plus, mem);
    }
    ll_variants_run(study, &(ll_batch_how){.name = "varying figures"}, n, v, comm, err);
    rows_finish(v, &jittered, mem, out);
    return LL_OK;
}
