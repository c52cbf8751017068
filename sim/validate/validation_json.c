/* A validation as one JSON object. */
#include "sim/print/json.h"
#include "sim/validate/validation_params.h"
#include "sim/validate/validation_report.h"
#include "sim/version.h"

#include <string.h>

static void row_json(const ll_validation *v, int i, ll_json *j)
{
    const ll_validation_row *r = &v->row[i];
    const ll_validation_outcome *o = &v->outcome[i];
    const bool timed = strcmp(r->group, "memory") != 0;
    ll_json_open(j, NULL, '{');
    ll_json_string(j, "id", r->id);
    ll_json_string(j, "study", r->study);
    ll_json_string(j, "what", r->what);
    ll_json_string(j, "group", r->group);
    ll_json_string(j, "series", r->series);
    ll_json_string(j, "set", r->set);
    ll_json_string(j, "state", ll_validation_state_names[o->state]);
    ll_json_string(j, "reason", o->reason);
    ll_json_string(j, "family", o->family);
    ll_json_string(j, "chip", o->chip);
    ll_json_integer(j, "chips", o->n_chip);
    ll_json_string(j, "precision", o->precision);
    ll_json_string(j, "quantity", r->quantity_text);
    ll_json_number(j, "published", r->measured);
    if (timed && o->state == LL_VALIDATION_OK) {
        ll_json_number(j, "measured_s", o->measured);
        ll_json_number(j, "predicted_s", o->predicted);
        ll_json_number(j, "error_pct", ll_validation_error(o));
    } else if (o->state == LL_VALIDATION_OK) {
        ll_json_number(j, "predicted",
                       r->quantity == LL_QUANTITY_FITS ? o->predicted : o->predicted / 1e9);
    }
    ll_json_number(j, "band_pct", 100 * r->band_frac);
    ll_json_number(j, "memory_B", o->memory_B);
    ll_json_string(j, "assumed", r->assumed);
    ll_json_open(j, "otherwise", '[');
    for (int k = 0; k < r->n_other && o->state == LL_VALIDATION_OK; k++) {
        ll_json_open(j, NULL, '{');
        ll_json_string(j, "set", r->other[k]);
        ll_json_number(j, "predicted_s", o->other_predicted[k]);
        ll_json_number(j, "error_pct", ll_validation_other_error(o, k));
        ll_json_close(j);
    }
    ll_json_close(j);
    ll_json_string(j, "cause", ll_validation_cause(v, i));
    ll_json_string(j, "source", r->source);
    ll_json_close(j);
}

static void stats_json(const ll_validation_stats *s, ll_json *j)
{
    ll_json_number(j, "median_abs_err", s->median_abs_err);
    ll_json_number(j, "p90_abs_err", s->p90_abs_err);
    ll_json_number(j, "worst", s->worst);
    ll_json_string(j, "worst_row", s->worst_row);
    ll_json_number(j, "mean_err", s->mean_err);
    ll_json_number(j, "share_positive", s->share_positive);
    ll_json_number(j, "share_in_band", s->share_in_band);
}

/* Between the best and the worst of what sources leave open. */
static void otherwise_json(const ll_validation_stats *s, ll_json *j)
{
    ll_json_open(j, "left_open", '{');
    ll_json_integer(j, "rows", s->n_open);
    ll_json_number(j, "median_abs_err_best", s->median_best);
    ll_json_number(j, "median_abs_err_worst", s->median_worst);
    ll_json_number(j, "p90_abs_err_best", s->p90_best);
    ll_json_number(j, "p90_abs_err_worst", s->p90_worst);
    ll_json_close(j);
}

/* {"name": {"rows": n, "median_abs_err": ...}, ...} of one scope. */
static void scope_json(const ll_validation *v, const char *key, const char *scope, ll_json *j)
{
    ll_json_open(j, key, '{');
    for (int i = 0; i < v->n_stats; i++) {
        if (strcmp(v->stats[i].scope, scope) != 0) continue;
        ll_json_open(j, v->stats[i].name, '{');
        ll_json_integer(j, "rows", v->stats[i].n);
        stats_json(&v->stats[i], j);
        ll_json_close(j);
    }
    ll_json_close(j);
}

static void series_json(const ll_validation *v, ll_json *j)
{
    ll_json_open(j, "series", '[');
    for (int i = 0; i < v->n_series; i++) {
        const ll_validation_series *s = &v->series[i];
        ll_json_open(j, NULL, '{');
        ll_json_string(j, "name", s->name);
        ll_json_string(j, "chip", s->chip);
        ll_json_integer(j, "runs", s->n);
        ll_json_integer(j, "from_chips", s->from_chip);
        ll_json_integer(j, "to_chips", s->to_chip);
        ll_json_number(j, "measured_loss_pct", s->measured_loss);
        ll_json_number(j, "predicted_loss_pct", s->predicted_loss);
        ll_json_number(j, "error_points", s->predicted_loss - s->measured_loss);
        ll_json_open(j, "otherwise", '[');
        for (int k = 0; k < s->n_other; k++) {
            ll_json_open(j, NULL, '{');
            ll_json_string(j, "set", s->other[k]);
            ll_json_number(j, "predicted_loss_pct", s->other_loss[k]);
            ll_json_close(j);
        }
        ll_json_close(j);
        ll_json_close(j);
    }
    ll_json_close(j);
}

void ll_validation_json(const ll_validation *v, const char *date, ll_text *out)
{
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_json_integer(&j, "schema_version", 2);
    ll_json_string(&j, "note",
                   "errors in percent of the measured time; counted rows: one per id of group "
                   "open20, all rows if there are none; by_family and by_chip: all rows");
    ll_json_string(&j, "date", date);
    ll_json_string(&j, "version", ll_version());
    ll_json_string(&j, "git", ll_git());
    ll_json_integer(&j, "counted", v->stats[0].n);
    stats_json(&v->stats[0], &j);
    otherwise_json(&v->stats[0], &j);
    scope_json(v, "all", "all", &j);
    scope_json(v, "by_family", "family", &j);
    scope_json(v, "by_chip", "chip", &j);
    series_json(v, &j);
    ll_validation_param_json(v, &j);
    ll_json_open(&j, "rows", '[');
    for (int i = 0; i < v->n_row; i++)
        row_json(v, i, &j);
    ll_json_close(&j);
    ll_json_close(&j);
}
