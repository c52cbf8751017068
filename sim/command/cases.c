#include "sim/command/cases.h"

#include "sim/comm/progress.h"
#include "sim/report/stored.h"
#include "sim/validate/standing.h"

#include <string.h>

static void cases_make(int n, ll_arena *mem, ll_cases *out)
{
    *out = (ll_cases){.n = n,
                      .study = ll_arena_array(mem, n, ll_study),
                      .result = ll_arena_array(mem, n, ll_result),
                      .report = ll_arena_array(mem, n, ll_report),
                      .standing = ll_arena_array(mem, n, ll_standing *),
                      .label = ll_arena_array(mem, n, const char *)};
}

/* A label that distinguishes study k from another one of the same name: its settings, the name of
 * its result file, or its path. */
static const char *told_apart(const char *label, const char *path, const ll_settings *settings,
                              ll_arena *mem)
{
    if (*settings->own) return ll_arena_printf(mem, "%s %s", label, settings->own);
    if (!ll_stored_is(path)) return path;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return ll_arena_strndup(mem, name, strlen(name) - strlen(".json"));
}

/* The label of study k: its name. Of several studies with the same name, the first without settings
 * keeps it. */
static const char *label_of(const ll_cases *c, const char *const *name, const ll_settings *settings,
                            int k, ll_arena *mem)
{
    const char *label = c->study[k].name;
    for (int i = 0; i < c->n; i++)
        if (i != k && !strcmp(c->study[i].name, label) &&
            (i < k || *settings[k].own || ll_stored_is(name[k])))
            return told_apart(label, name[k], &settings[k], mem);
    return label;
}

/* A result that was computed before: nothing can be set in it. */
static ll_status stored_load(const char *path, const ll_settings *settings, int k, ll_comm *comm,
                             ll_arena *mem, ll_cases *out, ll_error *err)
{
    if (settings->n_set)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s is a result, in which nothing can be set; name the study instead",
                            path);
    out->standing[k] = ll_arena_new(mem, ll_standing);
    return ll_stored_read(path, comm, mem, &out->study[k], &out->result[k], out->standing[k], err);
}

ll_status ll_cases_load(int n, const char *const *name, const ll_settings *settings, ll_comm *comm,
                        ll_arena *mem, ll_cases *out, ll_error *err)
{
    cases_make(n, mem, out);
    for (int k = 0; k < n; k++) {
        const ll_settings *s = &settings[k];
        if (ll_stored_is(name[k])) {
            LL_TRY(stored_load(name[k], s, k, comm, mem, out, err));
            continue;
        }
        const ll_study_source from = {name[k], s->n_set, s->set, LL_STUDY_WHOLE};
        LL_TRY(ll_study_load(&from, comm, mem, &out->study[k], err));
    }
    for (int k = 0; k < n; k++)
        out->label[k] = label_of(out, name, settings, k, mem);
    return LL_OK;
}

void ll_cases_of(const ll_study *study, ll_arena *mem, ll_cases *out)
{
    cases_make(1, mem, out);
    out->study[0] = *study;
    out->label[0] = study->name;
}

/* Runs study k. Of several, the name of the study precedes its progress. */
static ll_status case_run(ll_cases *c, int k, const ll_engine_list *beside, ll_comm *comm,
                          ll_arena *mem, ll_error *err)
{
    ll_progress title;
    ll_timeline *timeline = c->watched ? ll_arena_new(mem, ll_timeline) : NULL;
    const char *name = ll_arena_printf(mem, "study %d of %d, %s", k + 1, c->n, c->label[k]);
    if (c->n > 1) ll_progress_begin(&title, comm, name, "", 0);
    ll_status status = ll_run_watched(&c->study[k], comm, mem, &c->result[k], timeline, err);
    c->report[k].timeline = timeline;
    if (status == LL_OK)
        status = ll_beside_run(&c->study[k], beside, comm, mem, &c->result[k], err);
    if (c->n > 1) ll_progress_end(&title);
    return status;
}

ll_status ll_cases_run(ll_cases *c, const ll_engine_list *beside, ll_comm *comm, ll_arena *mem,
                       bool *valid, ll_error *err)
{
    const ll_record *record = ll_standing_record(comm, mem);
    *valid = true;
    for (int k = 0; k < c->n; k++) {
        const ll_standing *standing = c->standing[k];
        if (!standing) {
            LL_TRY(case_run(c, k, beside, comm, mem, err));
            standing = ll_standing_of(record, &c->study[k], &c->result[k], mem);
        }
        ll_seed_spread *spread = ll_arena_new(mem, ll_seed_spread);
        LL_TRY(ll_seed_spread_find(&c->study[k], LL_CASES_SEEDS, comm, mem, spread, err));
        c->report[k] = (ll_report){.study = &c->study[k],
                                   .result = &c->result[k],
                                   .label = c->label[k],
                                   .standing = standing,
                                   .spread = spread,
                                   .timeline = c->report[k].timeline};
        *valid = *valid && c->result[k].valid;
    }
    return LL_OK;
}

ll_status ll_cases_effects(ll_cases *c, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    for (int k = 1; k < c->n; k++)
        if (c->study[k].workload != c->study[0].workload) return LL_OK; /* of what would they be? */
    ll_effects *effects = ll_arena_new(mem, ll_effects);
    LL_TRY(ll_effects_find(c->n, c->study, comm, mem, effects, err));
    c->effects = effects;
    return LL_OK;
}

ll_status ll_cases_columns(ll_cases *c, const char *names, ll_format format, ll_arena *mem,
                           ll_error *err)
{
    const ll_table *all = format == LL_FORMAT_CSV ? ll_report_tidy(c->n, c->report, mem)
                                                  : ll_comparison_all(c->n, c->report, mem);
    ll_table *chosen;
    LL_TRY(ll_table_select(all, "--columns", names, &chosen, err));
    *(format == LL_FORMAT_CSV ? &c->chosen_csv : &c->chosen) = chosen;
    return LL_OK;
}

void ll_cases_pick(const ll_cases *all, int n, const int *index, ll_arena *mem, ll_cases *out)
{
    cases_make(n, mem, out);
    for (int k = 0; k < n; k++) {
        out->study[k] = all->study[index[k]];
        out->result[k] = all->result[index[k]];
        out->label[k] = all->label[index[k]];
        out->report[k] = all->report[index[k]];
        out->report[k].study = &out->study[k];
        out->report[k].result = &out->result[k];
    }
}

uint64_t ll_cases_hash(const ll_cases *c)
{
    uint64_t hash = LL_HASH_START;
    for (int k = 0; k < c->n; k++) {
        const uint64_t one = ll_config_hash(c->study[k].config);
        hash = ll_text_hash(hash, &one, sizeof one);
    }
    return hash;
}
