#include "sim/engine/packet_exchange.h"

#include "sim/base/status.h"
#include "sim/engine/packet_watch.h"

#include <mpi.h>
#include <string.h>

enum { TAG = 7 };

void ll_exchange_init(ll_exchange *x, const ll_packet_net *net, ll_comm *comm,
                      ll_packet_profile *profile, ll_arena *mem)
{
    const int size = ll_comm_size(comm);
    *x = (ll_exchange){.comm = comm,
                       .mem = mem,
                       .index = &net->index,
                       .queue = net->watch != NULL ? net->watch->queue : NULL,
                       .profile = profile};
    x->neighbour = ll_arena_array(mem, size, int);
    x->out = ll_arena_array(mem, size, ll_outbox);
    for (int r = 0; r < size; r++)
        if (net->neighbour[r]) x->neighbour[x->n_neighbour++] = r;
    x->request = ll_arena_array(mem, x->n_neighbour, MPI_Request);
}

void ll_outbox_grow(ll_outbox *box, ll_arena *mem)
{
    const ll_parcel *old = box->parcel;
    box->cap = 2 * box->cap + 1024;
    box->parcel = ll_arena_array(mem, box->cap, ll_parcel);
    if (old != NULL) memcpy(box->parcel, old, (size_t)box->n * sizeof *old);
}

static int bytes_of(int64_t n_parcel)
{
    const int64_t n_B = n_parcel * (int64_t)sizeof(ll_parcel);
    LL_ASSERT(n_B <= INT32_MAX, "a message of %lld bytes", (long long)n_B);
    return (int)n_B;
}

static inline void take(ll_exchange *x, ll_parcel *p, ll_calendar *cal)
{
    LL_ASSERT(p->window > cal->now, "window %lld is over", (long long)p->window);
    if (p->event.flow == LL_CALENDAR_QUEUE) {
        x->queue[p->event.link] = (uint64_t)p->event.order << 32 | p->event.dt_ps;
        return;
    }
    if (p->event.flow < LL_CALENDAR_QUEUE) p->event.flow = ll_flow_place(x->index, p->event.flow);
    ll_calendar_put_parcel(cal, p);
}

static void receive(ll_exchange *x, int rank, MPI_Comm comm, ll_calendar *cal)
{
    MPI_Message message;
    MPI_Status status;
    int n_B;
    ll_profile_end(x->profile, LL_STAGE_EXCHANGE);
    MPI_Mprobe(rank, TAG, comm, &message, &status);
    ll_profile_end(x->profile, LL_STAGE_WAIT);
    MPI_Get_count(&status, MPI_BYTE, &n_B);
    const int64_t n = n_B / (int)sizeof(ll_parcel);
    while (x->in.cap < n)
        ll_outbox_grow(&x->in, x->mem);
    MPI_Mrecv(x->in.parcel, n_B, MPI_BYTE, &message, MPI_STATUS_IGNORE);
    for (int64_t i = 0; i < n; i++)
        take(x, &x->in.parcel[i], cal);
}

int64_t ll_exchange_window(ll_exchange *x, ll_calendar *cal)
{
    if (ll_comm_size(x->comm) == 1) return ll_calendar_next(cal);
    const MPI_Comm comm = *(const MPI_Comm *)ll_comm_mpi(x->comm);
    MPI_Request *request = x->request;
    for (int i = 0; i < x->n_neighbour; i++) {
        const ll_outbox *box = &x->out[x->neighbour[i]];
        MPI_Isend(box->parcel, bytes_of(box->n), MPI_BYTE, x->neighbour[i], TAG, comm, &request[i]);
    }
    for (int i = 0; i < x->n_neighbour; i++)
        receive(x, x->neighbour[i], comm, cal);
    ll_profile_end(x->profile, LL_STAGE_EXCHANGE);
    MPI_Waitall(x->n_neighbour, request, MPI_STATUSES_IGNORE);
    for (int i = 0; i < x->n_neighbour; i++)
        x->out[x->neighbour[i]].n = 0;
    int64_t next = ll_calendar_next(cal);
    MPI_Allreduce(MPI_IN_PLACE, &next, 1, MPI_INT64_T, MPI_MIN, comm);
    ll_profile_end(x->profile, LL_STAGE_WAIT);
    return next;
}
