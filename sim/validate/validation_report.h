/* A validation as tables (text, CSV, Markdown, LaTeX), as JSON, and as a picture. */
#ifndef LL_VALIDATE_VALIDATION_REPORT_H
#define LL_VALIDATE_VALIDATION_REPORT_H

#include "sim/comm/comm.h"
#include "sim/print/table.h"
#include "sim/validate/validation.h"

/* TEXT: everything, width as in ll_table_print. CSV: the rows. MD, LATEX: the rows of open20 (of
 * all, if none), the scaling series and the statistics. JSON: everything. */
void ll_validation_print(const ll_validation *v, ll_format format, int width, ll_arena *mem,
                         ll_text *out);

/* The whole validation as one JSON object: what ll_validation_print prints for JSON. */
void ll_validation_json(const ll_validation *v, ll_arena *mem, ll_text *out);

/* Its fields, as ll_fields_list_add. */
void ll_validation_fields_add(const char *prefix, ll_table *t);

/* The picture: the error of each predicted step over its number of chips, with a band of 10 %; a
 * mark and a colour for each chip, filled for open rows. DIR/validation.svg and the other files of
 * sim/report/plot.h. Collective. */
ll_status ll_validation_plot(const char *dir, const ll_validation *v, ll_comm *comm, ll_arena *mem,
                             bool *drawn, ll_error *err);

#endif
