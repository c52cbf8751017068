/* The result of `lineloss net`: collectives over sizes, as nccl-tests counts them.
 *
 * algbw = size / time, and busbw = algbw * factor with n members:
 *   all_reduce 2 (n-1)/n; all_gather, reduce_scatter, all_to_all (n-1)/n; broadcast, send 1.
 * So the busbw of a perfect collective is the rate of a chip's link, whatever n is. */
#ifndef LL_REPORT_NET_H
#define LL_REPORT_NET_H

#include "sim/collective/collective.h"
#include "sim/print/json.h"
#include "sim/print/table.h"
#include "sim/work/study.h"

/* One collective of one size, by one engine. Fractions are of 1. */
typedef struct ll_net_row {
    const char *collective, *engine, *algorithm;
    double size_B, time_s;
    double software_s, latency_s, wire_s; /* they add up to time_s */
    double algbw_Bps, busbw_Bps;
    ll_spread flow; /* packet: when flows of the longest round end; else 0 */
    /* The fastest algorithm by the same engine, if it is more than 5 % faster than the one that
     * `auto` chose, because the library does not have it or does not choose it. */
    const char *best_algorithm; /* NULL: none, or not searched */
    double best_s;              /* NaN: the same */
    /* With --beside. */
    double diff_frac;             /* time_s over that of the study's own engine, less 1 */
    double bound_frac;            /* on the error of extrapolated ends */
    double n_solve, n_packet_hop; /* what the engine did */
    double wall_s, memory_B;      /* of this run; not in JSON, as they differ from run to run */
} ll_net_row;

typedef struct ll_net {
    const ll_study *study;
    const char *named;   /* as the cluster was named on the command line */
    ll_group group;      /* the collectives run in all groups at the same time */
    const char *asked;   /* the algorithm that was asked for: "auto", ... */
    const char *routing; /* of tokens: "8 of 256 experts, uniform"; else NULL */
    double row_B;        /* of a token */
    bool beside, timing; /* several engines; with wall_s and memory_B */
    int n_row, cap_row;
    ll_net_row *row; /* [n_row] collective by collective, sizes rising, the own engine first */
} ll_net;

ll_net_row ll_net_row_of(const ll_plan *plan, const ll_cost *cost, const char *engine,
                         ll_arena *mem);
void ll_net_add(ll_net *net, const ll_net_row *row, ll_arena *mem);

/* The rows from `first` on. Text has no column for the collective: a line says it. */
ll_table *ll_net_table(const ll_net *net, int first, ll_arena *mem);

/* The lines above the rows: they begin with '#' and have at most 80 columns. */
void ll_net_heading(const ll_net *net, ll_text *out);

/* One row as text, with a line before the first row of a collective. width: columns of the
 * terminal, for long names of algorithms. */
void ll_net_line(const ll_net *net, int row, int width, ll_text *out);

/* The lines below the last row of a collective, row end - 1: which algorithms would be more than 5
 * % faster, and at which sizes. ll_net_line prints them between collectives. */
void ll_net_foot(const ll_net *net, int end, ll_text *out);

/* One object; its fields are those of ll_net_fields. Times of the wall clock are not in it. */
void ll_net_json(const ll_net *net, ll_arena *mem, ll_text *out);

/* Rows "field, type, unit, meaning"; prefix: before every field. */
void ll_net_fields_add(const char *prefix, ll_table *t);

/* Time and bus bandwidth over size, as net.svg, .pdf, .png. Collective. */
ll_status ll_net_plot(const char *dir, const char *name, const ll_net *net, ll_comm *comm,
                      ll_arena *mem, bool *drawn, ll_error *err);

#endif
