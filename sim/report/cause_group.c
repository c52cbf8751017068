#include "sim/report/cause_group.h"

#include "sim/report/figure.h"

#include <math.h>
#include <string.h>

/* Groups with a colour of their own, in the order in which bars show them. */
static const ll_cause_group known[] = {{"network", LL_BLUE, 'n'},
                                       {"pipeline", LL_PURPLE, 'p'},
                                       {"chip", LL_ORANGE, 'c'},
                                       {"waiting", LL_SKY, 'w'}};
enum { N_KNOWN = sizeof known / sizeof *known };
static const int spare[] = {LL_YELLOW, LL_VERMILION}; /* colours of other groups */
enum { N_SPARE = sizeof spare / sizeof *spare };

static int find(const ll_cause_groups *groups, const char *name)
{
    for (int i = 0; i < groups->n; i++)
        if (!strcmp(groups->group[i].name, name)) return i;
    return -1;
}

static bool any_has(int n, const ll_report *report, const char *name)
{
    for (int k = 0; k < n; k++)
        for (int i = 0; i < report[k].result->n_loss; i++)
            if (!strcmp(report[k].result->loss[i].group, name)) return true;
    return false;
}

/* The first letter of the name that no other group has; '?' if all of them are taken. */
static char letter_choose(const ll_cause_groups *groups, const char *name)
{
    for (; *name; name++) {
        bool taken = *name < 'a' || *name > 'z';
        for (int i = 0; i < groups->n && !taken; i++)
            taken = groups->group[i].letter == *name;
        if (!taken) return *name;
    }
    return '?';
}

void ll_cause_groups_find(int n, const ll_report *report, ll_cause_groups *out)
{
    *out = (ll_cause_groups){.n = 1, .group = {{"effective", LL_GREEN, '#'}}};
    for (int i = 0; i < N_KNOWN; i++)
        if (any_has(n, report, known[i].name)) out->group[out->n++] = known[i];
    int n_spare = 0;
    for (int k = 0; k < n; k++)
        for (int i = 0; i < report[k].result->n_loss; i++) {
            const char *name = report[k].result->loss[i].group;
            if (find(out, name) >= 0) continue;
            if (n_spare == N_SPARE) {
                if (out->n < LL_MAX_CAUSE_GROUP)
                    out->group[out->n++] = (ll_cause_group){"other", LL_GREY, '-'};
                return;
            }
            const char letter = letter_choose(out, name);
            out->group[out->n++] = (ll_cause_group){name, spare[n_spare++], letter};
        }
}

const ll_loss *ll_loss_find(const ll_result *r, const char *cause)
{
    for (int i = 0; i < r->n_loss; i++)
        if (!strcmp(r->loss[i].cause, cause)) return &r->loss[i];
    return NULL;
}

static int cause_find(int n, const ll_loss *const *loss, const char *cause)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(loss[i]->cause, cause)) return i;
    return -1;
}

static bool any_reaches(int n, const ll_report *report, const char *cause, double least_frac)
{
    for (int k = 0; k < n; k++) {
        const ll_loss *loss = ll_loss_find(report[k].result, cause);
        if (loss && loss->chips != 0 && fabs(loss->frac) >= least_frac) return true;
    }
    return false;
}

int ll_causes_find(int n, const ll_report *report, double least_frac, ll_arena *mem,
                   const ll_loss *const **loss)
{
    const ll_loss **all = ll_arena_array(mem, (int64_t)n * LL_MAX_LOSS, const ll_loss *);
    int n_all = 0, n_out = 0;
    for (int k = 0; k < n; k++) {
        int at = 0; /* where the next cause is inserted if it is new */
        for (int i = report[k].result->n_loss - 1; i >= 0; i--, at++) {
            const ll_loss *next = &report[k].result->loss[i];
            const int seen = cause_find(n_all, all, next->cause);
            if (seen >= 0) {
                at = seen;
                continue;
            }
            memmove(&all[at + 1], &all[at], (size_t)(n_all++ - at) * sizeof(const ll_loss *));
            all[at] = next;
        }
    }
    for (int i = 0; i < n_all; i++)
        if (any_reaches(n, report, all[i]->cause, least_frac)) all[n_out++] = all[i];
    *loss = all;
    return n_out;
}

int ll_cause_groups_index(const ll_cause_groups *groups, const ll_loss *loss)
{
    const int at = find(groups, loss->group);
    return at < 0 ? groups->n - 1 : at;
}

void ll_cause_groups_share(const ll_cause_groups *groups, const ll_result *r, double *frac)
{
    double lost = 0;
    for (int g = 0; g < groups->n; g++)
        frac[g] = 0;
    for (int i = 0; i < r->n_loss; i++)
        frac[ll_cause_groups_index(groups, &r->loss[i])] += r->loss[i].frac;
    for (int g = 1; g < groups->n; g++)
        lost += frac[g] = fmax(frac[g], 0);
    frac[0] = fmin(fmax(r->efficiency_frac, 0), 1);
    for (int g = 1; g < groups->n && lost > 0; g++)
        frac[g] *= (1 - frac[0]) / lost;
}

void ll_report_bar(const ll_report *r, const ll_cause_groups *groups, int width, ll_text *out)
{
    double frac[LL_MAX_CAUSE_GROUP], at = 0;
    ll_cause_groups_share(groups, r->result, frac);
    int done = 0;
    for (int g = 0; g < groups->n; g++) {
        at += frac[g];
        /* Rounding the ends, not the lengths, keeps the total length right. */
        const int end = g == groups->n - 1 ? width : (int)lround(width * fmin(at, 1));
        for (; done < end; done++)
            ll_text_add(out, "%c", groups->group[g].letter);
    }
}

void ll_report_bar_legend(const ll_cause_groups *groups, ll_text *out)
{
    for (int g = 0; g < groups->n; g++)
        ll_text_add(out, "%s%c %s", g ? "  " : "", groups->group[g].letter, groups->group[g].name);
}
