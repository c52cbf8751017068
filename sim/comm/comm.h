/* The ranks of a run: the few exchanges that lineloss needs, each with a result that does not
 * depend on the number of ranks. The only place that calls MPI beside the equations and the packet
 * engine. */
#ifndef LL_COMM_COMM_H
#define LL_COMM_COMM_H

#include "sim/base/arena.h"
#include "sim/base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ll_comm ll_comm;

/* Wraps (a duplicate of) the MPI communicator at mpi_comm, an MPI_Comm *. Collective. */
ll_comm *ll_comm_create(const void *mpi_comm, ll_arena *mem);
ll_comm *ll_comm_self(ll_arena *mem); /* one rank; usable without MPI_Init. Not collective. */
void ll_comm_destroy(ll_comm *comm);
const void *
ll_comm_mpi(const ll_comm *comm); /* the MPI_Comm *, NULL for ll_comm_self without MPI */

int ll_comm_rank(const ll_comm *comm);
int ll_comm_size(const ll_comm *comm);
int ll_comm_n_here(const ll_comm *comm); /* ranks on this machine, this one included */

/* Whether long work shows its progress (progress.h). It begins as AUTO. Not collective. */
typedef enum ll_show {
    LL_SHOW_AUTO, /* if standard error is a terminal */
    LL_SHOW_NEVER,
    LL_SHOW_ALWAYS
} ll_show;

void ll_comm_show_set(ll_comm *comm, ll_show show);
ll_show ll_comm_show(const ll_comm *comm);

/* A note to the user: "lineloss: " and a sentence, from rank 0 to standard error unless quiet. For
 * what a result neither says nor depends on. Not collective. */
void ll_comm_note(const ll_comm *comm, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ll_comm_quiet_set(ll_comm *comm, bool quiet); /* no notes; it begins as false */

/* The innermost work whose progress is shown (progress.h); NULL: none. Not collective. */
struct ll_progress;
void ll_comm_progress_set(ll_comm *comm, struct ll_progress *progress);
struct ll_progress *ll_comm_progress(const ll_comm *comm);

/* The contiguous part [*lo, *hi) of n things that this rank has; may be empty. Not collective. */
void ll_comm_slice(const ll_comm *comm, int64_t n, int64_t *lo, int64_t *hi);

/* Broadcast the bytes of rank 0. On other ranks *bytes is allocated in mem. Collective. */
void ll_comm_bcast(ll_comm *comm, ll_arena *mem, const char **bytes, size_t *n);

/* All-gather: the bytes of all ranks, one after the other in rank order; *n_all is their number.
 * The result is allocated in mem. Collective. */
const void *ll_comm_gather(ll_comm *comm, ll_arena *mem, const void *bytes, size_t n,
                           size_t *n_all);

/* All ranks get the worst status, and the message of the lowest rank that has it. Collective. */
ll_status ll_comm_agree(ll_comm *comm, ll_status status, ll_error *err);

/* Element-wise over ranks, in place. Integer sums (mod 2^64), minima and maxima are exact.
 * Collective. */
void ll_comm_sum_u64(ll_comm *comm, int64_t n, uint64_t *v);
void ll_comm_or_u64(ll_comm *comm, int64_t n, uint64_t *v);
void ll_comm_max_f64(ll_comm *comm, int64_t n, double *v);
void ll_comm_min_f64(ll_comm *comm, int64_t n, double *v);

#endif
