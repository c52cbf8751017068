/* Tables of measured collectives, in the forms of the tools that print them.
 *
 * A *form* recognises its text and makes *runs* of it: rows of sizes and times of one collective
 * among one set of ranks. A run is checked as a whole before it becomes points.
 *
 * What nccl-tests prints proves itself. In every row, within the digits that are printed,
 *     algbw = size / time,    busbw = algbw * factor(n),
 * factor(n) being 2 (n-1)/n for an all-reduce, (n-1)/n for a gather, a scatter or an all-to-all,
 * and 1 for a broadcast or a send (PERFORMANCE.md of nccl-tests). So a column that is taken for
 * another, a unit, or a number of ranks that is wrong is found, and n follows from the two rates
 * where the list of ranks is missing or cut. */
#ifndef LL_VALIDATE_MEASURED_H
#define LL_VALIDATE_MEASURED_H

#include "sim/validate/curve.h"

/* A number as it was printed: half is half a unit of its last digit. */
typedef struct ll_said {
    double value, half;
} ll_said;

typedef struct ll_measured_row {
    int line;    /* JSON: which of the results, from 1 */
    int n_blank; /* columns of words that this row leaves empty */
    double size_B;
    ll_said time_us, algbw_GBps, busbw_GBps; /* busbw < 0: not said, in no row of the run */
    double n_wrong; /* elements that were not what they should be; 0 if not said */
} ll_measured_row;

/* What the list of ranks says, in its order; n = 0: there is none. */
typedef struct ll_ranks {
    int n, last; /* lines, last number */
    bool cut;    /* numbers are left out, or the list says so */
    bool open;   /* it ends with "...": there may be more */
    int twice;   /* line where the numbers start again; 0: nowhere */
    int n_group, last_group;
    bool apart; /* members of a group do not follow each other */
} ll_ranks;

typedef struct ll_run {
    int collective;    /* + 1; 0: not said */
    const char *other; /* a collective that is not modelled; NULL: none */
    ll_ranks ranks;
    int failed; /* line that says that values were wrong; 0: none */
    int n_row;
    int64_t cap;
    ll_measured_row *row; /* [n_row] arena */
} ll_run;

/* A file in the making. */
typedef struct ll_measured {
    const char *file, *text;
    ll_arena *mem;
    const ll_curve_given *given;
    ll_run run;        /* that is read */
    ll_points *points; /* of the runs that have ended */
} ll_measured;

typedef struct ll_measured_form {
    const char *name;
    bool (*is)(const char *text);
    ll_status (*read)(ll_measured *m, ll_error *err); /* all of m->text */
} ll_measured_form;

extern const ll_measured_form ll_measured_json, ll_measured_csv, ll_measured_comm, ll_measured_hccl,
    ll_measured_kernels, ll_measured_lines, ll_measured_tokens;

/* Make *run of what `words` says, anywhere in them, as nccl-tests and others spell it; nothing if
 * it names no collective. */
void ll_measured_collective(ll_run *run, const char *words);

void ll_measured_rank(ll_run *run, int line, int rank, int group);
void ll_measured_row_add(ll_measured *m, const ll_measured_row *row);
void ll_measured_point_add(ll_measured *m, const ll_point *point);

/* What stands in a line of a log: without what launchers put before it (mpirun --tag-output,
 * srun --label, times of day), in m->mem. *text moves behind the line, ++*line. */
const char *ll_measured_line(ll_measured *m, const char **text, int *line);

/* Words between blanks (or between `separator`s, without the blanks around them), at most n_max;
 * returns how many. */
int ll_measured_split(const char *line, char separator, int n_max, ll_arena *mem,
                      const char **field);

/* The first line that is no comment and not empty, the heading of a table: *n bytes of `text`. */
const char *ll_measured_heading(const char *text, size_t *n);

bool ll_said_parse(const char *word, ll_said *out);

/* Whether algbw is size / time, within the digits. */
bool ll_measured_proves(const ll_measured_row *row);

/* Check the rows of m->run and make points of them; then it has no rows. Errors, one for each
 * cause, with the line of the first row and how many there are. */
ll_status ll_measured_run_end(ll_measured *m, ll_error *err);

#endif
