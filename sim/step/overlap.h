/* Overlap: how much of the transfers within a pass is exposed, and how much they slow the kernels
 * that they overlap with.
 *
 * A transfer of T s overlapped with C s of kernels exposes max(0, T - C). And hiding is not free:
 * while it lasts, a library's kernels occupy cores of the chip and its bytes pass the memory, so
 * the kernels beside it take H = held_frac * T longer, and bytes / memory bandwidth as far as they
 * wait for the memory themselves. The rules by which transfers hide stand in sim/model/pass.h.
 *
 * Transfers of a layer sharded over the replicas (zero = 3) overlap with the neighbouring layer:
 * the next layer's weights are gathered while one computes, its gradients are scattered while the
 * next one computes. So the first layer's weights and the last layer's gradients of every pass are
 * exposed. */
#ifndef LL_STEP_OVERLAP_H
#define LL_STEP_OVERLAP_H

#include "sim/step/price.h"

/* One idealisation of a graph with its prices. */
typedef struct ll_view {
    const ll_study *study;
    const ll_graph *graph;
    const ll_prices *prices;
    unsigned removes; /* LL_IDEAL_* */
    int free;         /* a transfer that takes no time (to find out what it costs); -1: none */
} ll_view;

/* A transfer as seen by the kernels that it overlaps with. */
typedef struct ll_overlap {
    double s;      /* its time */
    double held_s; /* what it takes from them */
} ll_overlap;

/* One call of a transfer whose size is `scale` times the priced one; 0 if transfer < 0. */
double ll_call_s(const ll_view *view, int transfer, double scale);

/* The same, beside kernels that wait for the memory for stream_frac of their time. */
ll_overlap ll_call_overlap(const ll_view *view, int transfer, double scale, double stream_frac);

/* max(T - C, H). */
double ll_overlap_s(ll_overlap transfer, double cover_s);

/* Kernels of a pass, costed on the chip of an idealisation. */
typedef struct ll_pass_cost {
    ll_compute compute;
    double *each_s; /* [n_kernel] without launches */
} ll_pass_cost;

/* Share of the time in which kernels wait for the memory. */
double ll_stream_frac(const ll_compute *c);

/* Streams that are on the wire beside a pass: weights or gradients between the replicas, and sends
 * between stages. A set of these, LL_BESIDE_DP | LL_BESIDE_PP, is an index below. */
enum { LL_BESIDE_DP = 1, LL_BESIDE_PP = 2, LL_N_BESIDE = 4 };

/* By how much its transfers make a pass longer, by what is on the wire beside it; and the part of
 * s[0] that is on the cp stream. */
typedef struct ll_exposed {
    double s[LL_N_BESIDE];
    double cp_s;
} ll_exposed;

/* How much slower a stream is while those of a set (LL_BESIDE_*) are on the wire too; and the
 * stream of LL_BESIDE_* itself beside it. Streams that never meet do not slow each other down. */
double ll_stream_slow(const ll_view *view, ll_stream stream, unsigned beside);
double ll_beside_slow(const ll_view *view, ll_stream beside, ll_stream stream);
ll_exposed ll_pass_exposed(const ll_view *view, int index, const ll_pass_cost *cost);

/* Transfers of sharded weights at the ends of an op that nothing hides. layer_s: the time of one of
 * its layers. */
double ll_ends_exposed_s(const ll_view *view, const ll_op_ends *ends, double layer_s);

#endif
