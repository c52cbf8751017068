/* lineloss: start MPI and PETSc, run one command, finish cleanly. */
#include "sim/command/agree.h"
#include "sim/command/command.h"
#include "sim/command/help.h"
#include "sim/command/interrupt.h"
#include "sim/command/options.h"
#include "sim/print/output.h"
#include "sim/version.h"

#include <mpi.h>
#include <petscsys.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether a launcher may have started other ranks: then no rank prints or ends without them. */
static bool is_launched(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                        "SLURM_PROCID"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i])) return true;
    return false;
}

static void errors_print(const char *prefix, const ll_error *err)
{
    fflush(stdout);
    fputs(prefix, stderr);
    (void)ll_text_print(err->text, stderr);
    if (err->n_line > LL_ERROR_LINES)
        fprintf(stderr, "... and %d more\n", err->n_line - LL_ERROR_LINES);
}

static void abort_all(int exit_code) { MPI_Abort(MPI_COMM_WORLD, exit_code); }

static ll_status version_add(ll_text *out)
{
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING], petsc[256];
    int n;
    MPI_Get_library_version(mpi, &n);
    mpi[strcspn(mpi, ",\n")] = '\0';
    if (PetscGetVersion(petsc, sizeof petsc)) return LL_ERR_INTERNAL;
    petsc[strcspn(petsc, ",\n")] = '\0';
    ll_text_add(out, "lineloss %s (%s)\n%s\n%s\n", ll_version(), ll_git(), petsc, mpi);
    return LL_OK;
}

/* Says that there are more ranks than cores. */
static void crowding_note(ll_comm *comm)
{
    const int n_rank = ll_comm_n_here(comm);
    const long n_core = sysconf(_SC_NPROCESSORS_ONLN);
    if (n_core > 0 && n_rank > n_core)
        ll_comm_note(comm,
                     "%d ranks share the %ld core%s of this machine and wait for each other; "
                     "`mpirun -n %ld` is faster, and a folded study needs one rank",
                     n_rank, n_core, n_core > 1 ? "s" : "", n_core);
}

/* An option after --petsc that nothing reads is an error, as an unknown key is. */
static ll_status petsc_unused(const ll_options *opt, ll_error *err)
{
    PetscInt n;
    char **names, **values;
    PetscErrorCode bad = PetscOptionsLeftGet(NULL, &n, &names, &values);
    if (bad) return ll_error_set(err, LL_ERR_INTERNAL, "PetscOptionsLeftGet: error %d", (int)bad);
    for (PetscInt i = 0; i < n; i++)
        for (int k = 0; k < opt->n_petsc; k++)
            if (opt->petsc[k][0] == '-' && strcmp(opt->petsc[k] + 1, names[i]) == 0)
                ll_error_add(
                    err, LL_ERR_CONFIG,
                    "--petsc -%s: nothing used this option; those of the solver begin with "
                    "-ll_, such as -ll_snes_monitor",
                    names[i]);
    PetscOptionsLeftRestore(NULL, &n, &names, &values);
    return err->status;
}

/* Options of PETSc change how equations are solved, so only those on the command line count: the
 * environment, and a .petscrc in the home or the current directory, are ignored. */
static void petsc_environment_drop(MPI_Comm world, const ll_comm *comm)
{
    static const char *const names[] = {"PETSC_OPTIONS", "PETSC_OPTIONS_YAML"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int is_set = getenv(names[i]) != NULL;
        unsetenv(names[i]);
        MPI_Allreduce(MPI_IN_PLACE, &is_set, 1, MPI_INT, MPI_MAX, world);
        if (is_set)
            ll_comm_note(comm,
                         "the environment variable %s is ignored; options of PETSc go after "
                         "--petsc",
                         names[i]);
    }
}

/* A result records the options of PETSc as they stand on the command line, so options that read
 * others from a file are an error. */
static ll_status petsc_words_check(const ll_options *opt, ll_error *err)
{
    for (int i = 0; i < opt->n_petsc; i++)
        if (strncmp(opt->petsc[i], "-options_file", strlen("-options_file")) == 0)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "--petsc %s: a result records the options of the command line, but "
                                "not of files; write the options themselves",
                                opt->petsc[i]);
    return LL_OK;
}

static ll_status petsc_start(const ll_options *opt, MPI_Comm world, const ll_comm *comm,
                             ll_arena *mem, ll_error *err)
{
    LL_TRY(petsc_words_check(opt, err));
    int argc = opt->n_petsc + 2;
    char **argv = ll_arena_array(mem, argc + 1, char *);
    argv[0] = ll_arena_strdup(mem, opt->program);
    argv[1] = ll_arena_strdup(mem, "-skip_petscrc");
    for (int i = 0; i < opt->n_petsc; i++)
        argv[i + 2] = ll_arena_strdup(mem, opt->petsc[i]);
    petsc_environment_drop(world, comm);
    PETSC_COMM_WORLD = world;
    if (PetscInitialize(&argc, &argv, NULL, NULL) || PetscPopSignalHandler())
        return ll_error_set(err, LL_ERR_RUN, "PETSc did not start, for the reason given above%s",
                            opt->n_petsc ? "; is an option after --petsc wrong?" : "");
    return LL_OK;
}

/* By the option, or else by the environment. */
static ll_show show_of(const ll_options *opt)
{
    const char *wish = getenv("LINELOSS_PROGRESS");
    if (opt->value[LL_OPT_NO_PROGRESS] || opt->value[LL_OPT_QUIET]) return LL_SHOW_NEVER;
    if (opt->value[LL_OPT_PROGRESS]) return LL_SHOW_ALWAYS;
    if (!wish) return LL_SHOW_AUTO;
    return strcmp(wish, "0") == 0 ? LL_SHOW_NEVER : LL_SHOW_ALWAYS;
}

/* The command line, as typed and as read. */
typedef struct request {
    int argc;
    char **argv;
    ll_status status; /* of reading the command line */
    ll_error err;
    ll_options opt;
} request;

/* Whether text alone answers the request: an error of the command line, help, or versions. */
static bool is_text(const request *r)
{
    return r->status != LL_OK || r->opt.value[LL_OPT_HELP] || r->opt.value[LL_OPT_VERSION];
}

static ll_status text_print(request *r, ll_arena *mem)
{
    ll_text text;
    ll_text_init(&text, mem);
    if (r->status == LL_OK && r->opt.value[LL_OPT_HELP])
        ll_help(&r->opt, &text);
    else if (r->status == LL_OK)
        r->status = version_add(&text);
    if (r->status == LL_OK) r->status = ll_command_write(&text, &r->err);
    if (r->status != LL_OK) errors_print("lineloss: ", &r->err);
    return r->status;
}

static ll_status command_run(const request *r, MPI_Comm world, ll_comm *comm, ll_arena *mem)
{
    ll_error err;
    ll_error_init(&err);
    ll_comm_quiet_set(comm, r->opt.value[LL_OPT_QUIET] != NULL);
    crowding_note(comm);
    ll_status status = petsc_start(&r->opt, world, comm, mem, &err);
    if (status != LL_OK && ll_comm_rank(comm) == 0) errors_print("lineloss: ", &err);
    LL_TRY(status);
    ll_interrupt_expect(r->opt.value[LL_OPT_OUT], ll_comm_rank(comm) == 0);
    ll_comm_show_set(comm, show_of(&r->opt));
    status = r->opt.command->run(&r->opt, comm, mem, &err);
    (void)ll_output_abandon(); /* what it could not complete */
    if (status == LL_OK) status = petsc_unused(&r->opt, &err);
    if (status != LL_OK && ll_comm_rank(comm) == 0) errors_print("", &err);
    return PetscFinalize() && status == LL_OK ? LL_ERR_INTERNAL : status;
}

/* A launcher ends all ranks when the first one fails, so MPI_Finalize holds all of them until rank
 * 0 has printed the error. */
static ll_status ranks_run(request *r, MPI_Comm world, ll_arena *mem)
{
    ll_error err;
    ll_error_init(&err);
    ll_comm *comm = ll_comm_create(&world, mem);
    ll_status status = ll_agree_on_start(r->argc, r->argv, comm, mem, &err);
    if (status != LL_OK && ll_comm_rank(comm) == 0) errors_print("lineloss: ", &err);
    if (status == LL_OK && !is_text(r))
        status = command_run(r, world, comm, mem);
    else if (status == LL_OK)
        status = ll_comm_rank(comm) == 0 ? text_print(r, mem) : r->status;
    ll_comm_destroy(comm);
    return status;
}

/* True during MPI_Init. If Open MPI cannot start, it calls _exit(1) there, and exit code 1 would
 * mean that the configuration is wrong. It calls no handler before, so _exit is replaced here. */
static bool is_starting;

/* NOLINTNEXTLINE(bugprone-reserved-identifier,readability-inconsistent-declaration-*): see above */
_Noreturn void _exit(int code)
{
    static const char text[] =
        "lineloss: MPI did not start, for the reason given above; nothing was run\n";
    if (is_starting && write(STDERR_FILENO, text, sizeof text - 1) >= 0) code = LL_ERR_RUN;
    _Exit(code);
}

/* Sets parameters of Open MPI, which other MPI libraries ignore. A single process needs no daemon,
 * and no session directory in TMPDIR, where processes that start at the same time can collide. */
static void mpi_start(request *r)
{
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0); // ranks that share a core must not spin
    if (!is_launched()) {
        setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
        setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
    }
    is_starting = true;
    MPI_Init(&r->argc, &r->argv);
    is_starting = false;
}

static ll_status mpi_run(request *r, ll_arena *mem)
{
    mpi_start(r);
    ll_assert_on_fail(abort_all);
    MPI_Comm world;
    MPI_Comm_dup(MPI_COMM_WORLD, &world);
    const ll_status status = ranks_run(r, world, mem);
    MPI_Comm_free(&world);
    MPI_Finalize();
    return status;
}

int main(int argc, char **argv)
{
    ll_arena *mem = ll_arena_create("run");
    request *r = ll_arena_new(mem, request);
    r->argc = argc;
    r->argv = argv;
    ll_error_init(&r->err);
    r->status = ll_options_parse(argc, argv, mem, &r->opt, &r->err);
    ll_status status = is_text(r) && !is_launched() ? text_print(r, mem) : mpi_run(r, mem);
    ll_arena_destroy(mem);
    if (status == LL_OK && ll_arena_balance_B() != 0) {
        fprintf(stderr, "lineloss: %lld bytes were not freed, which is a bug\n",
                (long long)ll_arena_balance_B());
        status = LL_ERR_INTERNAL;
    }
    return (int)status;
}
