#include "sim/report/answer.h"

#include "sim/print/paragraph.h"
#include "sim/report/cause_group.h"
#include "sim/report/headline.h"

#include <math.h>

enum { WIDTH = 80, BAR = 24 };

const char *const ll_answer_says_names[] = {
    [LL_SAYS_EFFECTIVE] = "effective", [LL_SAYS_RATIO] = "ratio", NULL};

/* "predictions for GB200 are 15.8 % too fast": by the median error of published steps. */
static const char *error_short(const ll_report *r, ll_arena *mem)
{
    const ll_published *p = &r->standing->published;
    const char *chip = r->study->cluster.chip.name;
    if (ll_study_serves(r->study))
        return ll_arena_printf(mem, "none is recorded of inference on %s", chip);
    if (ll_model_has_experts(&r->study->model))
        return ll_arena_printf(mem, "none is recorded of mixtures of experts on %s", chip);
    if (p->n_row == 0) return ll_arena_printf(mem, "no step on %s has been measured", chip);
    const char *off = p->n_short == p->n_row ? "too fast" : p->n_short == 0 ? "too slow" : "off";
    return ll_arena_printf(mem, "predictions for %s are %.1f %% %s", chip,
                           100 * p->median_abs_err_frac, off);
}

static const char *errors_short(int n, const ll_report *report, ll_arena *mem)
{
    const char *s = "";
    for (int k = 0; k < n; k++)
        if (!ll_headline_error_told(k, report))
            s = ll_arena_printf(mem, "%s%s%s", s, *s ? "; " : "", error_short(&report[k], mem));
    return s;
}

/* " (corrected: 2,970)", or nothing. */
static const char *corrected_text(const ll_report *r, ll_arena *mem)
{
    const double corrected = ll_headline_corrected_chips(r);
    if (!(corrected > 0)) return "";
    return ll_arena_printf(mem, " (corrected: %s)",
                           ll_digits_text(corrected, LL_HEADLINE_DIGITS, mem));
}

static const char *effective_sentence(int n, const ll_report *report, ll_arena *mem)
{
    const char *s = "";
    for (int k = 0; k < n; k++)
        s = ll_arena_printf(
            mem, k ? "%s; %s %s that of %s%s" : "%s%s %s do the work of %s at their peak%s", s,
            ll_thousands_text(report[k].result->n_chip, mem), report[k].study->cluster.chip.name,
            ll_digits_text(report[k].result->effective_chips, LL_HEADLINE_DIGITS, mem),
            corrected_text(&report[k], mem));
    return s;
}

/* "2.4 % less": how much one chip does in a given time, in the unit of the workload. */
static const char *change_text(const ll_report *r, const ll_report *first, ll_arena *mem)
{
    const char *what = r->study->workload->headline;
    const double ratio = ll_result_metric(r->result, what) / ll_result_metric(first->result, what);
    return ll_arena_printf(mem, "%.1f %% %s", 100 * fabs(ratio - 1), ratio < 1 ? "less" : "more");
}

/* "atlas950 (8,192 chips)". */
static const char *named(const ll_report *r, ll_arena *mem)
{
    return ll_arena_printf(mem, "%s (%s chips)", r->label,
                           ll_thousands_text(r->result->n_chip, mem));
}

static const char *ratio_sentence(int n, const ll_report *report, ll_arena *mem)
{
    const char *s = "a chip";
    for (int k = 1; k < n; k++)
        s = ll_arena_printf(mem, k > 1 ? "%s, one of %s %s" : "%s of %s does %s", s,
                            named(&report[k], mem), change_text(&report[k], &report[0], mem));
    return ll_arena_printf(mem, "%s than one of %s", s, named(&report[0], mem));
}

const char *ll_answer_sentence(ll_answer_says says, int n, const ll_report *report, ll_arena *mem)
{
    const char *s =
        says == LL_SAYS_RATIO ? ratio_sentence(n, report, mem) : effective_sentence(n, report, mem);
    return ll_arena_printf(mem, "%s. Known error: %s.", s, errors_short(n, report, mem));
}

/* The results, and a bar for each study. */
static void table_print(int n, const ll_report *report, ll_arena *mem, ll_text *out)
{
    ll_cause_groups groups;
    ll_cause_groups_find(n, report, &groups);
    ll_table *t = ll_table_create(mem, "", 6,
                                  (ll_column[]){{.name = "study"},
                                                {.name = "chips", .right = true},
                                                {.name = "step", .right = true},
                                                {.name = "effective chips", .right = true},
                                                {.name = "%", .right = true},
                                                {.name = "where the chips go"}});
    for (int k = 0; k < n; k++) {
        const ll_result *r = report[k].result;
        ll_text bar;
        ll_text_init(&bar, mem);
        ll_report_bar(&report[k], &groups, BAR, &bar);
        ll_table_row(t);
        ll_table_set(t, 0, "%s", report[k].label);
        ll_table_set(t, 1, "%s", ll_thousands_text(r->n_chip, mem));
        ll_table_set(t, 2, "%s s", ll_digits_text(r->step_s, LL_HEADLINE_DIGITS, mem));
        ll_table_set(t, 3, "%s", ll_digits_text(r->effective_chips, LL_HEADLINE_DIGITS, mem));
        ll_table_set(t, 4, "%.1f", 100 * r->efficiency_frac);
        ll_table_set(t, 5, "%s", bar.s);
    }
    ll_table_print(t, LL_FORMAT_TEXT, WIDTH, out);
    ll_report_bar_legend(&groups, out);
    ll_text_add(out, "\n");
}

void ll_answer_print(const char *title, int n_topic, const ll_answer_topic *topic, int n,
                     const ll_report *report, ll_arena *mem, ll_text *out)
{
    ll_paragraph(out, title, WIDTH, 0);
    for (int i = 0; i < n_topic; i++)
        ll_paragraph(out, ll_arena_printf(mem, "%s: %s", topic[i].question, topic[i].answer), WIDTH,
                     2);
    ll_text_add(out, "\n");
    table_print(n, report, mem, out);
}
