/* The timeline of an iteration as trace events ("Trace Event Format" of Chromium), which
 * ui.perfetto.dev and chrome://tracing open: a process for each stage, a thread for each stream,
 * times in microseconds. */
#ifndef LL_REPORT_TRACE_H
#define LL_REPORT_TRACE_H

#include "sim/report/report.h"

/* Appends the JSON; the report has a timeline. Not collective. */
void ll_trace_print(const ll_report *report, ll_text *out);

#endif
