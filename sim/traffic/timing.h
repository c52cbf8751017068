/* When the flows of a phase start: lists with start times and predecessors.
 *
 * A flow of a list starts at the later of its start_s and the end of the last of its predecessors:
 * its first byte leaves when the last byte of all of them has landed. Predecessors are flows of the
 * same list. A flow without bytes, or from a chip to itself, ends when it starts: others may wait
 * for it as for a barrier.
 *
 * Example of four flows: the third waits for the first two, the fourth waits for the third:
 *   start_s = {0, 2 us, 0, 0}, first_after = {0, 0, 0, 2, 3}, after = {0, 1, 2}
 *
 * A *node* is a flow of a timed list (ll_traffic_timed), numbered through the phase. Flows are
 * *released together* if their start times and their predecessors are the same, such as all flows
 * that start at 0. Flows that a sender releases together share its links, and so their windows (k
 * of sim/machine/wire.h); flows that follow each other do not.
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
    int64_t *first_node; /* [n_traffic] node of flow 0 of each list; -1: not timed */
    /* [n_node] number of the release: equal for flows released together; 0: at time 0 */
    int32_t *release;
    int32_t *n_before;   /* [n_node] predecessors */
    int64_t *first_next; /* [n_node + 1] into next */
    int32_t *next;       /* nodes that wait for this one */
} ll_timing;

/* Checks and links the timed lists of a phase. *out: in mem; NULL if no list is timed. The traffics
 * are borrowed. Error LL_ERR_RUN, with the flow, if a start is no time >= 0, a predecessor is not
 * in the list, or predecessors form a cycle. Not collective. */
ll_status ll_timing_create(int n_traffic, const ll_traffic *traffic, ll_arena *mem, ll_timing **out,
                           ll_error *err);

int ll_timing_traffic(const ll_timing *timing, int64_t node);    /* index of its list */
double ll_timing_start_s(const ll_timing *timing, int64_t node); /* its start_s, as given */
ll_flow ll_timing_flow(const ll_timing *timing, int64_t node);

static inline bool ll_flow_is_nothing(const ll_flow *f)
{
    return f->src == f->dst || !(f->size_B > 0);
}

/* Sorts the flows of each source of a list by release, stably. Without timing, or if the list is
 * not timed, the order stays as it is. */
void ll_timing_sort(const ll_timing *timing, int traffic, int64_t n_source, ll_list_order *order,
                    ll_arena *mem);

/* The release of a flow of the list; 0 if it is not timed. */
static inline int32_t ll_timing_release(const ll_timing *timing, int traffic, int64_t flow)
{
    if (timing == NULL || timing->first_node[traffic] < 0) return 0;
    return timing->release[timing->first_node[traffic] + flow];
}

/* The first of the flows order[lo .. hi), sorted by ll_timing_sort, of this or a later release; hi
 * if there is none. */
static inline int64_t ll_timing_first(const ll_timing *timing, int traffic,
                                      const ll_list_order *list, int64_t lo, int64_t hi,
                                      int32_t release)
{
    while (lo < hi) {
        const int64_t mid = lo + (hi - lo) / 2;
        if (ll_timing_release(timing, traffic, list->order[mid]) < release)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Releases nodes when their predecessors have ended. Times are in the caller's unit: `unit` is how
 * many of them make a second. */
typedef struct ll_clock {
    const ll_timing *timing;
    double *ready;  /* [n_node] start time of a released node */
    int32_t *wait;  /* [n_node] predecessors that have not ended yet */
    int32_t *queue; /* [n_released] of [n_node] released nodes, of which n_taken are taken */
    int64_t n_released, n_taken;
} ll_clock;

ll_clock ll_clock_create(const ll_timing *timing, double unit, ll_arena *mem);
void ll_clock_end(ll_clock *clock, int64_t node, double end);

/* The next released node that has bytes, in the order of release; -1: none now. Nodes without bytes
 * end at once. */
int64_t ll_clock_take(ll_clock *clock);

#endif
