/* The axes of a plot of points: where a value lies, ticks and their text. Logarithmic unless said
 * otherwise. */
#ifndef LL_REPORT_AXES_H
#define LL_REPORT_AXES_H

#include "sim/report/figure.h"

typedef enum ll_axis_of { LL_AXIS_X, LL_AXIS_Y, LL_N_AXES } ll_axis_of;

typedef struct ll_axes {
    ll_figure *f;
    ll_arena *mem;
    double font_pt, left_pt, right_pt, top_pt, bottom_pt;
    bool linear[LL_N_AXES];
    double lo[LL_N_AXES], hi[LL_N_AXES]; /* set lo to INFINITY and hi to 0 before the first point */
} ll_axes;

/* Widens an axis so that it has the value; > 0 unless it is linear. */
void ll_axes_include(ll_axes *a, ll_axis_of axis, double value);

/* Rounds both ends outwards: to 1, 2 or 5 times a power of ten; a linear axis begins at 0. */
void ll_axes_round(ll_axes *a, ll_axis_of axis);

double ll_axes_x(const ll_axes *a, double x);
double ll_axes_y(const ll_axes *a, double y);

/* Draws the line of the axis, and ticks with their text; those of y have a line across. */
void ll_axes_draw(const ll_axes *a, ll_axis_of axis);

#endif
