/* The graph of one iteration: what the chips do, as tasks on streams with dependencies. Workloads
 * build it, and it is all that sim/step/ runs. It says nothing of how long anything takes.
 *
 * Replicas are alike, so the graph has the tasks of one. A *lane* is what runs in step within a
 * replica: a pipeline stage, whose chips (tp x cp of them) synchronise in every task. A lane has a
 * stream of each kind; tasks of a stream run in the order in which they stand. Tasks stand in an
 * order in which every task comes after those that it depends on, so one sweep runs them all.
 *
 * A task ends after its dependencies have ended. Two things are finer than that:
 *   streamed   producer and consumer work part by part: the consumer starts when the first part is
 *              there, and ends no sooner than one of its own parts after the producer (weights that
 *              arrive layer by layer before the first forward pass; gradients that leave layer by
 *              layer during the last backward pass). Producers are on the stream dp, release, or
 *              are streamed themselves.
 *   delayed    a pipeline send lies between the two, on no stream
 *
 * Tasks from n_local on run once for all replicas: for them, tasks before n_local end when the last
 * replica ends them. */
#ifndef LL_WORK_GRAPH_H
#define LL_WORK_GRAPH_H

#include "sim/collective/collective.h"
#include "sim/model/model.h"
#include "sim/work/layout.h"

/* Streams of a lane, and what is on the wire together. */
typedef enum ll_stream {
    LL_STREAM_COMPUTE,
    LL_STREAM_TP,
    LL_STREAM_CP,
    LL_STREAM_PP,
    LL_STREAM_DP,
    LL_N_STREAM
} ll_stream;

/* A transfer as described: plan and price are made in sim/step/price.h. */
typedef struct ll_transfer {
    const char *name; /* "tp gather"; one per graph */
    ll_collective collective;
    ll_stream stream;
    ll_group group;
    bool pair_of_ends; /* between the first and the last member of each group alone */
    double size_B;     /* of one call: see sim/collective/collective.h */
    double calls;      /* per chip and iteration, on average */
} ll_transfer;

enum { LL_MAX_TRANSFER = 32, LL_MAX_TOGETHER = 16 };

/* Weights of a layer that are sharded over the replicas (ZeRO-3) and travel around each pass of the
 * layer, overlapped with the work of its neighbour. Scales are relative to the size of a call of
 * the transfer. */
typedef struct ll_shards {
    int gather, scatter; /* transfers; scatter -1: the pass makes no gradients */
    double n_gather;     /* calls of size 1 */
    double n_scatter;
    double n_more, more; /* further gathers, and their scale */
    bool overlap_gather, overlap_scatter;
    double n_host_call, n_empty_scatter, streamed_B; /* of lists, see sim/work/zero_lists.h */
} ll_shards;

/* Sharded weights at the ends of an op: the first layer's gather and the last layer's scatter are
 * exposed, and so are those of a vocabulary matrix, but for what the neighbouring layer hides. */
typedef struct ll_op_ends {
    int transfer; /* -1: none */
    int layer;    /* pass of a layer of the op */
    bool overlap, first, last;
    double n_call, vocab; /* calls of a layer; scale of a vocabulary matrix */
} ll_op_ends;

/* What a compute task consists of: passes, and how often each. */
typedef enum ll_op_half { LL_OP_WHOLE, LL_OP_INPUT, LL_OP_WEIGHT } ll_op_half;
typedef struct ll_op_part {
    int pass; /* index into ll_graph.pass */
    double count;
} ll_op_part;
typedef struct ll_op {
    int n_part;
    const ll_op_part *part; /* [n_part] */
    ll_op_half half;        /* of a backward pass: gradients of inputs, or of weights */
    ll_op_ends ends;
} ll_op;

/* Weights that a chunk gathers before its first forward pass, and gradients that it scatters (or
 * reduces) after its last backward pass; with every_micro after each of them. */
typedef struct ll_chunk_work {
    double scale;  /* of its transfers, over the size of a call */
    double n_part; /* parts in which they run */
    int forward_op, backward_op;
    int weight_op; /* half of a split backward pass, gradients of weights; -1: not split */
    int forward_layer, backward_layer; /* passes of one of its layers */
} ll_chunk_work;
typedef struct ll_replica_work {
    int gather, scatter; /* transfers; -1: none */
    bool overlap_gather, overlap_scatter, every_micro;
} ll_replica_work;

/* What a task costs. */
typedef enum ll_cost_kind {
    LL_COST_NONE,    /* a join */
    LL_COST_OP,      /* index: op */
    LL_COST_KERNELS, /* index: pass; the same on every chip, without jitter */
    LL_COST_GATHER,  /* index: chunk */
    LL_COST_SCATTER, /* index: chunk */
    LL_COST_SEND,    /* index: sends one after the other */
    LL_COST_TIE      /* gradients of a matrix that both ends of a pipeline hold */
} ll_cost_kind;
typedef struct ll_cost_of {
    ll_cost_kind kind;
    int32_t index;
} ll_cost_of;

enum {
    LL_TASK_DELAYED_0 = 1, /* a send lies between dep[0] and the task; */
    LL_TASK_DELAYED_1 = 2, /* ... and dep[1] */
    LL_TASK_STREAMED = 4,  /* dep[1] is streamed */
    LL_TASK_RELEASES = 8,  /* streamed transfers of its lane's next scatter begin while it runs */
};

typedef struct ll_task {
    int32_t dep[2]; /* tasks that must have ended; -1: none */
    int32_t cost;   /* index into ll_graph.cost */
    int32_t draw;   /* of its jitter; -1: it is no computation */
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
    int64_t n_chunk;
    const ll_chunk_work *chunk; /* [n_chunk] */
    int pair_op; /* the first of [n_chunk][n_chunk], a forward and a backward chunk; -1: no pairs */
    ll_replica_work replicas;
    bool overlap_sends;         /* sends between stages are on the wire while passes run */
    int send, send_gather, tie; /* transfers between stages; -1: none */
    int on_wire
        [LL_N_STREAM]; /* the transfer that stands for its stream where streams meet; -1: none */
    int n_together;    /* sets of streams that are on the wire together, bit s for ll_stream s */
    unsigned together[LL_MAX_TOGETHER];
    int n_cost;
    const ll_cost_of *cost; /* [n_cost] */
    int32_t n_task, n_local;
    const ll_task *task; /* [n_task] */
    int n_export;
    const int32_t *export; /* [n_export] local tasks that others than local tasks depend on */
    /* Chips of lane l of replica r: all combinations of the axes within a lane. */
    int64_t n_inner;       /* chips of a lane */
    bool syncs_every_task; /* replicas synchronise in every task, so one of them stands for all */
} ll_graph;

/* Index of the transfer of that name, or -1. */
int ll_graph_transfer(const ll_graph *graph, const char *name);

/* Those of its transfers, bit c for ll_collective c. */
unsigned ll_graph_collectives(const ll_graph *graph);

/* The same; a new transfer if there is none of that name. */
int ll_graph_add(ll_graph *graph, const ll_layout *layout, const ll_exchange *e, ll_stream stream);

/* The exchanges of a pass become transfers of the graph, each on the stream of its outermost axis.
 */
void ll_graph_resolve(ll_graph *graph, const ll_layout *layout, ll_pass *pass);

#endif
