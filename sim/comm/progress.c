#include "sim/comm/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_COLUMNS = 79 };

/* Shorter work shows no line, and the line is written again after `refresh`: on a terminal, and in
 * a file. Chosen for the reader's comfort. */
static const double quiet_s = 0.25, quiet_log_s = 1;
static const double refresh_s = 0.1, refresh_log_s = 10;

double ll_progress_clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* "1.2 s", "75 s", "3 min", "2 h 11 min" */
static void duration_format(double t_s, char *out, size_t cap)
{
    if (t_s < 120)
        snprintf(out, cap, "%.*f s", t_s < 10 ? 1 : 0, t_s);
    else if (t_s < 7200)
        snprintf(out, cap, "%.0f min", t_s / 60);
    else
        snprintf(out, cap, "%d h %d min", (int)(t_s / 3600), (int)(t_s / 60) % 60);
}

/* Names of the work that contains the head, the outermost first. */
static void titles_add(const ll_progress *p, char *out, size_t cap)
{
    if (p == NULL) return;
    titles_add(p->outer, out, cap);
    const size_t n = strlen(out);
    snprintf(out + n, cap - n, "%s: ", p->name);
}

/* Rounded down, so that 100 % is the end. */
static double percent(double frac, int *n_decimal)
{
    *n_decimal = frac < 0.1;
    const double scale = *n_decimal ? 1000 : 100;
    return floor(frac * scale) * 100 / scale;
}

void ll_progress_line(const ll_progress *head, double elapsed_s, char *out, size_t cap)
{
    char since[32], left[32];
    int n_decimal;
    out[0] = '\0';
    titles_add(head->outer, out, cap);
    const size_t n = strlen(out);
    const double done_percent = percent(head->frac, &n_decimal);
    duration_format(elapsed_s, since, sizeof since);
    const int more = snprintf(out + n, cap - n, "%s: %.*f %% %s, %s", head->name, n_decimal,
                              done_percent, head->unit, since);
    if (!(head->frac > 0) || more < 0 || n + (size_t)more >= cap) return;
    duration_format(elapsed_s * (1 - head->frac) / head->frac, left, sizeof left);
    snprintf(out + n + more, cap - n - (size_t)more, ", about %s left", left);
}

static void line_show(ll_progress *head, double elapsed_s)
{
    char line[256];
    ll_progress_line(head, elapsed_s, line, sizeof line);
    if (head->terminal)
        fprintf(stderr, "\r%-*.*s", LINE_COLUMNS, LINE_COLUMNS, line);
    else
        fprintf(stderr, "%s\n", line);
    fflush(stderr);
    head->dirty = head->terminal;
}

/* Decides whether the line is shown. Called only when the work has lasted quiet_s. */
static void wish_know(ll_progress *head)
{
    const ll_show show = ll_comm_show(head->comm);
    head->known = true;
    head->terminal = isatty(STDERR_FILENO);
    head->on = ll_comm_rank(head->comm) == 0 &&
               (show == LL_SHOW_AUTO ? head->terminal : show == LL_SHOW_ALWAYS);
}

/* The fraction of the head's total that is done, with this work and all work between them. */
static double frac_of(const ll_progress *p)
{
    double frac = p->total > 0 ? fmin(p->done / p->total, 1) : 0;
    for (const ll_progress *o = p->outer; p != p->head; p = o, o = o->outer)
        frac = fmin((o->done + o->piece * frac) / o->total, 1);
    return frac;
}

/* Shows the line if it is time. */
static void look(ll_progress *p)
{
    ll_progress *head = p->head;
    if (head->known && !head->on) return;
    head->frac = fmax(head->frac, frac_of(p));
    const double now_s = ll_progress_clock_s();
    if (now_s - head->start_s < quiet_s) return;
    if (!head->known) wish_know(head);
    const bool first = head->shown_s <= head->start_s;
    const double wait_s = !head->terminal ? first ? quiet_log_s : refresh_log_s
                          : first         ? quiet_s
                                          : refresh_s;
    if (!head->on || now_s - head->shown_s < wait_s) return;
    head->shown_s = now_s;
    line_show(head, now_s - head->start_s);
}

void ll_progress_begin(ll_progress *p, ll_comm *comm, const char *name, const char *unit,
                       double total)
{
    ll_progress *outer = ll_comm_progress(comm);
    const bool inside = outer != NULL && outer->head->total > 0; /* not just under titles */
    *p = (ll_progress){.outer = outer,
                       .head = inside ? outer->head : p,
                       .comm = comm,
                       .name = name,
                       .unit = unit,
                       .total = inside && !(total > 0) ? 1 : total,
                       .piece = 1};
    ll_comm_progress_set(comm, p);
    if (p->head == p) p->start_s = p->shown_s = ll_progress_clock_s();
}

void ll_progress_piece(ll_progress *p, double n) { p->piece = n; }

void ll_progress_step(ll_progress *p, double n) { ll_progress_reach(p, p->done + n); }

void ll_progress_reach(ll_progress *p, double done)
{
    p->done = done;
    look(p);
}

void ll_progress_hide(ll_progress *p)
{
    if (!p->head->dirty) return;
    fprintf(stderr, "\r%*s\r", LINE_COLUMNS, "");
    fflush(stderr);
    p->head->dirty = false;
}

void ll_progress_end(ll_progress *p)
{
    ll_comm_progress_set(p->comm, p->outer);
    if (p->head == p) ll_progress_hide(p);
}
