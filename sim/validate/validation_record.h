/* What a validation came to, kept beside its table (configs/published/recorded.csv): a later
 * version must not be worse, and a study that lies outside of what was compared with measurements
 * says so. */
#ifndef LL_SIM_VALIDATE_VALIDATION_RECORD_H
#define LL_SIM_VALIDATE_VALIDATION_RECORD_H

#include "sim/base/text.h"
#include "sim/report/report.h"
#include "sim/validate/validation.h"

typedef struct ll_record {
    int n;
    /* [n] open20, all, families, chips; as ll_validation has them */
    const ll_validation_stats *stats;
} ll_record;

void ll_record_write(const ll_validation *v, ll_text *out);

/* The file beside the table of rows: "DIR/measured.csv" -> "DIR/recorded.csv". Not collective. */
const char *ll_record_path(const char *table, ll_arena *mem);

/* Rank 0 reads. Collective. */
ll_status ll_record_read(const char *path, ll_comm *comm, ll_arena *mem, ll_record *out,
                         ll_error *err);

/* Medians and ninth deciles of open20, of all rows and of each chip that are worse than recorded by
 * more than a tenth of a point, rows that are missing, and chips that are not recorded: one
 * sentence each. Returns how many; out has space for 3 * (recorded->n + v->n_stats). */
int ll_record_compare(const ll_record *recorded, const ll_validation *v, ll_arena *mem,
                      const char **out);

/* In which respects the study lies outside of the recorded rows: "chip Ascend 950DT: no published
 * step", "8192 chips: GB200 is validated to 512", ... Returns how many; out: [LL_MAX_OUTSIDE]. */
int ll_record_outside(const ll_record *recorded, const ll_study *study, ll_arena *mem,
                      const char **out);

/* The line of the study's chip, or NULL. */
const ll_validation_stats *ll_record_chip(const ll_record *recorded, const char *chip);

#endif
