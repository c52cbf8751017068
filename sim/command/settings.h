/* Collects the settings of a command line (--set and its shorthands) with the part that each
 * belongs to, and finds in the end which of them hold for each argument. */
#ifndef LL_COMMAND_SETTINGS_H
#define LL_COMMAND_SETTINGS_H

#include "sim/base/arena.h"
#include "sim/base/status.h"
#include "sim/command/options.h"

typedef struct ll_setting {
    const char *text;  /* "job.tp=4" */
    const char *typed; /* for messages: "--set job.tp=4", "--seed 7" */
    int part;          /* LL_PART_ALL, or its part */
} ll_setting;

enum { LL_PART_ALL = -1 };

typedef struct ll_setting_list {
    int n;
    ll_setting *item;     /* [n] */
    int part;             /* the part that is being read, from 0 */
    int n_arg, *arg_part; /* [n_arg] the part of each argument so far */
} ll_setting_list;

/* Room for the settings and the arguments of `argc` words. */
ll_setting_list ll_settings_start(int argc, ll_arena *mem);
void ll_settings_add(ll_setting_list *list, const char *text, const char *typed);
void ll_settings_argument(ll_setting_list *list);

/* Call at `--` and at the end: the current part is complete. Error: it names no study. */
ll_status ll_settings_part_end(ll_setting_list *list, ll_error *err);

/* out: set, n_set and arg_set. Error: one path is set twice in one part, or twice for all. */
ll_status ll_settings_end(ll_setting_list *list, ll_arena *mem, ll_options *out, ll_error *err);

#endif
