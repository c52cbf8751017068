/* The graph of one iteration: what the chips do, as tasks on streams with dependencies. Workloads
 * build it, and sim/step/ runs it. It holds no times: sim/step/ prices its transfers and kernels.
 *
 * Replicas are alike, so the graph has the tasks of one. A *lane* is a pipeline stage of the
 * replica: its tp x cp chips synchronise in every task. A lane has a stream of each kind; tasks of
 * a stream run one after the other, in the order of the list. The list is sorted so that every task
 * comes after those that it depends on: one sweep runs them all.
 *
 * A task starts after its dependencies have ended. There are two exceptions:
 *   streamed   producer and consumer work part by part: the consumer starts when the first part is
 *              there, and ends no sooner than one of its own parts after the producer (weights that
 *              arrive layer by layer before the first forward pass; gradients that leave layer by
 *              layer during the last backward pass). Producers are on the stream dp, release, or
 *              are streamed themselves.
 *   delayed    the task starts one pipeline send later; the send is on no stream
 *
 * Tasks from n_local on are shared by all replicas and run once. If they depend on a task before
 * n_local, they wait for it in every replica. */
#ifndef LL_WORK_GRAPH_H
#define LL_WORK_GRAPH_H

#include "sim/collective/collective.h"
#include "sim/model/model.h"
#include "sim/work/layout.h"

/* Streams of a lane: one for kernels, and one for the transfers of each axis of the layout. */
typedef enum ll_stream {
    LL_STREAM_COMPUTE,
    LL_STREAM_TP,
    LL_STREAM_CP,
    LL_STREAM_PP,
    LL_STREAM_DP,
    LL_STREAM_EP,
    LL_N_STREAM
} ll_stream;

/* A transfer: who exchanges how much. sim/step/price.h chooses its algorithm and prices it. */
typedef struct ll_transfer {
    const char *name; /* "tp gather"; unique in the graph */
    ll_collective collective;
    ll_stream stream;
    ll_group group;
    bool pair_of_ends; /* only the first and the last member of each group take part */
    double size_B;     /* of one call: see sim/collective/collective.h */
    ll_rows rows;      /* of a dispatch or a combine */
    double calls;      /* per chip and iteration, on average */
} ll_transfer;

enum { LL_MAX_TRANSFER = 32, LL_MAX_TOGETHER = 16 };

/* ZeRO-3 transfers of a layer, per pass: its weights are gathered, and its gradients
 * reduce-scattered, overlapped with the work of the neighbouring layer. Scales are relative to the
 * size of one call of the transfer. */
typedef struct ll_shards {
    int gather, scatter; /* transfers; scatter -1: a forward pass */
    double n_gather;     /* calls of the whole size */
    double n_scatter;
    double n_more, more;               /* further gathers, and their scale */
    int expert_gather, expert_scatter; /* those of its experts, once each; -1: none */
    double expert_scale;
    bool overlap_gather, overlap_scatter;
    double n_host_call, n_empty_scatter, streamed_B; /* ll_list_cost of sim/work/zero_lists.h */
} ll_shards;

/* Sharded weights at the ends of an op: the gather of the first layer and the scatter of the last
 * layer are exposed. Those of a vocabulary matrix overlap with the neighbouring layer only. */
typedef struct ll_op_ends {
    int transfer; /* -1: none */
    int layer;    /* pass of one of the op's layers */
    bool overlap, first, last;
    double n_call, vocab; /* calls per layer; scale of a call for a vocabulary matrix */
} ll_op_ends;

/* An op: what a compute task runs, as passes and how often each. A split backward pass has two ops:
 * one for input gradients, one for weight gradients. */
typedef enum ll_op_half { LL_OP_WHOLE, LL_OP_INPUT, LL_OP_WEIGHT, LL_N_OP_HALF } ll_op_half;
typedef struct ll_op_part {
    int pass; /* index into ll_graph.pass */
    double count;
} ll_op_part;
typedef struct ll_op {
    int n_part;
    const ll_op_part *part; /* [n_part]; the first n_layer are layers, in order */
    int n_layer;
    ll_op_half half; /* which kernels of the passes it runs */
    ll_op_ends ends;
    /* A fused pair has no parts of its own but runs two ops together; NULL: no pair. */
    const struct ll_op *forward, *backward;
    int back_kind; /* of a pair: the kind of the chunk of its backward pass */
} ll_op;

/* The work of a kind of chunk: most chunks of a pipeline are alike, so what they have in common is
 * said, and costed, once.
 *
 * dp transfers of a chunk: its weights are gathered before its first forward pass, and its
 * gradients reduced (or reduce-scattered) after its last backward pass, or with every_micro after
 * each. */
typedef struct ll_chunk_work {
    double scale;        /* size of its transfers, over that of one call */
    double expert_scale; /* of those of its experts */
    double n_part;       /* calls into which they are cut (buckets, layers) */
    int forward_op, backward_op;
    int weight_op; /* op of the weight gradients of a split backward pass; -1: not split */
    int forward_layer, backward_layer; /* forward and backward pass of one of its layers */
} ll_chunk_work;
typedef struct ll_replica_work {
    int gather, scatter;               /* transfers; -1: none */
    int expert_gather, expert_scatter; /* of experts, among their own replicas; -1: none */
    bool overlap_gather, overlap_scatter, every_micro;
} ll_replica_work;

/* Where the cost of a task comes from. */
typedef enum ll_cost_kind {
    LL_COST_NONE,    /* no time: a join of dependencies */
    LL_COST_OP,      /* index: op */
    LL_COST_KERNELS, /* index: pass; without jitter */
    LL_COST_GATHER,  /* index: kind of chunk */
    LL_COST_SCATTER, /* index: kind of chunk */
    LL_COST_SEND,    /* index: number of sends, one after the other */
    LL_COST_TIE,     /* all-reduce of tied embedding gradients, first and last stage */
    LL_COST_COPY     /* exchange with the other copy of the model; index: lane */
} ll_cost_kind;
typedef struct ll_cost_of {
    ll_cost_kind kind;
    int32_t index;
} ll_cost_of;

enum {
    LL_TASK_DELAYED_0 = 1, /* delayed by a pipeline send after dep[0] */
    LL_TASK_DELAYED_1 = 2, /* delayed by a pipeline send after dep[1] */
    LL_TASK_STREAMED = 4,  /* dep[1] is streamed */
    LL_TASK_RELEASES = 8,  /* the lane's next dp transfer streams from it */
};

typedef struct ll_task {
    int32_t dep[2]; /* tasks that must have ended before it starts; -1: none */
    int32_t cost;   /* index into ll_graph.cost */
    int32_t draw;   /* number of its draw of jitter; -1: no jitter */
    int32_t lane;
    uint16_t stream; /* ll_stream */
    uint16_t flags;  /* LL_TASK_* */
} ll_task;

typedef struct ll_graph {
    int64_t n_lane, n_draw;
    int n_transfer;
    ll_transfer transfer[LL_MAX_TRANSFER];
    int n_pass;
    ll_pass *pass;                  /* [n_pass] */
    const ll_shards *const *shards; /* [n_pass]; NULL: the pass has none */
    int n_op;
    const ll_op *op; /* [n_op] */
    int n_kind;
    const ll_chunk_work *kind; /* [n_kind] */
    int64_t n_chunk;
    const int32_t *kind_of; /* [n_chunk] */
    ll_replica_work replicas;
    bool overlap_sends;               /* pipeline sends are on the wire while passes run */
    int send, send_gather, tie, copy; /* transfers of the pp stream; -1: none */
    int on_wire
        /* the transfer that stands for each stream when slow-downs by shared links are priced; -1:
         * none */
        [LL_N_STREAM];
    int n_together; /* sets of streams that are on the wire together, bit s for ll_stream s */
    unsigned together[LL_MAX_TOGETHER];
    int n_cost;
    const ll_cost_of *cost; /* [n_cost] */
    int32_t n_task, n_local;
    const ll_task *task; /* [n_task] */
    int n_export;
    /* [n_export] tasks before n_local on which tasks from n_local on depend */
    const int32_t *export;
    /* The chips of a lane are all combinations of the axes within it. */
    int64_t n_inner;       /* chips of a lane */
    bool syncs_every_task; /* all replicas synchronise in every task; one stands for all */
} ll_graph;

static inline const ll_chunk_work *ll_graph_chunk(const ll_graph *graph, int64_t chunk)
{
    return &graph->kind[graph->kind_of[chunk]];
}

/* Index of the transfer of that name, or -1. */
int ll_graph_transfer(const ll_graph *graph, const char *name);

/* Collectives of all its transfers: bit c for ll_collective c. */
unsigned ll_graph_collectives(const ll_graph *graph);

/* Index of the transfer of the exchange's name, which is added to the graph if there is none. */
int ll_graph_add(ll_graph *graph, const ll_layout *layout, const ll_exchange *e, ll_stream stream);

/* Adds the exchanges of a pass to the transfers of the graph, each on the stream of its outermost
 * axis, and sets ll_use.transfer. */
void ll_graph_resolve(ll_graph *graph, const ll_layout *layout, ll_pass *pass);

#endif
