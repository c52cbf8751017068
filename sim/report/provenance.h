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

/* Rows of a table of fields that every JSON result has: of a struct with members of these names. */
#define LL_FIELDS_VERSION(struct_)                                                           \
    LL_FIELD("schema_version", LL_FIELD_INT, struct_, schema_version, "", "of this object"), \
        LL_FIELD("version", LL_FIELD_STRING, struct_, version, "", "of lineloss"),           \
        LL_FIELD("git", LL_FIELD_STRING, struct_, git, "", "commit of lineloss")
#define LL_FIELDS_CONFIG(struct_)                                                               \
    {LL_FIELD_LIST_OF("config", ll_config_row, ll_config_row_fields, struct_, config, n_config, \
                      "the effective configuration")},                                          \
    {                                                                                           \
        LL_FIELD_LIST_OF("files", ll_config_file, ll_config_file_fields, struct_, file, n_file, \
                         "files that keys of the configuration name; only if there are any"),   \
            .optional = true                                                                    \
    }

/* In mem; returns their number. The files: ll_config_files. */
int ll_config_rows(const ll_config *cfg, ll_arena *mem, const ll_config_row **out);

#endif
