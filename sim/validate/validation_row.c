#include "sim/validate/validation_row.h"

#include "sim/collective/collective.h"
#include "sim/config/shipped.h"
#include "sim/step/account.h"
#include "sim/step/price.h"
#include "sim/step/result.h"
#include "sim/step/speed.h"
#include "sim/work/evidence.h"

#include <stdio.h>
#include <string.h>

enum { MAX_SET = 64 };

static void word_copy(char *to, size_t cap, const char *from) { snprintf(to, cap, "%s", from); }

void ll_validation_param_add(ll_validation_params *all, const ll_validation_param *p)
{
    for (int i = 0; i < all->n; i++) {
        ll_validation_param *q = &all->at[i];
        if (strcmp(q->origin, p->origin) != 0 || strcmp(q->key, p->key) != 0 ||
            strcmp(q->text, p->text) != 0)
            continue;
        q->n_row += p->n_row;
        return;
    }
    LL_ASSERT(all->n < LL_VALIDATION_PARAM_MAX, "%d parameters", all->n);
    all->at[all->n++] = *p;
}

/* Collects figures about machines, but not those of the row itself: its model, layout and size. */
static void params_collect(const ll_study *s, const char *table, ll_validation_params *all,
                           ll_arena *mem)
{
    for (int i = 0; i < ll_config_n_entry(s->config); i++) {
        const ll_config_entry *e = ll_config_entry_at(s->config, i);
        const char *origin = ll_shipped_short(e->origin, mem);
        if (strncmp(e->path, "cluster.", 8) != 0 || !ll_evidence_counts(s, e)) continue;
        const bool set = !strncmp(origin, "--", 2);
        if (!strcmp(e->key->name, "size") && (set || strstr(origin, "published/"))) continue;
        if (set) origin = ll_shipped_short(table, mem);
        ll_validation_param p = {.evidence = (int32_t)e->evidence, .n_row = 1};
        word_copy(p.origin, sizeof p.origin, origin);
        word_copy(p.key, sizeof p.key, e->key->name);
        word_copy(p.text, sizeof p.text, e->text);
        word_copy(p.source, sizeof p.source, e->source);
        ll_validation_param_add(all, &p);
    }
}

/* Whether a setting is of a job or a model, which rows of collectives do not have. */
static bool of_a_job(const char *set)
{
    return !strncmp(set, "job.", 4) || !strncmp(set, "model.", 6);
}

/* Appends "a=1;b=2 | vendor: x" to the n settings. */
static int settings_add(const ll_row_job *j, const char *text, int n, const char **out,
                        ll_error *err)
{
    while (*text) {
        const size_t length = strcspn(text, ";");
        if (n == MAX_SET) {
            ll_error_set(err, LL_ERR_CONFIG, "more than %d settings", MAX_SET);
            return n;
        }
        out[n++] = ll_arena_strndup(j->mem, text, length);
        text += length + (text[length] == ';');
    }
    return n;
}

/* The settings of the row, with `other` in place of some of them, then those for all rows. */
static int settings(const ll_row_job *j, const ll_validation_row *row, const char *other,
                    const char **out, ll_error *err)
{
    int n = settings_add(j, row->set, 0, out, err);
    n = settings_add(j, other, n, out, err);
    for (int i = 0; i < j->n_set; i++)
        if (row->quantity != LL_QUANTITY_BUSBW || !of_a_job(j->set[i])) out[n++] = j->set[i];
    return n;
}

/* The path of a row's study, which is beside the table. */
static const char *row_path(const ll_row_job *j, const ll_validation_row *row, ll_arena *mem)
{
    const char *slash = strrchr(j->v->path, '/');
    return ll_arena_printf(mem, "%.*s%s.cfg", slash ? (int)(slash - j->v->path + 1) : 0, j->v->path,
                           row->study);
}

void ll_validation_row_read(const ll_row_job *j, int i, ll_comm *comm)
{
    const ll_validation_row *row = &j->v->row[i];
    const char *path = row_path(j, row, j->mem), *set[MAX_SET + 256];
    ll_error *err = ll_arena_new(j->mem, ll_error);
    for (int k = 0; k <= row->n_other && ll_validation_modelled(row); k++) {
        ll_row_reading *r = &j->read[i][k];
        ll_error_init(err);
        const int n = settings(j, row, k ? row->other[k - 1] : "", set, err);
        if (err->status == LL_OK) ll_source_read(path, n, set, comm, j->mem, &r->source, err);
        if (err->status != LL_OK)
            r->why = ll_arena_strndup(j->mem, err->text, strcspn(err->text, "\n"));
    }
}

/* Makes the study of a row from what was read, with its settings and perhaps more. */
static ll_status row_study(const ll_row_reading *read, const ll_study_source *from,
                           const ll_row_job *j, ll_study *out, ll_error *err)
{
    if (read->why) return ll_error_set(err, LL_ERR_CONFIG, "%s", read->why);
    return ll_study_parse(from, read->source, j->mem, out, err);
}

/* busbw COLLECTIVE SIZE: the time of the collective among all chips. */
static ll_status collective_predict(const ll_study *s, const ll_validation_row *row,
                                    const ll_row_job *j, ll_validation_outcome *out, ll_error *err)
{
    const char *word = row->quantity_text + strlen("busbw ");
    const size_t length = strcspn(word, " ");
    ll_group group = {.n_chip = s->cluster.topo->n_chip, .n_digit = 1, .stride = {1}};
    ll_request request = {.algorithm = LL_ALGORITHM_AUTO};
    ll_plan *plan = ll_arena_new(j->mem, ll_plan);
    ll_cost cost;
    char why[256];
    int c = 0;
    while (c < LL_N_OF_BYTES &&
           (strncmp(word, ll_collective_names[c], length) != 0 || ll_collective_names[c][length]))
        c++;
    if (c == LL_N_OF_BYTES || !word[length] ||
        ll_units_parse(LL_KIND_SIZE, word + length + 1, &request.size_B, why, sizeof why) != LL_OK)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "quantity = '%s': expected busbw COLLECTIVE SIZE, such as busbw "
                            "all_reduce 16 MiB",
                            row->quantity_text);
    group.size[0] = group.n_chip;
    request.collective = (ll_collective)c;
    request.group = group;
    LL_TRY(ll_collective_choose(&s->cluster, &request, j->mem, plan, err));
    LL_TRY(ll_collective_time(s, plan, j->alone, j->mem, &cost, err));
    out->predicted = cost.total_s;
    out->measured = request.size_B * ll_collective_bus_factor(request.collective, group.n_chip) /
                    (row->measured * 1e9);
    word_copy(out->family, sizeof out->family, "collective");
    return LL_OK;
}

/* Mean over draws of the jitter: a single draw moves the loss of a series by a point. */
static ll_status mean_step(const ll_study *s, const ll_row_job *j, double *step_s, ll_error *err)
{
    ll_study drawn = *s;
    ll_pricer *pricer = NULL;
    ll_ladder ladder;
    ll_status status = ll_pricer_create(&drawn, j->alone, j->mem, &pricer, err);
    if (status == LL_OK) status = ll_ladder_make(&drawn, pricer, j->alone, j->mem, &ladder, err);
    *step_s = 0;
    for (int i = 0; i < LL_VALIDATION_DRAWS && status == LL_OK; i++) {
        drawn.seed = s->seed + i;
        *step_s += ll_ladder_time(&ladder, 0, -1) / LL_VALIDATION_DRAWS;
    }
    ll_pricer_destroy(pricer);
    return status;
}

/* The time of a step that follows from the published figure. */
static double published_s(const ll_study *s, const ll_validation_row *row)
{
    const double chips = (double)s->cluster.topo->n_chip;
    if (row->quantity == LL_QUANTITY_STEP) return row->measured;
    if (row->quantity == LL_QUANTITY_TOKENS)
        return (double)(s->layout.global_batch * s->layout.seq) / (row->measured * chips);
    return ll_validation_work_flop(s, (ll_quantity)row->quantity) / (row->measured * 1e12 * chips);
}

static ll_status step_predict(const ll_study *s, const ll_validation_row *row, const ll_row_job *j,
                              ll_validation_outcome *out, ll_error *err)
{
    ll_result *result = ll_arena_new(j->mem, ll_result);
    LL_TRY(ll_run(s, j->alone, j->mem, result, err));
    if (!result->valid) return ll_error_set(err, LL_ERR_RUN, "the result is INVALID");
    LL_TRY(mean_step(s, j, &out->predicted, err));
    out->measured = published_s(s, row);
    out->work_flop = ll_validation_work_flop(s, LL_QUANTITY_CAUSAL);
    word_copy(out->family, sizeof out->family, ll_validation_family(s));
    return LL_OK;
}

/* figure NAME: the inverse of a rate of the workload, such as tokens_per_s_per_chip of `serve`, by
 * the study's own engine: flows of several chips meet on a NIC. */
static ll_status figure_predict(const ll_study *s, const ll_validation_row *row,
                                const ll_row_job *j, ll_validation_outcome *out, ll_error *err)
{
    const char *name = row->quantity_text + strlen("figure ");
    ll_speed *speed = ll_arena_new(j->mem, ll_speed);
    int i = 0;
    while (s->workload->metric[i].name && strcmp(s->workload->metric[i].name, name) != 0)
        i++;
    if (!s->workload->metric[i].name)
        return ll_error_set(err, LL_ERR_CONFIG, "quantity = '%s': %s reports no such figure",
                            row->quantity_text, s->workload->name);
    ll_study even = *s; /* without jitter */
    even.cluster.jitter = (ll_jitter){0};
    LL_TRY(ll_speed_run(&even, NULL, LL_SPEED_MAX_CHIP, j->alone, j->mem, speed, err));
    out->predicted = 1 / speed->value[i];
    out->measured = 1 / row->measured;
    word_copy(out->family, sizeof out->family, s->workload->name);
    return LL_OK;
}

/* Predicts the row with the k-th of the settings that its source leaves open. */
static ll_status other_predict(const ll_validation_row *row, const ll_row_job *j, const char *path,
                               const ll_row_reading *read, int k, ll_validation_outcome *out,
                               ll_error *err)
{
    const char *set[MAX_SET + 256];
    ll_study *s = ll_arena_new(j->mem, ll_study);
    const int n = settings(j, row, row->other[k], set, err);
    LL_TRY(err->status);
    LL_TRY(row_study(&read[1 + k], &(ll_study_source){path, n, set, LL_STUDY_WHOLE}, j, s, err));
    out->other_measured[k] = published_s(s, row);
    return mean_step(s, j, &out->other_predicted[k], err);
}

/* Predicts it with each of them. An error names the setting. */
static ll_status others_predict(const ll_validation_row *row, const ll_row_job *j, const char *path,
                                const ll_row_reading *read, ll_validation_outcome *out,
                                ll_error *err)
{
    for (int k = 0; k < row->n_other; k++) {
        if (other_predict(row, j, path, read, k, out, err) == LL_OK) continue;
        const ll_status status = err->status;
        const char *why = ll_arena_printf(j->mem, "%s", err->text);
        ll_error_init(err);
        return ll_error_set(err, status, "otherwise %s: %s", row->other[k], why);
    }
    return LL_OK;
}

/* One pass of a chunk through both ends of a model of so many layers. */
static ll_status pass_predict(const ll_row_job *j, const ll_row_reading *read,
                              const ll_study_source *from, const char *layers, double out_s[2],
                              ll_error *err)
{
    const char **set = ll_arena_array(j->mem, from->n_set + 1, const char *);
    for (int i = 0; i < from->n_set; i++)
        set[i] = from->set[i];
    set[from->n_set] = layers;
    ll_study_source with_layers = *from;
    with_layers.n_set++;
    with_layers.set = set;
    ll_study *s = ll_arena_new(j->mem, ll_study);
    ll_pricer *pricer = NULL;
    ll_ladder ladder;
    LL_TRY(row_study(read, &with_layers, j, s, err));
    ll_status status = ll_pricer_create(s, j->alone, j->mem, &pricer, err);
    if (status == LL_OK) status = ll_ladder_make(s, pricer, j->alone, j->mem, &ladder, err);
    if (status == LL_OK) ll_ladder_chunk_s(&ladder, 0, &out_s[0], &out_s[1]);
    ll_pricer_destroy(pricer);
    return status;
}

/* The time of a layer is the difference between models of two layers and of one. */
static ll_status layer_predict(const ll_validation_row *row, const ll_row_job *j,
                               const ll_row_reading *read, const ll_study_source *from,
                               ll_validation_outcome *out, ll_error *err)
{
    const bool backward = row->quantity == LL_QUANTITY_LAYER_BACKWARD;
    double one_s[2], two_s[2];
    LL_TRY(pass_predict(j, read, from, "model.layers=1", one_s, err));
    LL_TRY(pass_predict(j, read, from, "model.layers=2", two_s, err));
    out->measured = row->measured / 1e3;
    out->predicted = two_s[backward] - one_s[backward];
    return LL_OK;
}

static void describe(const ll_study *s, ll_validation_outcome *out)
{
    word_copy(out->chip, sizeof out->chip, s->cluster.chip.name);
    word_copy(out->precision, sizeof out->precision, ll_precision_names[s->layout.precision]);
    word_copy(out->engine, sizeof out->engine, s->engine->name);
    out->config_hash = ll_config_hash(s->config);
    out->seed = s->seed;
    out->n_chip = s->cluster.topo->n_chip;
    out->tp = s->layout.tp;
    out->cp = s->layout.cp;
    out->pp = s->layout.pp;
    out->seq = s->layout.seq;
    out->memory_B = s->memory.total_B;
    out->capacity_B = s->memory.capacity_B;
}

static ll_status row_predict(const ll_row_job *j, const ll_validation_row *row,
                             ll_validation_outcome *out, ll_validation_params *all, ll_error *err)
{
    const bool collective = row->quantity == LL_QUANTITY_BUSBW;
    const char *set[MAX_SET + 257];
    const ll_row_reading *read = j->read[row - j->v->row];
    const char *path = row_path(j, row, j->mem);
    ll_study *s = ll_arena_new(j->mem, ll_study);
    LL_ASSERT(j->n_set <= 256, "%d settings", j->n_set);
    const int n = settings(j, row, "", set, err);
    LL_TRY(err->status);
    const ll_study_source from = {path, n, set, collective ? LL_STUDY_CLUSTER : LL_STUDY_WHOLE};
    const ll_status status = row_study(&read[0], &from, j, s, err);
    const bool full = !collective && s->memory.total_B > s->memory.capacity_B && err->n_line == 1;
    if (status == LL_OK || full) describe(s, out);
    if (row->quantity == LL_QUANTITY_FITS && (status == LL_OK || full)) {
        out->measured = row->measured;
        out->predicted = full ? 0 : 1;
        ll_error_init(err);
        return LL_OK;
    }
    if (full) out->state = LL_VALIDATION_MISFIT;
    LL_TRY(status);
    if (row->quantity == LL_QUANTITY_LAYER_FORWARD || row->quantity == LL_QUANTITY_LAYER_BACKWARD)
        return layer_predict(row, j, read, &from, out, err);
    if (row->quantity == LL_QUANTITY_ACTIVATIONS) {
        out->measured = 1e9 * row->measured;
        out->predicted = ll_memory_part_B(&s->memory, "activations");
        return LL_OK;
    }
    LL_TRY(collective                            ? collective_predict(s, row, j, out, err)
           : row->quantity == LL_QUANTITY_FIGURE ? figure_predict(s, row, j, out, err)
                                                 : step_predict(s, row, j, out, err));
    params_collect(s, j->v->path, all, j->mem);
    return others_predict(row, j, path, read, out, err);
}

void ll_validation_row_run(const ll_row_job *j, int i, ll_validation_outcome *out,
                           ll_validation_params *all)
{
    const ll_validation_row *row = &j->v->row[i];
    *out = (ll_validation_outcome){.i_row = i};
    if (!ll_validation_modelled(row)) {
        out->state = LL_VALIDATION_NOT_MODELLED;
        return;
    }
    ll_error *err = ll_arena_new(j->mem, ll_error);
    ll_error_init(err);
    if (row_predict(j, row, out, all, err) == LL_OK) return;
    if (out->state == LL_VALIDATION_MISFIT) {
        snprintf(out->reason, sizeof out->reason, "does not fit: %.1f GB missing",
                 (out->memory_B - out->capacity_B) / 1e9);
        return;
    }
    out->state = LL_VALIDATION_FAILED;
    snprintf(out->reason, sizeof out->reason, "%.*s", (int)strcspn(err->text, "\n"), err->text);
}
