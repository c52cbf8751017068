/* What differs between the effective configurations of studies. Not collective. */
#ifndef LL_REPORT_DIFFERENCE_H
#define LL_REPORT_DIFFERENCE_H

#include "sim/print/json.h"
#include "sim/print/table.h"
#include "sim/report/comparison.h"
#include "sim/step/effects.h"
#include "sim/work/study.h"

#include <stdbool.h>

/* Rows "key, value in each study"; "-" where a study has no such key. label: [n] headings. */
ll_table *ll_difference_table(int n, const ll_study *study, const char *const *label,
                              ll_arena *mem);

/* The differences that matter: keys and groups of keys that change the first study by
 * LL_EFFECT_TOLD or more, the largest first, with the value in each study and its effect.
 * LL_EFFECT_TOLD is a choice for readers; no figure depends on it. label: [n_study]. */
#define LL_EFFECT_TOLD 0.01
ll_table *ll_effects_table(const ll_effects *effects, const char *const *label, ll_arena *mem);

/* Sentences on how many keys differ, how many of them are not in the table and why, and the effect
 * of all of them together, in mem. first: label of the first study. */
const char *ll_effects_text(const ll_effects *effects, const char *first, ll_arena *mem);

/* A list of all rows under `key`: key, typed, effect_frac and why for each study. */
void ll_effects_json(const ll_effects *effects, const char *key, ll_json *j);

#endif
