/* The free parameters of a validation: how many there are, and what set them. */
#ifndef LL_VALIDATE_VALIDATION_PARAMS_H
#define LL_VALIDATE_VALIDATION_PARAMS_H

#include "sim/print/json.h"
#include "sim/print/table.h"
#include "sim/validate/validation.h"

/* One per line. */
ll_table *ll_validation_param_table(const ll_validation *v, ll_arena *mem);

/* A sentence, and one line for each group: measured and fitted ones by what they were measured in
 * or fitted to, assumed ones by the folder of the file that says so. */
void ll_validation_param_print(const ll_validation *v, ll_format format, int width, ll_arena *mem,
                               ll_text *out);

void ll_validation_param_json(const ll_validation *v, ll_json *j);

#endif
