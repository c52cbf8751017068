/* A sink receives the spans of an execution (task, start, end), to draw a timeline or to count. */
#ifndef LL_STEP_SINK_H
#define LL_STEP_SINK_H

#include "sim/work/graph.h"

/* A task that has run, in one replica. Times in seconds from the start of the iteration. */
typedef struct ll_span {
    int64_t replica; /* -1: all replicas together */
    int32_t task;    /* index into the graph's tasks */
    double start_s, end_s;
} ll_span;

typedef struct ll_sink {
    void (*span)(void *self, const ll_graph *graph, const ll_span *span);
    void *self;
} ll_sink;

#endif
