/* What people bring along from other programs: their names of keys, and files in other formats. */
#ifndef LL_CONFIG_FOREIGN_H
#define LL_CONFIG_FOREIGN_H

/* A sentence about a key that is called otherwise here, or that is not modelled, such as "write
 * 'interleave', the model chunks of each pipeline stage"; NULL if `name` is not known. */
const char *ll_foreign_key(const char *name);

/* The same about a value: kinds of interconnect that go by other names. */
const char *ll_foreign_value(const char *value);

/* "JSON" or "YAML" if a configuration of this name, or with this text, is one; else NULL. */
const char *ll_foreign_format(const char *path, const char *text);

#endif
