#include "sim/work/zero_lists.h"

#include <math.h>

int ll_zero_layer_calls(const ll_layers *run, const ll_split *split)
{
    ll_matrices m;
    if (!split->stack->gather_lists) return 1;
    ll_layer_matrices(run, split->hidden, split->tp, &m);
    return m.n;
}

ll_regather ll_zero_regather(const ll_layers *run, const ll_split *split)
{
    static const double far =
        1e9; /* stage3_max_reuse_distance, DeepSpeed's default (from memory) */
    ll_regather r = {0, 0};
    if (!split->stack->gather_lists || split->stack->recompute != LL_RECOMPUTE_FULL) return r;
    ll_matrices m;
    ll_layer_matrices(run, split->hidden, split->tp, &m);
    double between = 0; /* weights that are used before this matrix is needed again */
    for (int i = m.n - 1; i >= 0; i--) {
        if (between > far) {
            r.n++;
            r.frac += m.n_weight[i] / ll_layer_param(run, split->hidden, split->tp);
        }
        between += 2 * m.n_weight[i];
    }
    return r;
}

ll_list_cost ll_zero_list_cost(const ll_layers *run, const ll_split *split, bool backward,
                               bool again)
{
    ll_list_cost c = {0};
    if (!split->stack->gather_lists) return c;
    const ll_regather more = again ? ll_zero_regather(run, split) : (ll_regather){0, 0};
    const int n_matrix = ll_zero_layer_calls(run, split);
    const int n_small = n_matrix + 4; /* biases; two norms */
    const int n_call = 2 * (n_matrix + more.n) + (backward ? 3 * (n_matrix + n_small) : 0);
    c.n_host_call = (double)n_call * split->n_replica;
    c.n_empty_scatter = backward ? n_small : 0;
    c.streamed_B = ((2 + 4) * (1 + more.frac) + (backward ? 4 : 0)) *
                   ll_layer_param(run, split->hidden, split->tp) / (double)split->tp;
    return c;
}

double ll_zero_whole_param(const ll_layers *run, const ll_split *split, int n_vocab,
                           double vocab_param)
{
    if (!split->stack->gather_lists)
        return 2 * ll_layer_laid(run, split->hidden, split->tp, &split->experts).dense +
               n_vocab * vocab_param;
    ll_matrices m;
    ll_layer_matrices(run, split->hidden, split->tp, &m);
    double largest = n_vocab ? vocab_param : 0;
    for (int i = 0; i < m.n; i++)
        largest = fmax(largest, m.n_weight[i]);
    return 2 * largest;
}
