/* The answer to the program's question on one screen: a sentence for each comparison, a table with
 * a row and a bar for each study. At most 80 columns. */
#ifndef LL_REPORT_ANSWER_H
#define LL_REPORT_ANSWER_H

#include "sim/report/report.h"

/* What the sentence of a comparison reports. */
typedef enum ll_answer_says {
    LL_SAYS_EFFECTIVE, /* the effective chips of each study */
    LL_SAYS_RATIO      /* the work of one chip, relative to a chip of the first study */
} ll_answer_says;
extern const char *const ll_answer_says_names[]; /* ended by NULL */

/* A sentence or two about n studies, with what is known of their error; in mem. */
const char *ll_answer_sentence(ll_answer_says says, int n, const ll_report *report, ll_arena *mem);

/* A comparison as the screen shows it. */
typedef struct ll_answer_topic {
    const char *question, *answer;
} ll_answer_topic;

/* topic: [n_topic]; report: [n], every study once. */
void ll_answer_print(const char *title, int n_topic, const ll_answer_topic *topic, int n,
                     const ll_report *report, ll_arena *mem, ll_text *out);

#endif
