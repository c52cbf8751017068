/* From 64-bit keys to dense indices 0, 1, 2 ... in order of first sight: open addressing with
 * linear probing, kept at most half full. The keys are hashes already, so their low bits choose
 * the slot.
 */
#ifndef LL_BASE_INDEX_MAP_H
#define LL_BASE_INDEX_MAP_H

#include "sim/base/arena.h"
#include "sim/base/mix.h"

#include <stdint.h>
#include <string.h>

typedef struct ll_index_slot {
    uint64_t key;
    int64_t index_1; /* index + 1; 0 is an empty slot */
} ll_index_slot;

typedef struct ll_index_map {
    ll_arena *mem;
    ll_index_slot *slot; /* [mask + 1] */
    uint64_t mask;
    int64_t n;
} ll_index_map;

static inline void ll_index_map_init(ll_index_map *map, ll_arena *mem)
{
    *map = (ll_index_map){mem, ll_arena_array(mem, 64, ll_index_slot), 63, 0};
}

static inline void ll_index_map_clear(ll_index_map *map)
{
    memset(map->slot, 0, (map->mask + 1) * sizeof *map->slot);
    map->n = 0;
}

static inline void ll_index_map_grow(ll_index_map *map)
{
    const uint64_t mask = 4 * map->mask + 3;
    ll_index_slot *slot = ll_arena_array(map->mem, mask + 1, ll_index_slot);
    for (uint64_t i = 0; i <= map->mask; i++) {
        if (map->slot[i].index_1 == 0) continue;
        uint64_t at = map->slot[i].key & mask;
        while (slot[at].index_1 != 0)
            at = (at + 1) & mask;
        slot[at] = map->slot[i];
    }
    map->slot = slot;
    map->mask = mask;
}

/* The index of `key`; a new key gets index map->n, which then grows by one. */
static inline int64_t ll_index_map_of(ll_index_map *map, uint64_t key)
{
    uint64_t at = key & map->mask;
    for (; map->slot[at].index_1 != 0; at = (at + 1) & map->mask)
        if (map->slot[at].key == key) return map->slot[at].index_1 - 1;
    map->slot[at] = (ll_index_slot){key, ++map->n};
    const int64_t index = map->n - 1;
    if ((uint64_t)map->n * 2 > map->mask) ll_index_map_grow(map);
    return index;
}

#endif
