#ifndef LL_TESTS_TOYS_ENGINE_TOY_H
#define LL_TESTS_TOYS_ENGINE_TOY_H

#include "sim/engine/engine.h"

extern const ll_engine_type ll_engine_toy;

#endif
