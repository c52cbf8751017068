/* Which rank simulates which chips. Chips stay together in tiles of the inner dimensions, as large
 * as leaves every rank four tiles or an equal number: then the cut goes through the outer
 * dimension, whose links are the long ones. */
#ifndef LL_SIM_ENGINE_PACKET_SLICE_H
#define LL_SIM_ENGINE_PACKET_SLICE_H

#include "topology/topology.h"

typedef struct ll_packet_slice {
    int32_t tile, n_tile; /* chips that stay together; tile x n_tile chips */
    int size;             /* ranks */
} ll_packet_slice;

ll_packet_slice ll_packet_slice_of(const ll_topology *topo, int size);

/* The rank of a chip: the inverse of ll_comm_slice over tiles. */
uint32_t ll_packet_slice_owner(const ll_packet_slice *slice, int64_t chip);

#endif
