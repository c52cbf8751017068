/* What an inference engine computes in one iteration, and its software: what blocks see of both.
 *
 * An iteration runs the model forward once. It decodes, which is one token (or one and some drafts)
 * for each request that has its prompt behind it, and it prefills prompts, or chunks of them; with
 * engines that mix, both at once. Everything is of one attention rank: the tp chips that hold the
 * keys and values of the same requests. */
#ifndef LL_MODEL_SERVING_H
#define LL_MODEL_SERVING_H

#include "sim/base/fault.h"
#include "sim/base/key.h"
#include "sim/machine/chip.h"

#include <stdbool.h>
#include <stdint.h>

/* The work of an iteration on one attention rank. All numbers are counts of requests or tokens;
 * none need be whole, as a steady state has means. Compared byte by byte as a shape of ll_oracle,
 * so there is no padding. */
typedef struct ll_batch {
    double n_decode; /* requests that decode */
    double n_new;    /* tokens of each: 1, or 1 + drafts that are verified together */
    double context;  /* keys that each of them attends to, in the mean; 0: attention is left out */
    double n_prompt; /* prompts, or chunks of prompts, that are prefilled */
    double from, to; /* tokens from..to of each prompt; those before `from` are in the cache */
    double n_logits; /* rows of the output projection: tokens that are sampled or verified */
    double n_host;   /* requests that the host schedules and samples for; 0: no host time */
} ll_batch;

static inline double ll_batch_prompt_tokens(const ll_batch *b)
{
    return b->n_prompt * (b->to - b->from);
}

/* Rows of the GEMMs of a layer. */
static inline double ll_batch_tokens(const ll_batch *b)
{
    return b->n_decode * b->n_new + ll_batch_prompt_tokens(b);
}

/* One scale for a tensor of 8-bit values, or one for each block of 128 (DeepSeek-V3). */
typedef enum ll_server_scaling { LL_SCALING_TENSOR, LL_SCALING_BLOCK } ll_server_scaling;

/* Weights and activations of experts: both of job.precision, or 4-bit weights (MXFP4, GPT-OSS) with
 * wider activations. */
typedef enum ll_server_experts {
    LL_EXPERTS_JOB,
    LL_EXPERTS_W4A16,
    LL_EXPERTS_W4A8,
    LL_EXPERTS_MARLIN /* W4A16 by Marlin, vLLM's kernels on Hopper */
} ll_server_experts;

enum { LL_MAX_GRAPH_SIZE = 128 };

/* The inference engine: group `server`. sim/model/serving.c explains the keys. */
typedef struct ll_server {
    const char *name; /* "vLLM" */
    /* What runs together. */
    int64_t max_batch;  /* requests that run at once on an attention rank */
    int64_t max_tokens; /* tokens of an iteration on an attention rank */
    bool mixed;   /* decoding and prefill share iterations; false: prefill goes first, alone */
    bool chunked; /* prompts are cut to fit max_tokens; false: only whole prompts run */
    /* Memory. */
    int kv_choice;       /* key kv_precision */
    int kv_precision;    /* ll_precision of keys and values in the cache: bf16 or fp8 */
    double memory_frac;  /* of the chip's memory, for weights, activations and cache together */
    double kv_frac;      /* of what weights and activations leave of it, for the cache */
    int64_t block;       /* tokens of a block of the cache */
    bool reserve_output; /* none is preempted: its whole output has to fit when it starts */
    /* Time that the software adds. */
    double gap_s;           /* between two kernels of an iteration */
    double host_s;          /* per iteration, exposed: scheduling, sampling, detokenisation */
    double host_request_s;  /* the same, per request of the iteration */
    double front_end_s;     /* added to the time to the first token of each request */
    const char *all_reduce; /* library of custom all-reduces (sim/machine/shots.h); "": none */
    /* When prompts and tokens move. */
    int64_t wait_iterations; /* for which waiting prompts are collected before they are prefilled */
    double wait_frac;        /* of max_tokens: as many waiting tokens end the collecting */
    int64_t poll_iterations; /* between two looks for new requests; 1: each iteration */
    int64_t stream_interval; /* tokens that are sent to the user together; 1: each */
    /* Kernels. */
    int scaling;            /* ll_server_scaling: of 8-bit operands */
    int experts;            /* ll_server_experts */
    bool fused;             /* norm, residual, quantising and all-reduce are fused */
    const char *graph_text; /* "1 2 4 8 16 32 ..." */
    int n_graph;            /* graph_text, parsed */
    int64_t graph[LL_MAX_GRAPH_SIZE];
} ll_server;

extern const ll_key ll_server_keys[];

/* Sets kv_precision, and parses graph_text into graph. False: the fault is added to `why`. */
bool ll_server_parse(ll_server *server, ll_faults *why);

/* The batch that runs where n requests decode: the smallest captured graph that holds them; n
 * itself beyond the largest graph. */
double ll_server_padded(const ll_server *server, double n);

#endif
