/* The free parameters of a validation: how many there are, and what set them. */
#ifndef LL_VALIDATE_VALIDATION_PARAMS_H
#define LL_VALIDATE_VALIDATION_PARAMS_H

#include "sim/print/fields.h"
#include "sim/validate/validation.h"

/* One per line. */
ll_table *ll_validation_param_table(const ll_validation *v, ll_arena *mem);

/* A sentence, and one line for each group: measured and fitted ones by what they were measured in
 * or fitted to, assumed ones by the folder of the file that says so. */
void ll_validation_param_print(const ll_validation *v, ll_format format, int width, ll_arena *mem,
                               ll_text *out);

/* The same for JSON: all parameters, and how many of each class there are. */
typedef struct ll_validation_param_row {
    const char *class, *origin, *key, *value, *evidence, *source;
    int32_t n_row;
} ll_validation_param_row;

typedef struct ll_validation_param_list {
    int n_free, n_class[LL_N_VALIDATION_PARAM], n;
    const ll_validation_param_row *row; /* [n] */
} ll_validation_param_list;

extern const ll_field ll_validation_param_fields[]; /* of ll_validation_param_list */
ll_validation_param_list ll_validation_param_list_of(const ll_validation *v, ll_arena *mem);

#endif
