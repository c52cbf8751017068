#include "sim/validate/robust.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static double loss(const ll_robust *p, const double *r)
{
    double sum = 0;
    for (int i = 0; i < p->n_residual; i++)
        sum += p->weight[i] * (sqrt(r[i] * r[i] + p->knee * p->knee) - p->knee);
    return sum;
}

/* jacobian: [n][n_residual] */
static void jacobian_find(const ll_robust *p, const double *x, const double *r, double *near,
                          double *jacobian)
{
    const double step = 1e-4;
    for (int j = 0; j < p->n; j++) {
        double *row = jacobian + (size_t)j * (size_t)p->n_residual;
        memcpy(near, x, (size_t)p->n * sizeof *x);
        near[j] += step;
        p->residuals(near, row, p->context);
        for (int i = 0; i < p->n_residual; i++)
            row[i] = (row[i] - r[i]) / step;
    }
}

/* matrix = J' W J [n][n], right = -J' W r [n] */
static void normal_find(const ll_robust *p, const double *r, const double *jacobian, double *matrix,
                        double *right)
{
    for (int j = 0; j < p->n; j++) {
        const double *row_j = jacobian + (size_t)j * (size_t)p->n_residual;
        right[j] = 0;
        for (int k = 0; k <= j; k++) {
            const double *row_k = jacobian + (size_t)k * (size_t)p->n_residual;
            double sum = 0;
            for (int i = 0; i < p->n_residual; i++)
                sum += p->weight[i] / sqrt(r[i] * r[i] + p->knee * p->knee) * row_j[i] * row_k[i];
            matrix[j * p->n + k] = matrix[k * p->n + j] = sum;
        }
        for (int i = 0; i < p->n_residual; i++)
            right[j] -= p->weight[i] / sqrt(r[i] * r[i] + p->knee * p->knee) * row_j[i] * r[i];
    }
}

/* Solve (matrix + lambda diag) step = right by Cholesky. A variable on which no residual depends
 * does not change. */
static void step_find(int n, const double *matrix, double lambda, const double *right,
                      double *factor, double *step)
{
    for (int j = 0; j < n; j++)
        for (int k = 0; k <= j; k++) {
            double sum = matrix[j * n + k];
            if (j == k) sum = sum * (1 + lambda) + 1e-9;
            for (int i = 0; i < k; i++)
                sum -= factor[j * n + i] * factor[k * n + i];
            factor[j * n + k] = j == k ? sqrt(fmax(sum, 1e-12)) : sum / factor[k * n + k];
        }
    for (int j = 0; j < n; j++) {
        step[j] = right[j];
        for (int i = 0; i < j; i++)
            step[j] -= factor[j * n + i] * step[i];
        step[j] /= factor[j * n + j];
    }
    for (int j = n - 1; j >= 0; j--) {
        for (int i = j + 1; i < n; i++)
            step[j] -= factor[i * n + j] * step[i];
        step[j] /= factor[j * n + j];
    }
}

/* A point of the search, with its residuals. */
typedef struct place {
    double *x, *r; /* [n], [n_residual] */
    double sum, lambda;
} place;

/* One step with the given normal equations: increases lambda until the sum falls. */
static bool improve(const ll_robust *p, const double *matrix, const double *right, place *at,
                    ll_arena *mem)
{
    double *factor = ll_arena_array(mem, p->n * p->n, double);
    double *step = ll_arena_array(mem, p->n, double), *trial = ll_arena_array(mem, p->n, double);
    double *r_trial = ll_arena_array(mem, p->n_residual, double);
    const double before = at->sum;
    while (at->lambda < 1e9) {
        step_find(p->n, matrix, at->lambda, right, factor, step);
        for (int j = 0; j < p->n;
             j++) /* variables are logarithms: no more than a factor of e^0.5 */
            trial[j] = at->x[j] + fmax(-0.5, fmin(0.5, step[j]));
        p->residuals(trial, r_trial, p->context);
        const double there = loss(p, r_trial);
        if (!(there < before)) {
            at->lambda *= 4;
            continue;
        }
        memcpy(at->x, trial, (size_t)p->n * sizeof *trial);
        memcpy(at->r, r_trial, (size_t)p->n_residual * sizeof *r_trial);
        at->sum = there;
        at->lambda = fmax(1e-6, at->lambda / 8);
        return before - there > 1e-6 * before;
    }
    return false;
}

double ll_robust_minimise(const ll_robust *problem, double *x, int n_step, ll_arena *mem)
{
    const int n = problem->n, n_residual = problem->n_residual;
    ll_arena_mark mark = ll_arena_here(mem);
    double *r = ll_arena_array(mem, n_residual, double), *near = ll_arena_array(mem, n, double);
    double *jacobian = ll_arena_array(mem, n * n_residual, double);
    double *matrix = ll_arena_array(mem, n * n, double), *right = ll_arena_array(mem, n, double);
    problem->residuals(x, r, problem->context);
    place at = {.x = x, .r = r, .sum = loss(problem, r), .lambda = 0.1};
    bool on = true;
    for (int i = 0; i < n_step && on; i++) {
        ll_arena_mark here = ll_arena_here(mem);
        jacobian_find(problem, x, r, near, jacobian);
        normal_find(problem, r, jacobian, matrix, right);
        on = improve(problem, matrix, right, &at, mem);
        ll_arena_release(mem, here);
    }
    ll_arena_release(mem, mark);
    return at.sum;
}
