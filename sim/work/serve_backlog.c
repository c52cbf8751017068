#include "sim/work/serve_backlog.h"

#include <math.h>
#include <string.h>

enum { MAX_ROOM = 64, MAX_WORK = 512, MAX_ARRIVE = 24, LONGEST = MAX_WORK / 4, N_ROUND = 400 };

typedef struct chain {
    const ll_backlog *b;
    int part, room, n_state;     /* parts of a prompt, of the budget; states 0 .. n_state - 1 */
    double time_s[MAX_ROOM + 1]; /* of an iteration, by the work that it does */
    double arrive[MAX_ROOM + 1][MAX_ARRIVE + 1]; /* probability of so many arrivals in it */
    double p[MAX_WORK];                          /* of the work at the start of an iteration */
} chain;

/* Probabilities of 0, 1, ... arrivals, a in the mean; the last one has the rest. */
static void poisson(double a, double p[MAX_ARRIVE + 1])
{
    double rest = 1;
    p[0] = exp(-a);
    for (int k = 0; k < MAX_ARRIVE; k++) {
        rest -= p[k];
        p[k + 1] = p[k] * a / (k + 1);
    }
    p[MAX_ARRIVE] = fmax(0, rest);
}

/* The same of n clients, each of which comes or does not. */
static void binomial(double n, double a, double p[MAX_ARRIVE + 1])
{
    const double success = n > 0 ? fmin(a / n, 0.999) : 0;
    double rest = 1;
    p[0] = pow(1 - success, n);
    for (int k = 0; k < MAX_ARRIVE; k++) {
        rest -= p[k];
        p[k + 1] = p[k] * fmax(0, n - k) / (k + 1) * success / (1 - success);
    }
    p[MAX_ARRIVE] = fmax(0, rest);
}

static int least(int a, int b) { return a < b ? a : b; }

static void chain_make(const ll_backlog *b, ll_prompts_s prompts_s, const void *self, chain *c)
{
    enum { PARTS = 4 };
    const double room = fmin(b->room, MAX_ROOM);
    memset(c, 0, sizeof *c);
    c->b = b;
    if (room < 1) {
        c->room = PARTS;
        c->part = (int)lround(fmin(PARTS / room, LONGEST));
    } else {
        c->part = room * PARTS <= MAX_ROOM ? PARTS : 1;
        c->room = (int)lround(room * c->part);
    }
    c->n_state = least(MAX_WORK, 8 * (c->room + c->part));
    const bool open = b->rate_per_s > 0;
    for (int w = 0; w <= c->room; w++) {
        c->time_s[w] = prompts_s(self, (double)w / c->part);
        if (open)
            poisson(fmin(b->rate_per_s * c->time_s[w], b->most > 0 ? b->most : HUGE_VAL),
                    c->arrive[w]);
        else
            binomial(b->n_other, b->alone && w > 0 ? 0 : b->a, c->arrive[w]);
    }
}

static void chain_solve(chain *c)
{
    double next[MAX_WORK];
    c->p[0] = 1;
    for (int round = 0; round < N_ROUND; round++) {
        double moved = 0;
        memset(next, 0, sizeof next);
        for (int w = 0; w < c->n_state; w++) {
            if (c->p[w] < 1e-12) continue;
            const int done = least(w, c->room);
            for (int k = 0; k <= MAX_ARRIVE && c->arrive[done][k] > 1e-12; k++)
                next[least(w - done + k * c->part, c->n_state - 1)] += c->p[w] * c->arrive[done][k];
        }
        for (int w = 0; w < c->n_state; w++)
            moved += fabs(next[w] - c->p[w]);
        memcpy(c->p, next, sizeof next);
        if (moved < 1e-7) return;
    }
}

/* The own prompt behind `ahead` parts of work, when there are `all` with it. */
static double place_s(const chain *c, int ahead, int all)
{
    const int n = (ahead + c->part + c->room - 1) / c->room;
    const int rest = all - (n - 1) * c->room;
    return (n - 1) * c->time_s[c->room] + c->time_s[least(c->room, rest)];
}

/* The own prompt with k others that have arrived with it, in any order, behind `left`. */
static double own_s(const chain *c, int left, int k)
{
    double sum_s = 0;
    for (int before = 0; before <= k; before++)
        sum_s += place_s(c, left + before * c->part, left + (1 + k) * c->part);
    return sum_s / (k + 1);
}

double ll_backlog_s(const ll_backlog *b, ll_prompts_s prompts_s, const void *self)
{
    chain c;
    double sum_s = 0, weight = 0;
    const bool open = b->rate_per_s > 0;
    chain_make(b, prompts_s, self, &c);
    chain_solve(&c);
    for (int w = 0; w < c.n_state; w++) {
        const int done = least(w, c.room);
        const double time_s = c.time_s[done];
        /* Who comes at any time meets long iterations more often, and waits for half of them; who
         * comes when an answer ends does so where there are arrivals. */
        const double p = c.p[w] * (open ? time_s : !(b->alone && w > 0));
        double one_s = open ? b->rest * time_s : 0;
        for (int k = 0; k <= MAX_ARRIVE; k++)
            if (c.arrive[done][k] > 1e-12) one_s += c.arrive[done][k] * own_s(&c, w - done, k);
        sum_s += p * one_s;
        weight += p;
    }
    return weight > 0 ? sum_s / weight : 0;
}
