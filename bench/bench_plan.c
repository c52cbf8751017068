/* Layouts screened per second of one core, and the CPU time of whole plans: 405B dense and 671B
 * mixture of experts on 8192 GB200, on one rank. "legal": layouts whose memory and step were found;
 * combinations that are not legal are not counted as screened.
 * usage: bench_plan [--format json] */
#include "sim/step/plan.h"
#include "sim/step/screen.h"

#include "tests/support/petsc.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct job {
    const char *name;
    int n_set;
    const char *const *set;
} job;

static ll_status measure(const job *j, bool json, bool first, ll_comm *comm, ll_arena *mem,
                         ll_error *err)
{
    ll_study *study = ll_arena_new(mem, ll_study);
    ll_plan_space *space = ll_arena_new(mem, ll_plan_space);
    ll_plan_result *plan = ll_arena_new(mem, ll_plan_result);
    const ll_study_source from = {"gb200_8192", j->n_set, j->set, LL_STUDY_WHOLE};
    LL_TRY(ll_study_load(&from, comm, mem, study, err));
    LL_TRY(ll_plan_space_make(study, 0, NULL, space, err));
    const double start_s = cpu_s();
    LL_TRY(ll_plan_find(study, space, comm, mem, plan, err));
    const double all_s = cpu_s() - start_s, rate = (double)plan->n_legal / plan->screen_cpu_s;
    if (json)
        printf("%s\n  {\"name\": \"plan.%s\", \"value\": %.4g, \"unit\": \"s\"},\n"
               "  {\"name\": \"screen.%s\", \"value\": %.4g, \"unit\": \"layouts/s\"}",
               first ? "" : ",", j->name, all_s, j->name, rate);
    else
        printf("%-14s %12lld %10lld %10.2f %14.0f %10.2f %12.4f\n", j->name,
               (long long)plan->n_tried, (long long)plan->n_legal, plan->screen_cpu_s, rate, all_s,
               plan->best[0].found->speed.iteration_s);
    return LL_OK;
}

int main(int argc, char **argv)
{
    static const char *const experts[] = {"model=@models/deepseek_v3.cfg",
                                          "job.sequence=4096",
                                          "job.global_batch=16384",
                                          "job.precision=fp8",
                                          "job.tp=1",
                                          "job.pp=16",
                                          "job.ep=64",
                                          "job.interleave=2",
                                          "job.embedding_as_layer=false",
                                          "job.order=tp cp dp pp",
                                          "job.dispatcher=distinct",
                                          "job.overlap_exchange=true",
                                          "job.recompute=full"};
    const job jobs[] = {{"405B", 0, NULL}, {"671B", 13, experts}};
    if (!test_petsc_begin(&argc, &argv)) return 1;
    const bool json = argc > 2 && !strcmp(argv[1], "--format") && !strcmp(argv[2], "json");
    ll_arena *mem = ll_arena_create("bench");
    ll_comm *comm = ll_comm_self(mem);
    ll_status status = LL_OK;
    ll_error err;
    ll_error_init(&err);
    printf(json ? "["
                : "model          combinations      legal   screen s  layouts/s core     plan s  "
                  "     step s\n");
    for (int i = 0; i < 2 && status == LL_OK; i++)
        status = measure(&jobs[i], json, i == 0, comm, mem, &err);
    if (json) printf("\n]\n");
    if (status != LL_OK) fputs(err.text, stderr);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return (int)status;
}
