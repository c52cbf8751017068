/* Studies for tests, from text, by the reader that the program uses. */
#ifndef LL_TESTS_SUPPORT_STUDY_MAKE_H
#define LL_TESTS_SUPPORT_STUDY_MAKE_H

#include "sim/step/result.h"
#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A dimension's software: 3 us per collective, 80 % of the link rate. */
#define SOFTWARE(name, launch, frac)                                                            \
    "{ dimension = \"" name "\"; algorithms = \"ring\"; launch_all_reduce = \"" launch "\";"    \
    " launch_all_gather = \"" launch "\"; launch_reduce_scatter = \"" launch "\";"              \
    " launch_all_to_all = \"" launch "\"; launch_broadcast = \"" launch                         \
    "\"; launch_send = \"" launch "\"; rate_frac_all_reduce = " frac                            \
    "; rate_frac_all_gather = " frac "; rate_frac_reduce_scatter = " frac                       \
    "; rate_frac_all_to_all = " frac "; rate_frac_broadcast = " frac "; rate_frac_send = " frac \
    "; }"

/* Half of 1 TFLOP/s in matrix products, half and a quarter in attention, half of 1 TB/s. */
#define CHIP                                                                                   \
    "chip : { name = \"c\"; peak_bf16 = \"1 TFLOP/s\"; gemm_frac_bf16 = 0.5; attention_frac =" \
    " 0.5; attention_backward_frac = 0.25; memory = \"1 TB\"; memory_reserved = \"0 B\";"      \
    " memory_bandwidth = \"1 TB/s\"; memory_frac = 0.5; kernel_launch = \"2 us\"; };"

/* The study that the text describes, with n_set settings "path=value", in mem. Every rank writes a
 * file of its own; the reader takes that of rank 0. Collective. */
static inline ll_study *study_make(const char *text, int n_set, const char *const *set,
                                   ll_comm *comm, ll_arena *mem)
{
    char path[] = "/tmp/ll_study_XXXXXX";
    const int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    CHECK(file && fputs(text, file) >= 0 && !fclose(file), "%s", path);
    ll_study *study = ll_arena_new(mem, ll_study);
    ll_error err;
    ll_error_init(&err);
    ll_status status =
        ll_study_load(&(ll_study_source){path, n_set, set, LL_STUDY_WHOLE}, comm, mem, study, &err);
    unlink(path);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    return study;
}

/* The same, run. Collective. */
static inline ll_result study_run(const char *text, int n_set, const char *const *set,
                                  ll_comm *comm, ll_arena *mem)
{
    ll_result result = {0};
    ll_error err;
    ll_error_init(&err);
    ll_status status = ll_run(study_make(text, n_set, set, comm, mem), comm, mem, &result, &err);
    CHECK(status == LL_OK, "%s", err.text);
    return result;
}

/* The row of the transfer with that name. */
static inline const ll_transfer_row *study_row(const ll_result *result, const char *name)
{
    for (int i = 0; i < result->n_transfer; i++)
        if (!strcmp(result->transfer[i].name, name)) return &result->transfer[i];
    LL_ASSERT(false, "no transfer '%s'", name);
    return NULL;
}

#endif
