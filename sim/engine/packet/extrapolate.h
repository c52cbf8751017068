/* Long phases, of which the first packets are simulated, and the end is extrapolated.
 *
 * If all flows of a phase grow by the same factor, what happens in it is stretched by that factor,
 * but for the first windows and the last: its end grows linearly. With packets_per_flow = K > 0, if
 * the largest flow has more than K packets (or 8 windows, if that is more), every flow is cut to
 * the same fraction f of its bytes (whole windows of the largest in each quarter). Runs of a
 * quarter, of half and of all of these packets end at t(1/4), t(1/2) and t(1); the end is
 * extrapolated along the last two,
 *   end = t(1) + (1/f - 1) 2 (t(1) - t(1/2)).
 * What is reported as batch_err_frac bounds the error of this, as a fraction of the end, by the sum
 * of
 *   bend    8 (1/f - 1) times the difference of the slopes of the two halves. A bend that decays as
 *           the logarithm of the length changes the slope once more by as much; the rest is for
 *           queues that are still filling.
 *   phase   a flow ends somewhere in its last window. Where parts end at different places p
 *           (0 .. 1) in it, ends are off by up to that many windows:
 *           |p(1/f) - p(1)| + 2 (1/f - 1) |p(1) - p(1/2)|.
 *   packet  one at each of the times that are read off, and at the true end: 2 + 4 (1/f - 1).
 * It is a rule, not a theorem: `lineloss calibrate kappa` compares it with runs of all packets.
 * Damage is luck, which the line multiplies: with loss, packets_per_flow = 0 is the honest choice.
 * Where flows start later, or the end of each flow is asked for, all packets are simulated. */
#ifndef LL_SIM_ENGINE_PACKET_EXTRAPOLATE_H
#define LL_SIM_ENGINE_PACKET_EXTRAPOLATE_H

#include "sim/engine/packet/run.h"

enum { LL_PACKET_RUNS = 3 }; /* of a quarter, of half and of all packets that are simulated */

/* When the traffic ends, all of its bytes sent, in ps. run: [LL_PACKET_RUNS], the last one alone if
 * all packets are simulated (net->fraction = 1). *err_frac is raised to the bound of `bend`. */
double ll_packet_extrapolate(const ll_packet_net *net, const ll_packet_result *run, int traffic,
                             double *err_frac);

/* The bounds of `phase` and `packet` together, as a fraction of the end; of this rank's flows. The
 * largest of all ranks counts. */
double ll_packet_grain_frac(const ll_packet_net *net);

#endif
