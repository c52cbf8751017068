/* Quantities as people write them ("900 GB/s", "2.1 us") and as the program keeps them (SI, bytes).
 *
 * Decimal prefixes k M G T P E and binary ones Ki Mi Gi Ti for bytes; m u n p for seconds. Rates
 * may be in bits, as "Gb/s", "Gbit/s" or "Gbps", and become bytes; a b is a bit, a B a byte.
 */
#ifndef LL_BASE_UNITS_H
#define LL_BASE_UNITS_H

#include "sim/base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum ll_kind {
    LL_KIND_COUNT,   /* whole number, no unit */
    LL_KIND_RATIO,   /* number without unit; "80 %" is 0.8, "1:4" is 0.25 */
    LL_KIND_TIME,    /* s, ms, us, ns, ps, min, h, d        -> s */
    LL_KIND_SIZE,    /* B, kB, KiB, MB, MiB ...             -> B */
    LL_KIND_RATE,    /* B/s ... and Gb/s, Gbit/s, Gbps      -> B/s */
    LL_KIND_COMPUTE, /* FLOP/s, GFLOP/s, TFLOP/s, PFLOP/s   -> FLOP/s */
    LL_KIND_POWER,   /* W, kW, MW                           -> W */
    LL_KIND_BOOL,    /* true or false */
    LL_KIND_STRING,
    LL_KIND_CHOICE /* one of a fixed list of words */
} ll_kind;

/* Parse `text` as a quantity of `kind` (COUNT to POWER). Errors, as a sentence without location in
 * `why` (cap bytes): no unit, a unit of another kind, not a number, not finite, integer too large.
 * *value is set only on success. Returns LL_OK or LL_ERR_CONFIG. */
ll_status ll_units_parse(ll_kind kind, const char *text, double *value, char *why, size_t cap);

/* Whether `text` is a rate in bits, such as "400 Gbps", which a reader may want to see in bytes. */
bool ll_units_in_bits(ll_kind kind, const char *text);

/* Human form with a fitting prefix and 4 significant digits: 9e11, RATE -> "900 GB/s". */
void ll_units_format(ll_kind kind, double value, char *out, size_t cap);

/* The units that ll_units_format chooses from, the largest first: the i-th, and how much it is in
 * SI. False behind the last, and for kinds without units. */
bool ll_units_step(ll_kind kind, int i, double *scale, const char **name);

const char *ll_units_kind_name(ll_kind kind); /* "time", "rate", ... */
const char *ll_units_example(ll_kind kind);   /* "2.1 us", "900 GB/s", ... */

#endif
