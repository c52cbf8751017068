/* Errors, and how they travel.
 *
 * A function that can fail returns ll_status and takes an `ll_error *err` last. The function that
 * decides that something is wrong writes the message once, in the user's words; everybody above it
 * passes the status on with LL_TRY. The first error wins, except that reading a configuration lists
 * up to LL_ERROR_LINES of them (ll_error_add).
 *
 * Programming errors (never user input) stop the program through LL_ASSERT.
 */
#ifndef LL_BASE_STATUS_H
#define LL_BASE_STATUS_H

#include <stddef.h>

/* The values are the exit codes of the program. */
typedef enum ll_status {
    LL_OK = 0,
    LL_ERR_CONFIG = 1,  /* usage or configuration */
    LL_ERR_RUN = 2,     /* the run failed or did not converge */
    LL_ERR_INTERNAL = 3 /* a bug in lineloss */
} ll_status;

enum { LL_ERROR_LINES = 20, LL_ERROR_TEXT = 16384 };

typedef struct ll_error {
    ll_status status; /* LL_OK until the first error */
    int n_line;       /* messages seen; may exceed LL_ERROR_LINES, the rest is only counted */
    size_t used;      /* bytes of text in use, without the closing 0 */
    char text[LL_ERROR_TEXT]; /* messages, each ended by '\n' */
} ll_error;

void ll_error_init(ll_error *err);

/* Record the message if it is the first error; returns `status` either way. No newline at the end.
 * err NULL: the caller does not ask for the reason. */
ll_status ll_error_set(ll_error *err, ll_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Record one more message, up to LL_ERROR_LINES; returns the status of the first. */
ll_status ll_error_add(ll_error *err, ll_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define LL_TRY(call)                                        \
    do {                                                    \
        ll_status ll_try_status_ = (call);                  \
        if (ll_try_status_ != LL_OK) return ll_try_status_; \
    } while (0)

/* What LL_ASSERT calls after printing; main points it at MPI_Abort. NULL means abort(). */
void ll_assert_on_fail(void (*stop)(int exit_code));

/* Stop all ranks now, in the way set by ll_assert_on_fail, or else by _Exit: for what no caller
 * could repair. */
_Noreturn void ll_stop(int exit_code);

_Noreturn void ll_assert_fail(const char *file, int line, const char *cond, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* LL_ASSERT(i < n, "i = %d, n = %d", i, n): always on, prints the values. */
#define LL_ASSERT(cond, ...)                                                 \
    do {                                                                     \
        if (!(cond)) ll_assert_fail(__FILE__, __LINE__, #cond, __VA_ARGS__); \
    } while (0)

#endif
