/* Overlap: how much of the transfers within a pass is exposed, and how much they slow the kernels
 * that they overlap with.
 *
 * A transfer of T s overlapped with C s of kernels exposes max(0, T - C). Overlap is not free:
 * meanwhile the library's kernels occupy cores (SMs) of the chip, and the bytes pass through its
 * memory, so the overlapped kernels take H longer: held_frac * T, plus bytes / memory bandwidth for
 * the share of their time in which they are bound by the memory. Which kernels a transfer overlaps
 * with is said by the rules in sim/model/pass.h.
 *
 * Transfers of a layer sharded over the replicas (zero = 3) overlap with the neighbouring layer:
 * while one layer computes, the weights of the next are gathered and the gradients of the one
 * before are reduce-scattered. So the first layer's weights and the last layer's gradients of every
 * pass are exposed. */
#ifndef LL_STEP_OVERLAP_H
#define LL_STEP_OVERLAP_H

#include "sim/step/price.h"

/* A graph with its prices, under one idealisation. */
typedef struct ll_view {
    const ll_study *study;
    const ll_graph *graph;
    const ll_prices *prices;
    unsigned removes; /* LL_IDEAL_* */
    int free; /* a transfer that takes no time, to find how much of it is exposed; -1: none */
} ll_view;

/* A transfer as seen by the kernels that it overlaps with. */
typedef struct ll_overlap {
    double s;      /* T: its time */
    double held_s; /* H: how much longer the kernels take */
} ll_overlap;

/* Time of one call, in seconds, of a transfer (index into the graph's) whose size is `scale` times
 * the priced one; 0 if transfer < 0. */
double ll_call_s(const ll_view *view, int transfer, double scale);

/* The same, overlapped with kernels that are bound by the memory for stream_frac of their time. */
ll_overlap ll_call_overlap(const ll_view *view, int transfer, double scale, double stream_frac);

/* What the transfer adds to C = cover_s of kernels, in seconds: max(T - C, H). */
double ll_overlap_s(ll_overlap transfer, double cover_s);

/* Kernels of a pass, costed on the chip of an idealisation. */
typedef struct ll_pass_cost {
    ll_compute compute;
    double *each_s; /* [n_kernel] time of each, without its launch */
} ll_pass_cost;

/* Share of their time for which kernels are bound by the memory. */
double ll_stream_frac(const ll_compute *c);

/* Streams that can be on the wire while a pass runs its own transfers: dp (weights, gradients) and
 * pp (pipeline sends). A set of them, LL_BESIDE_DP | LL_BESIDE_PP, is an index below. */
enum { LL_BESIDE_DP = 1, LL_BESIDE_PP = 2, LL_N_BESIDE = 4 };

/* Exposed time of the transfers within a pass: s[b] while the streams of set b are on the wire too,
 * of which ep_s[b] on the stream ep; cp_s is the part of s[0] on the stream cp. */
typedef struct ll_exposed {
    double s[LL_N_BESIDE], ep_s[LL_N_BESIDE];
    double cp_s;
} ll_exposed;

/* Slow-down by shared links, >= 1. ll_stream_slow: of a tp or cp stream while the streams of a set
 * (LL_BESIDE_*) are on the wire too. ll_beside_slow: of the dp or pp stream beside it. Streams that
 * are never on the wire together do not slow each other down. */
double ll_stream_slow(const ll_view *view, ll_stream stream, unsigned beside);
double ll_beside_slow(const ll_view *view, ll_stream beside, ll_stream stream);

/* half: which of its kernels the pass runs. All its transfers run with the half for input
 * gradients, hidden by kernels of that half alone; with sharded weights (zero = 3) gradients are
 * scattered with the half for weight gradients. */
ll_exposed ll_pass_exposed(const ll_view *view, int index, const ll_pass_cost *cost,
                           ll_op_half half);

/* Time of the kernels of one half of a pass, with their launches. */
double ll_pass_half_s(const ll_view *view, int index, const ll_pass_cost *cost, ll_op_half half);

/* Exposed transfers of ZeRO-3 at the ends of an op: the first layer's weights, the last layer's
 * gradients. layer_s: the time of one of its layers, which hides part of them if they overlap. */
double ll_ends_exposed_s(const ll_view *view, const ll_op_ends *ends, double layer_s);

#endif
