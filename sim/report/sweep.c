#include "sim/report/sweep.h"

#include "sim/print/quantity.h"

#include <string.h>

enum { MAX_COLUMN = LL_SWEEP_MAX_OVER + 12 + LL_MAX_METRIC + LL_MAX_LOSS, BAR = 20 };

static bool scales(const ll_sweep *s) { return s->n > 0 && s->point[0].scaling != LL_SCALING_NONE; }

/* "tp" of "job.tp". */
static const char *short_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

static const char *value_text(const ll_over *o, int64_t at, ll_arena *mem)
{
    if (o->is_chips || o->entry->kind > LL_KIND_POWER) return o->text[at];
    if (o->entry->kind == LL_KIND_COUNT) return ll_arena_printf(mem, "%.0f", o->value[at]);
    char text[64];
    ll_units_format(o->entry->kind, o->value[at], text, sizeof text);
    return ll_arena_strdup(mem, text);
}

static void loss_add(const ll_sweep *s, const ll_found_loss *loss, ll_result *out)
{
    const ll_cause *c = &s->study->workload->ladder[loss->cause];
    out->loss[out->n_loss++] = (ll_loss){.cause = c->name,
                                         .group = c->group,
                                         .doc = c->doc,
                                         .removes = c->removes,
                                         .chips = loss->chips,
                                         .frac = out->n_chip ? loss->chips / out->n_chip : 0};
}

bool ll_sweep_result(const ll_sweep *s, int i, ll_result *out)
{
    const ll_found *f = s->point[i].found;
    if (*f->why || f->n_loss == 0) return false;
    const double frac = f->effective_chips / f->n_chip;
    *out = (ll_result){.n_chip = f->n_chip,
                       .effective_chips = f->effective_chips,
                       .mfu_frac = frac,
                       .efficiency_frac = frac};
    for (int k = 0; k < f->n_loss; k++)
        loss_add(s, &f->loss[k], out);
    return true;
}

ll_cause_groups ll_sweep_groups(const ll_sweep *s, ll_arena *mem)
{
    ll_report *report = ll_arena_new(mem, ll_report);
    ll_result *any = ll_arena_new(mem, ll_result);
    ll_cause_groups groups;
    unsigned seen = 0;
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->point[i].found->n_loss; k++) {
            const ll_found_loss *loss = &s->point[i].found->loss[k];
            if (!(seen >> loss->cause & 1)) loss_add(s, loss, any);
            seen |= 1u << loss->cause;
        }
    report->result = any;
    ll_cause_groups_find(1, report, &groups);
    return groups;
}

const char *ll_sweep_curve(const ll_sweep *s, const ll_sweep_point *p, int x, ll_arena *mem)
{
    const char *name = scales(s) ? ll_scaling_names[p->scaling] : "";
    for (int k = 0; k < s->n_over; k++)
        if (k != x)
            name = ll_arena_printf(mem, "%s%s%s %s", name, *name ? ", " : "",
                                   short_name(s->over[k].path),
                                   value_text(&s->over[k], p->at[k], mem));
    return name;
}

/* ---- for people ---- */

typedef struct columns {
    int n;
    ll_column column[MAX_COLUMN];
} columns;

static int column_add(columns *c, const char *name, const char *key, bool right, bool decimal)
{
    c->column[c->n] = (ll_column){.name = name, .key = key, .right = right, .decimal = decimal};
    return c->n++;
}

static void keys_add(columns *c, const ll_sweep *s)
{
    if (scales(s)) column_add(c, "scaling", NULL, false, false);
    for (int k = 0; k < s->n_over; k++)
        if (!s->over[k].is_chips)
            column_add(c, short_name(s->over[k].path), s->over[k].path,
                       s->over[k].entry->kind <= LL_KIND_POWER, false);
}

static void row_fill(ll_table *t, int c, const ll_sweep *s, int i, const ll_cause_groups *groups,
                     ll_arena *mem)
{
    const ll_sweep_point *p = &s->point[i];
    const ll_found *f = p->found;
    const int32_t n_chip = *f->why ? (int32_t)p->n_chip : f->n_chip;
    ll_table_set(t, c++, "%s", n_chip ? ll_thousands_text(n_chip, mem) : "-");
    if (*f->why) {
        for (int k = 0; k < 5; k++)
            ll_table_set(t, c++, "-");
        ll_table_set(t, c, "%.*s", (int)strcspn(f->why, "(;"), f->why);
        return;
    }
    ll_table_set(t, c++, "%s", ll_thousands_text((double)f->global_batch, mem));
    ll_table_set(t, c++, "%s", ll_quantity_text(LL_KIND_TIME, f->speed.iteration_s, mem));
    ll_table_set(t, c++, "%s", ll_digits_text(f->speed.headline, 4, mem));
    ll_table_set(t, c++, "%s", ll_chips_text(f->effective_chips, mem));
    ll_table_set(t, c++, "%.1f", 100 * f->effective_chips / f->n_chip);
    ll_result result;
    const ll_report report = {.result = &result};
    ll_text bar;
    ll_text_init(&bar, mem);
    if (ll_sweep_result(s, i, &result)) ll_report_bar(&report, groups, BAR, &bar);
    ll_table_set(t, c, "%s", bar.s);
}

ll_table *ll_sweep_table(const ll_sweep *s, ll_arena *mem)
{
    columns *c = ll_arena_new(mem, columns);
    const ll_cause_groups groups = ll_sweep_groups(s, mem);
    keys_add(c, s);
    column_add(c, "chips", NULL, true, false);
    column_add(c, ll_study_serves(s->study) ? "requests" : "batch", NULL, true, false);
    column_add(c, "step", NULL, true, true);
    column_add(c, ll_headline(s->study)->label, NULL, true, true);
    column_add(c, "effective chips", NULL, true, true);
    column_add(c, "%", NULL, true, true);
    column_add(c, "where the chips go", NULL, false, false);
    ll_table *t = ll_table_create(mem, "", c->n, c->column);
    for (int i = 0; i < s->n; i++) {
        int at = 0;
        ll_table_row(t);
        if (scales(s)) ll_table_set(t, at++, "%s", ll_scaling_names[s->point[i].scaling]);
        for (int k = 0; k < s->n_over; k++)
            if (!s->over[k].is_chips)
                ll_table_set(t, at++, "%s", value_text(&s->over[k], s->point[i].at[k], mem));
        row_fill(t, at, s, i, &groups, mem);
    }
    return t;
}

void ll_sweep_notes(const ll_sweep *s, ll_text *out)
{
    const ll_cause_groups groups = ll_sweep_groups(s, out->mem);
    int n_failed = 0, n_invalid = 0;
    for (int i = 0; i < s->n; i++) {
        n_failed += *s->point[i].found->why != 0;
        n_invalid += !*s->point[i].found->why && !s->point[i].found->valid;
    }
    ll_report_bar_legend(&groups, out);
    ll_text_add(out, "\n%d points", s->n);
    if (n_failed) ll_text_add(out, ", of which %d cannot be run", n_failed);
    if (n_invalid)
        ll_text_add(out, ", of which %d are INVALID: run those by themselves", n_invalid);
    if (s->n_same)
        ll_text_add(out,
                    "; %d more became equal to others, as chips are rounded to what the sizes of "
                    "the topology and the layout make",
                    s->n_same);
    ll_text_add(out, "\n");
}

/* ---- for programs ---- */

static int n_metric(const ll_sweep *s)
{
    int n = 0;
    while (s->study->workload->metric[n].name)
        n++;
    return n;
}

static int n_cause(const ll_sweep *s)
{
    int n = 0;
    while (s->study->workload->ladder[n].name)
        n++;
    return n;
}

static void tidy_columns(const ll_sweep *s, columns *c, ll_arena *mem)
{
    static const char *const layout[] = {"chips", "tp", "cp", "pp", "dp", "global_batch"};
    column_add(c, "study", NULL, false, false);
    keys_add(c, s);
    for (int k = 0; k < c->n; k++)
        if (c->column[k].key) c->column[k].name = c->column[k].key;
    for (int k = 0; k < 6; k++)
        column_add(c, layout[k], NULL, true, false);
    for (int k = 0; k < n_metric(s); k++)
        column_add(c, s->study->workload->metric[k].name, NULL, true, false);
    column_add(c, "effective_chips", NULL, true, false);
    column_add(c, "memory_B", NULL, true, false);
    for (int k = 0; k < n_cause(s); k++) {
        char *name = ll_arena_printf(mem, "%s_chips", s->study->workload->ladder[k].name);
        for (char *at = name; *at; at++)
            if (*at == ' ') *at = '_';
        column_add(c, name, NULL, true, false);
    }
    column_add(c, "valid", NULL, false, false);
    column_add(c, "checksum", NULL, false, false);
    column_add(c, "why", NULL, false, false);
}

static void tidy_found(const ll_sweep *s, const ll_sweep_point *p, ll_table *t, int c)
{
    const ll_found *f = p->found;
    const int64_t layout[] = {f->n_chip, f->tp, f->cp, f->pp, f->dp, f->global_batch};
    for (int k = 0; k < 6; k++)
        ll_table_set(t, c++, "%lld", (long long)layout[k]);
    for (int k = 0; k < n_metric(s); k++)
        ll_table_set(t, c++, "%.17g", f->speed.value[k]);
    ll_table_set(t, c++, "%.17g", f->effective_chips);
    ll_table_set(t, c++, "%.17g", f->memory_B);
    for (int k = 0; k < n_cause(s); k++) {
        double chips = 0;
        for (int i = 0; i < f->n_loss; i++)
            if (f->loss[i].cause == k) chips = f->loss[i].chips;
        ll_table_set(t, c++, "%.17g", chips);
    }
    ll_table_set(t, c++, "%s", f->valid ? "yes" : "no");
    ll_table_set(t, c++, "%016llx", (unsigned long long)f->checksum);
}

ll_table *ll_sweep_tidy(const ll_sweep *s, ll_arena *mem)
{
    columns *columns_of = ll_arena_new(mem, columns);
    tidy_columns(s, columns_of, mem);
    ll_table *t = ll_table_create(mem, "", columns_of->n, columns_of->column);
    for (int i = 0; i < s->n; i++) {
        const ll_sweep_point *p = &s->point[i];
        int c = 0;
        ll_table_row(t);
        ll_table_set(t, c++, "%s", s->study->name);
        if (scales(s)) ll_table_set(t, c++, "%s", ll_scaling_names[p->scaling]);
        for (int k = 0; k < s->n_over; k++) {
            const ll_over *o = &s->over[k];
            if (o->is_chips) continue;
            if (o->entry->kind <= LL_KIND_POWER)
                ll_table_set(t, c++, "%.17g", o->value[p->at[k]]);
            else
                ll_table_set(t, c++, "%s", o->text[p->at[k]]);
        }
        if (!*p->found->why) {
            tidy_found(s, p, t, c);
            continue;
        }
        for (; c < columns_of->n - 3; c++)
            ll_table_set(t, c, "-");
        if (p->n_chip > 0)
            ll_table_set(t, 1 + scales(s) + s->n_over - 1, "%lld", (long long)p->n_chip);
        ll_table_set(t, c++, "no");
        ll_table_set(t, c++, "-");
        ll_table_set(t, c, "%s", p->found->why);
    }
    return t;
}
