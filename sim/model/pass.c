#include "sim/model/pass.h"

#include <string.h>

enum { FIRST_CAP = 16 };

ll_pass ll_pass_begin(int precision, ll_arena *mem)
{
    return (ll_pass){.mem = mem, .precision = precision};
}

/* Doubles the capacity of an array of which n elements are in use. */
static void *room(ll_pass *pass, const void *old, int n, int *cap, size_t size)
{
    *cap = *cap ? 2 * *cap : FIRST_CAP;
    void *new = ll_arena_raw(pass->mem, (size_t)*cap, size);
    return n ? memcpy(new, old, (size_t)n * size) : new;
}

void ll_pass_role(ll_pass *pass, int first, ll_kernel_role role)
{
    for (int i = first; i < pass->n_kernel; i++)
        pass->kernel[i].role = role;
}

void ll_pass_between(ll_pass *pass, int first)
{
    for (int i = first; i < pass->n_kernel; i++)
        pass->kernel[i].between = true;
}

int ll_pass_add(ll_pass *pass, const ll_kernel *kernel)
{
    if (pass->n_kernel == pass->cap_kernel)
        pass->kernel = room(pass, pass->kernel, pass->n_kernel, &pass->cap_kernel, sizeof *kernel);
    pass->kernel[pass->n_kernel] = *kernel;
    return pass->n_kernel++;
}

static int streaming(ll_pass *pass, ll_kernel_kind kind, double bytes)
{
    return ll_pass_add(pass, &(ll_kernel){.kind = kind,
                                          .share = LL_SHARE_STREAM,
                                          .precision = pass->precision,
                                          .bytes = bytes});
}

int ll_pass_stream(ll_pass *pass, double bytes) { return streaming(pass, LL_KERNEL_STREAM, bytes); }

int ll_pass_rowwise(ll_pass *pass, double bytes)
{
    return streaming(pass, LL_KERNEL_ROWWISE, bytes);
}

int ll_pass_gemm(ll_pass *pass, double m, double n, double k, double out_B, int n_part)
{
    return ll_pass_add(pass, &(ll_kernel){.kind = LL_KERNEL_GEMM,
                                          .share = LL_SHARE_GEMM,
                                          .precision = pass->precision,
                                          .n_part = n_part,
                                          .gemm = {1, m, n, k, out_B}});
}

int ll_pass_attention(ll_pass *pass, const ll_attention_shape *shape, bool backward)
{
    const ll_kernel kernel = ll_kernel_attention(shape, backward, pass->precision);
    return ll_pass_add(pass, &kernel);
}

int ll_pass_decode(ll_pass *pass, const ll_attention_shape *shape, double value_B, bool latent)
{
    const ll_attention_shape *a = shape;
    const double key = a->batch * a->n_key, width = a->score_width + a->value_width;
    /* A latent is keys and values at once. */
    const double row = latent ? a->score_width : a->kv_head * width;
    return ll_pass_add(pass, &(ll_kernel){.kind = LL_KERNEL_DECODE,
                                          .share = LL_SHARE_ATTENTION,
                                          .precision = pass->precision,
                                          .attention = *a,
                                          .flop = 2 * width * a->head * a->n_query * key,
                                          .bytes = value_B * row * key +
                                                   2 * a->batch * a->n_query * a->head * width,
                                          .keys = a->n_key,
                                          .kv_B = value_B,
                                          .latent = latent});
}

int ll_pass_experts(ll_pass *pass, const ll_experts_shape *shape, int form)
{
    const ll_experts_shape *e = shape;
    const double n_matrix = e->gated ? 3 : 2, rows = e->tokens * e->top_k / e->ep;
    const bool four_bits = form == LL_TIMED_W4A16 || form == LL_TIMED_W4A8;
    const double weight_B = four_bits ? 0.5 : ll_precision_B((ll_precision)pass->precision);
    return ll_pass_add(pass, &(ll_kernel){.kind = LL_KERNEL_EXPERTS,
                                          .share = LL_SHARE_GEMM,
                                          .precision = pass->precision,
                                          .flop = 2 * n_matrix * rows * e->hidden * e->ffn / e->tp,
                                          .bytes = n_matrix * e->hidden * e->ffn / e->tp *
                                                       weight_B * ll_experts_touched(e) +
                                                   2 * 2 * rows * e->hidden,
                                          .form = form,
                                          .experts = e});
}

int ll_pass_grouped_gemm(ll_pass *pass, int n_group, const double *rows, double n, double k,
                         double out_B)
{
    double *own = ll_arena_array(pass->mem, n_group, double);
    memcpy(own, rows, (size_t)n_group * sizeof *own);
    return ll_pass_add(pass, &(ll_kernel){.kind = LL_KERNEL_GROUPED_GEMM,
                                          .share = LL_SHARE_GEMM,
                                          .precision = pass->precision,
                                          .n_part = 1,
                                          .gemm = {1, 0, n, k, out_B},
                                          .n_group = n_group,
                                          .rows = own});
}

int ll_pass_topk(ll_pass *pass, double n_token)
{
    return ll_pass_add(pass, &(ll_kernel){.kind = LL_KERNEL_TOPK,
                                          .share = LL_SHARE_STREAM,
                                          .precision = pass->precision,
                                          .gemm = {.m = n_token}});
}

int ll_pass_permute(ll_pass *pass, double n_in, double n_out, double width)
{
    return ll_pass_stream(pass, 2 * (n_in + n_out) * width);
}

bool ll_pass_needs_amax(const ll_pass *pass)
{
    return ll_precision_B((ll_precision)pass->precision) < 1;
}

void ll_pass_cast(ll_pass *pass, double n_element)
{
    const double in_B = ll_precision_B((ll_precision)pass->precision);
    const int first = pass->n_kernel;
    if (ll_pass_needs_amax(pass)) ll_pass_rowwise(pass, n_element * 2);
    if (in_B < 2) ll_pass_rowwise(pass, n_element * (2 + 2 * in_B));
    ll_pass_role(pass, first, LL_ROLE_CAST);
}

void ll_pass_use(ll_pass *pass, const ll_exchange *exchange, double scale, ll_hide hide, int first,
                 int n)
{
    if (!(exchange->size_B > 0)) return;
    if (pass->n_use == pass->cap_use)
        pass->use = room(pass, pass->use, pass->n_use, &pass->cap_use, sizeof *pass->use);
    pass->use[pass->n_use++] = (ll_use){*exchange, scale, hide, first, n, -1};
}

double ll_split_gather_B(const ll_split *split)
{
    const double in_B = ll_precision_B((ll_precision)split->precision);
    return in_B < 2 ? in_B : 2;
}

ll_exchange ll_exchange_tp_gather(const ll_split *split)
{
    const bool gathers = split->tp > 1 && split->stack->sequence_parallel;
    return (ll_exchange){
        .name = "tp gather",
        .collective = LL_ALL_GATHER,
        .axes = 1u << LL_AXIS_TP,
        .size_B = gathers ? ll_split_gather_B(split) * (split->n_token * split->hidden) : 0};
}

ll_exchange ll_exchange_tp_sum(const ll_split *split)
{
    const bool scatters = split->stack->sequence_parallel;
    return (ll_exchange){.name = scatters ? "tp scatter" : "tp reduce",
                         .collective = scatters ? LL_REDUCE_SCATTER : LL_ALL_REDUCE,
                         .axes = 1u << LL_AXIS_TP,
                         .size_B = split->tp > 1 ? 2 * (split->n_token * split->hidden) : 0};
}

int ll_split_ring_parts(const ll_split *split)
{
    return split->stack->overlap_tp && split->tp > 1 ? (int)split->tp : 1;
}

int ll_split_scatter_parts(const ll_split *split)
{
    return split->stack->overlap_tp && split->tp > 1 ? LL_N_SPLIT : 1;
}
