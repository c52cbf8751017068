/* The throughput equations (throughput.h), solved by Newton's method (PETSc SNES).
 *
 * Steps. Newton's direction is downhill in phi. The line search goes along it until phi increases,
 * judged by F (near the root differences of phi are rounding). No unknown may shrink more than
 * tenfold in one step: links that the linear model would empty are clipped, and the others go on. A
 * short enough step is not clipped, so one is always accepted. Near the root, where rounding hides
 * the slope, full steps are taken unchecked. Of many links, the idle share is an unknown too
 * (throughput.h), which takes fewer steps, none of them checked; if PAIR_MAX of them were not
 * enough, the method goes on as for few.
 *
 * Links are spread over ranks by their number, rows by where their flows start; a rank holds copies
 * of the unknowns that its rows touch (VecScatter). */
#include "sim/engine/flow/equations.h"

#include "sim/engine/flow/direction.h"

#include <math.h>
#include <petscsnes.h>
#include <stdbool.h>

enum { DENSE_MAX = 48, NEWTON_MAX = 200, SEARCH_MAX = 40, PAIR_MAX = 40 };

static const double near = 1e-6; /* residual below which full steps contract */

struct ll_equations {
    ll_throughput t;
    MPI_Comm comm;
    bool spread; /* over several ranks */
    double tolerance;
    Vec q, f, q_loc, r_loc; /* the last two: [n_loc], if spread */
    VecScatter scatter;
    Mat jac;
    SNES snes;
    KSP ksp;
    ll_direction *direction;         /* NULL: the Jacobian is small, and factorised */
    int n_cg;                        /* of the current solve */
    double residual, first_residual; /* of the current solve; its first one above the tolerance */
    ll_progress *progress;           /* NULL: not wanted */
};

/* --- vectors of the unknowns ------------------------------------------------------------------ */

/* out := sum over the rows of all ranks, for each link, from `in`. Collective. */
/* NOLINTNEXTLINE(readability-function-size): each PetscCall counts as a branch */
static PetscErrorCode rows_apply(ll_equations *eq, ll_row_sum sum, Vec in, Vec out)
{
    PetscFunctionBegin;
    const PetscScalar *from;
    PetscScalar *to;
    Vec to_vec = eq->spread ? eq->r_loc : out, from_vec = in;
    if (eq->spread) {
        PetscCall(VecScatterBegin(eq->scatter, in, eq->q_loc, INSERT_VALUES, SCATTER_FORWARD));
        PetscCall(VecScatterEnd(eq->scatter, in, eq->q_loc, INSERT_VALUES, SCATTER_FORWARD));
        PetscCall(VecZeroEntries(out));
        from_vec = eq->q_loc;
    }
    PetscCall(VecZeroEntries(to_vec));
    PetscCall(VecGetArrayRead(from_vec, &from));
    PetscCall(VecGetArray(to_vec, &to));
    ll_throughput_sum(&eq->t, sum, from, to);
    PetscCall(VecRestoreArray(to_vec, &to));
    PetscCall(VecRestoreArrayRead(from_vec, &from));
    if (eq->spread) {
        PetscCall(VecScatterBegin(eq->scatter, eq->r_loc, out, ADD_VALUES, SCATTER_REVERSE));
        PetscCall(VecScatterEnd(eq->scatter, eq->r_loc, out, ADD_VALUES, SCATTER_REVERSE));
    }
    PetscFunctionReturn(0);
}

static PetscErrorCode form_function(SNES snes, Vec q_vec, Vec f_vec, void *ctx)
{
    ll_equations *eq = ctx;
    (void)snes;
    PetscFunctionBegin;
    PetscCall(rows_apply(eq, LL_ROW_LOAD, q_vec, f_vec));
    const PetscScalar *q;
    PetscScalar *f;
    PetscCall(VecGetArrayRead(q_vec, &q));
    PetscCall(VecGetArray(f_vec, &f));
    ll_throughput_residual(&eq->t, q, f);
    PetscCall(VecRestoreArray(f_vec, &f));
    PetscCall(VecRestoreArrayRead(q_vec, &q));
    PetscFunctionReturn(0);
}

/* Uses the slopes of the last evaluation: the line search's, at the point it accepted. */
static PetscErrorCode form_jacobian(SNES snes, Vec q_vec, Mat jac, Mat pre, void *ctx)
{
    ll_equations *eq = ctx;
    (void)snes, (void)q_vec, (void)pre;
    PetscFunctionBegin;
    if (eq->direction == NULL) {
        PetscScalar *a;
        PetscCall(MatZeroEntries(jac));
        PetscCall(MatDenseGetArray(jac, &a));
        ll_throughput_dense(&eq->t, a);
        PetscCall(MatDenseRestoreArray(jac, &a));
    }
    PetscCall(MatAssemblyBegin(jac, MAT_FINAL_ASSEMBLY));
    PetscCall(MatAssemblyEnd(jac, MAT_FINAL_ASSEMBLY));
    PetscFunctionReturn(0);
}

/* y := the direction for F that is f_vec; see direction.h. */
/* NOLINTNEXTLINE(readability-function-size): each PetscCall counts as a branch */
static PetscErrorCode direction_apply(PC pc, Vec f_vec, Vec y_vec)
{
    ll_equations *eq;
    const PetscScalar *f, *number;
    PetscScalar *y;
    PetscReal rtol;
    PetscFunctionBegin;
    PetscCall(PCShellGetContext(pc, &eq));
    PetscCall(KSPGetTolerances(eq->ksp, &rtol, NULL, NULL, NULL));
    PetscCall(rows_apply(eq, LL_ROW_DIAGONAL, eq->q, y_vec));
    PetscCall(VecGetArrayRead(f_vec, &f));
    PetscCall(VecGetArray(y_vec, &y));
    ll_direction_choose(eq->direction, f, y);
    PetscCall(VecRestoreArray(y_vec, &y));
    if (eq->spread) {
        PetscCall(VecScatterBegin(eq->scatter, y_vec, eq->q_loc, INSERT_VALUES, SCATTER_FORWARD));
        PetscCall(VecScatterEnd(eq->scatter, y_vec, eq->q_loc, INSERT_VALUES, SCATTER_FORWARD));
    }
    PetscCall(VecGetArray(y_vec, &y));
    Vec number_vec = eq->spread ? eq->q_loc : y_vec;
    PetscCall(VecGetArrayRead(number_vec, &number));
    eq->n_cg += ll_direction_find(eq->direction, f, number, rtol, y);
    PetscCall(VecRestoreArrayRead(number_vec, &number));
    PetscCall(VecRestoreArray(y_vec, &y));
    PetscCall(VecRestoreArrayRead(f_vec, &f));
    PetscFunctionReturn(0);
}

/* --- Newton ----------------------------------------------------------------------------------- */

/* w := the point to which the part `length` of the direction y leads; see ll_throughput_step. */
static PetscErrorCode step_to(ll_equations *eq, double length, bool pair, Vec q_vec, Vec y_vec,
                              Vec w_vec)
{
    const PetscScalar *q, *y;
    PetscScalar *w;
    PetscFunctionBegin;
    PetscCall(VecGetArrayRead(q_vec, &q));
    PetscCall(VecGetArrayRead(y_vec, &y));
    PetscCall(VecGetArray(w_vec, &w));
    ll_throughput_step(&eq->t, length, pair, q, y, w);
    PetscCall(VecRestoreArray(w_vec, &w));
    PetscCall(VecRestoreArrayRead(y_vec, &y));
    PetscCall(VecRestoreArrayRead(q_vec, &q));
    PetscFunctionReturn(0);
}

/* *slope := f . (w - q), the slope of phi along a step, where f is F at either end of it. */
static PetscErrorCode step_slope(Vec f, Vec w, Vec q, double *slope)
{
    double to, from;
    PetscFunctionBegin;
    PetscCall(VecDot(f, w, &to));
    PetscCall(VecDot(f, q, &from));
    *slope = to - from;
    PetscFunctionReturn(0);
}

/* SNESLINESEARCHSHELL: see the head of this file. */
/* NOLINTNEXTLINE(readability-function-size): each PetscCall counts as a branch */
static PetscErrorCode line_search(SNESLineSearch search, void *ctx)
{
    ll_equations *eq = ctx;
    Vec q, f, y, w, g;
    PetscFunctionBegin;
    PetscCall(SNESLineSearchGetVecs(search, &q, &f, &y, &w, &g));
    PetscInt n_step;
    PetscCall(SNESGetIterationNumber(eq->snes, &n_step));
    const bool close = eq->residual < near;
    const bool pair = eq->t.idle != NULL && n_step < PAIR_MAX && !close;
    bool taken = false;
    double t = 1;
    for (int i = 0; i < SEARCH_MAX && !taken; i++) {
        double before, after;
        PetscCall(step_to(eq, t, pair, q, y, w));
        PetscCall(SNESComputeFunction(eq->snes, w, g));
        if ((taken = pair || close)) break;
        PetscCall(step_slope(f, w, q, &before));
        PetscCall(step_slope(g, w, q, &after));
        taken = before < 0 && after <= 0.3 * -before;
        t *= before < 0 ? fmin(0.7, fmax(0.1, before / (before - after))) : 0.1;
    }
    PetscCall(VecCopy(w, q));
    PetscCall(VecCopy(g, f));
    PetscCall(SNESLineSearchComputeNorms(search));
    PetscCall(SNESLineSearchSetReason(search, taken ? SNES_LINESEARCH_SUCCEEDED
                                                    : SNES_LINESEARCH_FAILED_REDUCT));
    PetscFunctionReturn(0);
}

/* eq->residual := the largest |F_l| / load of l, of F that is f_vec. */
static PetscErrorCode residual_find(ll_equations *eq, Vec f_vec)
{
    const PetscScalar *f;
    PetscFunctionBegin;
    PetscCall(VecGetArrayRead(f_vec, &f));
    double worst = ll_throughput_worst_frac(&eq->t, f);
    PetscCall(VecRestoreArrayRead(f_vec, &f));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX, eq->comm));
    eq->residual = worst;
    PetscFunctionReturn(0);
}

/* Each Newton step lowers the residual by about the same factor, or more. */
static void progress_note(ll_equations *eq)
{
    if (eq->progress == NULL || !(eq->residual < HUGE_VAL) || eq->residual <= eq->tolerance) return;
    const double first = eq->first_residual = fmax(eq->first_residual, eq->residual);
    ll_progress_reach(eq->progress, log(first / eq->residual) / log(first / eq->tolerance));
}

static PetscErrorCode converged(SNES snes, PetscInt it, PetscReal x_norm, PetscReal y_norm,
                                PetscReal f_norm, SNESConvergedReason *reason, void *ctx)
{
    ll_equations *eq = ctx;
    Vec f_vec;
    (void)it;
    (void)x_norm;
    (void)y_norm;
    PetscFunctionBegin;
    PetscCall(SNESGetFunction(snes, &f_vec, NULL, NULL));
    PetscCall(residual_find(eq, f_vec));
    *reason = SNES_CONVERGED_ITERATING;
    if (eq->residual <= eq->tolerance) *reason = SNES_CONVERGED_FNORM_RELATIVE;
    progress_note(eq);
    if (PetscIsInfOrNanReal(f_norm)) *reason = SNES_DIVERGED_FNORM_NAN;
    PetscFunctionReturn(0);
}

/* --- setting up ------------------------------------------------------------------------------- */

/* NOLINTNEXTLINE(readability-function-size): each PetscCall counts as a branch */
static PetscErrorCode create_vectors(ll_equations *eq, ll_arena *mem)
{
    PetscFunctionBegin;
    PetscCall(VecCreate(eq->comm, &eq->q));
    PetscCall(VecSetSizes(eq->q, (PetscInt)eq->t.n_own, (PetscInt)eq->t.sys.n_link));
    PetscCall(VecSetType(eq->q, eq->spread ? VECMPI : VECSEQ));
    PetscCall(VecDuplicate(eq->q, &eq->f));
    if (!eq->spread) PetscFunctionReturn(0);
    IS is;
    const PetscInt n = (PetscInt)eq->t.n_loc;
    PetscInt *needed = ll_arena_array(mem, n, PetscInt);
    for (PetscInt l = 0; l < n; l++)
        needed[l] = eq->t.needed[l];
    PetscCall(VecCreateSeq(PETSC_COMM_SELF, n, &eq->q_loc));
    PetscCall(VecDuplicate(eq->q_loc, &eq->r_loc));
    PetscCall(ISCreateGeneral(PETSC_COMM_SELF, n, needed, PETSC_USE_POINTER, &is));
    PetscCall(VecScatterCreate(eq->q, is, eq->q_loc, NULL, &eq->scatter));
    PetscCall(ISDestroy(&is));
    PetscFunctionReturn(0);
}

static PetscErrorCode create_jacobian(ll_equations *eq)
{
    PetscFunctionBegin;
    const PetscInt n = (PetscInt)eq->t.sys.n_link, n_own = (PetscInt)eq->t.n_own;
    if (eq->direction == NULL) {
        PetscCall(MatCreateSeqDense(eq->comm, n, n, NULL, &eq->jac));
        PetscCall(MatSetOption(eq->jac, MAT_SPD, PETSC_TRUE));
        PetscFunctionReturn(0);
    }
    PetscCall(MatCreateShell(eq->comm, n_own, n_own, n, n, eq, &eq->jac)); /* see direction_apply */
    PetscFunctionReturn(0);
}

/* NOLINTNEXTLINE(readability-function-size): each PetscCall counts as a branch */
static PetscErrorCode create_solver(ll_equations *eq)
{
    PC pc;
    SNESLineSearch search;
    PetscFunctionBegin;
    const bool direct = eq->direction == NULL;
    PetscCall(SNESCreate(eq->comm, &eq->snes));
    PetscCall(SNESSetOptionsPrefix(eq->snes, "ll_"));
    PetscCall(SNESSetType(eq->snes, SNESNEWTONLS));
    PetscCall(SNESSetFunction(eq->snes, eq->f, form_function, eq));
    PetscCall(SNESSetJacobian(eq->snes, eq->jac, eq->jac, form_jacobian, eq));
    PetscCall(SNESSetTolerances(eq->snes, 0, 0, 0, NEWTON_MAX, PETSC_MAX_INT));
    PetscCall(SNESSetConvergenceTest(eq->snes, converged, eq, NULL));
    PetscCall(SNESGetLineSearch(eq->snes, &search));
    PetscCall(SNESLineSearchSetType(search, SNESLINESEARCHSHELL));
    PetscCall(SNESLineSearchShellSetUserFunc(search, line_search, eq));
    PetscCall(SNESGetKSP(eq->snes, &eq->ksp));
    PetscCall(KSPGetPC(eq->ksp, &pc));
    PetscCall(KSPSetType(eq->ksp, KSPPREONLY));
    PetscCall(PCSetType(pc, direct ? PCCHOLESKY : PCSHELL));
    if (!direct) {
        /* Little accuracy suffices far from the root (Eisenstat and Walker 1996); a rough step
         * still goes downhill. */
        PetscCall(PCShellSetContext(pc, eq));
        PetscCall(PCShellSetApply(pc, direction_apply));
        PetscCall(SNESKSPSetUseEW(eq->snes, PETSC_TRUE));
        PetscCall(SNESKSPSetParametersEW(eq->snes, 2, 0.1, 0.1, 0.9, 1.6, 1.6, 0.1));
        PetscCall(SNESSetMaxLinearSolveFailures(eq->snes, NEWTON_MAX));
    }
    PetscCall(SNESSetFromOptions(eq->snes));
    PetscFunctionReturn(0);
}

/* PETSc has printed the reason; usually an option after --petsc has an illegal value. */
static ll_status petsc_fault(ll_error *err)
{
    return ll_error_set(err, LL_ERR_RUN,
                        "throughput equations: PETSc failed, for the reason printed above; "
                        "without options after --petsc this is a bug");
}

ll_status ll_equations_create(const ll_system *system, double tolerance, ll_comm *comm,
                              ll_arena *mem, ll_equations **out, ll_error *err)
{
    ll_equations *eq = ll_arena_new(mem, ll_equations);
    eq->tolerance = tolerance;
    eq->spread = ll_comm_size(comm) > 1;
    eq->comm = eq->spread ? *(const MPI_Comm *)ll_comm_mpi(comm) : PETSC_COMM_SELF;
    const bool direct = !eq->spread && system->n_link <= DENSE_MAX;
    ll_throughput_init(&eq->t, system, !direct, comm, mem);
    if (!direct) eq->direction = ll_direction_create(&eq->t, comm, mem);
    const bool bad = create_vectors(eq, mem) || create_jacobian(eq) || create_solver(eq);
    *out = eq;
    return bad ? petsc_fault(err) : LL_OK;
}

void ll_equations_show(ll_equations *eq, ll_progress *progress) { eq->progress = progress; }

void ll_equations_destroy(ll_equations *eq)
{
    (void)SNESDestroy(&eq->snes);
    (void)MatDestroy(&eq->jac);
    (void)VecScatterDestroy(&eq->scatter);
    (void)VecDestroy(&eq->q);
    (void)VecDestroy(&eq->f);
    (void)VecDestroy(&eq->q_loc);
    (void)VecDestroy(&eq->r_loc);
    if (eq->direction != NULL) ll_direction_destroy(eq->direction);
}

/* --- solving ---------------------------------------------------------------------------------- */

static PetscErrorCode start(ll_equations *eq, const double *wait_s)
{
    PetscFunctionBegin;
    PetscScalar *q;
    PetscCall(VecZeroEntries(eq->q));
    PetscCall(form_function(eq->snes, eq->q, eq->f, eq));
    PetscCall(VecGetArray(eq->q, &q));
    ll_throughput_start(&eq->t, wait_s, q);
    ll_throughput_settle(&eq->t, q);
    PetscCall(VecRestoreArray(eq->q, &q));
    PetscFunctionReturn(0);
}

static PetscErrorCode finish(ll_equations *eq, double *wait_s, double *rate_Bps)
{
    PetscFunctionBegin;
    const PetscScalar *q;
    PetscCall(VecGetArrayRead(eq->q, &q));
    ll_throughput_answer(&eq->t, q, wait_s, rate_Bps);
    PetscCall(VecRestoreArrayRead(eq->q, &q));
    PetscFunctionReturn(0);
}

static PetscErrorCode solve(ll_equations *eq, const double *wait_s, ll_solve_info *info,
                            SNESConvergedReason *reason)
{
    PetscInt n_newton;
    PetscFunctionBegin;
    PetscCall(start(eq, wait_s));
    PetscCall(SNESSolve(eq->snes, NULL, eq->q));
    PetscCall(SNESGetConvergedReason(eq->snes, reason));
    PetscCall(SNESGetIterationNumber(eq->snes, &n_newton));
    /* The residual of the answer: PETSc options can replace the convergence test. */
    PetscCall(form_function(eq->snes, eq->q, eq->f, eq));
    PetscCall(residual_find(eq, eq->f));
    *info = (ll_solve_info){(int)n_newton, eq->n_cg, eq->residual};
    PetscFunctionReturn(0);
}

ll_status ll_equations_solve(ll_equations *eq, const double *mult, double *wait_s, double *rate_Bps,
                             ll_solve_info *info, ll_error *err)
{
    SNESConvergedReason reason = SNES_CONVERGED_ITERATING;
    ll_throughput_take(&eq->t, mult);
    eq->first_residual = eq->n_cg = 0;
    if (solve(eq, wait_s, info, &reason)) return petsc_fault(err);
    if (reason <= 0 || !(eq->residual <= eq->tolerance))
        return ll_error_set(
            err, LL_ERR_RUN,
            "throughput equations did not converge (%s): %lld links, residual %g of "
            "the load after %d steps, tolerance %g%s",
            SNESConvergedReasons[reason], (long long)eq->t.sys.n_link, eq->residual, info->n_newton,
            eq->tolerance, reason > 0 ? ": options after --petsc made it stop too early" : "");
    if (finish(eq, wait_s, rate_Bps)) return petsc_fault(err);
    return LL_OK;
}
