#include "sim/engine/engine.h"

#include <math.h>

void ll_price_merge(ll_price *into, const ll_price *one)
{
    into->max_util_frac = fmax(into->max_util_frac, one->max_util_frac);
    into->batch_err_frac = fmax(into->batch_err_frac, one->batch_err_frac);
    into->residual_frac = fmax(into->residual_frac, one->residual_frac);
    into->n_solve += one->n_solve;
    into->n_newton += one->n_newton;
    into->n_packet_hop += one->n_packet_hop;
    if (one->n_packet_hop > 0)
        into->simulated_frac = into->n_packet_hop > one->n_packet_hop
                                   ? fmin(into->simulated_frac, one->simulated_frac)
                                   : one->simulated_frac;
    if (one->n_flow > into->n_flow) {
        into->n_flow = one->n_flow;
        into->n_flow_class = one->n_flow_class;
        into->n_link_class = one->n_link_class;
    }
}
