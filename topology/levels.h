/* The dimensions of an edge list: which groups of chips its links make.
 *
 * Sizes s_0, s_1, ... that multiply to the number of chips cut it into blocks: s_0 chips are a
 * block of level 0, s_1 such blocks one of level 1, and so on; a chip has a coordinate in each.
 * Switches
 * that are joined with each other are one fabric. A fabric, or a link between two chips, belongs to
 * the innermost dimension that has all of its chips in one block. A *line* of dimension d is the
 * set of chips that differ in coordinate d alone.
 *
 *     A      B        16 chips, s = 8, 2: switch A has chips 0 to 7 and B has 8 to 15, so both are
 *    /|\    /|\       of dimension 0. Switches r0, r1, ... have chips k and 8 + k: dimension 1,
 *   0 1 .. 8 9 ..     whose lines {k, 8 + k} are called rails.
 *   |  \   /  |
 *   r0  r1
 *
 * Such sizes hold if links between chips stay within a line of their dimension, and if the links of
 * a dimension alone join the chips of each of its lines: routes can then go through one dimension
 * after another, as in a product. They need not keep the lines apart: chips of all lines may share
 * a fabric, such as leaves and spines of one network. One dimension of all chips always holds.
 *
 * Of the sizes that hold, those with the smallest blocks are taken, from the innermost on. Chips
 * therefore have to be numbered group by group; other numberings have other lines, or none. */
#ifndef LL_TOPOLOGY_LEVELS_H
#define LL_TOPOLOGY_LEVELS_H

#include "topology/edgelist.h"

/* What is needed to ask about sizes, in mem; list: borrowed. */
typedef struct ll_levels ll_levels;
ll_levels *ll_levels_create(const ll_edgelist *list, ll_arena *mem);

/* Sizes that hold; returns how many. size: [LL_MAX_DIM] */
int ll_levels_find(ll_levels *levels, int32_t *size);

/* Why sizes do not hold, as a sentence in mem; NULL if they do. They multiply to n_chip. name:
 * [n_dim] of the dimensions. */
const char *ll_levels_obstacle(ll_levels *levels, int n_dim, const int32_t *size,
                               const char *const *name, ll_arena *mem);

/* Sets `dimension` of each link of `list`, which has the links of ll_levels_create. */
void ll_levels_label(const ll_levels *levels, int n_dim, const int32_t *size, ll_edgelist *list);

/* Whether the lines of dimension d share no fabric. mem: scratch. */
bool ll_levels_apart(const ll_levels *levels, int n_dim, const int32_t *size, int d, ll_arena *mem);

#endif
