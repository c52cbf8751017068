/* What engine `flow` costs at 8192 chips, on one core: everyone to everyone, and permutations.
 *
 *   bench_large [--format json] [case ...]      (default: all; see `cases` below)
 *
 * Each case is a process of its own: CPU seconds of the whole price (routes, folding, solves) and
 * its peak memory. Everyone sends 1 MB to everyone, all at once: on shipped clusters of at least
 * 8192 chips (the whole of it, and its first 8192 chips alone where it has more), on plain fabrics
 * of 8192 chips, and on those with one link at half of its rate, so that nothing is symmetric. Then
 * a random permutation of 4 MB per chip. */
#include "sim/traffic/synthetic.h"
#include "sim/work/study.h"
#include "tests/support/engine_make.h"
#include "tests/support/petsc.h"

#include <mpi.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct large_case {
    const char *name, *cluster, *set; /* a shipped cluster, and a value of it */
    int32_t n_chip;                   /* that send; 0: all */
    bool permutation;
} large_case;

#define TORUS "cluster.topology.sizes=16 x 16 x 32"
#define SLOW  "cluster.link_rates=5:0.5"

static const large_case cases[] = {
    {"atlas950", "atlas950_8192", NULL, 0, false},
    {"4dfm", "atlas950_4dfm", NULL, 0, false},
    {"gb200", "gb200_nvl64_x128", NULL, 0, false},
    {"gb300", "gb300_nvl64_x128", NULL, 0, false},
    {"atlas960", "atlas960_15488", NULL, 0, false},
    {"v5p", "tpu_v5p_pod", NULL, 0, false},
    {"v7", "tpu_v7_pod", NULL, 0, false},
    {"atlas960_first", "atlas960_15488", NULL, 8192, false},
    {"supercluster_first", "atlas950_supercluster", NULL, 8192, false},
    {"v5p_first", "tpu_v5p_pod", NULL, 8192, false},
    {"torus", "example_torus", TORUS, 0, false},
    {"fat_tree", "example_fat_tree", "cluster.topology.size=8192", 0, false},
    {"mesh", "example_mesh", "cluster.topology.size=8192", 0, false},
    {"atlas950_slow", "atlas950_8192", SLOW, 0, false},
    {"4dfm_slow", "atlas950_4dfm", SLOW, 0, false},
    {"gb200_slow", "gb200_nvl64_x128", SLOW, 0, false},
    {"torus_slow", "example_torus", TORUS ";" SLOW, 0, false},
    {"atlas950_permutation", "atlas950_8192", NULL, 0, true},
    {"torus_permutation", "example_torus", TORUS, 0, true},
    {"gb200_permutation", "gb200_nvl64_x128", NULL, 0, true},
    {"fat_tree_permutation", "example_fat_tree", "cluster.topology.size=8192", 0, true},
};
enum { N_CASE = sizeof cases / sizeof *cases };

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const ll_cluster *load(const large_case *c, ll_comm *comm, ll_arena *mem)
{
    const char *set[4];
    int n = 0;
    for (const char *at = c->set; at != NULL && *at != '\0' && n < 4; n++) {
        const size_t length = strcspn(at, ";");
        set[n] = ll_arena_printf(mem, "%.*s", (int)length, at);
        at += length + strspn(at + length, ";");
    }
    ll_study *study = ll_arena_new(mem, ll_study);
    ll_error err;
    ll_error_init(&err);
    const ll_study_source source = {c->cluster, n, set, LL_STUDY_CLUSTER};
    const ll_status status = ll_study_load(&source, comm, mem, study, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    return &study->cluster;
}

static void run(const large_case *c, bool json, bool first)
{
    ll_arena *mem = ll_arena_create("bench");
    ll_comm *comm = ll_comm_self(mem);
    const ll_cluster *cluster = load(c, comm, mem);
    const int32_t n_chip = c->n_chip > 0 ? c->n_chip : cluster->topo->n_chip;
    const ll_traffic t = c->permutation
                             ? ll_synthetic_traffic(LL_SYNTHETIC_PERMUTATION, n_chip, 4e6, 1, mem)
                             : traffic_make(LL_PATTERN_ALL, n_chip, 0, 1e6);
    const double start_s = cpu_s();
    const ll_price p =
        price_make(engine_make(mem, "flow", ""), cluster->topo, cluster->wire, 1, &t, comm);
    const double used_s = cpu_s() - start_s;
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    const double peak_MB = (double)use.ru_maxrss / 1024;
    if (json)
        printf("%s{\"name\": \"large.%s cpu\", \"value\": %.4g, \"unit\": \"s\"},\n"
               "{\"name\": \"large.%s memory\", \"value\": %.4g, \"unit\": \"MB\"}",
               first ? "" : ",\n", c->name, used_s, c->name, peak_MB);
    else
        printf("%-22s %9lld %9lld %9lld %7.0f %7.0f %9.2f %8.0f %16.9g\n", c->name,
               (long long)ll_price_fact(&p, "n_flow"), (long long)ll_price_fact(&p, "n_flow_class"),
               (long long)ll_price_fact(&p, "n_link_class"), ll_price_fact(&p, "n_solve"),
               ll_price_fact(&p, "n_newton"), used_s, peak_MB, p.end_s[0]);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
}

/* Peak memory is that of a process, so each case has one. */
static bool run_apart(const large_case *c, bool json, bool first)
{
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        if (!test_petsc_begin(NULL, NULL)) _exit(1);
        run(c, json, first);
        test_petsc_end();
        fflush(stdout);
        _exit(0);
    }
    int status = 1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int main(int argc, char **argv)
{
    const bool json = argc > 2 && strcmp(argv[1], "--format") == 0 && strcmp(argv[2], "json") == 0;
    const int from = json ? 3 : 1;
    bool good = true, first = true;
    printf("%s", json ? "[\n"
                      : "case                       flows      rows     links  solves  Newton     "
                        "CPU s  peak MB  simulated end s\n");
    for (int i = 0; i < N_CASE; i++) {
        bool wanted = argc <= from;
        for (int k = from; k < argc; k++)
            wanted = wanted || strcmp(argv[k], cases[i].name) == 0;
        if (!wanted) continue;
        good = run_apart(&cases[i], json, first) && good;
        first = false;
    }
    printf("%s", json ? "\n]\n" : "");
    return good ? 0 : 1;
}
