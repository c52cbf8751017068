#ifndef LL_TESTS_TOYS_WORKLOAD_TOY_H
#define LL_TESTS_TOYS_WORKLOAD_TOY_H

#include "sim/work/study.h"

typedef struct ll_prefill_param {
    int64_t n_prompt; /* iterations that the clock runs */
} ll_prefill_param;

/* What tells one iteration from another. */
typedef struct ll_prefill_shape {
    int64_t seq; /* tokens of each sequence */
} ll_prefill_shape;

extern const ll_workload_type ll_workload_toy;

#endif
