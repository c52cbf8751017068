/* Distribution of the ends of flows: exact quantiles, the same for any number of ranks.
 *
 * No rank sees all ends: all count theirs up to 63 times between the earliest and the latest, add
 * the counts up, and go on between the two times that have the quantile between them: eight
 * exchanges for a second. */
#ifndef LL_SIM_ENGINE_PACKET_SPREAD_H
#define LL_SIM_ENGINE_PACKET_SPREAD_H

#include "sim/engine/packet/net.h"

/* out: [LL_MAX_TRAFFIC], of the run that net was last used for; zeros where a traffic has no flows.
 * A quantile q of n is the end of flow number ceil(q n) in order of time. Collective. */
void ll_packet_spread(const ll_packet_net *net, ll_comm *comm, ll_arena *mem, ll_spread *out);

#endif
