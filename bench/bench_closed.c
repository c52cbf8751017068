/* Time per configuration with engine `closed`: graph, plans, prices, costs and execution of one
 * study after another in a loop, as a search over layouts would run them (the files are read once,
 * outside). Anew: nothing is known before. Known: prices and the order of the pipeline's tasks are,
 * as for all layouts of a search but the first few. usage: bench_closed [--format json] [STUDY...]
 */
#include "sim/engine/engine.h"
#include "sim/step/account.h"
#include "sim/work/pipeline.h"
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
static ll_status evaluate(const ll_study *study, ll_pricer *pricer, ll_comm *comm, ll_arena *mem,
                          double *step_s, ll_error *err)
{
    ll_ladder *ladder = ll_arena_new(mem, ll_ladder);
    LL_TRY(ll_ladder_make(study, pricer, comm, mem, ladder, err));
    *step_s = ll_ladder_time(ladder, LL_IDEAL_JITTER, -1);
    return LL_OK;
}

/* The same with a pricer of its own. */
static ll_status evaluate_anew(const ll_study *study, ll_comm *comm, ll_arena *mem, double *step_s,
                               ll_error *err)
{
    ll_pricer *pricer = NULL;
    ll_status status = ll_pricer_create(study, comm, mem, &pricer, err);
    if (status == LL_OK) status = evaluate(study, pricer, comm, mem, step_s, err);
    ll_pricer_destroy(pricer);
    return status;
}

enum { N_ROUND = 7, N_LOOP = 200 };

/* Median over rounds of the CPU time per configuration; < 0 if the study cannot be evaluated.
 * pricer NULL: anew. */
static double measure_us(const ll_study *study, ll_pricer *pricer, ll_comm *comm, double *step_s,
                         ll_error *err)
{
    double us[N_ROUND];
    ll_arena *mem = ll_arena_create("closed");
    for (int r = 0; r < N_ROUND; r++) {
        double start_s = cpu_s();
        for (int i = 0; i < N_LOOP; i++) {
            ll_arena_reset(mem);
            const ll_status status = pricer ? evaluate(study, pricer, comm, mem, step_s, err)
                                            : evaluate_anew(study, comm, mem, step_s, err);
            if (status != LL_OK) {
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

typedef struct times {
    double anew_us, known_us, step_s;
} times;

static ll_status measure(const char *name, ll_comm *comm, ll_arena *mem, ll_study *study,
                         times *out, ll_error *err)
{
    static const char *const set[] = {"engine.type=closed"};
    ll_pricer *pricer = NULL;
    LL_TRY(ll_study_load(&(ll_study_source){name, 1, set, LL_STUDY_WHOLE}, comm, mem, study, err));
    out->anew_us = measure_us(study, NULL, comm, &out->step_s, err);
    study->pipelines = ll_pipelines_create(mem);
    ll_status status = ll_pricer_create(study, comm, mem, &pricer, err);
    if (status == LL_OK) out->known_us = measure_us(study, pricer, comm, &out->step_s, err);
    ll_pricer_destroy(pricer);
    return err->status;
}

static int bench(int n_study, char *const *studies, bool json, ll_comm *comm, ll_arena *mem)
{
    printf(json ? "[" : "%-20s %8s %10s %10s %12s   (us per configuration, median of %d)\n",
           "study", "chips", "anew", "known", "step s", N_ROUND);
    for (int i = 0; i < n_study; i++) {
        ll_study study;
        times t = {0};
        ll_error err;
        ll_error_init(&err);
        if (measure(studies[i], comm, mem, &study, &t, &err) != LL_OK) {
            fputs(err.text, stderr);
            return (int)err.status;
        }
        if (json)
            printf("%s\n  {\"name\": \"closed.%s\", \"value\": %.6g, \"unit\": \"us per "
                   "configuration\"},\n  {\"name\": \"closed_known.%s\", \"value\": %.6g, "
                   "\"unit\": \"us per configuration\"}",
                   i ? "," : "", study.name, t.anew_us, study.name, t.known_us);
        else
            printf("%-20s %8d %10.1f %10.1f %12.3f\n", study.name, study.cluster.topo->n_chip,
                   t.anew_us, t.known_us, t.step_s);
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
