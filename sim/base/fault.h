/* Faults: the reasons why something is not legal, as plain text that a caller may print.
 *
 * Whoever checks a layout, a block or a schedule gets a list to fill, or NULL when only yes or no
 * is of interest: a search asks thousands of times, in silence. */
#ifndef LL_BASE_FAULT_H
#define LL_BASE_FAULT_H

#include <stdbool.h>

enum { LL_MAX_FAULT = 16, LL_FAULT_TEXT = 1024 };

typedef struct ll_fault {
    const char *path; /* key that it is about, such as "job.tp" */
    char text[LL_FAULT_TEXT];
} ll_fault;

typedef struct ll_faults {
    int n; /* found; the first LL_MAX_FAULT are kept */
    ll_fault at[LL_MAX_FAULT];
} ll_faults;

/* Add one, unless why is NULL. Returns false, so that a check can end in `return
 * ll_fault_add(...)`. */
bool ll_fault_add(ll_faults *why, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
