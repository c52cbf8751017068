/* Engine `closed`, flow by flow: if the end of each flow is asked for, or a list is timed. */
#ifndef LL_ENGINE_CLOSED_EVERY_H
#define LL_ENGINE_CLOSED_EVERY_H

#include "sim/engine/closed/sender.h"
#include "sim/engine/engine.h"
#include "sim/traffic/timing.h"

/* Fills *price, and phase->flow_end_s if it is not NULL. timing: of the phase, NULL if all flows
 * start at 0. mem: scratch. Not collective. */
void ll_closed_every(ll_sender *sender, const ll_phase *phase, const ll_timing *timing,
                     ll_arena *mem, ll_price *price);

#endif
