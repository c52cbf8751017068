/* A configuration key is one row of a table. The table drives reading, checking, --help, the echo of
 * the effective configuration, and the documentation; whoever owns the struct owns the table.
 */
#ifndef LL_BASE_KEY_H
#define LL_BASE_KEY_H

#include "sim/base/units.h"

#include <stdint.h>

enum {
    LL_KEY_FACT = 1, /* a figure about the world: it wants evidence ("18 | vendor: data sheet") */
    LL_KEY_PATH = 2  /* a file, relative to the configuration file that names it */
};

/* What `offset` points at, by kind: COUNT int64_t; RATIO, TIME, SIZE, RATE, COMPUTE, POWER double;
 * BOOL bool; STRING const char *; CHOICE int (index into choices). */
typedef struct ll_key {
    const char *name; /* NULL ends the table */
    ll_kind kind;
    unsigned flags;
    size_t offset;
    const char *def; /* default as the user would type it (without quotes); NULL = must be given */
    double min, max; /* inclusive, for numbers; ignored for BOOL, STRING, CHOICE */
    const char *const *choices; /* CHOICE: ended by NULL */
    const char *doc;            /* one line, says the unit only if it is not plain from the kind */
} ll_key;

#endif
