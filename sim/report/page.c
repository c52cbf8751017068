#include "sim/report/page.h"

#include "sim/print/output.h"
#include "sim/report/cause_group.h"
#include "sim/report/html.h"
#include "sim/report/plot.h"
#include "sim/report/summary.h"
#include "sim/version.h"

#include <math.h>
#include <string.h>

typedef struct page {
    ll_text *out;
    ll_arena *mem;
    int n_topic;
    const ll_page_topic *topic;
    int n;             /* of different studies, in the order of the topics */
    ll_report *report; /* [n] */
    int n_figure;
} page;

static int study_find(const page *p, const ll_report *r)
{
    for (int i = 0; i < p->n; i++)
        if (!strcmp(p->report[i].label, r->label) &&
            p->report[i].result->checksum == r->result->checksum)
            return i;
    return -1;
}

static void studies_collect(page *p)
{
    int n = 0;
    for (int i = 0; i < p->n_topic; i++)
        n += p->topic[i].n;
    p->report = ll_arena_array(p->mem, n, ll_report);
    for (int i = 0; i < p->n_topic; i++)
        for (int k = 0; k < p->topic[i].n; k++)
            if (study_find(p, &p->topic[i].report[k]) < 0)
                p->report[p->n++] = p->topic[i].report[k];
}

static void element(const page *p, const char *tag, const char *text)
{
    ll_html_element(p->out, tag, "", text);
    ll_text_add(p->out, "\n");
}

/* The id of a topic in the page: its key with the characters of a file name. */
static const char *topic_id(const page *p, const ll_page_topic *t)
{
    return ll_output_file_name(ll_arena_printf(p->mem, "topic-%s", t->key), "", p->mem);
}

/* A picture in both of its forms; the style sheet shows the one that fits the screen. */
static void figure_add(page *p, const ll_figure *figure, const char *caption)
{
    static const char *const class[LL_N_FORM] = {[LL_WIDE] = "full", [LL_COLUMN] = "column"};
    ll_text_add(p->out, "<figure>\n");
    for (int form = 0; form < LL_N_FORM; form++) {
        ll_text_add(p->out, "<div class=\"%s\">", class[form]);
        ll_figure_svg(&figure[form], ll_arena_printf(p->mem, "figure-%d", ++p->n_figure), p->out);
        ll_text_add(p->out, "</div>\n");
    }
    if (caption) element(p, "figcaption", caption);
    ll_text_add(p->out, "</figure>\n");
}

/* ---- The answers, and a row for each study */

static void answers_add(const page *p)
{
    ll_text_add(p->out, "<dl>\n");
    for (int i = 0; i < p->n_topic; i++) {
        ll_text_add(p->out, "<dt><a href=\"#%s\">", topic_id(p, &p->topic[i]));
        ll_html_text(p->out, p->topic[i].question);
        ll_text_add(p->out, "</a></dt>\n");
        element(p, "dd", p->topic[i].answer);
    }
    ll_text_add(p->out, "</dl>\n");
}

/* Figures of the workload that are per chip: comparable at any size. */
static bool per_chip(const ll_metric *m) { return strstr(m->name, "per_chip") != NULL; }

static void number_add(const page *p, const char *text)
{
    ll_html_element(p->out, "td", " class=\"n\"", text);
}

/* The errors of predictions of published steps on the chip, and the corrected result. */
static void published_add(const page *p, const ll_report *r)
{
    const ll_published *at = &r->standing->published;
    const double alike =
        at->alike_s > 0 ? r->result->efficiency_frac * r->result->step_s / at->alike_s : 0;
    const char *off = "none on this chip";
    if (ll_model_has_experts(&r->study->model))
        off = "none of mixtures of experts counts";
    else if (at->n_row > 0)
        off = ll_arena_printf(p->mem, "%.0f %% off, %lld of %lld too short",
                              100 * at->median_abs_err_frac, (long long)at->n_short,
                              (long long)at->n_row);
    ll_html_element(p->out, "td", " class=\"word\"", off);
    number_add(p, alike > 0 ? ll_arena_printf(p->mem, "%.0f %%", 100 * alike) : "");
}

static void study_row_add(const page *p, int i)
{
    const ll_report *r = &p->report[i];
    const ll_result *res = r->result;
    ll_text_add(p->out, "<tr><th scope=\"row\"><a href=\"#study-%d\">", i + 1);
    ll_html_text(p->out, r->label);
    ll_text_add(p->out, "</a></th>");
    number_add(p, ll_thousands_text(res->n_chip, p->mem));
    ll_html_element(p->out, "td", " class=\"word\"", r->study->cluster.chip.name);
    ll_html_element(p->out, "td", " class=\"some\"",
                    ll_report_shape(r->study->cluster.topo, p->mem));
    number_add(p, ll_arena_printf(p->mem, "%.3g", res->step_s));
    for (int k = 0; k < p->report[0].result->n_metric; k++) {
        const ll_metric *m = &p->report[0].result->metric[k];
        if (per_chip(m))
            number_add(p, ll_arena_printf(p->mem, "%.3g", ll_result_metric(res, m->name)));
    }
    number_add(p, ll_chips_text(res->effective_chips, p->mem));
    number_add(p, ll_arena_printf(p->mem, "%.1f %%", 100 * res->efficiency_frac));
    published_add(p, r);
    ll_text_add(p->out, "</tr>\n");
}

static void studies_add(page *p)
{
    static const char *const column = " scope=\"col\"", *const number =
                                                            " scope=\"col\" class=\"n\"";
    element(p, "h2", "The studies");
    ll_text_add(p->out, "<div class=\"wide\" tabindex=\"0\"><table>\n<thead><tr>");
    ll_html_element(p->out, "th", column, "study");
    ll_html_element(p->out, "th", number, "chips");
    ll_html_element(p->out, "th", column, "chip");
    ll_html_element(p->out, "th", column, "fabric");
    ll_html_element(p->out, "th", number, "step,\xC2\xA0s");
    for (int k = 0; k < p->report[0].result->n_metric; k++)
        if (per_chip(&p->report[0].result->metric[k]))
            ll_html_element(p->out, "th", number, p->report[0].result->metric[k].label);
    ll_html_element(p->out, "th", number, "effective chips");
    ll_html_element(p->out, "th", number, "of all");
    ll_html_element(p->out, "th", column, "predictions of published steps");
    ll_html_element(p->out, "th", number, "of all, corrected");
    ll_text_add(p->out, "</tr></thead>\n<tbody>\n");
    for (int i = 0; i < p->n; i++)
        study_row_add(p, i);
    ll_text_add(p->out, "</tbody></table></div>\n");
    ll_figure figure[LL_N_FORM];
    for (int form = 0; form < LL_N_FORM; form++)
        ll_draw_bars(p->n, p->report, (ll_form)form, p->mem, &figure[form]);
    figure_add(p, figure, "Effective chips, and the groups of causes that take the rest.");
}

/* ---- A topic: waterfalls, losses, what differs, files */

static void swatch_add(const page *p, int color)
{
    ll_text_add(p->out, "<span class=\"mark\" style=\"background:#%06x\"></span>", (unsigned)color);
}

static void loss_row_add(const page *p, const ll_page_topic *t, const ll_cause_groups *groups,
                         const ll_loss *cause)
{
    const ll_cause_group *group = &groups->group[ll_cause_groups_index(groups, cause)];
    ll_text_add(p->out, "<tr><th scope=\"row\" class=\"word\">");
    swatch_add(p, group->color);
    ll_html_text(p->out, cause->cause);
    ll_text_add(p->out, "</th>");
    ll_html_element(p->out, "td", "", group->name);
    for (int k = 0; k < t->n; k++) {
        const ll_loss *loss = ll_loss_find(t->report[k].result, cause->cause);
        number_add(p, loss ? ll_chips_text(loss->chips, p->mem) : "-");
        number_add(p, loss ? ll_arena_printf(p->mem, "%.1f", 100 * loss->frac) : "-");
    }
    ll_text_add(p->out, "</tr>\n");
}

static void losses_head_add(const page *p, const ll_page_topic *t)
{
    ll_text_add(p->out, "<div class=\"wide\" tabindex=\"0\"><table>\n"
                        "<caption>What the causes take, in chips and percent of all</caption>\n"
                        "<thead><tr><th scope=\"col\" rowspan=\"2\">cause</th>"
                        "<th scope=\"col\" rowspan=\"2\">group</th>");
    for (int k = 0; k < t->n; k++)
        ll_html_element(p->out, "th", " scope=\"colgroup\" colspan=\"2\" class=\"n\"",
                        t->report[k].label);
    ll_text_add(p->out, "</tr>\n<tr>");
    for (int k = 0; k < t->n; k++)
        ll_text_add(p->out, "<th scope=\"col\" class=\"n\">chips</th>"
                            "<th scope=\"col\" class=\"n\">%%</th>");
    ll_text_add(p->out, "</tr></thead>\n<tbody>\n");
}

static void losses_add(const page *p, const ll_page_topic *t)
{
    ll_cause_groups groups;
    const ll_loss *const *cause;
    ll_cause_groups_find(t->n, t->report, &groups);
    const int n = ll_causes_find(t->n, t->report, 0, p->mem, &cause);
    losses_head_add(p, t);
    for (int i = 0; i < n; i++)
        loss_row_add(p, t, &groups, cause[i]);
    ll_text_add(p->out, "<tr class=\"total\"><th scope=\"row\" class=\"word\">");
    swatch_add(p, groups.group[0].color);
    ll_text_add(p->out, "effective</th><td></td>");
    for (int k = 0; k < t->n; k++) {
        number_add(p, ll_chips_text(t->report[k].result->effective_chips, p->mem));
        number_add(p, ll_arena_printf(p->mem, "%.1f", 100 * t->report[k].result->efficiency_frac));
    }
    ll_text_add(p->out, "</tr>\n</tbody></table></div>\n");
}

static void topic_add(page *p, const ll_page_topic *t)
{
    ll_text_add(p->out, "<section id=\"%s\">\n", topic_id(p, t));
    element(p, "h2", t->question);
    ll_figure figure[LL_N_FORM];
    for (int form = 0; form < LL_N_FORM; form++)
        ll_draw_waterfalls(t->n, t->report, (ll_form)form, p->mem, &figure[form]);
    figure_add(p, figure, NULL);
    losses_add(p, t);
    if (t->differs) {
        ll_text_add(p->out, "<details><summary>What differs</summary>\n");
        ll_html_table(p->out, t->differs);
        ll_text_add(p->out, "</details>\n");
    }
    if (t->file && t->file[0]) {
        ll_text_add(p->out, "<p class=\"soft\">Files:");
        for (int i = 0; t->file[i]; i++) {
            ll_text_add(p->out, "%s <a href=\"", i ? "," : "");
            ll_html_url(p->out, t->file[i]);
            ll_text_add(p->out, "\">");
            ll_html_text(p->out, t->file[i]);
            ll_text_add(p->out, "</a>");
        }
        ll_text_add(p->out, "</p>\n");
    }
    ll_text_add(p->out, "</section>\n");
}

/* ---- A study: what is on the wire, memory, what it rests on */

static void study_add(page *p, int i)
{
    const ll_report *r = &p->report[i];
    const ll_result *res = r->result;
    ll_text_add(p->out, "<section id=\"study-%d\">\n", i + 1);
    element(p, "h3", r->label);
    if (*r->study->doc) element(p, "p", r->study->doc);
    ll_text_add(p->out, "<details><summary>What is on the wire</summary>\n");
    ll_figure figure[LL_N_FORM];
    for (int form = 0; form < LL_N_FORM; form++)
        ll_draw_wire(r, (ll_form)form, p->mem, &figure[form]);
    figure_add(p, figure, NULL);
    ll_html_table(p->out, ll_report_transfers(r, p->mem));
    ll_text_add(p->out, "</details>\n<details><summary>Memory per chip</summary>\n");
    ll_html_table(p->out, ll_report_memory(r, p->mem));
    ll_text_add(p->out, "</details>\n");
    for (int k = 0; k < r->standing->n_outside; k++)
        element(p, "p",
                ll_arena_printf(p->mem, "Outside the range that was validated: %s.",
                                r->standing->outside[k]));
    for (int k = 0; k < res->n_check; k++)
        if (!res->check[k].ok)
            element(p, "p",
                    ll_arena_printf(p->mem, "A self-check failed: %s.", res->check[k].what));
    ll_html_element(p->out, "p", " class=\"soft\"",
                    ll_arena_printf(p->mem, "%s, checksum %016llx, engine %s, seed %lld.",
                                    res->valid ? "VALID" : "INVALID",
                                    (unsigned long long)res->checksum, r->study->engine->name,
                                    (long long)r->study->seed));
    ll_text_add(p->out, "\n</section>\n");
}

/* Meanings of the causes, and conventions of the figures. */
static void words_add(const page *p)
{
    const ll_loss *const *cause;
    const int n = ll_causes_find(p->n, p->report, 0, p->mem, &cause);
    element(p, "h2", "Words and conventions");
    ll_text_add(p->out, "<dl class=\"causes\">\n");
    for (int i = 0; i < n; i++) {
        element(p, "dt", cause[i]->cause);
        element(p, "dd", cause[i]->doc);
    }
    ll_text_add(p->out, "</dl>\n<ul>\n");
    for (int i = 0; ll_report_conventions[i]; i++)
        element(p, "li", ll_report_conventions[i]);
    ll_text_add(p->out, "</ul>\n");
}

void ll_page_text(int n, const ll_page_topic *topic, ll_arena *mem, ll_text *out)
{
    page p = {.out = out, .mem = mem, .n_topic = n, .topic = topic};
    studies_collect(&p);
    ll_text_add(out,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                "<title>lineloss: results</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n",
                ll_page_style);
    element(&p, "h1", "How many chips' worth of work do they do, and where does the rest go?");
    answers_add(&p);
    if (p.n > 0) {
        studies_add(&p);
        for (int i = 0; i < n; i++)
            topic_add(&p, &topic[i]);
        element(&p, "h2", "Each study");
        for (int i = 0; i < p.n; i++)
            study_add(&p, i);
        words_add(&p);
    }
    ll_html_element(out, "p", " class=\"soft\"",
                    ll_arena_printf(mem, "lineloss %s (%s)", ll_version(), ll_git()));
    ll_text_add(out, "\n</main>\n</body>\n</html>\n");
}

ll_status ll_page_write(const char *dir, int n, const ll_page_topic *topic, ll_comm *comm,
                        ll_arena *mem, ll_error *err)
{
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0) ll_page_text(n, topic, mem, &text);
    return ll_output_write(dir, "index.html", &text, comm, err);
}
