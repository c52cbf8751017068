#include "sim/step/pairs.h"

typedef struct total {
    ll_on_wire wire;
    double apart_s;
} total;

static void add(const ll_view *view, const ll_op *op, const ll_exposed *exposed, total *sum)
{
    for (int k = 0; k < op->n_part; k++) {
        const ll_op_part *part = &op->part[k];
        const ll_on_wire wire = ll_pass_on_wire(view, part->pass);
        for (int b = 0; b < LL_N_BESIDE; b++) {
            sum->wire.at[b].s += part->count * wire.at[b].s;
            sum->wire.at[b].held_s += part->count * wire.at[b].held_s;
        }
        sum->wire.cp_s += part->count * wire.cp_s;
        sum->wire.ep_s += part->count * wire.ep_s;
        sum->apart_s += part->count * exposed[part->pass].apart_s;
    }
}

ll_exposed ll_pair_exposed(const ll_view *view, const ll_op *pair, double kernels_s,
                           const ll_exposed *exposed)
{
    total both = {.apart_s = 0};
    add(view, pair->forward, exposed, &both);
    add(view, pair->backward, exposed, &both);
    ll_exposed out = {.apart_s = both.apart_s};
    for (int b = 0; b < LL_N_BESIDE; b++)
        out.s[b] = both.apart_s + ll_overlap_s(both.wire.at[b], kernels_s);
    if (both.wire.at[0].s > 0) {
        out.cp_s = (out.s[0] - both.apart_s) * both.wire.cp_s / both.wire.at[0].s;
        out.ep_s = (out.s[0] - both.apart_s) * both.wire.ep_s / both.wire.at[0].s;
    }
    return out;
}
