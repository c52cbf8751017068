/* The timeline of an iteration: which stage of a replica does what, and when. It is that of the
 * graph without jitter, where all replicas are alike. */
#ifndef LL_STEP_TIMELINE_H
#define LL_STEP_TIMELINE_H

#include "sim/step/account.h"

typedef enum ll_interval_kind {
    LL_INTERVAL_FORWARD,
    LL_INTERVAL_BACKWARD,        /* input and weight gradients */
    LL_INTERVAL_INPUT_GRADIENT,  /* of a split backward pass */
    LL_INTERVAL_WEIGHT_GRADIENT, /* of a split backward pass */
    LL_INTERVAL_PAIR,            /* a forward and a backward pass, fused */
    LL_INTERVAL_ONCE,            /* kernels once an iteration: the optimizer, a sampler */
    LL_INTERVAL_GATHER,          /* weights from the replicas */
    LL_INTERVAL_SCATTER,         /* gradients to the replicas */
    LL_INTERVAL_SEND,            /* activations or their gradients to another stage, on a stream */
    LL_N_INTERVAL_KIND
} ll_interval_kind;

extern const char *const ll_interval_names[]; /* [LL_N_INTERVAL_KIND]: "forward", ... */

typedef struct ll_interval {
    int32_t stage;
    uint16_t stream; /* ll_stream */
    uint16_t kind;   /* ll_interval_kind */
    int32_t number;  /* of its kind on the stage, from 1: the micro-batch, times the chunks */
    double start_s, end_s;
} ll_interval;

enum { LL_MAX_INTERVAL = 50000 };

typedef struct ll_timeline {
    int64_t n_stage;
    int32_t n_interval;
    ll_interval *interval; /* [n_interval] in mem, of a stage and stream in the order of time */
    int64_t n_left; /* beyond LL_MAX_INTERVAL, which are left out: the last ones of the graph */
    double end_s;
} ll_timeline;

/* Runs the ladder's graph once more, nothing but jitter removed. Tasks that take no time have no
 * interval. In mem. Collective. */
void ll_timeline_make(ll_ladder *ladder, ll_arena *mem, ll_timeline *out);

#endif
