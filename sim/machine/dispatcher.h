/* Token dispatchers: libraries that exchange the tokens of experts (DeepEP, the one-sided kernels
 * of TensorRT-LLM, ...), beside the collectives of `software`.
 *
 * A cluster may have several, each with an entry for every dimension that groups of expert
 * parallelism may end in; `cluster.dispatcher` names the one that is used. Without an entry, tokens
 * go to each rank once, by all_to_all of the collective library; if `all_to_all` is named, with a
 * copy for each expert.
 *
 * What is sent. copies = ranks: a token goes to a rank once, however many of its experts are there;
 * experts: once for each expert. path = direct: to each rank over the fabric; hierarchical: once to
 * each node that it has experts in, to the chip with the sender's place there (its rail), which
 * passes it on to the ranks of its node.
 *
 * Time of an exchange of n tokens of row_B bytes each, which have R copies to ranks and nodes in
 * the mean, among d nodes:
 *     T = max(floor, launch + launch_node (d - 1) + row_B / row_rate + latency
 *                    + max(work, wire / rate_frac))
 *     work = n (token + R row_B / multiprocessor_rate) / multiprocessors
 * row_rate: what the first row waits for the one warp that copies it or adds it up. wire: time of
 * the busiest dimension, as tokens pass through rail and node one behind the other. */
#ifndef LL_MACHINE_DISPATCHER_H
#define LL_MACHINE_DISPATCHER_H

#include "sim/config/config.h"
#include "topology/topology.h"

#include <stdbool.h>

enum { LL_DISPATCH_WAY, LL_COMBINE_WAY, LL_N_WAY }; /* the two exchanges of a layer */

typedef struct ll_dispatcher {
    const char *library, *dimension; /* "*": all dimensions without an entry of this library */
    int copies;                      /* ll_copies */
    int path;                        /* ll_exchange_path */
    bool only_named;                 /* taken only where cluster.dispatcher names its library */
    int64_t n_multiprocessor;        /* that it holds; 0: none, as copy engines or NICs do it */
    double launch_node_s;
    /* [LL_DISPATCH_WAY, LL_COMBINE_WAY] */
    double launch_s[LL_N_WAY], floor_s[LL_N_WAY], rate_frac[LL_N_WAY];
    double row_Bps[LL_N_WAY];            /* 0: no wait for a first row */
    double token_s[LL_N_WAY];            /* of a multiprocessor, on each token */
    double multiprocessor_Bps[LL_N_WAY]; /* 0: no limit */
} ll_dispatcher;

typedef enum ll_copies { LL_COPIES_RANKS, LL_COPIES_EXPERTS } ll_copies;
typedef enum ll_exchange_path { LL_PATH_DIRECT, LL_PATH_HIERARCHICAL } ll_exchange_path;

extern const ll_key ll_dispatcher_keys[];

typedef struct ll_dispatchers {
    const char *chosen; /* library; "": the first; "all_to_all": none */
    int n;
    const ll_dispatcher *at; /* [n] */
} ll_dispatchers;

/* Read the list "cluster.dispatchers" and the choice "cluster.dispatcher", which is in out already.
 * Errors (LL_ERR_CONFIG) are added to err. Not collective. */
ll_status ll_dispatchers_read(ll_config *cfg, const ll_topology *topo, ll_arena *mem,
                              ll_dispatchers *out, ll_error *err);

/* The entry of the chosen library for groups that end in a dimension; NULL: all_to_all. */
const ll_dispatcher *ll_dispatcher_of(const ll_dispatchers *all, const char *dimension);

/* Whether cluster.dispatcher names all_to_all: a copy for each expert. */
bool ll_dispatchers_copy(const ll_dispatchers *all);

bool ll_dispatchers_have(const ll_dispatchers *all, const char *library);

/* How much longer kernels take that run beside it, over its time: of `n_all` multiprocessors it
 * leaves n_all - n_multiprocessor. 0 if either is not known. */
double ll_dispatcher_held_frac(const ll_dispatcher *d, int64_t n_all);

#endif
