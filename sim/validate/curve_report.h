/* Tables and a picture of measured collectives beside predicted ones. */
#ifndef LL_VALIDATE_CURVE_REPORT_H
#define LL_VALIDATE_CURVE_REPORT_H

#include "sim/print/table.h"
#include "sim/validate/curve.h"

enum { LL_MAX_PREDICTION = 2 };

/* Predictions of all points by one way. */
typedef struct ll_prediction {
    const char *name; /* "flow", "fit": heading of its columns */
    const double *s;  /* [points->n] */
} ll_prediction;

/* All that `curves` finds. */
typedef struct ll_curves {
    const ll_points *points;
    int n_cluster;
    const char *const *asked;       /* [n_cluster] as the table names them */
    const ll_study *const *cluster; /* [n_cluster] */
    const double *engine_s;         /* [points->n] by the engine of the clusters, and */
    const double *closed_s;         /* by `closed` */
} ll_curves;

/* One object; its fields, as rows "field, type, unit, meaning", with `prefix` before each. */
void ll_curve_json(const ll_curves *curves, ll_arena *mem, ll_text *out);
void ll_curve_fields_add(const char *prefix, ll_table *t);

/* One row per point. by: [n_by] */
ll_table *ll_curve_points(const ll_points *points, int n_by, const ll_prediction *by,
                          ll_arena *mem);

/* One row per curve (points of one cluster, collective and number of chips that follow each other):
 * number of points, and per prediction the median of |error|, and the worst point. */
ll_table *ll_curve_summary(const ll_points *points, int n_by, const ll_prediction *by,
                           ll_arena *mem);

/* "median of |error| over N points ..., over the M that were not fitted to ...", a line for each
 * prediction. */
bool ll_curve_of_bytes(const ll_points *points); /* whether any is no exchange of tokens */
void ll_curve_verdict(const ll_points *points, int n_by, const ll_prediction *by, ll_arena *mem,
                      ll_text *out);

/* What the points leave out of 512 B to 8 GiB, for each cluster and number of chips in them: sizes
 * of all-reduce, all-gather, reduce-scatter and all-to-all beyond the smallest and the largest
 * point. */
ll_table *ll_curve_missing(const ll_points *points, ll_arena *mem);

/* Files in dir: curves.gp, curves.dat, and what gnuplot makes of them: one panel per cluster and
 * number of chips, times over sizes, measured as points, predicted (by[0]) as lines. *drawn, on
 * rank 0: whether it made the pictures. Collective. */
ll_status ll_curve_plot(const char *dir, const ll_points *points, const ll_prediction *by,
                        ll_comm *comm, ll_arena *mem, bool *drawn, ll_error *err);

#endif
