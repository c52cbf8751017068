/* Groups of causes, for pictures: effective chips, and the groups that the loss ladder of the
 * workload names, each with a colour and a letter. */
#ifndef LL_REPORT_CAUSE_GROUP_H
#define LL_REPORT_CAUSE_GROUP_H

#include "sim/report/report.h"

enum { LL_MAX_CAUSE_GROUP = 8 };

typedef struct ll_cause_group {
    const char *name; /* "network" */
    int color;        /* of sim/report/figure.h */
    char letter;      /* for bars made of characters: 'n'; '#' for effective chips */
} ll_cause_group;

typedef struct ll_cause_groups {
    int n;
    ll_cause_group group[LL_MAX_CAUSE_GROUP]; /* [n] "effective" first */
} ll_cause_groups;

/* The groups that any of the results has; those for which there is no room share "other". */
void ll_cause_groups_find(int n, const ll_report *report, ll_cause_groups *out);

/* Causes that cost (or gain) any result least_frac of all its chips or more, in the order of a
 * waterfall, from the top. *loss: [the count that is returned], in mem; the loss of some result
 * that has the cause. */
int ll_causes_find(int n, const ll_report *report, double least_frac, ll_arena *mem,
                   const ll_loss *const **loss);

/* The loss of that cause; NULL if the result has none. */
const ll_loss *ll_loss_find(const ll_result *r, const char *cause);

/* Index of the group that a loss belongs to. */
int ll_cause_groups_index(const ll_cause_groups *groups, const ll_loss *loss);

/* Shares of all chips, which add up to 1: frac[groups->n]. A group that gains more than it loses
 * (jitter can, on few chips) has 0; the others are then scaled to add up to 1. */
void ll_cause_groups_share(const ll_cause_groups *groups, const ll_result *r, double *frac);

/* A bar of `width` characters, as "####nnppccccccccw"; where a group ends is rounded. */
void ll_report_bar(const ll_report *r, const ll_cause_groups *groups, int width, ll_text *out);

/* Legend of such a bar, without an end of line: "# effective  n network  c chip". */
void ll_report_bar_legend(const ll_cause_groups *groups, ll_text *out);

#endif
