/* The result of `lineloss net` for flows that a file lists or a pattern makes.
 *
 * The makespan is when the last byte of the last flow has landed, from time 0; the rate is all
 * bytes over the makespan. The time of a flow is from its start, which is the end of the last of
 * its predecessors if it waits for any, to when its last byte has landed. */
#ifndef LL_REPORT_FLOWS_H
#define LL_REPORT_FLOWS_H

#include "sim/print/json.h"
#include "sim/print/table.h"
#include "sim/work/study.h"

/* One flow, by one engine. */
typedef struct ll_flows_flow {
    const char *engine;
    int32_t src, dst;
    double bytes, start_s, end_s;
} ll_flows_flow;

/* One traffic, by one engine. */
typedef struct ll_flows_row {
    const char *engine;
    double size_B; /* of every flow; NaN if they differ */
    int64_t n_flow;
    double total_B, makespan_s, rate_Bps;
    double busiest_s; /* what the busiest link needs for its bytes; NaN: not computed */
    /* Of the times of the flows that have bytes; NaN if the end of each was not asked for. */
    double mean_s, median_s, p99_s, max_s;
    double diff_frac;  /* makespan_s over that of the study's own engine, less 1 */
    double bound_frac; /* on the error of batched or extrapolated ends */
    double wall_s, memory_B;
} ll_flows_row;

typedef struct ll_flows {
    const ll_study *study;
    const char *named;   /* as the cluster was named on the command line */
    const char *traffic; /* "pattern shift:4", "flows of FILE" */
    bool listed;         /* flows are printed */
    bool beside, timing;
    int n_row, n_flow;
    ll_flows_row *row;   /* [n_row] size by size, the own engine first */
    ll_flows_flow *flow; /* [n_flow] if listed: of each row, in the order of the traffic */
} ll_flows;

/* Time of flows: *row gets mean_s, median_s, p99_s and max_s. flow: [n]. */
void ll_flows_times(int64_t n, const ll_flows_flow *flow, ll_arena *mem, ll_flows_row *row);

void ll_flows_print(const ll_flows *flows, ll_format format, int width, ll_arena *mem,
                    ll_text *out);
ll_table *ll_flows_table(const ll_flows *flows, ll_arena *mem); /* a row for each flow */

/* One object; its fields are those of ll_flows_fields. Times of the wall clock are not in it. */
void ll_flows_json(const ll_flows *flows, ll_arena *mem, ll_text *out);
void ll_flows_fields_add(const char *prefix, ll_table *t);

#endif
