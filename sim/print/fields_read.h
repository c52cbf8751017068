/* Reads structs of plain data from JSON, by the table of fields that wrote it. */
#ifndef LL_PRINT_FIELDS_READ_H
#define LL_PRINT_FIELDS_READ_H

#include "sim/base/status.h"
#include "sim/print/fields.h"

/* Parse `text` (n bytes) as one JSON object. name: of the file, for messages. Lists and strings
 * are made in mem. The caller fills in the names of an INLINE list, whose values are then read.
 * Errors (LL_ERR_CONFIG): not JSON (with the line), not an object, a field that is missing or of
 * another type.
 * Not collective. */
ll_status ll_fields_read(const ll_field *f, const char *name, const char *text, size_t n,
                         void *base, ll_arena *mem, ll_error *err);

#endif
