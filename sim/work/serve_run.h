/* Runs a load on all replicas: the event form of serving.
 *
 * Requests go to replicas in turn, or to the one with the fewest of them; clients of a closed loop
 * stay with their replica, which is the least loaded one when they have an answer
 * (sim/work/serve_deal.h). Where replicas know nothing of each other, each rank of the run has its
 * slice of them; else every rank runs them all. Either way all ranks have the same result.
 *
 * With prefill replicas, prompts are computed there, in turn, keys and values travel to a decode
 * replica, and the answer is completed there. */
#ifndef LL_WORK_SERVE_RUN_H
#define LL_WORK_SERVE_RUN_H

#include "sim/comm/comm.h"
#include "sim/work/serve_replica.h"

typedef struct ll_serve_plan {
    ll_replica_setup setup;
    ll_load load;
    int64_t n_replica, n_prefill; /* replicas in all, and those of them that only prefill */
    /* Keys and values of a prompt travel to a decode replica in a + b tokens seconds. */
    double transfer_s, transfer_token_s;
    const char *trace; /* name of the file that the requests are of; NULL: they are drawn */
} ll_serve_plan;

/* request: [load.n_request], with times filled in. use: sums over all replicas, [2]: of those that
 * decode (or do both), and of those that only prefill. Error LL_ERR_CONFIG: a request that no cache
 * can hold, with how much one can. Collective. */
ll_status ll_serve_run(const ll_serve_plan *plan, ll_comm *comm, ll_serve_request *request,
                       ll_replica_use use[2], ll_arena *mem, ll_error *err);

#endif
