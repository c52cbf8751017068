/* Text and tables as HTML, which is well-formed XML too. */
#ifndef LL_REPORT_HTML_H
#define LL_REPORT_HTML_H

#include "sim/print/table.h"

/* Appends text that can also be the value of an attribute: & < > " ' are escaped; control
 * characters and bytes that are not UTF-8 become U+FFFD. */
void ll_html_text(ll_text *out, const char *s);

/* Appends a path as the value of href: characters that are not safe in a URL are escaped (RFC
 * 3986), except '/'. It begins with "./", so that no path is taken for a scheme. */
void ll_html_url(ll_text *out, const char *path);

/* <tag attributes>text</tag>; attributes: "" or " class=\"n\"", as it is. */
void ll_html_element(ll_text *out, const char *tag, const char *attributes, const char *text);

/* The table with its title as caption; the first column heads its row. A line wider than the page
 * scrolls by itself. */
void ll_html_table(ll_text *out, const ll_table *t);

#endif
