/* The studies that one command runs, and their results as reports.
 *
 * A case is a study by name or by file, with its own settings, or the JSON of a result that was
 * computed before. All cases are loaded first, so that every error is reported before any study
 * runs; then each is run once. */
#ifndef LL_COMMAND_CASES_H
#define LL_COMMAND_CASES_H

#include "sim/command/options.h"
#include "sim/print/output.h"
#include "sim/report/comparison.h"
#include "sim/step/effects.h"
#include "sim/step/engines.h"

enum { LL_CASES_SEEDS = 5 }; /* runs with other seeds, of which the spread is reported */

typedef struct ll_cases {
    int n;
    ll_study *study;        /* [n] */
    ll_result *result;      /* [n] */
    ll_report *report;      /* [n] */
    ll_standing **standing; /* [n] of a result that was computed before; NULL: to be run */
    /* [n] name of the study; with settings or path where names are the same */
    const char **label;
    /* Results with the columns that --columns names, as CSV or otherwise; NULL: the usual. */
    const ll_table *chosen_csv, *chosen;
    bool watched;              /* reports have timelines */
    const ll_effects *effects; /* of the differences from the first study; NULL: not computed */
} ll_cases;

/* name: [n]; settings: [n]. Collective. */
ll_status ll_cases_load(int n, const char *const *name, const ll_settings *settings, ll_comm *comm,
                        ll_arena *mem, ll_cases *out, ll_error *err);

/* A study that is loaded already, as the only case. Not collective. */
void ll_cases_of(const ll_study *study, ll_arena *mem, ll_cases *out);

/* Run all cases, each with the engines of `beside` too, and with a few other seeds by `closed`.
 * *valid: all results are. Collective. */
ll_status ll_cases_run(ll_cases *cases, const ll_engine_list *beside, ll_comm *comm, ll_arena *mem,
                       bool *valid, ll_error *err);

/* Fills `effects`: what each difference from the first study does to it, by itself. Collective. */
ll_status ll_cases_effects(ll_cases *cases, ll_comm *comm, ll_arena *mem, ll_error *err);

/* `--columns names`: print results with these columns alone. Error: an unknown column. Not
 * collective. */
ll_status ll_cases_columns(ll_cases *cases, const char *names, ll_format format, ll_arena *mem,
                           ll_error *err);

/* The cases index[n] of `all`, as a set of their own. Not collective. */
void ll_cases_pick(const ll_cases *all, int n, const int *index, ll_arena *mem, ll_cases *out);

/* The comparison in a format. Not collective. */
void ll_cases_print(const ll_cases *cases, ll_format format, int width, ll_arena *mem,
                    ll_text *out);

/* Hash of the configurations of all cases; compare.json has it as "config_hash". */
uint64_t ll_cases_hash(const ll_cases *cases);

/* The fields of compare.json, as ll_fields_list_add. */
void ll_cases_fields_add(const char *prefix, ll_table *t);

/* Write compare.json, .txt, .csv and .md, LaTeX tables, and the pictures compare and bars, into the
 * stage of a set. *drawn, on rank 0: gnuplot made its part. Collective. */
ll_status ll_cases_write(const ll_cases *cases, const char *stage, ll_comm *comm, ll_arena *mem,
                         bool *drawn, ll_error *err);

#endif
