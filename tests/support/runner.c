/* Runs one test file of a folder, in a process of its own:
 *     unit --case arena
 *     mpirun -n 3 physics --case laws
 * Without arguments it lists the cases. LL_CASES(X) stands in cases.h, which CMake writes from the
 * folder. */
#include "cases.h"

#include <stdio.h>
#include <string.h>

#define DECLARE(name) int case_##name(void);
LL_CASES(DECLARE)

static const struct {
    const char *name;
    int (*run)(void);
} cases[] = {
#define ROW(name) {#name, case_##name},
    LL_CASES(ROW)
#undef ROW
};
enum { N_CASE = sizeof cases / sizeof cases[0] };

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--case") == 0)
        for (int i = 0; i < N_CASE; i++)
            if (strcmp(argv[2], cases[i].name) == 0) return cases[i].run();
    fprintf(stderr, "usage: %s --case NAME, with one of:\n", argv[0]);
    for (int i = 0; i < N_CASE; i++)
        fprintf(stderr, "  %s\n", cases[i].name);
    return 2;
}
