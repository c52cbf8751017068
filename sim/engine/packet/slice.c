#include "sim/engine/packet/slice.h"

ll_packet_slice ll_packet_slice_of(const ll_topology *topo, int size)
{
    ll_packet_slice slice = {.tile = 1, .size = size};
    int32_t tile = 1;
    for (int d = 0; d < topo->n_dim; d++) {
        tile *= topo->dim[d].size;
        const int32_t n = topo->n_chip / tile;
        if (n >= 4 * size || (n >= size && n % size == 0)) slice.tile = tile;
    }
    slice.n_tile = topo->n_chip / slice.tile;
    return slice;
}

uint32_t ll_packet_slice_owner(const ll_packet_slice *slice, int64_t chip)
{
    const int64_t t = chip / slice->tile;
    const int64_t each = slice->n_tile / slice->size, rest = slice->n_tile % slice->size;
    const int64_t in_larger = rest * (each + 1);
    return (uint32_t)(t < in_larger ? t / (each + 1) : rest + (t - in_larger) / each);
}
