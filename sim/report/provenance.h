/* The inputs that every JSON result contains: the effective configuration, and the files that it
 * names. */
#ifndef LL_REPORT_PROVENANCE_H
#define LL_REPORT_PROVENANCE_H

#include "sim/config/config.h"
#include "sim/print/fields.h"

typedef struct ll_config_row {
    const char *path, *typed, *origin, *evidence, *source;
    const char *unit; /* SI; NULL: not a quantity */
    double value;     /* NaN: not a number */
} ll_config_row;

extern const ll_field ll_config_row_fields[];
extern const ll_field ll_config_file_fields[];

/* In mem; returns their number. The files: ll_config_files. */
int ll_config_rows(const ll_config *cfg, ll_arena *mem, const ll_config_row **out);

#endif
