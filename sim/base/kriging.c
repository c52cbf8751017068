#include "sim/base/kriging.h"

#include "sim/base/status.h"

#include <math.h>

#define FINE 0.05

static double likeness_at(const ll_kriging *k, const double *a, const double *b)
{
    double d = 0;
    for (int i = 0; i < k->point.n_dim; i++)
        d += fabs(a[i] - b[i]);
    d /= k->point.length;
    return (1 - FINE) * exp(-d) + (d < 1 ? FINE * exp(-d / FINE) : 0);
}

void ll_kriging_likeness(const ll_kriging *k, const double *at, double *likeness)
{
    for (int i = 0; i < k->point.n; i++)
        likeness[i] = likeness_at(k, at, k->point.x + (ptrdiff_t)i * k->point.n_dim);
}

double ll_kriging_value(const ll_kriging *k, const double *likeness, int column)
{
    const double *weight = k->weight + (ptrdiff_t)column * k->point.n;
    double sum = k->mean[column];
    for (int i = 0; i < k->point.n; i++)
        sum += weight[i] * likeness[i];
    return sum;
}

/* a: [n][n], symmetric and positive; its lower triangle becomes that of L with a = L L'. */
static void cholesky(int n, double *a)
{
    for (int j = 0; j < n; j++) {
        double *row = a + (ptrdiff_t)j * n;
        for (int i = 0; i <= j; i++) {
            const double *other = a + (ptrdiff_t)i * n;
            double sum = row[i];
            for (int c = 0; c < i; c++)
                sum -= row[c] * other[c];
            LL_ASSERT(i < j || sum > 0, "two points of a table coincide");
            row[i] = i < j ? sum / other[i] : sqrt(sum);
        }
    }
}

/* x becomes the solution of L L' x = x. */
static void solve(int n, const double *l, double *x)
{
    for (int i = 0; i < n; i++) {
        const double *row = l + (ptrdiff_t)i * n;
        for (int c = 0; c < i; c++)
            x[i] -= row[c] * x[c];
        x[i] /= row[i];
    }
    for (int i = n - 1; i >= 0; i--) {
        const double *row = l + (ptrdiff_t)i * n;
        x[i] /= row[i];
        for (int c = 0; c < i; c++)
            x[c] -= row[c] * x[i];
    }
}

/* Leave-one-out: the prediction of point i from all others is value - weight / q, where q is the
 * i-th diagonal element of inv(A) - inv(A) 1 1' inv(A) / 1' inv(A) 1 (Dubrule 1983).
 * one: inv(A) 1. */
static void leave_out(ll_kriging *k, const double *l, const double *one, double sum_one,
                      const double *value, double *scratch)
{
    const int n = k->point.n;
    for (int i = 0; i < n; i++) {
        for (int c = 0; c < n; c++)
            scratch[c] = c == i;
        solve(n, l, scratch);
        const double q = scratch[i] - one[i] * one[i] / sum_one;
        for (int c = 0; c < k->n_column; c++) {
            const ptrdiff_t at = (ptrdiff_t)i * k->n_column + c;
            k->without[at] = value[at] - k->weight[(ptrdiff_t)c * n + i] / q;
        }
    }
}

/* Mean and weights of a column. one: inv(A) 1. */
static void column_fit(ll_kriging *k, const double *l, const double *one, double sum_one,
                       const double *value, int column)
{
    const int n = k->point.n;
    double *weight = k->weight + (ptrdiff_t)column * n, sum = 0;
    for (int i = 0; i < n; i++) {
        weight[i] = value[(ptrdiff_t)i * k->n_column + column];
        sum += one[i] * weight[i];
    }
    k->mean[column] = sum / sum_one;
    for (int i = 0; i < n; i++)
        weight[i] -= k->mean[column];
    solve(n, l, weight);
}

void ll_kriging_fit(const ll_kriging_points *p, int n_column, const double *value, bool without,
                    ll_arena *mem, ll_kriging *out)
{
    const int n_point = p->n;
    const size_t n = (size_t)n_point;
    LL_ASSERT(n_point > 0 && p->n_dim <= LL_KRIGING_MAX_DIM, "%d points of %d", n_point, p->n_dim);
    *out = (ll_kriging){.point = *p, .n_column = n_column};
    out->weight = ll_arena_array(mem, n * (size_t)n_column, double);
    out->mean = ll_arena_array(mem, n_column, double);
    if (without && n_point > 1) out->without = ll_arena_array(mem, n * (size_t)n_column, double);
    ll_arena_mark mark = ll_arena_here(mem);
    double *a = ll_arena_array(mem, n * n, double), *one = ll_arena_array(mem, n, double);
    double *scratch = ll_arena_array(mem, n, double), sum_one = 0;
    for (int i = 0; i < n_point; i++) {
        ll_kriging_likeness(out, p->x + (ptrdiff_t)i * p->n_dim, a + (ptrdiff_t)i * n_point);
        one[i] = 1;
    }
    cholesky(n_point, a);
    solve(n_point, a, one);
    for (int i = 0; i < n_point; i++)
        sum_one += one[i];
    for (int c = 0; c < n_column; c++)
        column_fit(out, a, one, sum_one, value, c);
    if (out->without) leave_out(out, a, one, sum_one, value, scratch);
    ll_arena_release(mem, mark);
}
