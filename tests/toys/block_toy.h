#ifndef LL_TESTS_TOYS_BLOCK_TOY_H
#define LL_TESTS_TOYS_BLOCK_TOY_H

#include "sim/model/block.h"

typedef struct ll_toy_param {
    int64_t width; /* tokens that are mixed */
} ll_toy_param;

extern const ll_block_type ll_block_toy;

#endif
