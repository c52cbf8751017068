/* Starts and ends PETSc in a test or a bench, as main.c does in the program. */
#ifndef LL_TESTS_SUPPORT_PETSC_H
#define LL_TESTS_SUPPORT_PETSC_H

#include <petscsys.h>
#include <stdbool.h>

/* Starts PETSc, and MPI with it; false, after PETSc's own message, if it does not start. argc and
 * argv may be NULL. Collective over all processes, as is the end. */
static inline bool test_petsc_begin(int *argc, char ***argv)
{
    return PetscInitialize(argc, argv, NULL, NULL) == 0;
}

static inline void test_petsc_end(void) { (void)PetscFinalize(); }

#endif
