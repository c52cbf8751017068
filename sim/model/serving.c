#include "sim/model/serving.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const kv_names[] = {"fp8", "bf16", NULL};
static const char *const experts_names[] = {"job", "w4a16", "w4a8", "w4a16_marlin", NULL};
static const char *const scaling_names[] = {"tensor", "block", NULL};

#define COUNT(name_, field, def_, min_, max_, doc_)                                   \
    {                                                                                 \
        .name = (name_), .kind = LL_KIND_COUNT, .offset = offsetof(ll_server, field), \
        .def = (def_), .min = (min_), .max = (max_), .doc = (doc_)                    \
    }
#define SWITCH(name_, field, def_, doc_)                                             \
    {                                                                                \
        .name = (name_), .kind = LL_KIND_BOOL, .offset = offsetof(ll_server, field), \
        .def = (def_), .doc = (doc_)                                                 \
    }
#define SHARE(name_, field, def_, doc_)                                               \
    {                                                                                 \
        .name = (name_), .kind = LL_KIND_RATIO, .offset = offsetof(ll_server, field), \
        .def = (def_), .min = 0.01, .max = 1, .doc = (doc_)                           \
    }
#define TIME(name_, field, doc_)                                                 \
    {                                                                            \
        .name = (name_), .kind = LL_KIND_TIME, .flags = LL_KEY_FACT,             \
        .offset = offsetof(ll_server, field), .min = 0, .max = 10, .doc = (doc_) \
    }

const ll_key ll_server_keys[] = {
    {.name = "name",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_server, name),
     .doc = "inference engine, such as \"vLLM\""},
    COUNT("max_batch", max_batch, "256", 1, 1e6,
          "requests that run at once, on an attention rank (vLLM: max_num_seqs)"),
    COUNT("max_tokens", max_tokens, "8192", 1, 1e8,
          "tokens of an iteration, on an attention rank (vLLM: max_num_batched_tokens)"),
    SWITCH(
        "mixed", mixed, "true",
        "prompts are prefilled in the iterations in which others decode; false: in iterations of "
        "their own, first"),
    SWITCH("chunked", chunked, "true",
           "prompts are cut into chunks that fit max_tokens; false: only whole prompts run"),
    {.name = "kv_precision",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_server, kv_choice),
     .def = "bf16",
     .choices = kv_names,
     .doc = "precision of keys and values in the cache"},
    SHARE("memory_frac", memory_frac, "0.9",
          "share of the chip's memory that the engine takes (vLLM: gpu_memory_utilization)"),
    SHARE("kv_frac", kv_frac, "1",
          "share of what weights and activations leave of it, for keys and values"),
    COUNT("kv_block", block, "16", 1, 4096, "tokens of a block of the cache"),
    SWITCH("reserve_output", reserve_output, "false",
           "requests start only where their whole output fits the cache, so that none is preempted "
           "(TensorRT-LLM: GUARANTEED_NO_EVICT)"),
    TIME("kernel_gap", gap_s, "time between two kernels of an iteration"),
    TIME("host_time", host_s,
         "host time per iteration that kernels do not hide: scheduling, sampling, detokenisation"),
    TIME("host_time_per_request", host_request_s, "the same, for each request of the iteration"),
    TIME("front_end", front_end_s,
         "time from arrival to the scheduler and back to the user: HTTP, tokenisation"),
    {.name = "all_reduce",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_server, all_reduce),
     .def = "",
     .doc =
         "library of the cluster's custom_all_reduces that it takes, such as \"vllm\", where the "
         "cluster has them; empty: the collective library does all of them"},
    COUNT("wait_iterations", wait_iterations, "0", 0, 1e6,
          "iterations for which waiting prompts are collected; 0: they start at once"),
    SHARE("wait_frac", wait_frac, "1",
          "share of max_tokens that ends the collecting, once so many tokens wait"),
    COUNT("poll_iterations", poll_iterations, "1", 1, 1e6,
          "iterations between two looks for new requests; 1: each"),
    COUNT("stream_interval", stream_interval, "1", 1, 1e6,
          "tokens of a request that are sent to the user together"),
    {.name = "scaling",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_server, scaling),
     .def = "tensor",
     .choices = scaling_names,
     .doc = "scales of 8-bit operands: one for a tensor, or for each block of 128"},
    {.name = "experts",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_server, experts),
     .def = "job",
     .choices = experts_names,
     .doc = "weights and activations of experts: of job.precision, or 4-bit weights (MXFP4) with "
            "activations of 16 or 8 bits; marlin: by vLLM's kernels for Hopper"},
    SWITCH("fused", fused, "true",
           "residual, norm and quantising are fused, with the tp all-reduce too"),
    {.name = "graphs",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_server, graph_text),
     .def = "",
     .doc =
         "batches for which graphs are captured, ascending, such as \"1 2 4 8 16\"; smaller ones "
         "are padded to them; empty: nothing is padded"},
    {0}};

bool ll_server_parse(ll_server *server, ll_faults *why)
{
    server->kv_precision = server->kv_choice ? LL_PRECISION_BF16 : LL_PRECISION_FP8;
    server->n_graph = 0;
    const char *s = server->graph_text;
    for (s += strspn(s, " ,"); *s; s += strspn(s, " ,")) {
        char *end;
        errno = 0;
        const long long n = strtoll(s, &end, 10);
        const int64_t last = server->n_graph ? server->graph[server->n_graph - 1] : 0;
        if (end == s || errno || n <= last || (*end && !strchr(" ,", *end)))
            return ll_fault_add(why, "server.graphs",
                                "expected ascending whole numbers, such as \"1 2 4 8\"; stopped at "
                                "'%.20s'",
                                s);
        if (server->n_graph == LL_MAX_GRAPH_SIZE)
            return ll_fault_add(why, "server.graphs", "at most %d sizes", LL_MAX_GRAPH_SIZE);
        server->graph[server->n_graph++] = n;
        s = end;
    }
    return true;
}

double ll_server_padded(const ll_server *server, double n)
{
    for (int i = 0; i < server->n_graph; i++)
        if ((double)server->graph[i] >= n) return (double)server->graph[i];
    return n;
}
