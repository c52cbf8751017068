#include "sim/base/fault.h"

#include <stdarg.h>
#include <stdio.h>

bool ll_fault_add(ll_faults *why, const char *path, const char *fmt, ...)
{
    if (!why) return false;
    if (why->n < LL_MAX_FAULT) {
        ll_fault *f = &why->at[why->n];
        va_list args;
        va_start(args, fmt);
        vsnprintf(f->text, sizeof f->text, fmt, args);
        va_end(args);
        f->path = path;
    }
    why->n++;
    return false;
}
