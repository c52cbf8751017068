/* One row of a validation: the studies behind it, what is predicted, and what that rests on. */
#ifndef LL_VALIDATE_VALIDATION_ROW_H
#define LL_VALIDATE_VALIDATION_ROW_H

#include "sim/validate/validation.h"

enum { LL_VALIDATION_PARAM_MAX = 4096 };

/* Parameters that rows rest on, each once. */
typedef struct ll_validation_params {
    int n;
    ll_validation_param *at; /* [LL_VALIDATION_PARAM_MAX] */
} ll_validation_params;

/* A study of a row, as rank 0 read it for everyone. */
typedef struct ll_row_reading {
    const char *why; /* it cannot be read; NULL if it can */
    ll_source source;
} ll_row_reading;

typedef struct ll_row_job {
    const ll_validation *v;
    int n_set;
    const char *const *set;                              /* [n_set] of all rows */
    ll_row_reading (*read)[1 + LL_VALIDATION_OTHER_MAX]; /* [n_row] as it is, and otherwise */
    ll_comm *alone;                                      /* of one rank */
    ll_arena *mem;
} ll_row_job;

/* Reads the studies of row i, as it is and otherwise, into j->read. Collective. */
void ll_validation_row_read(const ll_row_job *j, int i, ll_comm *comm);

/* Predicts row i, and adds the parameters that it rests on. A row that cannot be run is an outcome.
 * By one rank alone. */
void ll_validation_row_run(const ll_row_job *j, int i, ll_validation_outcome *out,
                           ll_validation_params *all);

/* Adds a parameter, or its rows to those of the same one. */
void ll_validation_param_add(ll_validation_params *all, const ll_validation_param *p);

#endif
