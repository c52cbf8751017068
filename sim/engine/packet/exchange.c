#include "sim/engine/packet/exchange.h"

#include "sim/base/status.h"
#include "sim/engine/packet/watch.h"

#include <mpi.h>
#include <string.h>

enum { TAG = 7 };

void ll_exchange_init(ll_exchange *x, const ll_packet_net *net, ll_packet_release *release,
                      ll_comm *comm, ll_packet_profile *profile, ll_arena *mem)
{
    const int size = ll_comm_size(comm);
    *x = (ll_exchange){.comm = comm,
                       .mem = mem,
                       .index = &net->index,
                       .queue = net->watch != NULL ? net->watch->queue : NULL,
                       .release = release,
                       .profile = profile};
    x->neighbour = ll_arena_array(mem, size, int);
    x->out = ll_arena_array(mem, size, ll_outbox);
    for (int r = 0; r < size; r++)
        if (net->neighbour[r]) x->neighbour[x->n_neighbour++] = r;
    x->request = ll_arena_array(mem, x->n_neighbour, MPI_Request);
    x->first = INT64_MAX;
    for (int i = 0; i < x->n_neighbour; i++) {
        ll_outbox_grow(&x->out[x->neighbour[i]], mem);
        x->out[x->neighbour[i]].n = 1;
    }
    uint64_t n_pair = (uint64_t)x->n_neighbour;
    ll_comm_sum_u64(comm, 1, &n_pair);
    x->complete = n_pair == (uint64_t)size * (uint64_t)(size - 1);
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
    if (p->event.flow == LL_CALENDAR_END) {
        ll_packet_release_hear(x->release, p, x->mem);
        return;
    }
    if (p->event.flow < LL_CALENDAR_END) p->event.flow = ll_flow_place(x->index, p->event.flow);
    ll_calendar_put_parcel(cal, p);
}

/* Receives a neighbour's message into the calendar; returns the sender's next window. */
static int64_t receive(ll_exchange *x, int rank, MPI_Comm comm, ll_calendar *cal)
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
    for (int64_t i = 1; i < n; i++)
        take(x, &x->in.parcel[i], cal);
    return x->in.parcel[0].window;
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

/* Returns the minimum of the next windows of this rank and its neighbours. */
static int64_t exchange(ll_exchange *x, int64_t next, MPI_Comm comm, ll_calendar *cal)
{
    MPI_Request *request = x->request;
    int64_t least = next;
    for (int i = 0; i < x->n_neighbour; i++) {
        const ll_outbox *box = &x->out[x->neighbour[i]];
        box->parcel[0].window = next;
        MPI_Isend(box->parcel, bytes_of(box->n), MPI_BYTE, x->neighbour[i], TAG, comm, &request[i]);
    }
    for (int i = 0; i < x->n_neighbour; i++)
        least = earlier(least, receive(x, x->neighbour[i], comm, cal));
    ll_profile_end(x->profile, LL_STAGE_EXCHANGE);
    MPI_Waitall(x->n_neighbour, request, MPI_STATUSES_IGNORE);
    for (int i = 0; i < x->n_neighbour; i++)
        x->out[x->neighbour[i]].n = 1;
    x->first = INT64_MAX;
    return least;
}

int64_t ll_exchange_window(ll_exchange *x, ll_calendar *cal)
{
    const int64_t next = earlier(ll_calendar_next(cal), x->first);
    if (ll_comm_size(x->comm) == 1) return next;
    const MPI_Comm comm = *(const MPI_Comm *)ll_comm_mpi(x->comm);
    int64_t least;
    if (x->complete) {
        least = exchange(x, next, comm, cal);
    } else {
        MPI_Request reduction;
        MPI_Iallreduce(&next, &least, 1, MPI_INT64_T, MPI_MIN, comm, &reduction);
        exchange(x, next, comm, cal);
        MPI_Wait(&reduction, MPI_STATUS_IGNORE);
    }
    ll_profile_end(x->profile, LL_STAGE_WAIT);
    return least;
}
