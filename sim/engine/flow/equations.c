/* The throughput equations, solved by Newton's method (PETSc SNES).
 *
 * Vocabulary. c_l capacity of link l; g_l = kappa s_l its mean wait scale (s: service time of a
 * packet, kappa: burstiness); q_l >= 0 the queueing delay at the link, the unknown. For a row f of
 * m_f equal flows: W_f window (bytes in flight), tau_f round trip of an empty network, a_lf share
 * of the flow's bytes that crosses l, x_f rate of one flow.
 *
 * Model. Little's law: a window is sent once per round trip, queueing included:
 *     x_f = W_f / (tau_f + sum_l a_lf q_l).
 * Pollaczek-Khinchine gives the mean wait at utilisation rho: q_l = g_l rho / (1 - rho), that is
 * rho_l = q_l / (g_l + q_l). The load of a link is what its flows send:
 *     F_l(q) = c_l q_l / (g_l + q_l) - sum_f m_f a_lf x_f(q) = 0.
 *
 * Worked example. One link, c = 100 B/s, g = 0.01 s; two flows with W = 100 B, tau = 1 s. Without
 * queues they would send 200 B/s. F(q) = 100 q / (0.01 + q) - 200 / (1 + q) = 0 has the root q = (1
 * + sqrt(1.08)) / 2 = 1.0196 s; x = 49.51 B/s each, rho = 0.9903: the windows wait in the queue, so
 * that the load stays below the capacity.
 *
 * Existence and uniqueness. F is the gradient of
 *     phi(q) = sum_l c_l (q_l - g_l ln(1 + q_l / g_l)) - sum_f m_f W_f ln(tau_f + sum_l a_lf q_l),
 * which is strictly convex on q >= 0: the root is unique. F_l < 0 at q_l = 0 if the link carries
 * anything, so the root is inside, and no constraint is ever active. The Jacobian
 *     diag(c g / (g + q)^2) + A diag(m x / (tau + A'q)) A'
 * is symmetric positive definite: Cholesky if it is small, conjugate gradients otherwise.
 *
 * Steps. Newton's direction is downhill in phi. The line search goes along it until phi increases,
 * judged by F (near the root differences of phi are rounding). No unknown may shrink more than
 * tenfold in one step: links that the linear model would empty are clipped, and the others go on. A
 * short enough step is not clipped, so one is always accepted. Near the root, where rounding hides
 * the slope, full steps are taken unchecked.
 *
 * Quantities inside are scaled: delays by the longest round trip, rates by the largest capacity.
 * Links are spread over ranks by their number, rows by where their flows start; a rank holds copies
 * of the unknowns that its rows touch (VecScatter). */
#include "sim/engine/flow/equations.h"

#include <math.h>
#include <petscsnes.h>
#include <stdbool.h>

enum { DENSE_MAX = 48, NEWTON_MAX = 200, SEARCH_MAX = 40 };

static const double shrink = 0.1; /* an unknown shrinks at most by this factor per step */
static const double near = 1e-6;  /* residual below which full steps contract */

struct ll_equations {
    ll_system sys;
    MPI_Comm comm;
    bool spread; /* over several ranks */
    double tolerance;
    double q_unit, c_unit;
    PetscInt n_own, n_loc;   /* links owned by this rank; links that its rows use */
    const int32_t *link_loc; /* [entries] link as a local number */
    double *cap, *mean;      /* [n_own] scaled */
    double *load, *slope;    /* [n_own] at the last evaluation: load; c g / (g + q)^2 */

    /* The rows with mult > 0, packed. */
    int64_t n_act;
    int64_t *first;              /* [n_act + 1] */
    int32_t *link;               /* [entries] local */
    double *share;               /* [entries] */
    int64_t *row;                /* [n_act] index into sys */
    double *mult, *window, *tau; /* [n_act] scaled */
    double *rate, *stiff;        /* [n_act] x; m x / (tau + A'q) */

    Vec q, f, q_loc, r_loc; /* the last two: [n_loc], if spread */
    VecScatter scatter;
    Mat jac;
    SNES snes;
    int n_cg;
    double residual, first_residual; /* of the current solve; its first one above the tolerance */
    ll_progress *progress;           /* NULL: not wanted */
};

/* --- kernels over the rows present: q, out, v are [n_loc] ------------------------------------- */

static void rows_load(ll_equations *eq, const double *q, double *out)
{
    for (int64_t i = 0; i < eq->n_act; i++) {
        double trip = eq->tau[i];
        for (int64_t e = eq->first[i]; e < eq->first[i + 1]; e++)
            trip += eq->share[e] * q[eq->link[e]];
        eq->rate[i] = eq->window[i] / trip;
        const double sent = eq->mult[i] * eq->rate[i];
        eq->stiff[i] = sent / trip;
        for (int64_t e = eq->first[i]; e < eq->first[i + 1]; e++)
            out[eq->link[e]] += eq->share[e] * sent;
    }
}

static void rows_mult(const ll_equations *eq, const double *v, double *out)
{
    for (int64_t i = 0; i < eq->n_act; i++) {
        double sum = 0;
        for (int64_t e = eq->first[i]; e < eq->first[i + 1]; e++)
            sum += eq->share[e] * v[eq->link[e]];
        sum *= eq->stiff[i];
        for (int64_t e = eq->first[i]; e < eq->first[i + 1]; e++)
            out[eq->link[e]] += eq->share[e] * sum;
    }
}

static void rows_diagonal(const ll_equations *eq, double *out)
{
    for (int64_t i = 0; i < eq->n_act; i++)
        for (int64_t e = eq->first[i]; e < eq->first[i + 1]; e++)
            out[eq->link[e]] += eq->share[e] * eq->share[e] * eq->stiff[i];
}

/* out: [n_own][n_own], symmetric */
static void rows_dense(const ll_equations *eq, double *out)
{
    const int64_t n = eq->n_own;
    for (int64_t i = 0; i < eq->n_act; i++)
        for (int64_t a = eq->first[i]; a < eq->first[i + 1]; a++)
            for (int64_t b = eq->first[i]; b < eq->first[i + 1]; b++)
                out[eq->link[a] * n + eq->link[b]] += eq->share[a] * eq->share[b] * eq->stiff[i];
}

/* --- vectors of the unknowns ------------------------------------------------------------------ */

typedef enum row_work { WORK_LOAD, WORK_MULT, WORK_DIAGONAL } row_work;

static void rows_work(ll_equations *eq, row_work work, const double *in, double *out)
{
    switch (work) {
    case WORK_LOAD:
        rows_load(eq, in, out);
        break;
    case WORK_MULT:
        rows_mult(eq, in, out);
        break;
    case WORK_DIAGONAL:
        rows_diagonal(eq, out);
        break;
    }
}

/* out := sum over the rows of all ranks, for each link, from `in`. Collective. */
/* NOLINTNEXTLINE(readability-function-size): each PetscCall counts as a branch */
static PetscErrorCode rows_apply(ll_equations *eq, row_work work, Vec in, Vec out)
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
    rows_work(eq, work, from, to);
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
    PetscCall(rows_apply(eq, WORK_LOAD, q_vec, f_vec));
    const PetscScalar *q;
    PetscScalar *f;
    PetscCall(VecGetArrayRead(q_vec, &q));
    PetscCall(VecGetArray(f_vec, &f));
    for (PetscInt l = 0; l < eq->n_own; l++) {
        const double room = eq->mean[l] + q[l];
        eq->load[l] = f[l];
        eq->slope[l] = eq->cap[l] * eq->mean[l] / (room * room);
        f[l] = eq->cap[l] * q[l] / room - f[l];
    }
    PetscCall(VecRestoreArray(f_vec, &f));
    PetscCall(VecRestoreArrayRead(q_vec, &q));
    PetscFunctionReturn(0);
}

/* Uses the slopes of the last evaluation: the line search's, at the point it accepted. */
static PetscErrorCode form_jacobian(SNES snes, Vec q_vec, Mat jac, Mat pre, void *ctx)
{
    ll_equations *eq = ctx;
    (void)snes;
    (void)q_vec;
    (void)pre;
    PetscFunctionBegin;
    PetscBool dense;
    PetscCall(PetscObjectTypeCompare((PetscObject)jac, MATSEQDENSE, &dense));
    if (dense) {
        PetscScalar *a;
        PetscCall(MatZeroEntries(jac));
        PetscCall(MatDenseGetArray(jac, &a));
        rows_dense(eq, a);
        for (PetscInt l = 0; l < eq->n_own; l++)
            a[(int64_t)l * ((int64_t)eq->n_own + 1)] += eq->slope[l];
        PetscCall(MatDenseRestoreArray(jac, &a));
    }
    PetscCall(MatAssemblyBegin(jac, MAT_FINAL_ASSEMBLY));
    PetscCall(MatAssemblyEnd(jac, MAT_FINAL_ASSEMBLY));
    PetscFunctionReturn(0);
}

static PetscErrorCode add_slopes(const ll_equations *eq, const PetscScalar *v, Vec out_vec)
{
    PetscFunctionBegin;
    PetscScalar *out;
    PetscCall(VecGetArray(out_vec, &out));
    for (PetscInt l = 0; l < eq->n_own; l++)
        out[l] += eq->slope[l] * (v == NULL ? 1 : v[l]);
    PetscCall(VecRestoreArray(out_vec, &out));
    PetscFunctionReturn(0);
}

static PetscErrorCode shell_mult(Mat jac, Vec in, Vec out)
{
    ll_equations *eq;
    const PetscScalar *v;
    PetscFunctionBegin;
    PetscCall(MatShellGetContext(jac, &eq));
    PetscCall(rows_apply(eq, WORK_MULT, in, out));
    PetscCall(VecGetArrayRead(in, &v));
    PetscCall(add_slopes(eq, v, out));
    PetscCall(VecRestoreArrayRead(in, &v));
    PetscFunctionReturn(0);
}

static PetscErrorCode shell_diagonal(Mat jac, Vec out)
{
    ll_equations *eq;
    PetscFunctionBegin;
    PetscCall(MatShellGetContext(jac, &eq));
    PetscCall(rows_apply(eq, WORK_DIAGONAL, eq->q, out));
    PetscCall(add_slopes(eq, NULL, out));
    PetscFunctionReturn(0);
}

/* --- Newton ----------------------------------------------------------------------------------- */

/* w := q - t y, but at least `shrink` times q. */
static PetscErrorCode step_clipped(const ll_equations *eq, double t, Vec q_vec, Vec y_vec,
                                   Vec w_vec)
{
    const PetscScalar *q, *y;
    PetscScalar *w;
    PetscFunctionBegin;
    PetscCall(VecGetArrayRead(q_vec, &q));
    PetscCall(VecGetArrayRead(y_vec, &y));
    PetscCall(VecGetArray(w_vec, &w));
    for (PetscInt l = 0; l < eq->n_own; l++)
        w[l] = fmax(q[l] - t * y[l], shrink * q[l]);
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
    bool taken = false;
    double t = 1;
    for (int i = 0; i < SEARCH_MAX && !taken; i++) {
        double before, after;
        PetscCall(step_clipped(eq, t, q, y, w));
        PetscCall(SNESComputeFunction(eq->snes, w, g));
        PetscCall(step_slope(f, w, q, &before));
        PetscCall(step_slope(g, w, q, &after));
        taken = eq->residual < near || (before < 0 && after <= 0.3 * -before);
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
    double worst = 0;
    PetscFunctionBegin;
    PetscCall(VecGetArrayRead(f_vec, &f));
    for (PetscInt l = 0; l < eq->n_own; l++)
        if (eq->load[l] > 0 || !isfinite(f[l]))
            worst = isfinite(f[l]) ? fmax(worst, fabs(f[l]) / eq->load[l]) : HUGE_VAL;
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

/* Numbers the links that rows here use; *needed: [n_loc] their global numbers, ascending. */
static void number_locally(ll_equations *eq, ll_arena *mem, PetscInt **needed)
{
    const int64_t n_entry = eq->sys.first[eq->sys.n_row];
    int32_t *loc = ll_arena_array(mem, eq->sys.n_link, int32_t);
    int32_t *link_loc = ll_arena_array(mem, n_entry, int32_t);
    for (int64_t e = 0; e < n_entry; e++)
        loc[eq->sys.link[e]] = 1;
    for (int64_t l = 0; l < eq->sys.n_link; l++)
        eq->n_loc += loc[l];
    *needed = ll_arena_array(mem, eq->n_loc, PetscInt);
    int32_t n = 0;
    for (int64_t l = 0; l < eq->sys.n_link; l++) {
        if (loc[l] == 0) continue;
        (*needed)[n] = (PetscInt)l;
        loc[l] = n++;
    }
    for (int64_t e = 0; e < n_entry; e++)
        link_loc[e] = loc[eq->sys.link[e]];
    eq->link_loc = link_loc;
}

/* NOLINTNEXTLINE(readability-function-size): each PetscCall counts as a branch */
static PetscErrorCode create_vectors(ll_equations *eq, ll_arena *mem)
{
    PetscFunctionBegin;
    PetscCall(VecCreate(eq->comm, &eq->q));
    PetscCall(VecSetSizes(eq->q, eq->n_own, (PetscInt)eq->sys.n_link));
    PetscCall(VecSetType(eq->q, eq->spread ? VECMPI : VECSEQ));
    PetscCall(VecDuplicate(eq->q, &eq->f));
    if (!eq->spread) {
        eq->n_loc = eq->n_own;
        eq->link_loc = eq->sys.link;
        PetscFunctionReturn(0);
    }
    PetscInt *needed;
    IS is;
    number_locally(eq, mem, &needed);
    PetscCall(VecCreateSeq(PETSC_COMM_SELF, eq->n_loc, &eq->q_loc));
    PetscCall(VecDuplicate(eq->q_loc, &eq->r_loc));
    PetscCall(ISCreateGeneral(PETSC_COMM_SELF, eq->n_loc, needed, PETSC_USE_POINTER, &is));
    PetscCall(VecScatterCreate(eq->q, is, eq->q_loc, NULL, &eq->scatter));
    PetscCall(ISDestroy(&is));
    PetscFunctionReturn(0);
}

static PetscErrorCode create_jacobian(ll_equations *eq)
{
    PetscFunctionBegin;
    const PetscInt n = (PetscInt)eq->sys.n_link;
    if (!eq->spread && n <= DENSE_MAX) {
        PetscCall(MatCreateSeqDense(eq->comm, n, n, NULL, &eq->jac));
        PetscCall(MatSetOption(eq->jac, MAT_SPD, PETSC_TRUE));
        PetscFunctionReturn(0);
    }
    PetscCall(MatCreateShell(eq->comm, eq->n_own, eq->n_own, n, n, eq, &eq->jac));
    PetscCall(MatShellSetOperation(eq->jac, MATOP_MULT, (void (*)(void))shell_mult));
    PetscCall(MatShellSetOperation(eq->jac, MATOP_GET_DIAGONAL, (void (*)(void))shell_diagonal));
    PetscFunctionReturn(0);
}

/* NOLINTNEXTLINE(readability-function-size): each PetscCall counts as a branch */
static PetscErrorCode create_solver(ll_equations *eq)
{
    KSP ksp;
    PC pc;
    SNESLineSearch search;
    PetscFunctionBegin;
    const bool direct = !eq->spread && eq->sys.n_link <= DENSE_MAX;
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
    PetscCall(SNESGetKSP(eq->snes, &ksp));
    PetscCall(KSPGetPC(ksp, &pc));
    PetscCall(KSPSetType(ksp, direct ? KSPPREONLY : KSPCG));
    PetscCall(PCSetType(pc, direct ? PCCHOLESKY : PCJACOBI));
    if (!direct) {
        /* Little accuracy suffices far from the root (Eisenstat and Walker 1996); a rough step
         * still goes downhill. */
        PetscCall(KSPSetNormType(ksp, KSP_NORM_NATURAL));
        PetscCall(SNESKSPSetUseEW(eq->snes, PETSC_TRUE));
        PetscCall(SNESKSPSetParametersEW(eq->snes, 2, 0.1, 0.1, 0.9, 1.6, 1.6, 0.1));
        PetscCall(KSPSetTolerances(ksp, 1e-2, 0, PETSC_DEFAULT, 1000));
        PetscCall(SNESSetMaxLinearSolveFailures(eq->snes, NEWTON_MAX));
    }
    PetscCall(SNESSetFromOptions(eq->snes));
    PetscFunctionReturn(0);
}

static void create_rows(ll_equations *eq, ll_arena *mem)
{
    const int64_t n = eq->sys.n_row, n_entry = eq->sys.first[n];
    eq->cap = ll_arena_array(mem, eq->n_own, double);
    eq->mean = ll_arena_array(mem, eq->n_own, double);
    eq->load = ll_arena_array(mem, eq->n_own, double);
    eq->slope = ll_arena_array(mem, eq->n_own, double);
    eq->first = ll_arena_array(mem, n + 1, int64_t);
    eq->link = ll_arena_array(mem, n_entry, int32_t);
    eq->share = ll_arena_array(mem, n_entry, double);
    eq->row = ll_arena_array(mem, n, int64_t);
    eq->mult = ll_arena_array(mem, n, double);
    eq->window = ll_arena_array(mem, n, double);
    eq->tau = ll_arena_array(mem, n, double);
    eq->rate = ll_arena_array(mem, n, double);
    eq->stiff = ll_arena_array(mem, n, double);
    for (PetscInt l = 0; l < eq->n_own; l++) {
        eq->cap[l] = eq->sys.cap_Bps[l] / eq->c_unit;
        eq->mean[l] = eq->sys.mean_s[l] / eq->q_unit;
    }
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
    eq->sys = *system;
    eq->tolerance = tolerance;
    eq->spread = ll_comm_size(comm) > 1;
    eq->comm = eq->spread ? *(const MPI_Comm *)ll_comm_mpi(comm) : PETSC_COMM_SELF;
    eq->n_own = (PetscInt)(system->link_hi - system->link_lo);
    for (int64_t i = 0; i < system->n_row; i++)
        eq->q_unit = fmax(eq->q_unit, system->tau_s[i]);
    for (PetscInt l = 0; l < eq->n_own; l++)
        eq->c_unit = fmax(eq->c_unit, system->cap_Bps[l]);
    ll_comm_max_f64(comm, 1, &eq->q_unit);
    ll_comm_max_f64(comm, 1, &eq->c_unit);
    create_rows(eq, mem);
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
}

/* --- solving ---------------------------------------------------------------------------------- */

static void take_rows(ll_equations *eq, const double *mult)
{
    const ll_system *s = &eq->sys;
    int64_t n = 0, at = 0;
    for (int64_t i = 0; i < s->n_row; i++) {
        if (!(mult[i] > 0)) continue;
        for (int64_t e = s->first[i]; e < s->first[i + 1]; e++, at++) {
            eq->link[at] = eq->link_loc[e];
            eq->share[at] = s->share[e];
        }
        eq->row[n] = i;
        eq->mult[n] = mult[i];
        eq->window[n] = s->window_B[i] / (eq->c_unit * eq->q_unit);
        eq->tau[n] = s->tau_s[i] / eq->q_unit;
        eq->first[++n] = at;
    }
    eq->n_act = n;
}

/* The starting point. A link without load has no queue. A link with load and no queue yet gets that
 * of the open network (no window limits a flow) if it is short, else the one that alone would limit
 * its flows to the capacity. */
static PetscErrorCode start(ll_equations *eq, const double *wait_s)
{
    PetscFunctionBegin;
    PetscScalar *q;
    PetscCall(VecZeroEntries(eq->q));
    PetscCall(form_function(eq->snes, eq->q, eq->f, eq));
    PetscCall(VecGetArray(eq->q, &q));
    for (PetscInt l = 0; l < eq->n_own; l++) {
        const double rho = eq->load[l] / eq->cap[l];
        q[l] = wait_s[l] / eq->q_unit;
        if (!(rho > 0))
            q[l] = 0;
        else if (!(q[l] > 0))
            q[l] =
                rho < 0.9 ? eq->mean[l] * rho / (1 - rho) : fmax(9 * eq->mean[l], 0.3 * (rho - 1));
    }
    PetscCall(VecRestoreArray(eq->q, &q));
    PetscFunctionReturn(0);
}

static PetscErrorCode finish(ll_equations *eq, double *wait_s, double *rate_Bps)
{
    PetscFunctionBegin;
    const PetscScalar *q;
    PetscCall(VecGetArrayRead(eq->q, &q));
    for (PetscInt l = 0; l < eq->n_own; l++)
        wait_s[l] = q[l] * eq->q_unit;
    PetscCall(VecRestoreArrayRead(eq->q, &q));
    for (int64_t i = 0; i < eq->sys.n_row; i++)
        rate_Bps[i] = 0;
    for (int64_t i = 0; i < eq->n_act; i++)
        rate_Bps[eq->row[i]] = eq->rate[i] * eq->c_unit;
    PetscFunctionReturn(0);
}

static PetscErrorCode solve(ll_equations *eq, const double *wait_s, ll_solve_info *info,
                            SNESConvergedReason *reason)
{
    PetscInt n_newton, n_cg;
    PetscFunctionBegin;
    PetscCall(start(eq, wait_s));
    PetscCall(SNESSolve(eq->snes, NULL, eq->q));
    PetscCall(SNESGetConvergedReason(eq->snes, reason));
    PetscCall(SNESGetIterationNumber(eq->snes, &n_newton));
    PetscCall(SNESGetLinearSolveIterations(eq->snes, &n_cg));
    /* The residual of the answer: PETSc options can replace the convergence test. */
    PetscCall(form_function(eq->snes, eq->q, eq->f, eq));
    PetscCall(residual_find(eq, eq->f));
    *info = (ll_solve_info){(int)n_newton, (int)n_cg, eq->residual};
    PetscFunctionReturn(0);
}

ll_status ll_equations_solve(ll_equations *eq, const double *mult, double *wait_s, double *rate_Bps,
                             ll_solve_info *info, ll_error *err)
{
    SNESConvergedReason reason = SNES_CONVERGED_ITERATING;
    take_rows(eq, mult);
    eq->first_residual = 0;
    if (solve(eq, wait_s, info, &reason)) return petsc_fault(err);
    if (reason <= 0 || !(eq->residual <= eq->tolerance))
        return ll_error_set(
            err, LL_ERR_RUN,
            "throughput equations did not converge (%s): %lld links, residual %g of "
            "the load after %d steps, tolerance %g%s",
            SNESConvergedReasons[reason], (long long)eq->sys.n_link, eq->residual, info->n_newton,
            eq->tolerance, reason > 0 ? ": options after --petsc made it stop too early" : "");
    if (finish(eq, wait_s, rate_Bps)) return petsc_fault(err);
    return LL_OK;
}
