/* CPU time of what a result hangs on, of the spread over five seeds, and of the effects of all keys
 * in which a study differs from nvl72: all by `closed`, on one rank, files read before. "us each":
 * the first over its variants, of which those of jitter take most.
 * usage: bench_sensitivity [--format json] [STUDY...] */
#include "sim/step/effects.h"
#include "sim/step/sensitivity.h"

#include <mpi.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { N_ROUND = 5, N_SEED = 5 };

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct times {
    double inputs_s, each_us, seeds_s, effects_s;
    int n_tried, n_differ;
} times;

static ll_status measure_once(const ll_study *study, ll_comm *comm, ll_arena *mem, times *out,
                              ll_error *err)
{
    ll_sensitivity inputs;
    ll_seed_spread spread;
    ll_effects effects;
    const double start_s = cpu_s();
    LL_TRY(ll_sensitivity_find(&study[1], comm, mem, &inputs, err));
    const double inputs_s = cpu_s();
    LL_TRY(ll_seed_spread_find(&study[1], N_SEED, comm, mem, &spread, err));
    const double seeds_s = cpu_s();
    LL_TRY(ll_effects_find(2, study, comm, mem, &effects, err));
    *out = (times){.inputs_s = inputs_s - start_s,
                   .seeds_s = seeds_s - inputs_s,
                   .effects_s = cpu_s() - seeds_s,
                   .each_us = 1e6 * (inputs_s - start_s) / (2 * inputs.n_tried),
                   .n_tried = inputs.n_tried,
                   .n_differ = effects.n};
    return LL_OK;
}

/* The fastest of N_ROUND, by the sum. */
static ll_status measure(const ll_study *study, ll_comm *comm, times *out, ll_error *err)
{
    ll_arena *mem = ll_arena_create("round");
    ll_status status = LL_OK;
    for (int r = 0; r < N_ROUND && status == LL_OK; r++) {
        times t;
        ll_arena_reset(mem);
        status = measure_once(study, comm, mem, &t, err);
        if (status == LL_OK && (r == 0 || t.inputs_s + t.seeds_s + t.effects_s <
                                              out->inputs_s + out->seeds_s + out->effects_s))
            *out = t;
    }
    ll_arena_destroy(mem);
    return status;
}

static void print(const char *name, const times *t, bool json, bool first)
{
    if (json)
        printf("%s\n  {\"name\": \"sensitivity.%s\", \"value\": %.4g, \"unit\": \"s\"},\n"
               "  {\"name\": \"seeds.%s\", \"value\": %.4g, \"unit\": \"s\"},\n"
               "  {\"name\": \"effects.%s\", \"value\": %.4g, \"unit\": \"s\"}",
               first ? "" : ",", name, t->inputs_s, name, t->seeds_s, name, t->effects_s);
    else
        printf("%-14s %8d %10.3f %8.0f %10.3f %8d %10.3f\n", name, t->n_tried, t->inputs_s,
               t->each_us, t->seeds_s, t->n_differ, t->effects_s);
}

static ll_status bench(int n, char *const *names, bool json, ll_comm *comm, ll_arena *mem,
                       ll_error *err)
{
    ll_study *study = ll_arena_array(mem, 2, ll_study);
    LL_TRY(
        ll_study_load(&(ll_study_source){"nvl72", 0, NULL, LL_STUDY_WHOLE}, comm, mem, study, err));
    if (!json)
        printf("%-14s %8s %10s %8s %10s %8s %10s\n", "study", "figures", "inputs s", "us each",
               "seeds s", "differ", "effects s");
    for (int i = 0; i < n; i++) {
        times t;
        LL_TRY(ll_study_load(&(ll_study_source){names[i], 0, NULL, LL_STUDY_WHOLE}, comm, mem,
                             &study[1], err));
        LL_TRY(measure(study, comm, &t, err));
        print(study[1].name, &t, json, i == 0);
    }
    return LL_OK;
}

int main(int argc, char **argv)
{
    static char *const shipped[] = {"nvl72", "atlas950", "gb200_8192", "supercluster"};
    MPI_Init(&argc, &argv);
    const bool json = argc > 2 && !strcmp(argv[1], "--format") && !strcmp(argv[2], "json");
    const int skip = json ? 3 : 1, n = argc - skip;
    ll_arena *mem = ll_arena_create("bench");
    ll_comm *comm = ll_comm_self(mem);
    ll_error err;
    ll_error_init(&err);
    if (json) printf("[");
    const ll_status status = n > 0 ? bench(n, argv + skip, json, comm, mem, &err)
                                   : bench(4, shipped, json, comm, mem, &err);
    if (json) printf("\n]\n");
    if (status != LL_OK) fputs(err.text, stderr);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    MPI_Finalize();
    return (int)status;
}
