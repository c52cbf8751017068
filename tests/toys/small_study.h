/* A small study for the tests of plugins: 12 chips behind a switch, with jitter. */
#ifndef LL_TESTS_TOYS_SMALL_STUDY_H
#define LL_TESTS_TOYS_SMALL_STUDY_H

#include "tests/support/study_make.h"

#define SMALL_STUDY(job)                                                                       \
    "name = \"small\"; engine : { type = \"closed\"; };"                                       \
    "cluster : { name = \"c\"; " CHIP " topology : { type = \"switch\"; name = \"star\";"      \
    " size = 12; bandwidth = \"50 GB/s\"; latency = \"500 ns\"; };"                            \
    " software = ( " SOFTWARE(                                                                 \
        "star", "3 us",                                                                        \
        "0.8") " );"                                                                           \
               " jitter : { op = 0.02; chip = 0.01; }; };"                                     \
               "model : { name = \"m\"; layers = 10; hidden = 768; heads = 12; kv_heads = 12;" \
               " head_dim = 64; ffn = 3072; gated = true; vocab = 3000; };"                    \
               "job : { sequence = 1536; precision = \"bf16\"; global_batch = 24; " job " };"

#endif
