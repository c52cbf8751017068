/* Writes an effective configuration (ll_config_entry) as libconfig text. The text is complete: it
 * includes no other file. */
#ifndef LL_CONFIG_CONFIG_WRITE_H
#define LL_CONFIG_CONFIG_WRITE_H

#include "sim/base/text.h"

#include <stdbool.h>

typedef struct ll_config_line {
    const char *path;     /* "cluster.topology.dimensions[0].bandwidth" */
    const char *text;     /* as typed, without evidence: "900 GB/s" */
    const char *evidence; /* the word after the bar; NULL: none */
    const char *source;   /* the text after the word; "" if there is none */
    bool omit;            /* not written, as the default is the same */
} ll_config_line;

/* line: [n], in any order; a group is written where its first line is. */
void ll_config_write(int n, const ll_config_line *line, ll_text *out);

#endif
