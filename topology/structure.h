/* What an edge list is: its dimensions, as the file or the configuration states them, or as they
 * are found (levels.h), with parallel switches as bundles (bundle.h).
 *
 * Where all lines of every dimension are copies of each other (copies.h), the machine is a product,
 * and is built as one: it then has the routes, the symmetries and the costs of the same machine
 * written as a product. Otherwise its lines differ, or share switches; it has dimensions all the
 * same, and routes go through one after another. */
#ifndef LL_TOPOLOGY_STRUCTURE_H
#define LL_TOPOLOGY_STRUCTURE_H

#include "topology/edgelist.h"

typedef struct ll_structure {
    ll_edgelist list; /* with bundles, its links labelled by dimension */
    bool merged;      /* the list has fewer links than the file */
    int n_dim;
    ll_dim dim[LL_MAX_DIM];
    bool copies;                  /* it is a product of the lines */
    ll_edgelist line[LL_MAX_DIM]; /* [n_dim] if `copies` */
    const char *note;             /* for reports: how the file was read */
} ll_structure;

/* asked: "auto": as the file states, or as found; "none": one dimension, links as they are written;
 * else dimensions from the innermost to the outermost, NAME:SIZE or, of those that are found, NAME.
 * name: of the whole. All in mem. Errors (LL_ERR_CONFIG): dimensions that do not hold, with two
 * chips that show it; an edge list where a chip cannot reach another is not one of them. */
ll_status ll_structure_find(const ll_edgelist *list, const char *name, const char *asked,
                            ll_arena *mem, ll_structure *out, ll_error *err);

#endif
