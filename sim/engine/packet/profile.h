/* Where the time of a packet run goes, by stage of a window, on one rank. Costs a test of a pointer
 * per stage when it is off (profile = NULL), and a look at the clock when it is on. */
#ifndef LL_SIM_ENGINE_PACKET_PROFILE_H
#define LL_SIM_ENGINE_PACKET_PROFILE_H

#include <stddef.h>
#include <time.h>

typedef enum ll_packet_stage {
    LL_STAGE_CREDIT,   /* taking in what was given back */
    LL_STAGE_SORT,     /* grouping by link, and ordering */
    LL_STAGE_SWEEP,    /* serving packets, and putting what follows into the calendar */
    LL_STAGE_EXCHANGE, /* handing over to MPI, and putting what came into the calendar */
    LL_STAGE_WAIT,     /* for other ranks */
    LL_N_STAGE
} ll_packet_stage;

typedef struct ll_packet_profile {
    double stage_s[LL_N_STAGE];
    double last_s; /* when the stage at hand began */
} ll_packet_profile;

static inline double ll_profile_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline void ll_profile_begin(ll_packet_profile *p)
{
    if (p != NULL) p->last_s = ll_profile_now_s();
}

/* The time since the last call was spent in `stage`. */
static inline void ll_profile_end(ll_packet_profile *p, ll_packet_stage stage)
{
    if (p == NULL) return;
    const double now_s = ll_profile_now_s();
    p->stage_s[stage] += now_s - p->last_s;
    p->last_s = now_s;
}

#endif
