/* Engine `flow` against engine `packet`: how far the throughput equations are from the packets,
 * flow by flow, and the burstiness kappa that brings them nearest.
 *
 * A *case* is a pattern (sim/traffic/synthetic.h) on a fabric with a window. Fabrics of n chips,
 * all links of one bandwidth and latency: switch (a crossbar), mesh (every pair has a link), clos
 * (leaves and spines of sqrt n, ECMP), torus (two rings of sqrt n). Windows of 0.1 to 4
 * bandwidth-delay products are loads from 10 % to all that the fabric carries.
 *
 * Steady state. Every flow has `length` windows of bytes. Two packet runs, of half of the bytes and
 * of all, end at t(1/2) and t(1); 2 (t(1) - t(1/2)) is the time without filling and draining the
 * pipes, which happens once. It is compared with the time of `flow` without latency, which has no
 * such part. The *deviation* of a flow is the first over the second, minus 1: positive if packets
 * are slower. Up to LL_MAX_TRAFFIC - 1 flows, spread over the list, are watched one by one, the
 * others together.
 *
 * The fit. `flow` is solved for 17 values of kappa; in between, times are interpolated over log
 * kappa by cubics through the four nearest. The fit minimises the mean over cases of the mean
 * |deviation| of their flows, by golden section from the best value of the grid. Each pattern (on
 * all fabrics) is left out in turn, to get its deviations with a kappa fitted to the others.
 *
 * Extrapolation. In a third run, `packet` simulates a part of each flow and extrapolates, as it
 * does by default. Its error is the largest deviation of an end from that of all packets, to be
 * compared with the bound that it reports. */
#ifndef LL_SIM_VALIDATE_CALIBRATE_H
#define LL_SIM_VALIDATE_CALIBRATE_H

#include "sim/config/config.h"
#include "sim/engine/engine.h"
#include "sim/traffic/synthetic.h"

enum { LL_N_FABRIC = 4, LL_N_LOAD = 8, LL_KAPPA_PER_DECADE = 4, LL_N_KAPPA = 17 };
#define LL_KAPPA_MIN 1e-4 /* least of the grid */
enum { LL_N_CALIBRATE = LL_N_CALIBRATED * LL_N_FABRIC * LL_N_LOAD };

extern const char *const ll_fabric_names[];    /* [LL_N_FABRIC] "switch", ... */
extern const double ll_calibrate_window_bdp[]; /* [LL_N_LOAD] ascending */

typedef struct ll_calibrate_case {
    ll_synthetic pattern;
    int fabric, load; /* load: index of the window */
    int n_watch;      /* 0: the case was not run */
    int64_t n_flow, n_packet_hop;
    double load_frac;                          /* of the busiest link in the packet run */
    double packet_s[LL_MAX_TRAFFIC];           /* [n_watch] */
    double flow_s[LL_MAX_TRAFFIC];             /* [n_watch] at the kappa that was given */
    double grid_s[LL_N_KAPPA][LL_MAX_TRAFFIC]; /* [n_watch] at each kappa of the grid */
    double simulated_frac;                     /* of the third run; 1: all packets */
    double cut_err_frac, cut_bound_frac;
} ll_calibrate_case;

/* Deviations of some of the cases. */
typedef struct ll_deviation {
    int n_flow;
    double median_frac, p95_frac, worst_frac; /* by size; worst with its sign */
    double mean_frac;                         /* what the fit minimises */
} ll_deviation;

typedef struct ll_calibration {
    int64_t n_chip, length, seed;
    ll_wire wire;                    /* kappa: that of the deviations; window_bdp is not used */
    ll_calibrate_case *one;          /* [LL_N_CALIBRATE] by pattern, fabric, load */
    double kappa;                    /* fitted to all */
    double low, high;                /* between them the mean deviation is at most 10 % larger */
    double without[LL_N_CALIBRATED]; /* kappa fitted to the other patterns */
} ll_calibration;

/* Runs all cases, divided among the ranks, and fits. set: [n_set] "path=value" as for studies;
 * the paths are chips, length, seed, pattern, and the keys of wire, packet, flow, switch, mesh,
 * clos, torus_x and torus_y. Errors: LL_ERR_CONFIG, LL_ERR_RUN. Collective; the same on every rank.
 */
ll_status ll_calibrate(int n_set, const char *const *set, ll_comm *comm, ll_arena *mem,
                       ll_calibration *out, ll_error *err);

/* Deviations of the cases with this pattern and fabric (-1: all). kappa: 0 for the given one, else
 * times are interpolated. Not collective. */
ll_deviation ll_calibrate_deviation(const ll_calibration *c, int pattern, int fabric, double kappa);

/* Deviations of one case. */
ll_deviation ll_calibrate_deviation_case(const ll_calibrate_case *one, double kappa);

/* Kappa number k of the grid, 0 .. LL_N_KAPPA-1. */
double ll_calibrate_grid(int k);

/* From the cases to kappa, low, high and without (calibrate_fit.c). Not collective. */
void ll_calibrate_fit(ll_calibration *c);

#endif
