/* The progress of long work: its fraction of the whole, what is in what, and the line. */
#include "tests/support/check.h"

#include "sim/comm/progress.h"

#include <math.h>
#include <string.h>

static void line_is(const ll_progress *p, double elapsed_s, const char *wanted)
{
    char line[256];
    ll_progress_line(p, elapsed_s, line, sizeof line);
    CHECK(strcmp(line, wanted) == 0, "\"%s\", not \"%s\"", line, wanted);
}

static void lines(ll_comm *comm)
{
    ll_progress p;
    ll_progress_begin(&p, comm, "packet", "of the traffic", 200);
    line_is(&p, 1, "packet: 0.0 % of the traffic, 1.0 s");
    ll_progress_step(&p, 1);
    line_is(&p, 1, "packet: 0.5 % of the traffic, 1.0 s, about 3 min left");
    ll_progress_reach(&p, 68);
    line_is(&p, 61, "packet: 34 % of the traffic, 61 s, about 118 s left");
    ll_progress_reach(&p, 199.99); /* 100 % is the end */
    line_is(&p, 9000, "packet: 99 % of the traffic, 2 h 30 min, about 0.5 s left");
    ll_progress_end(&p);
    CHECK(ll_comm_progress(comm) == NULL, "work is left over");
}

/* Rows that contain phases that contain runs: pieces of pieces. */
static void nested(ll_comm *comm)
{
    ll_progress rows, phases, run;
    double before = 0;
    ll_progress_begin(&rows, comm, "net", "of the rows", 4);
    for (int i = 0; i < 4; i++) {
        ll_progress_begin(&phases, comm, "packet", "of the traffic", 10);
        for (int k = 1; k <= 4; k++) {
            ll_progress_piece(&phases, k);
            ll_progress_begin(&run, comm, "packet", "of the packets", 5);
            for (int j = 0; j < 5; j++) {
                ll_progress_step(&run, 1);
                const double frac = (i + (k * (k - 1) / 2.0 + k * (j + 1) / 5.0) / 10) / 4;
                CHECK_NEAR(rows.frac, frac, 1e-12);
                CHECK(rows.frac >= before, "%g falls to %g", before, rows.frac);
                before = rows.frac;
            }
            ll_progress_end(&run);
            ll_progress_step(&phases, k);
        }
        ll_progress_end(&phases);
        ll_progress_step(&rows, 1);
    }
    CHECK(!(rows.frac < 1), "%g at the end", rows.frac);
    line_is(&rows, 1, "net: 100 % of the rows, 1.0 s, about 0.0 s left");
    ll_progress_end(&rows);
}

/* What is in a piece may begin anew, or do more than it said: the whole does not fall. */
static void never_falls(ll_comm *comm)
{
    ll_progress outer, inner;
    ll_progress_begin(&outer, comm, "validate", "of the rows", 2);
    for (int again = 0; again < 3; again++) {
        ll_progress_begin(&inner, comm, "flow", "of the traffic", 1);
        ll_progress_reach(&inner, again == 0 ? 5 : 0.2);
        CHECK_NEAR(outer.frac, 0.5, 1e-12);
        ll_progress_end(&inner);
    }
    ll_progress_begin(&inner, comm, "a name alone", "", 0);
    ll_progress_end(&inner);
    CHECK_NEAR(outer.frac, 0.5, 1e-12);
    ll_progress_end(&outer);
}

static void titles(ll_comm *comm)
{
    ll_progress outer, title, inner;
    ll_progress_begin(&outer, comm, "study 2 of 4", "", 0);
    ll_progress_begin(&title, comm, "nvl72", "", 0);
    ll_progress_begin(&inner, comm, "packet", "of the traffic", 4);
    ll_progress_step(&inner, 1);
    CHECK(inner.head == &inner, "names have no line");
    line_is(&inner, 3, "study 2 of 4: nvl72: packet: 25 % of the traffic, 3.0 s, about 9.0 s left");
    ll_progress_end(&inner);
    ll_progress_end(&title);
    ll_progress_end(&outer);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    ll_comm *comm = ll_comm_self(mem);
    ll_comm_show_set(comm, LL_SHOW_NEVER);
    lines(comm);
    nested(comm);
    never_falls(comm);
    titles(comm);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
