/* Which replica gets which request, where replicas know nothing of each other.
 *
 * In an open loop requests go to replicas in turn. In a closed loop there is one queue of requests,
 * from which each client takes the next one when it has its answer. Who will be free first is
 * known without a simulation where replicas are alike: each request goes to the replica whose
 * clients have had the fewest tokens of output to wait for, in the mean, so that no replica runs
 * out of requests long before the others. */
#ifndef LL_WORK_SERVE_DEAL_H
#define LL_WORK_SERVE_DEAL_H

#include "sim/work/serve_request.h"

typedef struct ll_deal {
    const int64_t *first;   /* [n_replica + 1] replica p has first[p] .. first[p + 1] - 1 of: */
    const int32_t *request; /* [n_request] numbers of requests, ascending for each replica */
} ll_deal;

ll_deal ll_deal_make(const ll_load *load, const ll_serve_request *request, int64_t n_replica,
                     ll_arena *mem);

/* Clients of a replica: they are dealt in turn. */
int64_t ll_deal_clients(int64_t n_client, int64_t n_replica, int64_t i_replica);

#endif
