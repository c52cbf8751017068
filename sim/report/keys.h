/* Every configuration key, out of the tables that read them. */
#ifndef LL_REPORT_KEYS_H
#define LL_REPORT_KEYS_H

#include "sim/print/table.h"

/* Rows "key, kind, example, default, from, to, meaning"; keys of a topology or engine name its
 * type. */
ll_table *ll_keys_table(ll_arena *mem);

/* Rows of that table for people: groups as headings, with explanations of families of keys; each
 * key in two lines or more of at most `width` columns where words allow. */
void ll_keys_text(const ll_table *keys, int width, ll_text *out);

/* "cluster.chip" and "memory" of "cluster.chip.memory"; "" for a key at the top. */
const char *ll_keys_group(const char *path, ll_arena *mem);
const char *ll_keys_leaf(const char *path);

#endif
