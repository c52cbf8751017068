/* Text and tables as HTML, which is well-formed XML too. */
#ifndef LL_REPORT_HTML_H
#define LL_REPORT_HTML_H

#include "sim/print/table.h"

/* Any text as text or as the value of an attribute: & < > " ' are escaped; control characters and
 * bytes that are not UTF-8 become U+FFFD. */
void ll_html_text(ll_text *out, const char *s);

/* The table with its title as caption; the first column heads its row. A line wider than the page
 * scrolls by itself. */
void ll_html_table(ll_text *out, const ll_table *t);

#endif
