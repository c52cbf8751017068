/* Keys and values on their way from a replica that prefills to one that decodes: each chip sends
 * its part to the chip at the same place of the next replica, all replicas at once. */
#ifndef LL_WORK_SERVE_TRANSFER_H
#define LL_WORK_SERVE_TRANSFER_H

#include "sim/work/graph.h"
#include "sim/work/study.h"

/* The batch that stands for the keys and values of so many tokens, as a shape of the oracle:
 * nothing is computed. */
static inline ll_batch ll_serve_transfer_batch(double tokens)
{
    return (ll_batch){.context = tokens};
}

/* Tokens of such a batch; 0: it is another one. */
static inline double ll_serve_transfer_tokens(const ll_batch *b)
{
    return ll_batch_tokens(b) > 0 ? 0 : b->context;
}

/* The graph of the transfer of that many tokens. Not collective. */
void ll_serve_transfer_graph(const ll_study *study, double tokens, ll_arena *mem, ll_graph *out);

#endif
