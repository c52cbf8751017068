/* Names of keys and formats of files that people know from other programs. */
#ifndef LL_CONFIG_FOREIGN_H
#define LL_CONFIG_FOREIGN_H

/* A sentence about a key that has another name here, or that is not modelled, such as "write
 * 'interleave', the model chunks of each pipeline stage"; NULL if `name` is not known. */
const char *ll_foreign_key(const char *name);

/* The same about a value: kinds of interconnect that have other names here. */
const char *ll_foreign_value(const char *value);

/* "JSON" or "YAML" if a file of this name, or with this text, looks like it; else NULL. */
const char *ll_foreign_format(const char *path, const char *text);

#endif
