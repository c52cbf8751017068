/* Random networks are what their header says, and seeds 1 to 1000 stay what they are. */
/* RANKS 1 */
#include "sim/base/mix.h"
#include "tests/support/check.h"
#include "tests/support/random_net.h"

#include <mpi.h>

typedef struct seen {
    int n_chip[2], n_flow[2], n_path[2], n_hop[2], width[2]; /* least and most */
    double latency_s[2], size_B[2];
    int n_split; /* flows of several paths */
    int n_all;
    uint64_t hash;
} seen;

static void note(int range[2], int value)
{
    range[0] = range[1] == 0 || value < range[0] ? value : range[0];
    range[1] = value > range[1] ? value : range[1];
}

static void note_real(double range[2], double value)
{
    range[0] = range[1] > 0 ? fmin(range[0], value) : value;
    range[1] = fmax(range[1], value);
}

/* A path leads from src to dst, and visits no node twice. */
static void check_path(const random_net *net, int f, int path, seen *all)
{
    const ll_topology *topo = &net->topo;
    int64_t link[RANDOM_HOP], back[RANDOM_HOP], at = net->src[f];
    uint64_t visited = (uint64_t)1 << at;
    const int n = topo->type->route(topo, net->src[f], net->dst[f], path, RANDOM_HOP, link);
    const int m = topo->type->route(topo, net->dst[f], net->src[f], path, RANDOM_HOP, back);
    CHECK(n >= 1 && m == n, "seed %d, flow %d: %d hops, %d back", (int)net->seed, f, n, m);
    for (int h = 0; h < n; h++) {
        ll_link l, reverse;
        topo->type->link(topo, link[h], &l);
        topo->type->link(topo, back[n - 1 - h], &reverse);
        CHECK(l.from == at && l.to == reverse.from && l.from == reverse.to, "seed %d, flow %d",
              (int)net->seed, f);
        at = l.to;
        CHECK(!(visited >> at & 1), "seed %d: node %d twice", (int)net->seed, (int)at);
        visited |= (uint64_t)1 << at;
        note(all->width, l.width);
        note_real(all->latency_s, l.latency_s);
        all->hash = ll_mix_f64(ll_mix_f64(all->hash, (double)link[h]), l.bw_Bps * l.width);
        all->hash = ll_mix_f64(all->hash, l.latency_s);
    }
    CHECK(at == net->dst[f], "seed %d, flow %d ends at %d", (int)net->seed, f, (int)at);
    note(all->n_hop, n);
}

static void check_net(uint64_t seed, random_net *net, seen *all)
{
    random_net_make(seed, net);
    note(all->n_chip, net->topo.n_chip);
    note(all->n_flow, net->n_flow);
    for (int f = 0; f < net->n_flow; f++) {
        const int n_path = net->topo.type->n_path(&net->topo, net->src[f], net->dst[f]);
        note(all->n_path, n_path);
        note_real(all->size_B, net->size_B[f]);
        all->n_split += n_path > 1;
        all->hash = ll_mix_f64(all->hash, net->size_B[f]);
        for (int path = 0; path < n_path; path++)
            check_path(net, f, path, all);
    }
    all->n_all += net->n_flow;
}

int main(void)
{
    MPI_Init(NULL, NULL);
    static random_net net;
    seen all = {.hash = 0};
    for (uint64_t seed = 1; seed <= 1000; seed++)
        check_net(seed, &net, &all);
    CHECK(all.n_chip[0] == 4 && all.n_chip[1] == 40, "%d to %d chips", all.n_chip[0],
          all.n_chip[1]);
    CHECK(all.n_flow[0] == 1 && all.n_flow[1] == 60, "%d to %d flows", all.n_flow[0],
          all.n_flow[1]);
    CHECK(all.n_path[0] == 1 && all.n_path[1] == 4, "%d to %d paths", all.n_path[0], all.n_path[1]);
    CHECK(all.n_hop[0] == 1 && all.n_hop[1] == 4, "%d to %d hops", all.n_hop[0], all.n_hop[1]);
    CHECK(all.width[0] == 1 && all.width[1] == 8, "%d to %d lanes", all.width[0], all.width[1]);
    CHECK(all.latency_s[0] >= 99e-9 && all.latency_s[1] <= 10.001e-6, "%g to %g s",
          all.latency_s[0], all.latency_s[1]);
    CHECK(all.size_B[0] >= 4e3 && all.size_B[1] <= 16e6, "%g to %g B", all.size_B[0],
          all.size_B[1]);
    CHECK(all.n_split > all.n_all / 4, "%d of %d flows have several paths", all.n_split, all.n_all);
    printf("%d flows, %d of several paths, hash %016llx\n", all.n_all, all.n_split,
           (unsigned long long)all.hash);
    CHECK(all.hash == 0x2e280a1951aee2cdULL,
          "other networks than the figures are stated for: hash %016llx",
          (unsigned long long)all.hash);
    MPI_Finalize();
    return LL_CHECK_RESULT;
}
