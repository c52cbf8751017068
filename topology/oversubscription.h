/* Oversubscription of a leaf: the bandwidth of all of its host ports over that of its uplinks.
 * It is given by the uplinks, or the uplinks by it. */
#ifndef LL_TOPOLOGY_OVERSUBSCRIPTION_H
#define LL_TOPOLOGY_OVERSUBSCRIPTION_H

#include "sim/base/status.h"

#include <stdint.h>

typedef struct ll_oversubscription {
    double host_Bps;   /* of all host ports of a full leaf, per direction */
    double uplink_Bps; /* of one uplink lane, per direction */
    double ratio;      /* as asked for; 0: not given */
    int64_t uplinks;   /* lanes up from a leaf; 0: not given */
} ll_oversubscription;

/* Fill in `uplinks`. Errors, as sentences without location: neither or both are given; the ratio
 * takes no whole number of uplinks, with the nearest that is possible. */
ll_status ll_oversubscription_solve(ll_oversubscription *o, ll_error *err);

/* What the uplinks make of it: 2 for 2:1. */
double ll_oversubscription_of(const ll_oversubscription *o);

#endif
