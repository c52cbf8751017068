/* Finished variants of a batch, kept in a journal (sim/print/journal.h) in the folder of results,
 * so that a command that was stopped goes on where it was. */
#ifndef LL_COMMAND_VARIANT_STORE_H
#define LL_COMMAND_VARIANT_STORE_H

#include "sim/step/variants.h"

/* Opens dir/name. What another version of lineloss has kept is not found. Collective. */
ll_status ll_variant_store_open(const char *dir, const char *name, ll_comm *comm, ll_arena *mem,
                                ll_batch_store *out, ll_error *err);

/* Variants that were found in it so far. */
int ll_variant_store_n_found(const ll_batch_store *store);

#endif
