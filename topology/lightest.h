/* Paths of least weight between the chips of an edge list, within the lines of its dimensions
 * (levels.h): from every node to every chip. */
#ifndef LL_TOPOLOGY_LIGHTEST_H
#define LL_TOPOLOGY_LIGHTEST_H

#include "topology/edgelist.h"

enum { LL_LIGHTEST_MAX_PATH = 64, LL_LIGHTEST_FAR = UINT16_MAX };

/* Those to the chips of one dimension's lines. */
typedef struct ll_lightest {
    int32_t stride, size; /* of the dimension */
    int max_hop;          /* of a path of a line */
    uint16_t *weight;     /* [n_chip][n_node]: from the node to the chip; LL_LIGHTEST_FAR: no way */
    uint8_t *n_path;      /* [n_chip][n_node]: paths, at most LL_LIGHTEST_MAX_PATH are counted */
} ll_lightest;

/* Chips of a line are equal modulo the stride and in one block. */
static inline bool ll_lightest_same_line(const ll_lightest *l, int64_t a, int64_t b)
{
    const int64_t block = (int64_t)l->stride * l->size;
    return a / block == b / block && a % l->stride == b % l->stride;
}

/* Fills layer[d] of [n_dim], whose stride and size are set. Chips forward only for chips of their
 * own line. list: its links are labelled by dimension. All in mem. */
void ll_lightest_find(const ll_edgelist *list, int n_dim, ll_lightest *layer, ll_arena *mem);

#endif
