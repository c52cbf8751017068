/* Whether `auto` takes the best algorithm: the worst ratio of its time to that of the best, over
 * six collectives and six sizes on each fabric, priced by engine `flow` (`packet` up to 64 chips
 * with --packet). usage: bench_choice [--format json] [--packet] [CHIPS...] */
#include "tests/support/choice.h"
#include "tests/support/petsc.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void sweep(int32_t n_chip, const char *engine, bool json, bool *first)
{
    ll_arena *mem = ll_arena_create("bench");
    ll_comm *comm = ll_comm_self(mem);
    choice_fabric list[CHOICE_MAX];
    const int n_fabric = choice_fabrics(mem, (n_chip + 3) / 4 * 4, list);
    for (int i = 0; i < n_fabric; i++) {
        ll_arena_mark mark = ll_arena_here(mem);
        const double start_s = cpu_s();
        const choice_worst w =
            choice_sweep(&list[i], n_chip, engine_make(mem, engine, ""), comm, mem);
        const double used_s = cpu_s() - start_s;
        if (json)
            printf("%s{\"name\": \"choice.%s.%d\", \"value\": %.6g, \"unit\": \"1\"}",
                   *first ? "" : ",\n", list[i].name, n_chip, w.ratio);
        else
            printf("%-20s %6d %8.3f  %-14s %11.0f  %-12s %-34s %6.1f\n", list[i].name, n_chip,
                   w.ratio, ll_collective_names[w.collective], w.size_B, ll_algorithm_names[w.best],
                   w.taken, used_s);
        fflush(stdout);
        *first = false;
        ll_arena_release(mem, mark);
    }
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
}

int main(int argc, char **argv)
{
    static const int32_t all[] = {8, 33, 64, 1024, 8128, 8192};
    bool json = false, first = true;
    const char *engine = "flow";
    int n_given = 0;
    if (!test_petsc_begin(NULL, NULL)) return 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--packet") == 0) engine = "packet";
        if (strcmp(argv[i], "--format") == 0) json = ++i < argc && strcmp(argv[i], "json") == 0;
    }
    printf("%s", json ? "[\n"
                      : "fabric                chips    worst  collective          size B  best   "
                        "      auto takes                          CPU s\n");
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--format") == 0) i++;
        if (i < argc && argv[i][0] >= '0' && argv[i][0] <= '9' && ++n_given)
            sweep((int32_t)strtol(argv[i], NULL, 10), engine, json, &first);
    }
    for (size_t i = 0; i < sizeof all / sizeof *all && n_given == 0; i++)
        if (strcmp(engine, "flow") == 0 || all[i] <= 64) sweep(all[i], engine, json, &first);
    printf("%s", json ? "\n]\n" : "");
    test_petsc_end();
    return 0;
}
