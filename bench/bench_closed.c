/* Time per configuration with engine `closed`: plans, prices, durations and replay of one study after
 * another in a loop, as a search over layouts would run them (the files are read once, outside).
 * usage: bench_closed [--format json] [STUDY...] */
#include "sim/engine/engine.h"
#include "sim/step/program.h"
#include "sim/step/replay.h"
#include "sim/work/study.h"

#include <mpi.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One configuration, from layout to step time. */
static ll_status evaluate(const ll_study *study, ll_comm *comm, ll_arena *mem, double *step_s,
                          ll_error *err)
{
    ll_program *program = ll_arena_new(mem, ll_program);
    ll_durations d;
    ll_progress progress;
    ll_ideal ideal = {.jitter = true};
    LL_TRY(ll_program_build(study, mem, program, err));
    LL_TRY(ll_program_price(program, comm, mem, err));
    ll_program_durations(program, &ideal, mem, &d);
    ll_progress_begin(&progress, comm, "closed", 1);
    ll_replay_input in = {program, &d, false, &progress};
    ll_status status = ll_replay(&in, comm, mem, step_s, err);
    ll_progress_end(&progress);
    return status;
}

enum { N_ROUND = 7, N_LOOP = 200 };

/* Median over rounds of the CPU time per configuration; < 0 if the study cannot be evaluated. */
static double measure_us(const ll_study *study, ll_comm *comm, double *step_s, ll_error *err)
{
    double us[N_ROUND];
    ll_arena *mem = ll_arena_create("closed");
    for (int r = 0; r < N_ROUND; r++) {
        double start_s = cpu_s();
        for (int i = 0; i < N_LOOP; i++) {
            ll_arena_reset(mem);
            if (evaluate(study, comm, mem, step_s, err) != LL_OK) {
                ll_arena_destroy(mem);
                return -1;
            }
        }
        us[r] = 1e6 * (cpu_s() - start_s) / N_LOOP;
        for (int k = r; k > 0 && us[k] < us[k - 1]; k--) {
            double t = us[k];
            us[k] = us[k - 1];
            us[k - 1] = t;
        }
    }
    ll_arena_destroy(mem);
    return us[N_ROUND / 2];
}

static int bench(int n_study, char *const *studies, bool json, ll_comm *comm, ll_arena *mem)
{
    static const char *const set[] = {"engine.type=closed"};
    ll_error err;
    printf(json ? "[" : "%-20s %8s %14s %12s   (median of %d)\n", "study", "chips", "us per config",
           "step s", N_ROUND);
    for (int i = 0; i < n_study; i++) {
        ll_study study;
        double step_s = 0;
        ll_error_init(&err);
        double us = -1;
        if (ll_study_load(&(ll_study_source){studies[i], 1, set, LL_STUDY_WHOLE}, comm, mem, &study,
                          &err) == LL_OK)
            us = measure_us(&study, comm, &step_s, &err);
        if (us < 0) {
            fputs(err.text, stderr);
            return (int)err.status;
        }
        if (json)
            printf("%s\n  {\"name\": \"closed.%s\", \"value\": %.6g, \"unit\": \"us per "
                   "configuration\"}",
                   i ? "," : "", study.name, us);
        else
            printf("%-20s %8d %14.1f %12.3f\n", study.name, study.cluster.topo->n_chip, us, step_s);
    }
    printf(json ? "\n]\n" : "");
    return 0;
}

int main(int argc, char **argv)
{
    static char *const shipped[] = {"nvl72", "atlas950", "gb200_8192", "supercluster"};
    MPI_Init(&argc, &argv);
    bool json = argc > 2 && !strcmp(argv[1], "--format") && !strcmp(argv[2], "json");
    int skip = json ? 3 : 1;
    ll_arena *mem = ll_arena_create("bench");
    ll_comm *comm = ll_comm_self(mem);
    int bad = argc > skip ? bench(argc - skip, argv + skip, json, comm, mem)
                          : bench(4, shipped, json, comm, mem);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    MPI_Finalize();
    return bad;
}
