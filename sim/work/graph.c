#include "sim/work/graph.h"

#include <string.h>

const char *const ll_stream_names[] = {"compute", "tp", "cp", "pp", "dp", NULL};

int ll_graph_transfer(const ll_graph *graph, const char *name)
{
    for (int i = 0; i < graph->n_transfer; i++)
        if (graph->transfer[i].name == name || !strcmp(graph->transfer[i].name, name)) return i;
    return -1;
}
