#include "sim/work/serve_deal.h"

typedef struct share {
    double tokens; /* per client */
    int64_t replica, n_client;
} share;

int64_t ll_deal_clients(int64_t n_client, int64_t n_replica, int64_t i_replica)
{
    return n_client / n_replica + (i_replica < n_client % n_replica);
}

static bool is_before(const share *a, const share *b)
{
    return a->tokens < b->tokens || (!(a->tokens > b->tokens) && a->replica < b->replica);
}

/* Element i of the heap has grown. */
static void sink(share *heap, int64_t n, int64_t i)
{
    for (;;) {
        int64_t least = i;
        for (int64_t k = 2 * i + 1; k <= 2 * i + 2 && k < n; k++)
            if (is_before(&heap[k], &heap[least])) least = k;
        if (least == i) return;
        const share swap = heap[i];
        heap[i] = heap[least];
        heap[least] = swap;
        i = least;
    }
}

/* to[i]: the replica of request i. Replicas without a client get none. */
static void deal_closed(const ll_load *load, const ll_serve_request *request, int64_t n_replica,
                        share *heap, int32_t *to)
{
    const int64_t n = n_replica < load->n_client ? n_replica : load->n_client;
    for (int64_t p = 0; p < n; p++)
        heap[p] = (share){0, p, ll_deal_clients(load->n_client, n_replica, p)};
    for (int64_t i = 0; i < load->n_request; i++) {
        if (i < load->n_client) { /* the first of each client */
            to[i] = (int32_t)(i % n_replica);
            heap[to[i]].tokens += (double)request[i].output / (double)heap[to[i]].n_client;
            continue;
        }
        if (i == load->n_client)
            for (int64_t k = n; k-- > 0;)
                sink(heap, n, k);
        to[i] = (int32_t)heap[0].replica;
        heap[0].tokens += (double)request[i].output / (double)heap[0].n_client;
        sink(heap, n, 0);
    }
}

ll_deal ll_deal_make(const ll_load *load, const ll_serve_request *request, int64_t n_replica,
                     ll_arena *mem)
{
    const int64_t n = load->n_request;
    int64_t *first = ll_arena_array(mem, n_replica + 2, int64_t);
    int32_t *order = ll_arena_fill(mem, n, int32_t);
    const ll_arena_mark mark = ll_arena_here(mem);
    int32_t *to = ll_arena_fill(mem, n, int32_t);
    if (load->n_client > 0)
        deal_closed(load, request, n_replica, ll_arena_fill(mem, n_replica, share), to);
    else
        for (int64_t i = 0; i < n; i++)
            to[i] = (int32_t)(i % n_replica);
    for (int64_t i = 0; i < n; i++)
        first[to[i] + 2]++;
    for (int64_t p = 2; p <= n_replica + 1; p++)
        first[p] += first[p - 1];
    for (int64_t i = 0; i < n; i++) /* first[p + 1] runs to the end of p */
        order[first[to[i] + 1]++] = (int32_t)i;
    ll_arena_release(mem, mark);
    return (ll_deal){first, order};
}
