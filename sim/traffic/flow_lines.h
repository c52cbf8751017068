/* What both forms of flow files are read with: words of a line, and the list in the making. */
#ifndef LL_TRAFFIC_FLOW_LINES_H
#define LL_TRAFFIC_FLOW_LINES_H

#include "sim/base/units.h"
#include "sim/traffic/flow_file.h"

enum { LL_FLOW_WORDS = 64 };

typedef struct ll_flow_reader {
    const char *name; /* of the file */
    const char *rest; /* lines not read yet */
    int line;         /* number of the line at hand, from 1 */
    int n_word;
    const char *word[LL_FLOW_WORDS + 1]; /* [n_word] of the line at hand; then "" */
    int32_t n_chip;
    ll_arena *mem;
    ll_error *err;
    int64_t n, cap;
    int32_t *src, *dst; /* [n] of [cap], as are size_B, start_s and at_line */
    double *size_B, *start_s;
    int *at_line;
    bool timed; /* a flow has a start */
    int64_t n_wait, cap_wait;
    int64_t (*wait)[2]; /* [n_wait] flow, and flow that it waits for; flows ascend */
} ll_flow_reader;

/* The next line that has words, without its comment, cut at blanks; false: there is none. */
bool ll_flow_line(ll_flow_reader *r);

/* "FILE:LINE: WHAT 'WORD': expected LEGAL". Returns LL_ERR_CONFIG. */
ll_status ll_flow_fault(const ll_flow_reader *r, const char *what, const char *word,
                        const char *legal);

/* A whole number from `least` to `most`. */
ll_status ll_flow_whole(const ll_flow_reader *r, const char *what, const char *word, int64_t least,
                        int64_t most, int64_t *out);
ll_status ll_flow_chip(const ll_flow_reader *r, const char *what, const char *word, int32_t *out);

void ll_flow_add(ll_flow_reader *r, int32_t src, int32_t dst, double size_B, double start_s);
void ll_flow_wait(ll_flow_reader *r, int64_t flow, int64_t before);

ll_status ll_flow_plain(ll_flow_reader *r);
ll_status ll_flow_matrix(ll_flow_reader *r); /* htsim's */

#endif
