/* The screen of a search: the speed and the memory of a training layout by closed forms, a few
 * microseconds each.
 *
 * Passes of a layer and their transfers are those of a whole run, priced by engine `closed`; they
 * are costed once for all schedules and numbers of chunks (ll_screen_begin). A layout's step is
 * then the closed form of its schedule for the longest of the chunks that stages run at the same
 * time, plus what data parallelism exposes at both ends, the optimizer, and the fill of the
 * pipeline by sends. Left out are waiting for jitter, and transfers that slow each other down: of
 * mixtures of experts with zero = 2 that is much. Memory is that of work/memory.h but for whole
 * layers of zero = 3, and for split backward passes, of which what is kept between their halves
 * is left out. So a search has to run the best few hundred with their pipelines.
 */
#ifndef LL_STEP_SCREEN_H
#define LL_STEP_SCREEN_H

#include "sim/step/price.h"

typedef struct ll_screen ll_screen;

typedef struct ll_screened {
    double step_s;   /* predicted time of a step */
    double memory_B; /* per chip, of the fullest stage */
} ll_screened;

/* study: of training; its layout and software do not count. mem: of the screen, as long as it
 * lives. Error: that of engine `closed`. Collective over comm, which is one rank. */
ll_status ll_screen_create(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_screen **out,
                           ll_error *err);
void ll_screen_destroy(ll_screen *screen);

/* What all layouts have in common that differ in schedule and interleave alone. False: the layout
 * is not legal. layout->dp is set. The layout and the software are copied. Error LL_ERR_RUN and
 * such: pricing failed. */
bool ll_screen_begin(ll_screen *screen, const ll_layout *layout, const ll_stack *stack);

/* One of them. False: it is not legal. */
bool ll_screen_layout(ll_screen *screen, int64_t interleave, int schedule_choice, ll_screened *out);

#endif
