/* Private to the configuration reader: reads one value by one row of a table of keys. */
#ifndef LL_CONFIG_CONFIG_VALUE_H
#define LL_CONFIG_CONFIG_VALUE_H

#include "sim/config/config_tree.h"

typedef struct ll_value {
    const char *text; /* without evidence */
    double number;    /* SI; also 0 or 1 of a BOOL, and the index of a CHOICE */
    ll_evidence evidence;
    const char *source;
} ll_value;

/* Read the value of node as the kind of `key`; a fault is added to err. *out is set only on
 * success. */
ll_status ll_value_read(ll_node *node, const ll_key *key, ll_arena *mem, ll_value *out,
                        ll_error *err);

/* An example of the key within its bounds: memory = "80 GB | vendor: data sheet". */
const char *ll_value_example(const ll_key *key, ll_arena *mem);

bool ll_kind_is_number(ll_kind kind); /* COUNT to POWER */

#endif
