/* Whether packets that hold buffers can wait for each other in a ring.
 *
 * With credits a packet keeps its place behind a link until it has one behind the next link of its
 * path. So link a waits for link b if some path crosses b right after a; the last link of a path
 * waits for nothing, as chips always take packets. If these dependencies have no cycle, no set of
 * packets can block itself, whatever the traffic; if they have one and each link has one buffer,
 * some traffic can (Dally and Seitz 1987: the channel dependency graph). */
#ifndef LL_TOPOLOGY_DEADLOCK_H
#define LL_TOPOLOGY_DEADLOCK_H

#include "topology/topology.h"

enum { LL_DEADLOCK_MAX = 32 }; /* links of a cycle that are kept */

typedef struct ll_deadlock {
    int64_t n_dependency;           /* pairs of links, each once */
    int64_t n_cycle;                /* links of the cycle that was found; 0: there is none */
    int64_t cycle[LL_DEADLOCK_MAX]; /* [n_cycle], the first ones; each waits for the next */
} ll_deadlock;

/* Of all paths of all pairs of chips, detours too. Time: pairs x paths x hops. All in mem. */
ll_deadlock ll_deadlock_find(const ll_topology *topo, ll_arena *mem);

#endif
