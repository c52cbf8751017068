/* A configuration key is one row of a table. The table drives reading, checking, --help, the echo
 * of the effective configuration, and the documentation; whoever owns the struct owns the table. */
#ifndef LL_BASE_KEY_H
#define LL_BASE_KEY_H

#include "sim/base/arena.h"
#include "sim/base/units.h"

#include <stdint.h>

enum {
    LL_KEY_FACT = 1, /* a figure about the world: it needs evidence ("18 | vendor: data sheet") */
    /* a fact about how something is built, or how much of it there is: racks, uplinks, layers. Who
     * sets it by --set and gives no word has chosen it. */
    LL_KEY_DESIGN = 4 | LL_KEY_FACT,
    LL_KEY_PATH = 2 /* a file, relative to the configuration file that names it; see ll_text_file */
};

/* What a STRING with LL_KEY_PATH is filled with: the file was read with the configuration, so
 * whoever owns the key opens nothing. That is why such a key is called `file`, or `..._file`:
 * the reader finds it by its name. */
typedef struct ll_text_file {
    const char *name; /* for messages: as seen from the current folder of rank 0 */
    const char *text; /* ended by 0; "" if no file is named */
} ll_text_file;

/* What `offset` points at, by kind: COUNT int64_t; RATIO, TIME, SIZE, RATE, COMPUTE, POWER double;
 * BOOL bool; STRING const char *, of a file ll_text_file; CHOICE int (index into choices). */
typedef struct ll_key {
    const char *name; /* NULL ends the table */
    ll_kind kind;
    unsigned flags;
    size_t offset;
    const char *def; /* default as the user would type it (without quotes); NULL = must be given */
    double min, max; /* inclusive, for numbers; ignored for BOOL, STRING, CHOICE */
    const char *const *choices; /* CHOICE: ended by NULL */
    /* One line; says the unit only if it is not plain from the kind. It may end in ", such as
     * VALUE", which is then the example in messages too. */
    const char *doc;
} ll_key;

/* Sets the field of `key` in the struct `param`, without a check. number: SI; 0 or 1 of a BOOL, the
 * index of a CHOICE. text: of a STRING, borrowed; of a file its name, whose text is "". */
void ll_key_store(const ll_key *key, double number, const char *text, void *param);

/* Fills the struct `param` from text such as "size=8; bandwidth=50 GB/s", in defaults where it says
 * nothing. Strings are in mem. Errors (LL_ERR_CONFIG): a key that is unknown or missing, a value
 * that is not of its kind or out of bounds. Files are named, not read. Not collective. */
ll_status ll_key_fill(const ll_key *keys, const char *text, ll_arena *mem, void *param,
                      ll_error *err);

#endif
