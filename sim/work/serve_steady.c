#include "sim/work/serve_steady.h"

#include "sim/work/serve_backlog.h"

#include <math.h>

/* What does not change while the state is sought. */
typedef struct steady {
    const ll_serve_plan *plan;
    const ll_replica_setup *setup;
    const ll_server *server;
    double n_new, n_step;     /* tokens and iterations of a request that decodes */
    double from, prompt;      /* tokens of a prompt that are computed: from..prompt */
    double prompt_rms;        /* what attention goes by */
    double context;           /* of a request that decodes, in the mean over its iterations */
    double context_dev;       /* standard deviation */
    double n_unit, n_in_step; /* units in all; those that wait for each other */
    double max_n;             /* requests that a unit runs at most */
    double output_cv;         /* standard deviation of the lengths of answers, over their mean */
    bool equal;               /* all requests are alike */
} steady;

/* Below that coefficient of variation, groups that were answered together stay together for more
 * than 1 / 0.15^2 = 44 answers. */
static const double NEARLY_EQUAL = 0.15;

/* An iteration: prompts come with probability q, k of them then, in which the own one is 1. */
typedef struct mixture {
    double q, k;
    double wait; /* iterations for which the server collects or does not look, in the mean */
    double plain_s, prompt_s, mean_s; /* without prompts, with them, in the mean */
} mixture;

static double variance(const ll_lengths *l)
{
    const double n = (double)(l->longest - ll_lengths_shortest(l) + 1);
    return (n * n - 1) / 12; /* of n equally likely whole numbers */
}

/* The mean of the largest of m standard normal numbers: the quantile (m - 3/8) / (m + 1/4) (Blom,
 * 1958), by Tukey's lambda distribution. */
static double largest_of(double m)
{
    const double p = (m - 0.375) / (m + 0.25);
    return m > 1 ? 4.91 * (pow(p, 0.14) - pow(1 - p, 0.14)) : 0;
}

static steady steady_make(const ll_serve_plan *plan)
{
    const ll_replica_setup *u = &plan->setup;
    const ll_load *load = &plan->load;
    const double output = ll_lengths_mean(&load->output), accepted = u->accepted;
    steady s = {.plan = plan, .setup = u, .server = u->server, .n_new = 1 + (double)u->n_draft};
    s.prompt = ll_lengths_mean(&load->prompt);
    s.prompt_rms = sqrt(s.prompt * s.prompt + variance(&load->prompt));
    s.from = fmin(floor(u->prefix_hit * s.prompt), s.prompt - 1);
    /* The last step may be used in part. */
    s.n_step = (output - 1) / accepted + (output > 1 ? 0.5 * (1 - 1 / accepted) : 0);
    const double spread = s.n_step > 0 ? variance(&load->output) / (accepted * accepted) : 0;
    const double biased = s.n_step > 0 ? s.n_step + spread / s.n_step : 0;
    s.context = s.prompt + 1 + 0.5 * accepted * fmax(0, biased - 1);
    s.context_dev = sqrt(variance(&load->prompt) + accepted * accepted * biased * biased / 12);
    s.n_in_step = (double)(u->n_rank * u->n_group);
    s.n_unit = s.n_in_step * (double)(plan->n_replica - plan->n_prefill);
    const double each = u->server->reserve_output ? s.prompt + output : s.context;
    s.max_n = fmin(floor((double)u->server->max_batch / u->n_group),
                   u->cache_tokens / u->n_group / ll_cache_tokens(u->server, each));
    s.max_n = fmax(s.max_n, 1);
    s.output_cv = sqrt(variance(&load->output)) / output;
    s.equal = load->prompt.longest == ll_lengths_shortest(&load->prompt) &&
              load->output.longest == ll_lengths_shortest(&load->output);
    return s;
}

/* Prompts that the token budget of an iteration holds. */
static double budget(const steady *s, double n)
{
    const double tokens = (double)s->server->max_tokens - (s->server->mixed ? n * s->n_new : 0);
    const double k = fmax(tokens, 1) / (s->prompt - s->from);
    return s->server->chunked ? k : fmax(1, floor(k));
}

/* An iteration with n requests that decode and k prompts, which may be a part of one. */
static double iteration_s(const steady *s, double n, double k)
{
    ll_surface *f = s->setup->surface;
    const double rows = k > 0 ? n * s->n_new + k * (s->prompt - s->from)
                              : ll_server_padded(s->server, n) * s->n_new;
    const double context =
        s->context + largest_of(s->setup->n_rank) * s->context_dev / sqrt(fmax(n, 1));
    return ll_surface_rows_s(f, rows) + ll_surface_decode_s(f, n, context) +
           fmin(k, 1) * ll_surface_prefill_s(f, fmax(k, 1), s->from, s->prompt_rms) +
           ll_surface_ends_s(f, n * s->n_new + fmin(k, ceil(k)), n + ceil(k));
}

/* The prompts of an iteration, if there are `a` in the mean and come in groups of g or, g = 0, at
 * random; a_others in each of the units that run in step. */
static mixture arrivals(const steady *s, double n, double a, double a_others, double g)
{
    const double room = budget(s, n), others = s->n_in_step - 1;
    const double look = (double)s->server->poll_iterations;
    const double most = (double)s->server->wait_iterations;
    mixture m = {0};
    if (!(a > 0)) {
        m.k = fmin(room, fmax(g, 1));
    } else if (most > 0) {
        const double full = ceil(s->server->wait_frac * (double)s->server->max_tokens / s->prompt);
        const double wait = fmin(most, (full - 1) / a);
        m.k = fmin(1 + a * wait, room);
        m.wait = wait * (1 + 0.5 * a * wait) / (1 + a * wait);
        m.q = a / m.k;
    } else if (g > 0) {
        m.k = fmin(fmax(g, 1), room);
        m.q = a / m.k;
    } else {
        m.q = (1 - exp(-a * look)) / look;
        m.k = fmin(a / m.q, room);
        m.q = a / m.k;
    }
    m.wait += 0.5 * (look - 1);
    m.q = fmin(m.q, 1);
    if (others > 0 && a_others > 0)
        m.q = 1 - (1 - m.q) * pow(1 - fmin(1, a_others / fmax(m.k, fmin(room, 1))), others);
    return m;
}

static void times(const steady *s, double n, mixture *m)
{
    m->plain_s = n > 0 ? iteration_s(s, n, 0) : 0;
    m->prompt_s = s->server->mixed ? iteration_s(s, n, m->k) : iteration_s(s, 0, m->k);
    m->mean_s = s->server->mixed ? (1 - m->q) * m->plain_s + m->q * m->prompt_s
                                 : m->plain_s + m->q * m->prompt_s;
}

/* Iterations of a unit with n requests that decode, by the prompts in them. */
typedef struct with_n {
    const steady *s;
    double n;
} with_n;

static double prompts_s(const void *self, double k)
{
    const with_n *u = self;
    const double n = k > 0 && !u->s->server->mixed ? 0 : u->n;
    return n > 0 || k > 0 ? iteration_s(u->s, n, k) : 0;
}

/* From when k prompts can be computed until they are complete, if none is ahead of them. */
static double at_once_s(const steady *s, double n, double k, double room)
{
    const with_n u = {s, n};
    return prompts_s(&u, fmin(k, room)) * fmax(1, k / room);
}

/* From `after_s` behind an iteration's end until the next end: iterations are plain or with prompts,
 * at random, so that a boundary lies i plain and j other ones behind with the probability
 * C( i + j, i ) (1 - q)^i q^j. */
static double rest_s(const mixture *m, double after_s, bool mixed)
{
    enum { MAX_STEP = 300 };
    const double q = mixed ? m->q : m->q / (1 + m->q), plain_s = m->plain_s, with_s = m->prompt_s;
    double left_s = 0, p_j = 1;
    if (!(after_s > 0)) return 0;
    if (!(plain_s > after_s / MAX_STEP)) return 0.5 * m->mean_s;
    for (int j = 0; j * with_s <= after_s; j++) {
        double p = p_j;
        for (int i = 0; i * plain_s + j * with_s <= after_s; i++) {
            const double behind_s = after_s - i * plain_s - j * with_s;
            left_s += p * ((1 - q) * fmax(0, plain_s - behind_s) + q * fmax(0, with_s - behind_s));
            p *= (1 - q) * (i + j + 1) / (i + 1);
        }
        p_j *= q;
        if (p_j < 1e-12 || !(with_s > 0)) break;
    }
    return left_s;
}

/* ---- Closed loop ---- */

/* Groups that stay together because nothing tells their requests apart. */
static double group_of(const steady *s, double c)
{
    return s->equal ? fmin(c, fmax(1, budget(s, fmin(c, s->max_n)))) : 0;
}

typedef struct closed {
    double n, first_s, step_s, load;
    mixture m;
} closed;

/* From when a request can start until its first token, in a unit of c clients. */
static double closed_first_s(const steady *s, double c, double g, const closed *x, double a)
{
    const double room = budget(s, x->n);
    if (x->m.wait > 0) return x->m.wait * x->m.mean_s + at_once_s(s, x->n - 1, x->m.k, room);
    if (g > 0) return at_once_s(s, x->n - g, g, room);
    const with_n u = {s, fmax(0, x->n - 1)};
    ll_backlog b = {
        .room = room, .a = a, .n_other = fmax(0, ceil(c - 1)), .alone = !s->server->mixed};
    /* The front end hands requests on at any time, not where an iteration ends; but those of one
     * iteration only, and of iterations that were under way with it. */
    if (s->server->front_end_s > 0) {
        b.rate_per_s = (c - 1) / (x->first_s + s->n_step * x->step_s);
        b.most = a * (1 + s->server->front_end_s / x->m.mean_s);
    }
    return ll_backlog_s(&b, prompts_s, &u);
}

/* State of a unit in which c requests run all the time. */
static closed closed_find(const steady *s, double c)
{
    enum { N_OUTER = 4, N_ROUND = 60 };
    const double g = group_of(s, c), own = g > 0 ? g : 1;
    closed x = {.n = c, .first_s = iteration_s(s, 0, 1), .step_s = iteration_s(s, c, 0)};
    for (int i = 0; i < N_OUTER; i++) {
        double a = 0;
        for (int k = 0; k < N_ROUND; k++) {
            const double life_s = x.first_s + s->n_step * x.step_s, before_s = x.step_s;
            x.n = own + (c - own) * s->n_step * x.step_s / life_s;
            a = (c - own) * x.step_s / life_s;
            x.m = arrivals(s, x.n, a, c * x.step_s / life_s, g);
            times(s, x.n, &x.m);
            if (s->n_step > 0) x.step_s = 0.5 * (x.step_s + x.m.mean_s);
            if (fabs(x.step_s - before_s) < 1e-9 * before_s) break;
        }
        const double front_s = s->server->front_end_s;
        x.load = fmax(x.m.q, a / budget(s, x.n));
        x.first_s =
            front_s + rest_s(&x.m, front_s, s->server->mixed) + closed_first_s(s, c, g, &x, a);
    }
    return x;
}

/* Requests that are all alike, on a server that computes prompts alone and first: all c prompts are
 * computed, and then all answers are written together. */
static closed closed_together(const steady *s, double c)
{
    const double room = fmin(budget(s, 0), c), n_run = ceil(c / room - 1e-9);
    const double run_s = iteration_s(s, 0, room), all_s = n_run * run_s;
    closed x = {.n = c, .load = 0};
    x.m.plain_s = x.m.mean_s = iteration_s(s, c, 0);
    x.first_s = s->server->front_end_s + 0.5 * (n_run + 1) * run_s;
    x.step_s = s->n_step > 0 ? x.m.plain_s + (all_s - 0.5 * (n_run + 1) * run_s) / s->n_step : 0;
    return x;
}

/* The mean time to first token of c prompts that arrive together. */
static double burst_s(const steady *s, double c)
{
    double now_s = s->server->front_end_s, sum_s = 0, done = 0;
    while (done < c) {
        const double room = budget(s, done), k = fmin(c - done, fmax(room, 1));
        now_s += at_once_s(s, done, fmin(k, room), room);
        if (room >= 1 || !s->server->mixed) {
            sum_s += k * now_s;
            done += k;
        } else {
            sum_s += now_s;
            done += 1;
        }
    }
    return sum_s / c;
}

static void closed_loop(const steady *s, bool burst, ll_steady *out)
{
    const ll_load *load = &s->plan->load;
    const double c = fmax(1, (double)load->n_client / s->n_unit), run = fmin(c, s->max_n);
    const bool together = s->equal && !s->server->mixed && s->server->poll_iterations == 1 &&
                          s->server->wait_iterations == 0;
    const closed x = together ? closed_together(s, run) : closed_find(s, run);
    const double life_s = x.first_s + s->n_step * x.step_s;
    const double per_unit = run / life_s;
    out->gap_s = x.step_s;
    out->batch = x.n;
    out->prefill_frac = x.load;
    out->ttft_s = c / per_unit - s->n_step * x.step_s;
    out->request_per_s = (double)load->n_client / (c / per_unit);
    const closed full = closed_find(s, s->max_n);
    out->capacity_per_s = s->n_unit * s->max_n / (full.first_s + s->n_step * full.step_s);
    if (burst) {
        const double first = fmin(1, (double)load->n_client / (double)load->n_request);
        const double burst_mean_s = burst_s(s, run) * (c / run); /* the rest waits for a place */
        out->ttft_s += first * (burst_mean_s - out->ttft_s);
    }
    if (c > s->max_n && !s->server->reserve_output &&
        s->max_n < floor((double)s->server->max_batch / s->setup->n_group))
        out->limit = "the cache is full: requests are preempted";
    else if (x.load > 0.9 && c > 1)
        out->limit = "prompts fill the token budget";
    else if (s->server->mixed && !s->server->chunked &&
             (double)s->server->max_tokens - x.n * s->n_new < s->prompt - s->from)
        out->limit = "a whole prompt does not fit the token budget beside all that decode";
    else if (s->equal && !together && c > 1)
        out->limit = "all requests are alike and move in step, so that their time to first token "
                     "depends on their order";
    else if (!s->server->mixed && s->server->front_end_s > 0 && x.load > 0.2)
        out->limit = "prompts run alone and take much of the time: those that come meanwhile queue "
                     "for longer than that";
    else if (budget(s, x.n) < 1.5 && x.load > 0.15 && c > 1)
        out->limit = "a prompt fills most of the token budget, so that others queue for longer "
                     "than that";
    else if (s->output_cv < NEARLY_EQUAL && !s->equal && c > 1)
        out->limit = "answers are nearly of one length, so that requests keep moving in step: time "
                     "to first token is longer than that";
    else if (load->n_request < 3 * load->n_client)
        out->limit = "the run is too short: it begins and ends without a steady state";
}

/* ---- Open loop ---- */

/* Time of a step with n requests at x requests per second and unit; INFINITY: prompts take all. */
static double step_at(const steady *s, double n, double x, mixture *m)
{
    enum { N_ROUND = 100 };
    double step_s = iteration_s(s, n, 0);
    for (int i = 0; i < N_ROUND; i++) {
        const double before_s = step_s;
        *m = arrivals(s, n, x * step_s, x * step_s, 0);
        times(s, n, m);
        step_s = m->mean_s;
        if (x * step_s > budget(s, n)) return INFINITY;
        if (fabs(step_s - before_s) < 1e-10 * step_s) break;
    }
    return step_s;
}

/* Whether a unit with all its places taken answers x requests per second. */
static bool can_serve(const steady *s, double x)
{
    mixture m;
    if (!(s->n_step > 0))
        return x * at_once_s(s, 0, fmax(1, budget(s, 0)), budget(s, 0)) < fmax(1, budget(s, 0));
    const double step_s = step_at(s, s->max_n, x, &m);
    return isfinite(step_s) && x * s->n_step * step_s < s->max_n;
}

static double capacity(const steady *s)
{
    enum { N_ROUND = 50 };
    double low = 0, high = 1;
    while (can_serve(s, high) && high < 1e12)
        high *= 2;
    for (int i = 0; i < N_ROUND; i++) {
        const double mid = 0.5 * (low + high);
        if (can_serve(s, mid))
            low = mid;
        else
            high = mid;
    }
    return low;
}

/* From arrival until the first token, where n requests decode. */
static double open_first_s(const steady *s, double n, double x)
{
    mixture m;
    const double step_s = step_at(s, fmax(n, 1), x, &m), room = budget(s, n);
    if (!(n > 0)) return at_once_s(s, 0, 1, room); /* nothing runs: it starts at once */
    if (m.wait > 0) return (m.wait + 0.5) * step_s + at_once_s(s, n, m.k, room);
    const with_n u = {s, n};
    const ll_backlog b = {.room = room, .rate_per_s = x, .rest = 0.5, .alone = !s->server->mixed};
    return ll_backlog_s(&b, prompts_s, &u);
}

static void open_loop(const steady *s, ll_steady *out)
{
    const double x = s->plan->load.rate_per_s / s->n_unit;
    const double most = floor(s->max_n);
    double p = 1, scale = 1, sum = 0, sum_n = 0;
    mixture m;
    out->request_per_s = s->plan->load.rate_per_s;
    out->capacity_per_s = capacity(s) * s->n_unit;
    if (out->request_per_s >= out->capacity_per_s) {
        out->limit = "requests come faster than they can be served";
        return;
    }
    for (double n = 0; n <= most && (n < 1 || s->n_step > 0); n++) {
        if (n > 0) p *= x * s->n_step * step_at(s, n, x, &m) / n;
        if (p < 1e-12 * scale && p < scale) break; /* behind the largest of them */
        scale = fmax(scale, p);
        sum += p;
        sum_n += p * n;
    }
    const double idle = 1 / sum, busy_n = sum > 1 ? sum_n / (sum - 1) : 0;
    out->batch = sum_n / sum;
    out->gap_s = s->n_step > 0 ? out->batch / (x * s->n_step) : 0;
    out->ttft_s = s->server->front_end_s + idle * open_first_s(s, 0, x) +
                  (1 - idle) * open_first_s(s, busy_n, x);
    step_at(s, fmax(out->batch, 1), x, &m);
    out->prefill_frac = fmax(m.q, x * m.mean_s / budget(s, out->batch));
    if (out->request_per_s > 0.8 * out->capacity_per_s)
        out->limit = "the rate is above 80 % of the capacity";
    else if (out->prefill_frac > 0.2)
        out->limit = "prompts take much of the time, and come in bursts: time per output token is "
                     "longer than that";
}

void ll_steady_find(const ll_serve_plan *plan, bool burst, ll_steady *out)
{
    const steady s = steady_make(plan);
    const double output = ll_lengths_mean(&plan->load.output);
    *out = (ll_steady){0};
    if (plan->load.n_client > 0)
        closed_loop(&s, burst, out);
    else
        open_loop(&s, out);
    /* The first tokens that are sent together. */
    const double together = fmin((double)s.server->stream_interval, output) - 1;
    const double whole_s = out->ttft_s + s.n_step * out->gap_s;
    out->ttft_s += together / plan->setup.accepted * out->gap_s;
    out->tpot_s = output > 1 ? (whole_s - out->ttft_s) / (output - 1) : 0;
    out->output_per_s = out->request_per_s * output;
    if (plan->n_prefill > 0)
        out->limit = "replicas that only prefill are not modelled";
    else if (!out->limit && plan->setup.n_rank > 1 && plan->setup.router == LL_ROUTER_ROUND_ROBIN)
        out->limit = "attention ranks get unequal numbers of requests";
}
