#include "sim/comm/comm.h"

#include "sim/base/text.h"

#include <mpi.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Element counts of MPI are ints: larger arrays go in parts of this many. */
enum { PART = 1 << 26 };

struct ll_comm {
    MPI_Comm mpi; /* MPI_COMM_NULL without MPI */
    int rank, size, n_here;
    ll_show show;
    bool quiet;
    struct ll_progress *progress;
};

ll_comm *ll_comm_create(const void *mpi_comm, ll_arena *mem)
{
    ll_comm *comm = ll_arena_new(mem, ll_comm);
    const MPI_Comm *of = mpi_comm;
    MPI_Comm_dup(*of, &comm->mpi);
    MPI_Comm_rank(comm->mpi, &comm->rank);
    MPI_Comm_size(comm->mpi, &comm->size);
    MPI_Comm here;
    MPI_Comm_split_type(comm->mpi, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here);
    MPI_Comm_size(here, &comm->n_here);
    MPI_Comm_free(&here);
    return comm;
}

ll_comm *ll_comm_self(ll_arena *mem)
{
    ll_comm *comm = ll_arena_new(mem, ll_comm);
    int ready = 0;
    MPI_Initialized(&ready);
    comm->mpi = MPI_COMM_NULL;
    comm->size = comm->n_here = 1;
    if (ready) MPI_Comm_dup(MPI_COMM_SELF, &comm->mpi);
    return comm;
}

void ll_comm_destroy(ll_comm *comm)
{
    if (comm->mpi != MPI_COMM_NULL) MPI_Comm_free(&comm->mpi);
}

const void *ll_comm_mpi(const ll_comm *comm)
{
    return comm->mpi == MPI_COMM_NULL ? NULL : &comm->mpi;
}

int ll_comm_rank(const ll_comm *comm) { return comm->rank; }
int ll_comm_size(const ll_comm *comm) { return comm->size; }
int ll_comm_n_here(const ll_comm *comm) { return comm->n_here; }

void ll_comm_show_set(ll_comm *comm, ll_show show) { comm->show = show; }
ll_show ll_comm_show(const ll_comm *comm) { return comm->show; }

void ll_comm_quiet_set(ll_comm *comm, bool quiet) { comm->quiet = quiet; }

void ll_comm_note(const ll_comm *comm, const char *fmt, ...)
{
    if (comm->quiet || comm->rank != 0) return;
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fputs("lineloss: ", stderr);
    (void)ll_text_print(text, stderr);
    fputc('\n', stderr);
}

void ll_comm_progress_set(ll_comm *comm, struct ll_progress *progress)
{
    comm->progress = progress;
}
struct ll_progress *ll_comm_progress(const ll_comm *comm) { return comm->progress; }

/* The first n % size ranks have one more. */
void ll_comm_slice(const ll_comm *comm, int64_t n, int64_t *lo, int64_t *hi)
{
    const int64_t each = n / comm->size, rest = n % comm->size, r = comm->rank;
    *lo = r * each + (r < rest ? r : rest);
    *hi = *lo + each + (r < rest ? 1 : 0);
}

static void bcast_bytes(const ll_comm *comm, int root, char *bytes, size_t n)
{
    for (size_t at = 0; at < n; at += PART) {
        const size_t part = n - at < PART ? n - at : PART;
        MPI_Bcast(bytes + at, (int)part, MPI_BYTE, root, comm->mpi);
    }
}

void ll_comm_bcast(ll_comm *comm, ll_arena *mem, const char **bytes, size_t *n)
{
    if (comm->size == 1) return;
    uint64_t count = *n;
    MPI_Bcast(&count, 1, MPI_UINT64_T, 0, comm->mpi);
    *n = (size_t)count;
    char *copy = ll_arena_array(mem, *n + 1, char);
    if (comm->rank == 0) memcpy(copy, *bytes, *n);
    bcast_bytes(comm, 0, copy, *n);
    if (comm->rank != 0) *bytes = copy;
}

const void *ll_comm_gather(ll_comm *comm, ll_arena *mem, const void *bytes, size_t n, size_t *n_all)
{
    uint64_t *count = ll_arena_array(mem, comm->size, uint64_t); /* [size] */
    count[comm->rank] = n;
    ll_comm_sum_u64(comm, comm->size, count);
    uint64_t sum = 0;
    for (int r = 0; r < comm->size; r++)
        sum += count[r];
    char *all = ll_arena_array(mem, sum, char), *at = all;
    for (int r = 0; r < comm->size; r++) {
        if (r == comm->rank && n > 0) memcpy(at, bytes, n);
        if (comm->size > 1) bcast_bytes(comm, r, at, (size_t)count[r]);
        at += count[r];
    }
    *n_all = (size_t)sum;
    return all;
}

ll_status ll_comm_agree(ll_comm *comm, ll_status status, ll_error *err)
{
    if (comm->size == 1) return status;
    int worst = (int)status;
    MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_INT, MPI_MAX, comm->mpi);
    if (worst == LL_OK) return LL_OK;
    int first = (int)status == worst ? comm->rank : comm->size;
    MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, comm->mpi);
    MPI_Bcast(err, (int)sizeof *err, MPI_BYTE, first, comm->mpi);
    return (ll_status)worst;
}

static void reduce(const ll_comm *comm, int64_t n, char *v, MPI_Datatype type, MPI_Op op)
{
    if (comm->size == 1) return;
    for (int64_t at = 0; at < n; at += PART) {
        const int64_t part = n - at < PART ? n - at : PART;
        MPI_Allreduce(MPI_IN_PLACE, v + 8 * at, (int)part, type, op, comm->mpi);
    }
}

void ll_comm_sum_u64(ll_comm *comm, int64_t n, uint64_t *v)
{
    reduce(comm, n, (char *)v, MPI_UINT64_T, MPI_SUM);
}

void ll_comm_or_u64(ll_comm *comm, int64_t n, uint64_t *v)
{
    reduce(comm, n, (char *)v, MPI_UINT64_T, MPI_BOR);
}

void ll_comm_max_f64(ll_comm *comm, int64_t n, double *v)
{
    reduce(comm, n, (char *)v, MPI_DOUBLE, MPI_MAX);
}

void ll_comm_min_f64(ll_comm *comm, int64_t n, double *v)
{
    reduce(comm, n, (char *)v, MPI_DOUBLE, MPI_MIN);
}
