/* What transfers cost the kernels that they run beside.
 *
 * A transfer of T seconds runs beside kernels of C seconds. What T exceeds C by shows. And hiding is not
 * free: while it lasts, a library's kernels hold cores of the chip and its bytes pass the memory, so
 * the kernels beside it take H = held_frac * T longer, and bytes / memory bandwidth as far as they wait
 * for the memory themselves:
 *
 *   beside      max(T - C, H)               transfer and kernels do not depend on each other
 *   ring        max(0, T - C (n-1)/n)       the product is cut into n parts, one for each member; a part is
 *                                           sent on while the part before it is multiplied, the first is at
 *                                           home. By copy engines, which hold no cores.
 *   split       T/4 + 3/4 max(T - C, H)     the product is cut into 4 parts; each part's transfer runs beside
 *                                           the next part's product, the last shows
 *
 * Ring and split are what Transformer Engine's userbuffers do by default (method "ring_exchange" with copy
 * engines for gathers, "pipeline" with num_splits 4 for scatters, "bulk" where nothing depends).
 *
 *   transfer                            beside                                    overlap_tp
 *   forward gather of inputs            nothing                                   ring
 *   forward scatter of outputs          nothing                                   split
 *   backward gather of gradients        nothing                                   ring
 *   backward scatter of gradients       weight gradients of the same matrix (overlap_tp_grad)
 *   backward gather of inputs again     input gradients of the same matrix
 *
 * Transfers of a layer sharded over the replicas (zero = 3) run beside the neighbouring layer: the next
 * layer's weights are fetched while one computes, its gradients leave while the next one computes.
 * So the first layer's weights and the last layer's gradients of every pass show.
 * Without backward_prefetch, weights are fetched for the backward pass of a layer when that of the layer
 * before has ended (PyTorch FSDP: BACKWARD_POST), and show.
 *
 * With gather_lists (DeepSpeed's ZeRO-3 of 2021, partition_parameters.py) each matrix is gathered by itself, into a
 * list of the replicas' parts: the host makes a view of every part and launches a copy for it (2 calls for each
 * replica), the device clears the matrix, gathers it in a buffer and copies it out (2 + 4 B per weight), and the
 * host waits for the device before it goes on. Gradients of each tensor, biases and norms too, are scattered by a
 * call of their own from such a list (a flat view, a part of it and a copy for each replica, 4 B per weight). A
 * matrix is given back after use unless less than a billion weights are used before it is needed again
 * (stage3_max_reuse_distance): where the backward pass computes a large layer again, matrices are gathered once for
 * that and once more for gradients, but for the last.
 */
#ifndef LL_STEP_EXPOSED_H
#define LL_STEP_EXPOSED_H

#include "sim/step/program.h"

/* A transfer, as the kernels beside it see it. */
typedef struct ll_beside {
    double s;      /* its time */
    double held_s; /* what it takes from them */
} ll_beside;

/* One call of a transfer whose size is `scale` times the priced one; 0 if the job has none. */
double ll_call_s(const ll_program *program, const ll_ideal *ideal, ll_transfer_kind kind,
                 double scale);

/* The same, beside kernels that wait for the memory for stream_frac of their time. */
ll_beside ll_call_beside(const ll_program *program, const ll_ideal *ideal, ll_transfer_kind kind,
                         double scale, double stream_frac);

/* max(T - C, H), see above. */
double ll_beside_s(ll_beside transfer, double cover_s);

/* Share of the time in which kernels wait for the memory. */
double ll_exposed_stream_frac(const ll_compute *c);

/* By how much transfers make one layer longer, forward and backward. _beside: the same while dp
 * transfers share the wire. */
typedef struct ll_exposed {
    double forward_s, backward_s;
    double forward_beside_s, backward_beside_s;
} ll_exposed;

void ll_exposed_layer(const ll_program *program, const ll_ideal *ideal, const ll_layer_time *time,
                      bool full_recompute, ll_exposed *out);

/* Transfers of a sharded chunk that no layer hides (zero = 3), and of its vocabulary matrices: chunk v,
 * one pass. layer_s: the work of one of its layers in that pass. */
double ll_exposed_ends_s(const ll_program *program, const ll_ideal *ideal, int64_t v, bool backward,
                         double layer_s);

#endif
