#include "sim/comm/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_COLUMNS = 79 };

static const double quiet_s = 0.25;     /* shorter phases are not worth a line */
static const double refresh_s = 0.1;    /* of a terminal */
static const double refresh_log_s = 10; /* of a file */

double ll_progress_clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void ll_progress_begin(ll_progress *p, const ll_comm *comm, const char *name, int64_t total)
{
    const ll_show show = ll_comm_show(comm);
    *p = (ll_progress){.name = name, .total = total, .start_s = ll_progress_clock_s()};
    p->terminal = isatty(STDERR_FILENO);
    p->on =
        ll_comm_rank(comm) == 0 && (show == LL_SHOW_AUTO ? p->terminal : show == LL_SHOW_ALWAYS);
    p->shown_s = p->start_s;
}

/* "1.2 s", "3 min 5 s", "2 h 11 min" */
static void duration_format(double t_s, char *out, size_t cap)
{
    if (t_s < 60)
        snprintf(out, cap, "%.*f s", t_s < 10 ? 1 : 0, t_s);
    else if (t_s < 3600)
        snprintf(out, cap, "%d min %d s", (int)(t_s / 60), (int)t_s % 60);
    else
        snprintf(out, cap, "%d h %d min", (int)(t_s / 3600), (int)(t_s / 60) % 60);
}

static void line_show(ll_progress *p, double elapsed_s)
{
    char line[256], since[32], left[32], rest[64] = "";
    duration_format(elapsed_s, since, sizeof since);
    if (p->total > 0 && p->done > 0) {
        double left_s = elapsed_s / (double)p->done * (double)(p->total - p->done);
        duration_format(left_s > 0 ? left_s : 0, left, sizeof left);
        snprintf(rest, sizeof rest, ", about %s left", left);
    }
    if (p->total > 0)
        snprintf(line, sizeof line, "%s  %lld/%lld  %s%s", p->name, (long long)p->done,
                 (long long)p->total, since, rest);
    else
        snprintf(line, sizeof line, "%s  %lld  %s", p->name, (long long)p->done, since);
    if (p->terminal)
        fprintf(stderr, "\r%-*.*s", LINE_COLUMNS, LINE_COLUMNS, line);
    else
        fprintf(stderr, "%s\n", line);
    fflush(stderr);
    p->dirty = p->terminal;
}

void ll_progress_step(ll_progress *p, int64_t n)
{
    p->done += n;
    if (!p->on) return;
    double now_s = ll_progress_clock_s();
    bool first = p->shown_s <= p->start_s;
    double wait_s = !p->terminal ? refresh_log_s : first ? quiet_s : refresh_s;
    if (now_s - p->shown_s < wait_s) return;
    p->shown_s = now_s;
    line_show(p, now_s - p->start_s);
}

void ll_progress_end(ll_progress *p)
{
    if (p->dirty) {
        fprintf(stderr, "\r%*s\r", LINE_COLUMNS, "");
        fflush(stderr);
    }
    p->on = p->dirty = false;
}
