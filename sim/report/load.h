/* The result of `lineloss net --load`: latency and accepted load against offered load.
 *
 * Loads are parts of the rate of a link of reference, per chip that sends: the widest link that
 * leaves chip 0. `bound` is the load at which the busiest link would never be idle, if every flow
 * were split evenly over its paths: no load above it can be sustained (channel_load.h).
 * sim/engine/packet/open.h says how packets are sent, and when a load counts as sustained. */
#ifndef LL_REPORT_LOAD_H
#define LL_REPORT_LOAD_H

#include "sim/comm/comm.h"
#include "sim/engine/packet/open.h"
#include "sim/print/json.h"
#include "sim/print/table.h"
#include "sim/work/study.h"

typedef struct ll_load_row {
    double load, accepted;
    double accepted_ci, mean_ci_s; /* half of the 95 % interval, from the means of the batches */
    double mean_s, p50_s, p99_s, max_s;
    int64_t n_measured, n_late; /* packets on links; later than the patience */
    bool sustained;
} ll_load_row;

typedef struct ll_load_curve {
    const ll_study *study;
    const char *named;                   /* as the cluster was named on the command line */
    const char *traffic;                 /* "pattern tornado" */
    double link_Bps, packet_s;           /* of the link of reference; of a packet on it */
    int64_t n_warm, n_measure, patience; /* packet times */
    int n_batch;
    double bound;
    double saturation; /* the largest load that was found to be sustained; 0: none */
    bool saturates;    /* a larger load was tried that is not sustained */
    int n_row;
    ll_load_row *row; /* [n_row] as asked for */
} ll_load_curve;

ll_load_row ll_load_row_of(const ll_open_load *load, const ll_open_result *result);

void ll_load_print(const ll_load_curve *curve, ll_format format, int width, ll_arena *mem,
                   ll_text *out);

/* One object; its fields are those of ll_load_fields_add. */
void ll_load_json(const ll_load_curve *curve, ll_arena *mem, ll_text *out);
void ll_load_fields_add(const char *prefix, ll_table *t);

/* Latency and accepted load over offered load, as NAME.svg, .pdf, .png. Collective. */
ll_status ll_load_plot(const char *dir, const char *name, const ll_load_curve *curve, ll_comm *comm,
                       ll_arena *mem, bool *drawn, ll_error *err);

#endif
