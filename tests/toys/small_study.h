/* A small study for the tests of plugins: 12 chips behind a switch, with jitter. */
#ifndef LL_TESTS_TOYS_SMALL_STUDY_H
#define LL_TESTS_TOYS_SMALL_STUDY_H

#include "tests/support/study_make.h"

/* job: all of it. */
#define SMALL_STUDY_OF(job)                                                                    \
    "name = \"small\"; engine : { type = \"closed\"; };"                                       \
    "cluster : { name = \"c\"; " CHIP " topology : { type = \"switch\"; name = \"star\";"      \
    " size = 12; bandwidth = \"50 GB/s\"; latency = \"500 ns\"; };"                            \
    " software = ( " SOFTWARE(                                                                 \
        "star", "3 us",                                                                        \
        "0.8") " );"                                                                           \
               " jitter : { op = 0.02; chip = 0.01; }; };"                                     \
               "model : { name = \"m\"; layers = 10; hidden = 768; heads = 12; kv_heads = 12;" \
               " head_dim = 64; ffn = 3072; gated = true; vocab = 3000; };"                    \
               "job : { precision = \"bf16\"; " job " };"

#define SMALL_STUDY(job) SMALL_STUDY_OF("sequence = 1536; global_batch = 24; " job)

/* Of inference. */
#define SMALL_SERVING(job)                                                    \
    SMALL_STUDY_OF(job)                                                       \
    "server : { name = \"s\"; kernel_gap = \"1 us\"; host_time = \"300 us\";" \
    " host_time_per_request = \"10 us\"; front_end = \"10 ms\"; };"

#endif
