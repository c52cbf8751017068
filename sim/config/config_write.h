/* A configuration as libconfig text, from the values of an effective one: the way back from
 * ll_config_entry. What is written is complete: it includes no other file. */
#ifndef LL_CONFIG_CONFIG_WRITE_H
#define LL_CONFIG_CONFIG_WRITE_H

#include "sim/base/text.h"

#include <stdbool.h>

typedef struct ll_config_line {
    const char *path;     /* "cluster.topology.dimensions[0].bandwidth" */
    const char *text;     /* as typed, without evidence: "900 GB/s" */
    const char *evidence; /* a word that stands behind a bar; NULL: none */
    const char *source;   /* what stands after the word; "" if nothing */
    bool omit;            /* is not written: its default will do */
} ll_config_line;

/* line: [n], in any order; groups stand where their first line does. */
void ll_config_write(int n, const ll_config_line *line, ll_text *out);

#endif
