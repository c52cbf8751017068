/* When the flows of a phase start: lists with start times and predecessors.
 *
 * A flow of a list starts at the later of its start_s and the end of the last of its predecessors:
 * its first byte leaves when the last byte of all of them has landed. Predecessors are flows of the
 * same list. A flow without bytes, or from a chip to itself, ends when it starts: others may wait
 * for it as for a barrier.
 *
 * Example, two flows, a third that waits for both, and a fourth that waits for the third:
 *   start_s = {0, 2 us, 0, 0}, first_after = {0, 0, 0, 2, 3}, after = {0, 1, 2}
 *
 * A *node* is a flow of a timed list (ll_traffic_timed), numbered through the phase. Flows are
 * *released together* if their start times and their predecessors are the same, such as all flows
 * that start at 0. A sender shares its windows and links among the flows that it releases together
 * (k of sim/machine/wire.h); flows that follow each other do not share.
 *
 *     ll_clock clock = ll_clock_create(timing, 1, mem);
 *     for (int64_t node; (node = ll_clock_take(&clock)) >= 0;)  ... starts at clock.ready[node]
 *     ll_clock_end(&clock, node, its end);                      may release others */
#ifndef LL_TRAFFIC_TIMING_H
#define LL_TRAFFIC_TIMING_H

#include "sim/base/status.h"
#include "sim/traffic/traffic.h"

typedef struct ll_timing {
    int n_traffic;
    const ll_traffic *traffic; /* [n_traffic], borrowed */
    int64_t n_node;
    int64_t *first_node; /* [n_traffic] of flow 0 of the list; -1: it is not timed */
    int32_t *release; /* [n_node] > 0 for flows that are released together; 0: at time 0, at once */
    int32_t *n_before;   /* [n_node] predecessors */
    int64_t *first_next; /* [n_node + 1] into next */
    int32_t *next;       /* nodes that wait for this one */
} ll_timing;

/* *out: NULL if nothing is timed. In mem; the traffics are borrowed. Errors: LL_ERR_RUN with the
 * flow if a start is not a time, a predecessor is not in the list, or flows wait for each other in
 * a circle. */
ll_status ll_timing_create(int n_traffic, const ll_traffic *traffic, ll_arena *mem, ll_timing **out,
                           ll_error *err);

int ll_timing_traffic(const ll_timing *timing, int64_t node);    /* that it is of */
double ll_timing_start_s(const ll_timing *timing, int64_t node); /* as given */
ll_flow ll_timing_flow(const ll_timing *timing, int64_t node);

static inline bool ll_flow_is_nothing(const ll_flow *f)
{
    return f->src == f->dst || !(f->size_B > 0);
}

/* Puts the flows of each source of a list in the order of their releases; flows of one release stay
 * in the order of the list. No timing, or a list that is not timed: as it is. */
void ll_timing_sort(const ll_timing *timing, int traffic, int64_t n_source, ll_list_order *order,
                    ll_arena *mem);

/* The release of the k-th flow in that order. */
static inline int32_t ll_timing_release(const ll_timing *timing, int traffic, int64_t flow)
{
    if (timing == NULL || timing->first_node[traffic] < 0) return 0;
    return timing->release[timing->first_node[traffic] + flow];
}

/* Releases nodes as their predecessors end. Times are in any unit: `unit` of them in a second. */
typedef struct ll_clock {
    const ll_timing *timing;
    double *ready;  /* [n_node] when the node starts, if it has been released */
    int32_t *wait;  /* [n_node] predecessors that have not ended */
    int32_t *queue; /* [n_released] of [n_node] released nodes, of which n_taken are taken */
    int64_t n_released, n_taken;
} ll_clock;

ll_clock ll_clock_create(const ll_timing *timing, double unit, ll_arena *mem);
void ll_clock_end(ll_clock *clock, int64_t node, double end);

/* The next node with bytes that is released, in the order of release; -1: none now. Those without
 * bytes end on the way. */
int64_t ll_clock_take(ll_clock *clock);

#endif
