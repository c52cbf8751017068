#include "sim/engine/packet/spread.h"

#include <math.h>
#include <stdlib.h>

enum { N_QUANTILE = 2, N_CUT = 63 };
static const double quantiles[N_QUANTILE] = {0.5, 0.99};

/* The ends of the flows of one traffic that landed on this rank, and where its quantiles can be. */
typedef struct ends {
    int64_t *ps; /* [n] ascending */
    int64_t n;
    uint64_t want[N_QUANTILE]; /* so many of all ranks' ends are at or before the quantile */
    int64_t lo[N_QUANTILE], hi[N_QUANTILE];
} ends;

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void collect(const ll_packet_net *net, ends *all, ll_arena *mem)
{
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f))
        all[ll_packet_traffic(f)].n += f->end_ps > 0;
    for (int t = 0; t < LL_MAX_TRAFFIC; t++) {
        all[t].ps = ll_arena_array(mem, all[t].n, int64_t);
        all[t].n = 0;
    }
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f)) {
        ends *e = &all[ll_packet_traffic(f)];
        if (f->end_ps > 0) e->ps[e->n++] = f->end_ps;
    }
    for (int t = 0; t < LL_MAX_TRAFFIC; t++)
        qsort(all[t].ps, (size_t)all[t].n, sizeof *all[t].ps, compare);
}

/* First and last of all ranks, how many there are, and from that what the quantiles are.
 * Collective. */
static void bound(ends *all, ll_comm *comm)
{
    double first[LL_MAX_TRAFFIC], last[LL_MAX_TRAFFIC]; /* picoseconds below 2^53: exact */
    uint64_t n[LL_MAX_TRAFFIC];
    for (int t = 0; t < LL_MAX_TRAFFIC; t++) {
        n[t] = (uint64_t)all[t].n;
        first[t] = all[t].n ? (double)all[t].ps[0] : HUGE_VAL;
        last[t] = all[t].n ? (double)all[t].ps[all[t].n - 1] : 0;
    }
    ll_comm_sum_u64(comm, LL_MAX_TRAFFIC, n);
    ll_comm_min_f64(comm, LL_MAX_TRAFFIC, first);
    ll_comm_max_f64(comm, LL_MAX_TRAFFIC, last);
    for (int t = 0; t < LL_MAX_TRAFFIC; t++)
        for (int q = 0; q < N_QUANTILE; q++) {
            all[t].want[q] = (uint64_t)ceil(quantiles[q] * (double)n[t]);
            all[t].lo[q] = n[t] ? (int64_t)first[t] : 0;
            all[t].hi[q] = n[t] ? (int64_t)last[t] : 0;
        }
}

static uint64_t count_up_to(const ends *e, int64_t ps)
{
    int64_t lo = 0, hi = e->n;
    while (lo < hi) {
        const int64_t mid = lo + (hi - lo) / 2;
        if (e->ps[mid] <= ps)
            lo = mid + 1;
        else
            hi = mid;
    }
    return (uint64_t)lo;
}

/* Cuts every interval in which a quantile can be into 64 and keeps the one that it is in. False if
 * all are single picoseconds. Collective. */
static bool narrow(ends *all, ll_comm *comm)
{
    uint64_t count[LL_MAX_TRAFFIC][N_QUANTILE][N_CUT];
    int64_t step[LL_MAX_TRAFFIC][N_QUANTILE], widest = 0;
    for (int t = 0; t < LL_MAX_TRAFFIC; t++)
        for (int q = 0; q < N_QUANTILE; q++) {
            const int64_t width = all[t].hi[q] - all[t].lo[q];
            if (width > widest) widest = width;
            step[t][q] = width / (N_CUT + 1) + 1;
            for (int i = 0; i < N_CUT; i++)
                count[t][q][i] = count_up_to(&all[t], all[t].lo[q] + (i + 1) * step[t][q] - 1);
        }
    if (widest == 0) return false;
    ll_comm_sum_u64(comm, sizeof count / sizeof(uint64_t), &count[0][0][0]);
    for (int t = 0; t < LL_MAX_TRAFFIC; t++)
        for (int q = 0; q < N_QUANTILE; q++) {
            int i = 0;
            while (i < N_CUT && count[t][q][i] < all[t].want[q])
                i++;
            all[t].lo[q] += i * step[t][q];
            const int64_t end = all[t].lo[q] + step[t][q] - 1;
            if (end < all[t].hi[q]) all[t].hi[q] = end;
        }
    return true;
}

void ll_packet_spread(const ll_packet_net *net, ll_comm *comm, ll_arena *mem, ll_spread *out)
{
    const ll_arena_mark here = ll_arena_here(mem);
    ends *all = ll_arena_array(mem, LL_MAX_TRAFFIC, ends);
    collect(net, all, mem);
    bound(all, comm);
    for (int t = 0; t < LL_MAX_TRAFFIC; t++)
        out[t] = (ll_spread){.min_s = (double)all[t].lo[0] * 1e-12,
                             .max_s = (double)all[t].hi[0] * 1e-12};
    while (narrow(all, comm))
        ;
    for (int t = 0; t < LL_MAX_TRAFFIC; t++) {
        out[t].median_s = (double)all[t].lo[0] * 1e-12;
        out[t].p99_s = (double)all[t].lo[1] * 1e-12;
    }
    ll_arena_release(mem, here);
}
