/* Structs of plain data as JSON, as lines of CSV, and as a list of what they have.
 *
 * A struct is described by a table with a row for each field: name, type, where it stands, unit
 * and meaning. All forms are driven by it, so that none can say something else than the others.
 * A list is a pointer to structs and a count.
 *
 * There are two tables of fields. The flat one has a row for each: field, value, unit, the items of
 * a list by their first field: losses[contention].chips. The tidy one has a row for each struct and
 * a column for each plain field, numbers in SI, for programs that read columns of one type:
 * loss_contention_chips.
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
    /* OBJECT, LIST, NAMED, WORDS: how the names of its columns in the tidy table begin; NULL: it
     * has none there. Of the items of a list only numbers have columns. */
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

/* The fields of the struct at base, into an object that is open. */
void ll_fields_json(const ll_field *f, const void *base, ll_json *j);

/* Rows "field, value, unit" of every plain field. */
ll_table *ll_fields_flat(const ll_field *f, const void *base, ll_arena *mem);

/* A row for each of the n structs, a column for everything that any of them has; "" where one has
 * it not, or it is no number; "none" for no words. As R and pandas read them: TRUE and FALSE, and
 * "fnv1a:" before hashes, which would be numbers where they have digits alone. */
ll_table *ll_fields_tidy(const ll_field *f, int n, const void *const *base, ll_arena *mem);

/* The value of a plain field as text; "" for null. In mem. */
const char *ll_field_text(const ll_field *f, const void *base, ll_arena *mem);

/* Rows "field, type, unit, meaning" of what JSON has. prefix: before every field. */
ll_table *ll_fields_list(ll_arena *mem);
void ll_fields_list_add(const ll_field *f, const char *prefix, ll_table *t);

/* Rows "column, unit, meaning" of what the tidy table may have: loss_<cause>_frac. */
ll_table *ll_fields_columns(ll_arena *mem);
void ll_fields_columns_add(const ll_field *f, const char *prefix, ll_table *t);

#endif
