/* Kernels that a serving iteration has and a training step has not, or has otherwise: what the hook
 * `serve` of blocks appends. Weights lie in memory in the precision of their GEMMs, so nothing but
 * activations is cast. Small operators end in less time than the shortest kernel takes, so each has
 * the chip's floor added. */
#ifndef LL_MODEL_SERVING_PASS_H
#define LL_MODEL_SERVING_PASS_H

#include "sim/model/pass.h"

/* What tables of kernels call operands of that precision (ll_timed_precision), and those of experts
 * in a model of that precision. */
int ll_serve_form(const ll_split *split, int precision);
int ll_serve_experts_form(const ll_split *split, int precision);

/* A GEMM of m rows with the weights n x k; returns its index. */
int ll_serve_gemm(const ll_split *split, double m, double n, double k, ll_pass *pass);

/* `batch` products at once, one for each head. */
int ll_serve_batched_gemm(const ll_split *split, double batch, const ll_matmul *one, ll_pass *pass);

/* A small operator that moves so many bytes. */
int ll_serve_small(ll_pass *pass, double bytes);

/* What prepares attention: positions of queries and keys, which move so many bytes a token, and the
 * write of keys and values to the cache. Of prompts these are two kernels. Of decoding requests one
 * is part of what tables call attention (TensorRT-LLM, which does both in it), so that it is not
 * listed again; engines that fuse less have a kernel for positions beside it. */
void ll_serve_prepare(const ll_split *split, double position_B, double cache_B, ll_pass *pass);

/* Quantises a 16-bit tensor of n_element for a GEMM, where no other kernel does so: not if it is
 * fused, nor for 16-bit GEMMs. */
void ll_serve_cast(const ll_split *split, double n_element, ll_pass *pass);

/* Residual addition and norm in one kernel (which quantises too if the engine fuses that). Where
 * they are part of a fused all-reduce (tp > 1) only the bytes beyond those of the sum are left:
 * the residual is read and written. */
void ll_serve_norm(const ll_split *split, ll_pass *pass);

/* All-reduce over tp of 16-bit results of `rows` rows. */
void ll_serve_sum(const ll_split *split, double rows, ll_pass *pass);

#endif
