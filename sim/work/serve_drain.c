#include "sim/work/serve_drain.h"

#include <math.h>

/* Steps of answers: uniform from..to. */
typedef struct steps {
    double from, to, mean, cv;
} steps;

static steps steps_of(const ll_unit *s)
{
    const ll_lengths *output = &s->plan->load.output;
    const double longest = (double)output->longest, least = ll_lengths_shortest(output);
    const double scale = s->n_step / fmax(1, ll_lengths_mean(output) - 1);
    return (steps){scale * (least - 1), scale * (longest - 1), s->n_step, s->output_cv};
}

/* Share of answers with more than x steps. */
static double longer(const steps *a, double x)
{
    if (x < a->from) return 1;
    return x < a->to ? (a->to - x) / (a->to - a->from) : 0;
}

/* Share of requests under way that have more than x steps before them. */
static double left(const steps *a, double x)
{
    const double above = fmax(0, a->to - x), wide = a->to - a->from;
    if (x < a->from) return 1 - x / a->mean;
    return wide > 0 ? above * above / (2 * wide * a->mean) : 0;
}

typedef struct drained {
    double time_s, saved_s; /* until the last answer; sum over the requests of a unit */
} drained;

/* Until all are answered: one that begins, and the others by `share`. */
static drained drain(const ll_unit *s, const ll_drain_state *x, const steps *a,
                     double (*share)(const steps *, double))
{
    enum { N_PART = 64 };
    const double part = a->to / N_PART;
    drained d = {.time_s = x->first_s};
    for (int i = 0; i < N_PART && part > 0; i++) {
        const double at = (i + 0.5) * part, others = (x->n_client - 1) * share(a, at);
        if (others < 0.5 && at > a->mean) break;
        const double n = fmax(1, x->n * (others + (at < a->mean)) / x->n_client);
        const double step_s = fmin(ll_unit_iteration_s(s, fmin(n, x->n), 0), x->step_s);
        d.time_s += part * step_s;
        d.saved_s += n * part * (x->step_s - step_s);
    }
    return d;
}

ll_drain ll_drain_find(const ll_unit *s, const ll_drain_state *x)
{
    const double n_request = (double)s->plan->load.n_request;
    const double m = fmax(0, n_request / x->n_client - 1),
                 life_s = x->first_s + s->n_step * x->step_s;
    const steps a = steps_of(s);
    const double apart = 0.5 * (1 - a.cv * a.cv);
    const double w = fmin(apart, a.cv * sqrt(m) * ll_unit_largest_of(x->n_client));
    const double mixed = w / apart; /* 0: all keep step */
    const drained together = drain(s, x, &a, longer), alone = drain(s, x, &a, left);
    const double saved_s = (1 - mixed) * together.saved_s + mixed * alone.saved_s;
    return (ll_drain){.span_s =
                          life_s * (m + w) + (1 - mixed) * together.time_s + mixed * alone.time_s,
                      .saved_s = saved_s * s->n_unit / n_request};
}
