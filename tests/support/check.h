/* Checks for tests: a failed check prints its values and the test goes on; main returns
 * LL_CHECK_RESULT. */
#ifndef LL_TESTS_SUPPORT_CHECK_H
#define LL_TESTS_SUPPORT_CHECK_H

#include <math.h>
#include <stdio.h>

static int ll_check_n, ll_check_bad;

#define CHECK(cond, ...)                                               \
    do {                                                               \
        ll_check_n++;                                                  \
        if (!(cond)) {                                                 \
            ll_check_bad++;                                            \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #cond); \
            fprintf(stderr, __VA_ARGS__);                              \
            fputc('\n', stderr);                                       \
        }                                                              \
    } while (0)

/* |got - want| <= tol * |want| */
#define CHECK_NEAR(got, want, tol)                                                                \
    do {                                                                                          \
        double got_ = (got), want_ = (want), tol_ = (tol);                                        \
        CHECK(fabs(got_ - want_) <= tol_ * fabs(want_), "%s = %.17g, want %.17g within %g", #got, \
              got_, want_, tol_);                                                                 \
    } while (0)

/* A test that checked nothing has failed. */
#define LL_CHECK_RESULT \
    (printf("%d checks, %d failed\n", ll_check_n, ll_check_bad), ll_check_bad || !ll_check_n)

#endif
