#include "sim/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ll_error_init(ll_error *err)
{
    err->status = LL_OK;
    err->n_line = 0;
    err->used = 0;
    err->text[0] = 0;
}

/* Bytes that one of LL_ERROR_LINES messages may take, so that all of them and the last line fit. */
enum { LINE_CAP = (LL_ERROR_TEXT - 64) / LL_ERROR_LINES };

/* Append one message and '\n', cut to cap bytes in all ("..." marks the cut). */
static void append(ll_error *err, size_t cap, const char *fmt, va_list args)
{
    char *at = err->text + err->used;
    int want = vsnprintf(at, cap - 1, fmt, args);
    size_t n = want < 0 ? 0 : (size_t)want;
    if (n > cap - 2) {
        n = cap - 2;
        memcpy(at + n - 3, "...", 3);
    }
    at[n] = '\n';
    at[n + 1] = 0;
    err->used += n + 1;
}

ll_status ll_error_set(ll_error *err, ll_status status, const char *fmt, ...)
{
    if (!err || err->status != LL_OK) return status;
    va_list args;
    va_start(args, fmt);
    err->status = status;
    err->n_line = 1;
    append(err, LL_ERROR_TEXT / 2, fmt, args);
    va_end(args);
    return status;
}

ll_status ll_error_add(ll_error *err, ll_status status, const char *fmt, ...)
{
    if (err->status == LL_OK) err->status = status;
    err->n_line++;
    if (err->n_line > LL_ERROR_LINES) return err->status;
    size_t room = LL_ERROR_TEXT - 64 - err->used;
    va_list args;
    va_start(args, fmt);
    append(err, room < LINE_CAP ? room : LINE_CAP, fmt, args);
    va_end(args);
    return err->status;
}

// The one thing here that outlives a call: how the program stops after a failed assertion.
static void (*stop_program)(int exit_code);

void ll_assert_on_fail(void (*stop)(int exit_code)) { stop_program = stop; }

_Noreturn void ll_stop(int exit_code)
{
    fflush(stderr);
    if (stop_program) stop_program(exit_code);
    _Exit(exit_code);
}

_Noreturn void ll_assert_fail(const char *file, int line, const char *cond, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fflush(stdout);
    fprintf(stderr, "lineloss: internal error at %s:%d: %s: ", file, line, cond);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    fflush(stderr);
    va_end(args);
    if (stop_program) stop_program(LL_ERR_INTERNAL);
    abort();
}
