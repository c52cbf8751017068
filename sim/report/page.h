/* The page of results: index.html, which a browser opens from disk.
 *
 * The page is self-contained: pictures are SVG, and it needs no script and no network. Answers
 * come first, then a table with a row for each study, then each topic with its waterfalls and
 * losses, then each study with its transfers and memory. It follows the light or dark theme of the
 * reader's screen, and can be printed. */
#ifndef LL_REPORT_PAGE_H
#define LL_REPORT_PAGE_H

#include "sim/comm/comm.h"
#include "sim/print/table.h"
#include "sim/report/report.h"

/* A comparison. All texts are plain; the page escapes them. */
typedef struct ll_page_topic {
    const char *key;      /* "same_fabric": names the section in links */
    const char *question; /* "What does scale cost on one fabric?" */
    const char *answer;   /* a sentence or a few, with figures and what is known of their error */
    int n;                /* at least 1 */
    const ll_report *report; /* [n] */
    const ll_table *differs; /* what differs between the studies; NULL: not shown */
    const char *const *file; /* to link to, as paths from the page, ended by NULL; NULL: none */
} ll_page_topic;

/* Write dir/index.html; topic: [n]. A study in several topics (with the same label and checksum) is
 * described once. Only the arguments of rank 0 count. Collective. */
ll_status ll_page_write(const char *dir, int n, const ll_page_topic *topic, ll_comm *comm,
                        ll_arena *mem, ll_error *err);

/* The page as text. Not collective. */
void ll_page_text(int n, const ll_page_topic *topic, ll_arena *mem, ll_text *out);

/* The style sheet of the page. */
extern const char ll_page_style[];

#endif
