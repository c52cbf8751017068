/* Kernels that were timed alone: a row of a table as people publish them.
 *
 * A table has a heading, by which its form is told; most forms are wide: a row for each shape, and
 * a column for each value of one size of it ("m1_us", "m4_us", ...). A cell is a timed kernel.
 *
 *   form                  columns (then times)                                      sizes
 *   gemm                  chip,dtype,n,k                                            m*_us
 *   attention_prefill     chip,attn_dtype,kv_dtype,heads,kv_heads,batch             s*_us
 *   attention_decode      chip,kv_dtype,heads,kv_heads,batch                        ctx*_us
 *   mla_prefill           chip,dtype,kv_dtype,heads,batch                           s*_us
 *   mla_decode            chip,dtype,kv_dtype,heads,batch                           ctx*_us
 *   moe_experts           chip,dtype,hidden,expert_ffn,topk,experts,tp,ep,routing   t*_us
 *   moe_experts_wide_ep   chip,dtype,hidden,expert_ffn,topk,experts,slots,ep,routing  t*_us
 *   linear layers         chip,model,tp,tokens, and pairs NAME_event_us,NAME_kernel_us
 *   products              m,n,k,precision and perhaps time_us; of any chip
 *
 * What is timed: the median in a CUDA graph, one GPU busy, clocks as in a few ms of work. Rows of
 * gemm whose dtype is below 16 bits are whole linear layers fed with BF16: they begin by quantising
 * their input; those of the linear layers' table are products alone. Attention has heads of 128
 * and is causal; MLA has heads of 192 for scores and 128 for values, and reads a cache of 576 per
 * token when it decodes. Tokens of experts are those of
 * the whole expert-parallel group, timed on the rank with the most of them. */
#ifndef LL_MACHINE_TIMED_H
#define LL_MACHINE_TIMED_H

#include "sim/base/arena.h"
#include "sim/base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ll_timed_kind {
    LL_TIMED_GEMM,
    LL_TIMED_PREFILL,
    LL_TIMED_DECODE,
    LL_TIMED_MLA_PREFILL,
    LL_TIMED_MLA_DECODE,
    LL_TIMED_EXPERTS,
    LL_TIMED_SMALL, /* norms, activations, rotary embeddings of a linear layer's table */
    LL_N_TIMED
} ll_timed_kind;

/* Precision of the operands as the tables tell them apart. */
typedef enum ll_timed_precision {
    LL_TIMED_FP4,
    LL_TIMED_FP8,       /* one scale per tensor */
    LL_TIMED_FP8_BLOCK, /* a scale for 1 x 128 or 128 x 128 */
    LL_TIMED_BF16,
    LL_TIMED_FP16,
    LL_TIMED_W4A16, /* 4-bit weights, 16-bit activations */
    LL_TIMED_W4A8,
    LL_N_TIMED_PRECISION
} ll_timed_precision;

extern const char *const ll_timed_precision_names[]; /* "fp4", ..., NULL */

/* What a kind's sizes are called, in the order of ll_timed.at; the first is the one that a wide
 * table has in its columns. */
typedef struct ll_timed_type {
    const char *name; /* "gemm" */
    int n_dim;
    const char *dim[8]; /* "m", "n", "k" */
} ll_timed_type;

enum { LL_TIMED_MAX_DIM = 8 };
extern const ll_timed_type ll_timed_types[LL_N_TIMED];

#define LL_TIMED_ALONE "alone" /* a variant: a product below 16 bits without the quantisation */

typedef struct ll_timed {
    ll_timed_kind kind;
    ll_timed_precision precision;
    const char *chip;    /* as in the table; NULL: not said */
    const char *variant; /* precision of the KV cache, or routing, or LL_TIMED_ALONE; "" */
    double at[LL_TIMED_MAX_DIM];
    double time_s; /* 0: not measured */
} ll_timed;

typedef struct ll_timed_table {
    int n;
    int64_t cap;
    ll_timed *row;    /* [n] in the order of the file, arena */
    const char *form; /* "gemm" */
} ll_timed_table;

/* Whether the heading has a column "chip": a table of more than products. */
bool ll_timed_by_chip(const char *text);

/* The cells of a table that hold a time. Errors, up to 20: a heading of no form, cells that are not
 * what their column wants. Not collective. */
ll_status ll_timed_parse(const char *file, const char *text, ll_arena *mem, ll_timed_table *out,
                         ll_error *err);

#endif
