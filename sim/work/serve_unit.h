/* A unit: the requests of one group on one attention rank, in the mean, and what its iterations
 * take. Part of sim/work/serve_steady.h, which says what is made of it. */
#ifndef LL_WORK_SERVE_UNIT_H
#define LL_WORK_SERVE_UNIT_H

#include "sim/work/serve_run.h"

/* What does not change while the state is sought. */
typedef struct ll_unit {
    const ll_serve_plan *plan;
    const ll_replica_setup *setup;
    const ll_server *server;
    double n_new, n_step;     /* tokens and iterations of a request that decodes */
    double from, prompt;      /* tokens of a prompt that are computed: from..prompt */
    double prompt_rms;        /* what attention goes by */
    double context;           /* of a request that decodes, in the mean over its iterations */
    double context_dev;       /* standard deviation */
    double n_unit, n_in_step; /* units in all; those that wait for each other */
    double max_n;             /* requests that a unit runs at most */
    double output_cv;         /* standard deviation of the lengths of answers, over their mean */
    double fullest;           /* requests of the fullest unit of those in step, over their mean */
    bool equal;               /* all requests are alike */
} ll_unit;

/* An iteration: prompts come with probability q, k of them then, in which the own one is 1. */
typedef struct ll_mixture {
    double q, k;
    double wait; /* iterations for which the server collects or does not look, in the mean */
    double plain_s, prompt_s, mean_s; /* without prompts, with them, in the mean */
} ll_mixture;

/* Iterations of a unit with n requests that decode, by the prompts in them. */
typedef struct ll_unit_with {
    const ll_unit *s;
    double n;
} ll_unit_with;

/* The mean of the largest of m standard normal numbers. */
double ll_unit_largest_of(double m);

/* The plan is borrowed. */
ll_unit ll_unit_make(const ll_serve_plan *plan);

/* Prompts that the token budget of an iteration holds. */
double ll_unit_budget(const ll_unit *s, double n);

/* An iteration with n requests that decode and k prompts, which may be a part of one. */
double ll_unit_iteration_s(const ll_unit *s, double n, double k);

/* The prompts of an iteration, if there are `a` in the mean and come in groups of g or, g = 0, at
 * random; a_others in each of the units that run in step. */
ll_mixture ll_unit_arrivals(const ll_unit *s, double n, double a, double a_others, double g);

/* Fills the times of a mixture in which n requests decode. */
void ll_unit_times(const ll_unit *s, double n, ll_mixture *m);

/* An iteration with k prompts; self: a ll_unit_with. */
double ll_unit_prompts_s(const void *self, double k);

/* From when k prompts can be computed until they are complete, if none is ahead of them. */
double ll_unit_at_once_s(const ll_unit *s, double n, double k, double room);

/* From `after_s` behind an end of an iteration until the next end: iterations are plain or with
 * prompts, at random, so that an end lies i plain and j other ones behind with the probability
 * C( i + j, i ) (1 - q)^i q^j. */
double ll_unit_rest_s(const ll_mixture *m, double after_s, bool mixed);

#endif
