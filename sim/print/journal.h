/* A journal: what is finished of a long work, one line for each piece, written as soon as it is
 * there. A command that was stopped reads it and does the rest.
 *
 *   KEY HASH text...
 *
 * KEY says what the piece is of (a hash of all its inputs), HASH is of the text. A line whose hash
 * does not fit, such as the last one of a killed process, is passed over. Lines are only ever
 * appended. */
#ifndef LL_PRINT_JOURNAL_H
#define LL_PRINT_JOURNAL_H

#include "sim/base/status.h"
#include "sim/base/text.h"
#include "sim/comm/comm.h"

#include <stdint.h>

typedef struct ll_journal ll_journal;

/* Opens dir/name, which is made if it is missing, as is dir; rank 0 reads it for all. In mem. Error
 * LL_ERR_CONFIG: it cannot be read or written. Collective. */
ll_status ll_journal_open(const char *dir, const char *name, ll_comm *comm, ll_arena *mem,
                          ll_journal **out, ll_error *err);

/* The text of a piece, of the latest line that has it; NULL: it is not finished. Not collective. */
const char *ll_journal_find(const ll_journal *journal, uint64_t key);

/* Appends a line; text has no end of line. Rank 0 writes. Collective. */
ll_status ll_journal_add(ll_journal *journal, uint64_t key, const char *text, ll_error *err);

int ll_journal_count(const ll_journal *journal); /* pieces that were there when it was opened */

#endif
