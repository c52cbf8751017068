/* The throughput equations as functions of the queueing delays, for the rows and links of one rank;
 * equations.c solves them.
 *
 * Vocabulary. c_l capacity of link l; g_l = kappa s_l its mean wait scale (s: service time of a
 * packet, kappa: burstiness); q_l >= 0 the queueing delay at the link, the unknown. For a row f of
 * m_f equal flows: W_f window (bytes in flight), tau_f round trip of an empty network, a_lf share
 * of the flow's bytes that crosses l, x_f rate of one flow.
 *
 * Model. Little's law: a window is sent once per round trip, queueing included:
 *     x_f = W_f / (tau_f + sum_l a_lf q_l).
 * Pollaczek-Khinchine gives the mean wait at utilisation rho: q_l = g_l rho / (1 - rho), that is
 * rho_l = q_l / (g_l + q_l). The load of a link is what its flows send:
 *     F_l(q) = c_l q_l / (g_l + q_l) - sum_f m_f a_lf x_f(q) = 0.
 *
 * Worked example. One link, c = 100 B/s, g = 0.01 s; two flows with W = 100 B, tau = 1 s. Without
 * queues they would send 200 B/s. F(q) = 100 q / (0.01 + q) - 200 / (1 + q) = 0 has the root q = (1
 * + sqrt(1.08)) / 2 = 1.0196 s; x = 49.51 B/s each, rho = 0.9903: the windows wait in the queue, so
 * that the load stays below the capacity.
 *
 * Existence and uniqueness. F is the gradient of
 *     phi(q) = sum_l c_l (q_l - g_l ln(1 + q_l / g_l)) - sum_f m_f W_f ln(tau_f + sum_l a_lf q_l),
 * which is strictly convex on q >= 0: the root is unique. F_l < 0 at q_l = 0 if the link carries
 * anything, so the root is inside, and no constraint is ever active. The Jacobian
 *     diag(c g / (g + q)^2) + A diag(m x / (tau + A'q)) A'
 * is symmetric positive definite: Cholesky if it is small, direction.h otherwise.
 *
 * Two unknowns of a link. Newton's method on q alone needs many steps where a queue builds up or
 * runs empty, as rho(q) is far from linear. Let the idle share sigma = 1 - rho be an unknown beside
 * q, with sigma (g + q) = g (complementarity, as in interior point methods; Wright 1997). Newton's
 * equations of both, sigma eliminated, are the same but for the slope c sigma / (g + q), and sigma
 * becomes (g - sigma dq) / (g + q). They agree at the root.
 *
 * Quantities inside are scaled: delays by the longest round trip, rates by the largest capacity. */
#ifndef LL_ENGINE_FLOW_THROUGHPUT_H
#define LL_ENGINE_FLOW_THROUGHPUT_H

#include "sim/comm/comm.h"
#include "sim/engine/flow/equations.h"

#include <stdbool.h>

typedef struct ll_throughput {
    ll_system sys;
    double q_unit, c_unit;   /* scales of delays, in seconds, and of rates, in bytes per second */
    int64_t n_own, n_loc;    /* links owned by this rank; links that its rows use */
    const int32_t *link_loc; /* [entries] link as a local number */
    const int32_t *needed;   /* [n_loc] link of a local number; NULL on one rank: all in order */
    double *cap, *mean;      /* [n_own] scaled */
    double *load, *slope;    /* [n_own] load at the last evaluation; c idle / (g + q) */
    double *idle;            /* [n_own] 1 - rho, as an unknown of its own; NULL: g / (g + q) */

    /* The rows with mult > 0, packed; links that a row names twice are one entry. */
    int64_t n_act;
    int64_t *first;              /* [n_act + 1] */
    int32_t *link;               /* [entries] local */
    double *share;               /* [entries] */
    int64_t *last;               /* [n_loc] the last entry of the link that was packed */
    int64_t *row;                /* [n_act] index into sys */
    double *mult, *window, *tau; /* [n_act] scaled */
    double *rate, *stiff;        /* [n_act] x; m x / (tau + A'q) */
} ll_throughput;

/* In mem; sys is borrowed. pair: with `idle`. Collective over comm, over which the system is
 * spread. */
void ll_throughput_init(ll_throughput *t, const ll_system *system, bool pair, ll_comm *comm,
                        ll_arena *mem);

/* Packs the rows with mult > 0, [sys.n_row]: those of the calls that follow. */
void ll_throughput_take(ll_throughput *t, const double *mult);

typedef enum ll_row_sum {
    LL_ROW_LOAD,    /* sum_f m_f a_lf x_f(q), of delays `in`; keeps the rates and stiffnesses */
    LL_ROW_DIAGONAL /* the diagonal of the part of the rows in the Jacobian; `in` is not used */
} ll_row_sum;

/* Adds the sum over the rows of this rank to out[l]. in, out: [n_loc]. */
void ll_throughput_sum(ll_throughput *t, ll_row_sum sum, const double *in, double *out);

/* Adds the Jacobian to out: [n_own][n_own], symmetric. For a system on one rank. */
void ll_throughput_dense(const ll_throughput *t, double *out);

/* f := F(q), where f was the load of the links; keeps the load, and the slope unless there is
 * `idle`. q, f: [n_own]. */
void ll_throughput_residual(ll_throughput *t, const double *q, double *f);

/* w := q - length y, but at least a tenth of q. If there is `idle`, it and the slope become those
 * of w. pair: of the whole step (length 1), idle as an unknown of its own, but at least a tenth of
 * what it was; else g / (g + w). q, y, w: [n_own]. */
void ll_throughput_step(ll_throughput *t, double length, bool pair, const double *q,
                        const double *y, double *w);

/* idle := g / (g + q), and the slope, for the point to start from. Only if there is `idle`. */
void ll_throughput_settle(ll_throughput *t, const double *q);

/* The largest |F_l| / load of l of the own links, for f = F; infinite if one is not finite. */
double ll_throughput_worst_frac(const ll_throughput *t, const double *f);

/* The starting point. A link without load has no queue. A link with load and no queue yet gets that
 * of the open network (no window limits a flow) if it is short, else the one that alone would limit
 * its flows to the capacity. q: [n_own]. */
void ll_throughput_start(const ll_throughput *t, const double *wait_s, double *q);

/* wait_s: [n_own] delays; rate_Bps: [sys.n_row], of rows that were not taken 0. */
void ll_throughput_answer(const ll_throughput *t, const double *q, double *wait_s,
                          double *rate_Bps);

#endif
