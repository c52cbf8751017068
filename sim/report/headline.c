#include "sim/report/headline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *time_text(double t_s, ll_arena *mem)
{
    char out[64];
    ll_units_format(LL_KIND_TIME, strtod(ll_arena_printf(mem, "%.2e", t_s), NULL), out, sizeof out);
    return ll_arena_strdup(mem, out);
}

double ll_headline_corrected_chips(const ll_report *r)
{
    const double alike_s = r->standing->published.alike_s;
    return alike_s > 0 ? r->result->effective_chips * r->result->step_s / alike_s : 0;
}

/* "A chip gives 785 output tokens/s; an iteration takes 10.2 ms, 4.1 of them at the roofline." */
static const char *serving_result(const ll_report *r, ll_arena *mem)
{
    const ll_result *res = r->result;
    const ll_metric *m = ll_headline(r->study);
    const char *of = "";
    for (int i = 0; i < res->n_baseline; i++)
        if (!strcmp(res->baseline[i].name, "roofline"))
            of = ll_arena_printf(mem, ", %.0f %% of it at the roofline",
                                 100 * res->baseline[i].efficiency_frac);
    return ll_arena_printf(mem, "%s %s: %s %s; an iteration takes %s%s.",
                           ll_thousands_text(res->n_chip, mem), r->study->cluster.chip.name,
                           ll_digits_text(ll_result_metric(res, m->name), LL_HEADLINE_DIGITS, mem),
                           m->label, time_text(res->step_s, mem), of);
}

const char *ll_headline_result(const ll_report *r, ll_arena *mem)
{
    const ll_result *res = r->result;
    const char *chip = r->study->cluster.chip.name;
    const char *takes = time_text(res->step_s, mem);
    if (ll_study_serves(r->study)) return serving_result(r, mem);
    if (res->n_chip == 1)
        return ll_arena_printf(
            mem, "One %s does %.1f %% of what it could do at its peak; a step takes %s.", chip,
            100 * res->efficiency_frac, takes);
    return ll_arena_printf(
        mem, "%s %s do the work of %s chips at their peak (%.1f %%); a step takes %s.",
        ll_thousands_text(res->n_chip, mem), chip,
        ll_digits_text(res->effective_chips, LL_HEADLINE_DIGITS, mem), 100 * res->efficiency_frac,
        takes);
}

/* Index of the largest loss that is not taken, ties by their place; -1: none above 0 is left. */
static int loss_next(const ll_result *r, const bool *taken)
{
    int best = -1;
    for (int i = 0; i < r->n_loss; i++)
        if (!taken[i] && r->loss[i].chips > 0 &&
            (best < 0 || r->loss[i].chips > r->loss[best].chips))
            best = i;
    return best;
}

const char *ll_headline_losses(const ll_report *r, int n, ll_arena *mem)
{
    bool taken[LL_MAX_LOSS] = {false};
    const char *s = "";
    for (int k = 0; k < n; k++) {
        const int i = loss_next(r->result, taken);
        if (i < 0) break;
        taken[i] = true;
        const ll_loss *loss = &r->result->loss[i];
        s = ll_arena_printf(mem, "%s%s%s (%s chips, %.1f %%)", s, k ? ", " : "", loss->cause,
                            ll_digits_text(loss->chips, LL_HEADLINE_DIGITS, mem), 100 * loss->frac);
    }
    return *s ? ll_arena_printf(mem, "The largest losses are %s.", s) : "Nothing is lost.";
}

const char *ll_headline_chip_error(const ll_report *r, ll_arena *mem)
{
    const ll_published *p = &r->standing->published;
    const char *chip = r->study->cluster.chip.name;
    if (ll_study_serves(r->study))
        return "Errors of training steps do not hold for inference; `lineloss validate "
               "configs/published/serving/aggregated.csv` prints those of served requests.";
    if (ll_model_has_experts(&r->study->model))
        return ll_arena_printf(
            mem,
            "Errors of dense models on %s do not hold for a mixture of experts; `lineloss validate "
            "configs/published/experts/rows.csv` prints those of published mixtures.",
            chip);
    if (p->n_row == 0)
        return ll_arena_printf(mem, "No step on %s has been published, so the error is not known.",
                               chip);
    const bool aside = p->n_short == p->n_row || p->n_short == 0;
    const char *side = p->n_short ? "all took longer" : "all took less";
    if (!aside) side = ll_arena_printf(mem, "%lld took longer", (long long)p->n_short);
    return ll_arena_printf(
        mem, "Of %lld published steps on %s, %s than predicted; the median error is %.1f %%.",
        (long long)p->n_row, chip, side, 100 * p->median_abs_err_frac);
}

bool ll_headline_error_told(int k, const ll_report *report)
{
    const ll_study *mine = report[k].study;
    for (int before = 0; before < k; before++) {
        const ll_study *other = report[before].study;
        if (!strcmp(other->cluster.chip.name, mine->cluster.chip.name) &&
            ll_study_serves(other) == ll_study_serves(mine) &&
            (ll_study_serves(mine) ||
             ll_model_has_experts(&other->model) == ll_model_has_experts(&mine->model)))
            return true;
    }
    return false;
}

const char *ll_headline_error(const ll_report *r, ll_arena *mem)
{
    const char *known = ll_headline_chip_error(r, mem);
    const double chips = ll_headline_corrected_chips(r);
    if (!(chips > 0)) return known;
    return ll_arena_printf(
        mem, "%s Corrected by that: %s of %s chips (%.1f %%), a step of %s.", known,
        ll_digits_text(chips, LL_HEADLINE_DIGITS, mem), ll_thousands_text(r->result->n_chip, mem),
        100 * chips / r->result->n_chip, time_text(r->standing->published.alike_s, mem));
}

static const char *spread_text(const ll_report *r, ll_arena *mem)
{
    const ll_seed_spread *spread = r->spread;
    if (!spread || spread->n < 2 || !(spread->headline.max > spread->headline.min)) return "";
    return ll_arena_printf(mem, " Results of %d seeds are %.2g %% apart.", spread->n,
                           100 * (spread->headline.max - spread->headline.min) /
                               spread->headline.mean);
}

const char *ll_headline_inputs(const ll_report *r, int n, ll_arena *mem)
{
    const ll_sensitivity *inputs = r->sensitivity;
    const char *s = "";
    for (int i = 0; inputs && i < n && i < inputs->n; i++) {
        const ll_sensitivity_row *row = &inputs->row[i];
        s = ll_arena_printf(mem, "%s%s%s (%+.1f and %+.1f %%)", s, i ? ", " : "", row->entry->path,
                            100 * row->minus.effect_frac, 100 * row->plus.effect_frac);
    }
    if (*s)
        s = ll_arena_printf(
            mem, "The result depends most on %s: change of %s if that is %.0f %% less or more.", s,
            inputs->headline->label, 100 * inputs->change_frac);
    return ll_arena_printf(mem, "%s%s", s, spread_text(r, mem));
}
