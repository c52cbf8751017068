#include "sim/work/graph.h"

#include <string.h>

int ll_graph_transfer(const ll_graph *graph, const char *name)
{
    for (int i = 0; i < graph->n_transfer; i++)
        if (graph->transfer[i].name == name || !strcmp(graph->transfer[i].name, name)) return i;
    return -1;
}

unsigned ll_graph_collectives(const ll_graph *graph)
{
    unsigned found = 0;
    for (int i = 0; i < graph->n_transfer; i++)
        found |= 1u << graph->transfer[i].collective;
    return found;
}

int ll_graph_add(ll_graph *graph, const ll_layout *layout, const ll_exchange *e, ll_stream stream)
{
    const int known = ll_graph_transfer(graph, e->name);
    if (known >= 0) return known;
    LL_ASSERT(graph->n_transfer < LL_MAX_TRANSFER, "%d transfers", graph->n_transfer);
    ll_transfer *t = &graph->transfer[graph->n_transfer];
    *t = (ll_transfer){.name = e->name,
                       .collective = e->collective,
                       .stream = stream,
                       .size_B = e->size_B,
                       .rows = e->rows};
    ll_layout_group(layout, e->axes, &t->group);
    return graph->n_transfer++;
}

void ll_graph_resolve(ll_graph *graph, const ll_layout *layout, ll_pass *pass)
{
    static const ll_stream stream_of[] = {
        [LL_AXIS_TP] = LL_STREAM_TP, [LL_AXIS_CP] = LL_STREAM_CP,  [LL_AXIS_DP] = LL_STREAM_DP,
        [LL_AXIS_PP] = LL_STREAM_PP, [LL_AXIS_ETP] = LL_STREAM_TP, [LL_AXIS_EP] = LL_STREAM_EP,
        [LL_AXIS_EDP] = LL_STREAM_DP};
    for (int i = 0; i < pass->n_use; i++) {
        ll_use *use = &pass->use[i];
        int axis = LL_N_ANY_AXIS - 1;
        while (!(use->exchange.axes >> axis & 1))
            axis--;
        use->transfer = ll_graph_add(graph, layout, &use->exchange, stream_of[axis]);
        use->scale *= use->exchange.size_B / graph->transfer[use->transfer].size_B;
    }
}
