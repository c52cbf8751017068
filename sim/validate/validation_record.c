#include "sim/validate/validation_record.h"

#include "sim/base/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADING                                                                                \
    "scope,name,rows,median_abs_err,p90_abs_err,worst,share_positive,max_chips,max_tp,max_cp," \
    "max_pp,max_sequence,precisions"

void ll_record_write(const ll_validation *v, ll_text *out)
{
    ll_text_add(
        out,
        "# Errors that scripts/validate found: written by `scripts/validate --record`, read by\n"
        "# `--check` (ctest -L validation) and by `run` and `compare`. Errors in percent.\n" HEADING
        "\n");
    for (int i = 0; i < v->n_stats; i++) {
        const ll_validation_stats *s = &v->stats[i];
        ll_text_add(out, "%s,%s,%d,%.2f,%.2f,%.2f,%.3f,%lld,%lld,%lld,%lld,%lld,%s\n", s->scope,
                    s->name, s->n, s->median_abs_err, s->p90_abs_err, s->worst, s->share_positive,
                    (long long)s->max_chip, (long long)s->max_tp, (long long)s->max_cp,
                    (long long)s->max_pp, (long long)s->max_seq, s->precisions);
    }
}

const char *ll_record_path(const char *table, ll_arena *mem)
{
    const char *slash = strrchr(table, '/');
    return ll_arena_printf(mem, "%.*srecorded.csv", slash ? (int)(slash - table + 1) : 0, table);
}

ll_status ll_record_read(const char *path, ll_comm *comm, ll_arena *mem, ll_record *out,
                         ll_error *err)
{
    const char *bytes;
    size_t n;
    ll_csv csv;
    *out = (ll_record){0};
    LL_TRY(ll_source_file(path, "a table of errors", comm, mem, &bytes, &n, err));
    LL_TRY(ll_csv_parse(path, bytes, n, mem, &csv, err));
    if (csv.n_column != 13)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: expected the columns %s", path, HEADING);
    ll_validation_stats *stats = ll_arena_array(mem, csv.n_row, ll_validation_stats);
    for (int i = 0; i < csv.n_row; i++) {
        const char *const *cell = csv.cell + (size_t)i * 13;
        stats[i] = (ll_validation_stats){.scope = cell[0],
                                         .name = cell[1],
                                         .n = (int)strtol(cell[2], NULL, 10),
                                         .median_abs_err = strtod(cell[3], NULL),
                                         .p90_abs_err = strtod(cell[4], NULL),
                                         .worst = strtod(cell[5], NULL),
                                         .share_positive = strtod(cell[6], NULL),
                                         .max_chip = strtoll(cell[7], NULL, 10),
                                         .max_tp = strtoll(cell[8], NULL, 10),
                                         .max_cp = strtoll(cell[9], NULL, 10),
                                         .max_pp = strtoll(cell[10], NULL, 10),
                                         .max_seq = strtoll(cell[11], NULL, 10),
                                         .precisions = cell[12],
                                         .worst_row = ""};
    }
    out->n = csv.n_row;
    out->stats = stats;
    return LL_OK;
}

static const ll_validation_stats *find(int n, const ll_validation_stats *stats, const char *scope,
                                       const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(stats[i].scope, scope) && (!name || !strcmp(stats[i].name, name)))
            return &stats[i];
    return NULL;
}

const ll_validation_stats *ll_record_chip(const ll_record *recorded, const char *chip)
{
    return find(recorded->n, recorded->stats, "chip", chip);
}

int ll_record_compare(const ll_record *recorded, const ll_validation *v, ll_arena *mem,
                      const char **out)
{
    const double slack = 0.1; /* points: rounding, and the tolerance of the solver */
    int n = 0;
    for (int i = 0; i < recorded->n; i++) {
        const ll_validation_stats *was = &recorded->stats[i];
        const ll_validation_stats *now = find(v->n_stats, v->stats, was->scope, was->name);
        const char *what = ll_arena_printf(mem, "%s %s", was->scope, was->name);
        if (!strcmp(was->scope, "family")) continue; /* the same rows, grouped otherwise */
        if (!now || now->n < was->n)
            out[n++] = ll_arena_printf(mem, "%s: %d rows were recorded, now there are %d", what,
                                       was->n, now ? now->n : 0);
        if (now && now->median_abs_err > was->median_abs_err + slack)
            out[n++] = ll_arena_printf(mem, "%s: median error %.2f %%, recorded %.2f %%", what,
                                       now->median_abs_err, was->median_abs_err);
        if (now && now->p90_abs_err > was->p90_abs_err + slack)
            out[n++] = ll_arena_printf(mem, "%s: P90 of the error %.2f %%, recorded %.2f %%", what,
                                       now->p90_abs_err, was->p90_abs_err);
    }
    for (int i = 0; i < v->n_stats; i++)
        if (!strcmp(v->stats[i].scope, "chip") && !ll_record_chip(recorded, v->stats[i].name))
            out[n++] = ll_arena_printf(mem, "chip %s: not recorded yet", v->stats[i].name);
    return n;
}

/* Adds "tp 64: validated to 16" if the study is beyond the largest value. */
static void beyond(const char *what, int64_t mine, int64_t max, ll_arena *mem, const char **out,
                   int *n)
{
    if (mine > max)
        out[(*n)++] = ll_arena_printf(mem, "%s %lld: validated to %lld", what, (long long)mine,
                                      (long long)max);
}

int ll_record_outside(const ll_record *recorded, const ll_study *study, ll_arena *mem,
                      const char **out)
{
    const ll_layout *layout = &study->layout;
    if (ll_study_serves(study)) {
        *out = "inference: all published steps that are recorded are of training";
        return 1;
    }
    const ll_validation_stats *all = find(recorded->n, recorded->stats, "all", NULL);
    const ll_validation_stats *chip = ll_record_chip(recorded, study->cluster.chip.name);
    const char *family = ll_validation_family(study);
    const char *precision = ll_precision_names[layout->precision];
    int n = 0;
    if (!chip)
        out[n++] = ll_arena_printf(mem, "chip %s: no published step", study->cluster.chip.name);
    else if (!strstr(chip->precisions, precision))
        out[n++] = ll_arena_printf(mem, "precision %s on %s: no published step", precision,
                                   study->cluster.chip.name);
    if (!find(recorded->n, recorded->stats, "family", family))
        out[n++] = ll_arena_printf(mem, "layouts of the family %s: no published step", family);
    if (ll_model_has_experts(&study->model))
        out[n++] = "mixture of experts: all published steps that count are of dense models";
    if (layout->pp > 1 && layout->schedule != &ll_schedule_one_f_one_b)
        out[n++] = ll_arena_printf(mem, "schedule %s: all published steps are of 1f1b",
                                   layout->schedule->name);
    const ll_validation_stats *scale = chip ? chip : all;
    if (!scale) return n;
    beyond("chips", study->cluster.topo->n_chip, scale->max_chip, mem, out, &n);
    beyond("tp", layout->tp, all->max_tp, mem, out, &n);
    beyond("cp", layout->cp, all->max_cp, mem, out, &n);
    beyond("pp", layout->pp, all->max_pp, mem, out, &n);
    beyond("sequence", layout->seq, all->max_seq, mem, out, &n);
    return n;
}
