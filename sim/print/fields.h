/* Structs of plain data as JSON, as CSV, and as documentation of their fields.
 *
 * A struct is described by a table with a row for each field: name, type, offset, unit and
 * meaning. All forms are printed from this table, so they cannot disagree. A list is a pointer to
 * structs and a count.
 *
 * CSV comes in two forms. The flat table has a row (field, value, unit) for each field, and names
 * the items of a list by their first field: losses[contention].chips. The tidy table has a row for
 * each struct and a column for each plain field, numbers in SI units, for programs that read
 * columns of one type: loss_contention_chips.
 */
#ifndef LL_PRINT_FIELDS_H
#define LL_PRINT_FIELDS_H

#include "sim/print/json.h"
#include "sim/print/table.h"

#include <stddef.h>

typedef enum ll_field_type {
    LL_FIELD_NUMBER,
    LL_FIELD_INT,
    LL_FIELD_INT32,
    LL_FIELD_INT64,
    LL_FIELD_STRING,
    LL_FIELD_BOOL,
    LL_FIELD_HASH,   /* uint64_t */
    LL_FIELD_OBJECT, /* `sub` over the same base + offset */
    LL_FIELD_LIST,   /* pointer at offset, int count at n_offset */
    LL_FIELD_NAMED,  /* an object whose members are a list of ll_named, given like LIST */
    LL_FIELD_INLINE, /* the same, as members of the object around it */
    LL_FIELD_WORDS   /* pointer to strings, ended by NULL */
} ll_field_type;

/* A number whose name comes from a plugin. */
typedef struct ll_named {
    const char *name, *unit;
    double value;
} ll_named;

typedef struct ll_field {
    const char *name; /* NULL ends the table */
    ll_field_type type;
    bool optional; /* LIST: not written if it is empty */
    size_t offset;
    const char *unit, *doc;
    /* OBJECT, LIST, NAMED, WORDS: prefix of the names of its columns in the tidy table; NULL: it
     * has no columns there. Only the numbers in the items of a list have columns. */
    const char *columns;
    const struct ll_field *sub; /* OBJECT, LIST */
    size_t n_offset, item_B;    /* LIST */
} ll_field;

/* A row for the member of a struct. */
#define LL_FIELD(name_, type_, struct_, member_, unit_, doc_)                                    \
    {                                                                                            \
        .name = (name_), .type = (type_), .offset = offsetof(struct_, member_), .unit = (unit_), \
        .doc = (doc_)                                                                            \
    }

/* A row for a list of `item_` structs: pointer and count are members. */
#define LL_FIELD_LIST_OF(name_, item_, sub_, struct_, member_, count_, doc_)                  \
    .name = (name_), .type = LL_FIELD_LIST, .offset = offsetof(struct_, member_), .unit = "", \
    .doc = (doc_), .sub = (sub_), .n_offset = offsetof(struct_, count_), .item_B = sizeof(item_)

/* Writes the fields of the struct at base into the JSON object that is open. */
void ll_fields_json(const ll_field *f, const void *base, ll_json *j);

/* Rows "field, value, unit" of every plain field. */
ll_table *ll_fields_flat(const ll_field *f, const void *base, ll_arena *mem);

/* A row for each of the n structs, a column for each field that any of them has. A cell is "" if
 * the struct does not have the field or its number is not finite, and "none" for an empty list of
 * words. For R and pandas, booleans are TRUE and FALSE, and hashes begin with "fnv1a:", as one of
 * digits alone would be read as a number. */
ll_table *ll_fields_tidy(const ll_field *f, int n, const void *const *base, ll_arena *mem);

/* The value of a plain field as text; "" for null. In mem. */
const char *ll_field_text(const ll_field *f, const void *base, ll_arena *mem);

/* Rows "field, type, unit, meaning" of the fields in JSON. prefix: put before every field. */
ll_table *ll_fields_list(ll_arena *mem);
void ll_fields_list_add(const ll_field *f, const char *prefix, ll_table *t);

/* Rows "column, unit, meaning" of the columns that a tidy table may have: loss_<cause>_frac. */
ll_table *ll_fields_columns(ll_arena *mem);
void ll_fields_columns_add(const ll_field *f, const char *prefix, ll_table *t);

#endif
