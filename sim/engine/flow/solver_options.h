/* What PETSc was told beyond what lineloss tells it: the words after --petsc. They may change how
 * the throughput equations are solved, within their tolerance, so every result names them. */
#ifndef LL_ENGINE_FLOW_SOLVER_OPTIONS_H
#define LL_ENGINE_FLOW_SOLVER_OPTIONS_H

#include "sim/base/arena.h"

/* As PETSc holds them, "-ll_snes_type anderson"; "" if there are none, or PETSc was not started. In
 * mem. Not collective. */
const char *ll_solver_options(ll_arena *mem);

#endif
