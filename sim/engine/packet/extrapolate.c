#include "sim/engine/packet/extrapolate.h"

#include <math.h>

enum { BEND = 8 };

/* At which fraction of its last window the flow ends, with `part` of its packets: 0 < phase <= 1.
 */
static double phase_of(const ll_packet_flow *flow, double part)
{
    const double n = ceil(ceil((double)flow->size_B * part) / flow->packet_B);
    return n / flow->window - ceil(n / flow->window) + 1;
}

double ll_packet_grain_frac(const ll_packet_net *net)
{
    const double rest = 1 / net->fraction - 1;
    double worst = 0;
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f)) {
        const double n_packet = (double)f->size_B / f->packet_B;
        const double end = phase_of(f, net->fraction);
        const double moved =
            fabs(phase_of(f, 1) - end) + 2 * rest * fabs(end - phase_of(f, net->fraction / 2));
        worst = fmax(worst, (moved * f->window + 2 + 4 * rest) / n_packet);
    }
    return worst;
}

double ll_packet_extrapolate(const ll_packet_net *net, const ll_packet_result *run, int traffic,
                             double *err_frac)
{
    const double rest = 1 / net->fraction - 1;
    const double end_ps = (double)run[2].end_ps[traffic];
    if (!(rest > 0)) return end_ps;
    const double half_ps = (double)run[1].end_ps[traffic];
    const double quarter_ps = (double)run[0].end_ps[traffic];
    const double slope_ps = 2 * (end_ps - half_ps), slope_before_ps = 4 * (half_ps - quarter_ps);
    const double whole_ps = end_ps + rest * slope_ps;
    const double bend_frac = rest * fabs(slope_ps - slope_before_ps) / whole_ps;
    *err_frac = fmax(*err_frac, BEND * bend_frac);
    return whole_ps;
}
