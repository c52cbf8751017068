/* A pass: the kernels that one chip runs for a part of the model and one micro-batch, forward or
 * backward, and the transfers between them, as lists of data. Blocks fill the lists; sim/step/
 * computes their time.
 *
 * A transfer in a pass overlaps with some of its kernels by one of these rules. They give its
 * exposed time; T: time of the transfer; C: time of these kernels; H: how much longer the kernels
 * take because the transfer occupies cores and memory bandwidth.
 *
 *   exposed   T                            the next kernel needs it, nothing runs meanwhile
 *   ring      max(0, T - C (n-1)/n)        the GEMM is cut into n chunks, one per member of the
 *                                          group; a chunk is sent on while the one before it is
 *                                          multiplied, and the local chunk needs no transfer.
 *                                          Copy engines, which occupy no cores.
 *   ring of keys   max(T - C (n-1)/n, H)   the same by kernels that occupy cores: keys and values
 *                                          pass around the context-parallel chips while attention
 *                                          works on those before
 *   split     T/4 + 3/4 max(T - C, H)      the GEMM is cut into 4 chunks; each chunk's transfer
 *                                          overlaps with the next chunk's GEMM, the last is exposed
 *   overlapped  max(T - C, H)              transfer and kernels do not depend on each other
 *
 * Ring and split are what Transformer Engine's userbuffers do by default (method "ring_exchange"
 * with copy engines for gathers, "pipeline" with num_splits 4 for scatters, "bulk" where nothing
 * depends). */
#ifndef LL_MODEL_PASS_H
#define LL_MODEL_PASS_H

#include "sim/machine/cluster.h"
#include "sim/machine/kernel.h"
#include "sim/model/split.h"
#include "sim/traffic/routing.h"

typedef enum ll_hide {
    LL_HIDE_NONE,
    LL_HIDE_RING,
    LL_HIDE_RING_KEYS,
    LL_HIDE_SPLIT,
    LL_HIDE_OVERLAP
} ll_hide;

enum { LL_N_SPLIT = 4 }; /* chunks of LL_HIDE_SPLIT */

/* A transfer among the chips of a group. Exchanges of the same name are one transfer of the graph,
 * whose calls may differ in size. */
typedef struct ll_exchange {
    const char *name; /* "tp gather" */
    ll_collective collective;
    unsigned axes; /* bit a for ll_axis a: the axes along which the group extends */
    double size_B; /* of one call: see sim/collective/collective.h */
    ll_rows rows;  /* of a dispatch or a combine */
} ll_exchange;

typedef struct ll_use {
    ll_exchange exchange;
    double scale; /* this call's size over exchange.size_B */
    ll_hide hide;
    /* the kernels that hide it; consecutive uses with the same kernels share their time */
    int first_kernel, n_kernel;
    int transfer; /* index into the transfers of a graph; set by ll_graph_resolve */
} ll_use;

typedef struct ll_pass {
    ll_arena *mem;
    int precision; /* ll_precision of its GEMMs */
    int n_kernel, cap_kernel;
    ll_kernel *kernel; /* [n_kernel], in mem */
    int n_use, cap_use;
    ll_use *use; /* [n_use], in mem */
} ll_pass;

/* Give all kernels from `first` on a role. */
void ll_pass_role(ll_pass *pass, int first, ll_kernel_role role);

/* All kernels from `first` on run between the dispatch of tokens and their combine: they wait for
 * the one, and the other for them. */
void ll_pass_between(ll_pass *pass, int first);

ll_pass ll_pass_begin(int precision, ll_arena *mem);

/* Append a kernel; each returns its index. */
int ll_pass_add(ll_pass *pass, const ll_kernel *kernel);
int ll_pass_stream(ll_pass *pass, double bytes);
int ll_pass_rowwise(ll_pass *pass, double bytes); /* a norm, an activation, a softmax */
/* A GEMM of m x k by k x n, cut into n_part chunks along m. out_B: bytes per element of the result,
 * see ll_matmul. */
int ll_pass_gemm(ll_pass *pass, double m, double n, double k, double out_B, int n_part);

/* Fused attention, forward or backward. */
int ll_pass_attention(ll_pass *pass, const ll_attention_shape *shape, bool backward);
/* Attention of requests that decode, from a cache of value_B bytes per value. latent: one latent
 * for all heads. */
int ll_pass_decode(ll_pass *pass, const ll_attention_shape *shape, double value_B, bool latent);
/* The routed experts of a layer; shape is borrowed. form: ll_timed_precision. */
int ll_pass_experts(ll_pass *pass, const ll_experts_shape *shape, int form);
/* One launch of n_group GEMMs, rows[g] x k by k x n: the experts of a layer on one chip. rows is
 * copied. out_B as in ll_pass_gemm. */
int ll_pass_grouped_gemm(ll_pass *pass, int n_group, const double *rows, double n, double k,
                         double out_B);
/* The top-k of a router: one row for each token. */
int ll_pass_topk(ll_pass *pass, double n_token);
/* Rows of `width` that are read, and n_out of them written, in the order of the experts or back
 * from it (with their weights: n_in of them are added up to n_out). 16 bits. */
int ll_pass_permute(ll_pass *pass, double n_in, double n_out, double width);

/* Append the cast of a 16-bit tensor of n_element to the operands of FP8 or FP4 GEMMs, in both
 * orientations, as forward and backward need different ones. FP4 has scales on two levels (NVFP4),
 * one of them for the whole tensor, so the tensor is read once for its maximum (amax) before.
 * Nothing is appended for 16-bit GEMMs. */
void ll_pass_cast(ll_pass *pass, double n_element);
bool ll_pass_needs_amax(const ll_pass *pass);

/* Append a transfer that overlaps with kernels first .. first + n - 1 by the rule `hide`. scale:
 * size of this call over exchange->size_B. */
void ll_pass_use(ll_pass *pass, const ll_exchange *exchange, double scale, ll_hide hide, int first,
                 int n);

/* Transfers of tensor parallelism around a block: activations of the split's tokens. With sequence
 * parallelism an all-gather before and a reduce-scatter after it, without it one all-reduce after
 * it. Gathers move operands of GEMMs, in FP8 one byte per value (Transformer Engine:
 * _all_gather_fp8); reductions stay in 16 bits. */
ll_exchange ll_exchange_tp_gather(const ll_split *split);
ll_exchange ll_exchange_tp_sum(const ll_split *split); /* reduce-scatter, or all-reduce */

/* Bytes per value in tp all-gathers. */
double ll_split_gather_B(const ll_split *split);

/* Chunks into which overlap_tp cuts a GEMM after a gather (LL_HIDE_RING), and one before a
 * reduce-scatter (LL_HIDE_SPLIT); 1 without overlap_tp. */
int ll_split_ring_parts(const ll_split *split);
int ll_split_scatter_parts(const ll_split *split);

#endif
