/* A result as one flat object, which is written as JSON and CSV and read back from JSON.
 *
 * One table has its fields with type, unit and meaning; `lineloss list json` prints it. Fields may
 * be added without a new schema_version; if one is removed or changes its meaning, schema_version
 * goes up. Figures are in SI units, bytes and FLOP; fractions are of 1. */
#ifndef LL_REPORT_DOCUMENT_H
#define LL_REPORT_DOCUMENT_H

#include "sim/print/fields.h"
#include "sim/report/inputs.h"
#include "sim/report/provenance.h"
#include "sim/report/report.h"

enum { LL_SCHEMA_VERSION = 2 };

/* Everything that is written; lists are pointers into the result, as tables of fields need them. */
typedef struct ll_document {
    int schema_version;
    const char *study, *label, *doc, *version, *git, *cluster, *chip, *model, *precision, *engine,
        *petsc_options, *baseline, *evidence;
    const char *const *conventions, *const *outside;
    ll_published published;
    int64_t n_micro;
    ll_layout layout;
    const char *layout_text;
    int64_t zero;
    int64_t seed;
    uint64_t config_hash;
    ll_result r;
    const ll_loss *loss;
    const ll_baseline *baselines;
    const ll_transfer_row *transfer;
    const ll_check *check;
    const ll_other_engine *beside;
    int n_metric, n_memory, n_fact;
    const ll_named *metric, *memory, *fact;
    ll_inputs inputs;
    int n_config;
    const ll_config_row *config;
    int n_file;
    const ll_config_file *file;
} ll_document;

extern const ll_field ll_document_fields[]; /* of an ll_document; ended by {0} */

#endif
