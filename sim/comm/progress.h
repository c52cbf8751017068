/* Progress of long work: one line on standard error, with an estimate of what is left.
 *
 *   packet: 34 % of the traffic, 61 s, about 2 min left
 *
 * The line appears on rank 0 only. On a terminal it is rewritten in place; with LL_SHOW_ALWAYS
 * there are whole lines without a terminal too, the first after a second, then one in 10 s; with
 * LL_SHOW_NEVER there is none. Work shorter than a quarter of a second shows nothing.
 *
 * Work may contain work: what begins during a piece of other work fills that piece, and the line
 * shows the outermost work. The percentage never falls. Work of total 0 only puts its name before
 * that of the work it contains ("study 2 of 4, nvl72: ").
 *
 *   ll_progress p;
 *   ll_progress_begin(&p, comm, "net", "of the rows", n_row);
 *   for (...) { ...; ll_progress_step(&p, 1); }
 *   ll_progress_end(&p);
 *
 * Rank 0 shows the progress of its own share of the work, so nothing is exchanged, and no result
 * depends on whether anything is shown. */
#ifndef LL_COMM_PROGRESS_H
#define LL_COMM_PROGRESS_H

#include "sim/comm/comm.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ll_progress {
    struct ll_progress *outer; /* this work is in a piece of that; NULL: in none */
    struct ll_progress *head;  /* the outermost with a total: it has the line */
    ll_comm *comm;
    const char *name; /* borrowed, as is unit; both may be replaced on the way */
    const char *unit; /* "of the traffic" */
    double total, done;
    double piece; /* of the total: the work now under way, after `done`; 1 by default */
    /* Of the head. */
    double frac;                     /* 0 .. 1 of all, the most so far */
    double start_s, shown_s;         /* monotonic clock; when the line was last written */
    bool on, known, terminal, dirty; /* known: on and terminal are; dirty: a line to erase */
} ll_progress;

/* Not collective; ranks other than 0 show nothing. Ends in the reverse order of beginnings. */
void ll_progress_begin(ll_progress *p, ll_comm *comm, const char *name, const char *unit,
                       double total);
void ll_progress_piece(ll_progress *p, double n);    /* the next n of the total are under way */
void ll_progress_step(ll_progress *p, double n);     /* n more are done */
void ll_progress_reach(ll_progress *p, double done); /* `done` of the total are done */
void ll_progress_hide(ll_progress *p);               /* erases the line: something is printed */
void ll_progress_end(ll_progress *p);                /* erases the line */

/* The line of the head alone, elapsed_s seconds after it began. */
void ll_progress_line(const ll_progress *head, double elapsed_s, char *out, size_t cap);

double ll_progress_clock_s(void); /* monotonic wall clock, in seconds */

#endif
