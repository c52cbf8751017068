/* Whether an engine can price a phase; callers of an engine ask this first. */
#ifndef LL_ENGINE_ASK_H
#define LL_ENGINE_ASK_H

#include "sim/engine/engine.h"

/* Error LL_ERR_RUN if the phase needs something that the engine cannot do (LL_ENGINE_CAN_*). Not
 * collective. */
ll_status ll_engine_may(const ll_engine_type *type, const ll_phase *phase, ll_error *err);

#endif
