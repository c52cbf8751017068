#include "sim/work/serve_steady.h"

#include "sim/work/serve_backlog.h"
#include "sim/work/serve_drain.h"
#include "sim/work/serve_unit.h"

#include <math.h>

/* Below that coefficient of variation, groups that were answered together stay together for more
 * than 1 / 0.15^2 = 44 answers. */
static const double NEARLY_EQUAL = 0.15;

const char *ll_steady_limit_text(int limit)
{
    static const char *const text[LL_N_STEADY_LIMIT] = {
        [LL_STEADY_HOLDS] = "",
        [LL_STEADY_CACHE] = "the cache is full: requests wait for each other, or are preempted",
        [LL_STEADY_BUDGET] = "prompts fill the token budget",
        [LL_STEADY_WHOLE] = "a whole prompt does not fit the token budget beside all that decode",
        [LL_STEADY_EQUAL] = "all requests are alike and move in step, so that their time to first "
                            "token depends on their order",
        [LL_STEADY_IN_STEP] =
            "attention ranks or stages run in step and have few requests each, or many prompts",
        [LL_STEADY_FRONT_END] = "prompts take much of the time: those that the front end hands on "
                                "meanwhile queue for longer than that",
        [LL_STEADY_QUEUE] =
            "a prompt fills most of the token budget, so that others queue for longer than that",
        [LL_STEADY_COLLECTED] = "prompts are collected before they are computed: time to first "
                                "token holds within 5 % only",
        [LL_STEADY_NEARLY] = "answers are nearly of one length, so that requests keep moving in "
                             "step: time to first token is longer than that",
        [LL_STEADY_SHORT] = "the run is too short: it begins and ends without a steady state",
        [LL_STEADY_ABOVE] = "requests come faster than they can be served",
        [LL_STEADY_NEAR] = "the rate is above 80 % of the capacity",
        [LL_STEADY_BURSTS] = "prompts take much of the time, and come in bursts: time per output "
                             "token is longer than that",
        [LL_STEADY_PREFILL] = "replicas that only prefill are not modelled",
        [LL_STEADY_UNEQUAL] = "attention ranks get unequal numbers of requests",
        [LL_STEADY_TRACE] =
            "requests of a trace need not come at random, and it has no steady state",
    };
    return limit > 0 && limit < LL_N_STEADY_LIMIT ? text[limit] : "";
}

/* ---- Capacity ---- */

/* A server that computes prompts alone and first: while some are computed, others arrive, so that
 * one iteration with prompts follows another, until none has arrived. With z arrivals per second
 * in the units that run in step, a step of D seconds without prompts and iterations of T with them,
 * the mean number of those is ( 1 - exp(-z D) ) exp(z T). */
static double step_alone(const ll_unit *s, double n, double x, ll_mixture *m)
{
    enum { N_ROUND = 30 };
    const double z = x * s->n_in_step, room = ll_unit_budget(s, 0);
    *m = (ll_mixture){.k = 1, .plain_s = n > 0 ? ll_unit_iteration_s(s, n, 0) : 0};
    for (int i = 0; i < N_ROUND; i++) {
        m->prompt_s = ll_unit_iteration_s(s, 0, fmin(m->k, room));
        const double each = x * m->prompt_s / (1 - exp(-z * m->prompt_s));
        const double most = each + ll_unit_largest_of(s->n_in_step) * sqrt(each);
        m->k = 0.5 * (m->k + fmin(fmax(1, most), room));
    }
    m->q = (1 - exp(-z * m->plain_s)) * exp(z * m->prompt_s);
    m->mean_s = m->plain_s + m->q * m->prompt_s;
    return x * m->mean_s > m->q * room ? (double)INFINITY : m->mean_s;
}

/* Time of a step with n requests at x requests per second and unit; INFINITY: prompts take all. */
static double step_at(const ll_unit *s, double n, double x, ll_mixture *m)
{
    enum { N_ROUND = 100 };
    const ll_server *server = s->server;
    if (!server->mixed && server->poll_iterations == 1 && server->wait_iterations == 0)
        return step_alone(s, n, x, m);
    double step_s = ll_unit_iteration_s(s, n, 0);
    for (int i = 0; i < N_ROUND; i++) {
        const double before_s = step_s;
        *m = ll_unit_arrivals(s, n, x * step_s, x * step_s, 0);
        ll_unit_times(s, n, m);
        step_s = m->mean_s;
        if (x * step_s > ll_unit_budget(s, n)) return INFINITY;
        if (fabs(step_s - before_s) < 1e-10 * step_s) break;
    }
    return step_s;
}

/* Whether a unit with all its places taken answers x requests per second. */
static bool can_serve(const ll_unit *s, double x)
{
    ll_mixture m;
    if (!(s->n_step > 0))
        return x * ll_unit_at_once_s(s, 0, fmax(1, ll_unit_budget(s, 0)), ll_unit_budget(s, 0)) <
               fmax(1, ll_unit_budget(s, 0));
    const double step_s = step_at(s, s->max_n, x, &m);
    return isfinite(step_s) && x * s->n_step * step_s < s->max_n;
}

static double capacity(const ll_unit *s)
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

/* ---- Closed loop ---- */

/* Groups that stay together because nothing tells their requests apart. */
static double group_of(const ll_unit *s, double c)
{
    return s->equal ? fmin(c, fmax(1, ll_unit_budget(s, fmin(c, s->max_n)))) : 0;
}

typedef struct closed {
    double n, first_s, step_s, load;
    ll_mixture m;
} closed;

/* From when a request can start until its first token, in a unit of c clients. */
static double closed_first_s(const ll_unit *s, double c, double g, const closed *x, double a)
{
    const double room = ll_unit_budget(s, x->n);
    if (x->m.wait > 0) { /* while they are collected, no prompt is computed */
        const double one_s = s->server->wait_iterations > 0 ? x->m.plain_s : x->m.mean_s;
        return x->m.wait * one_s + ll_unit_at_once_s(s, x->n - 1, x->m.k, room);
    }
    if (g > 0) return ll_unit_at_once_s(s, x->n - g, g, room);
    const ll_unit_with u = {s, fmax(0, x->n - 1)};
    ll_backlog b = {
        .room = room, .a = a, .n_other = fmax(0, ceil(c - 1)), .alone = !s->server->mixed};
    /* The front end hands requests on at any time, not where an iteration ends; but those of one
     * iteration only, and of iterations that were under way with it. */
    if (s->server->front_end_s > 0) {
        b.rate_per_s = (c - 1) / (x->first_s + s->n_step * x->step_s);
        b.most = a * (1 + s->server->front_end_s / x->m.mean_s);
    }
    return ll_backlog_s(&b, ll_unit_prompts_s, &u);
}

/* State of a unit in which c requests run all the time. */
static closed closed_find(const ll_unit *s, double c)
{
    enum { N_OUTER = 4, N_ROUND = 60 };
    const double g = group_of(s, c), own = g > 0 ? g : 1;
    closed x = {
        .n = c, .first_s = ll_unit_iteration_s(s, 0, 1), .step_s = ll_unit_iteration_s(s, c, 0)};
    for (int i = 0; i < N_OUTER; i++) {
        double a = 0;
        for (int k = 0; k < N_ROUND; k++) {
            const double life_s = x.first_s + s->n_step * x.step_s, before_s = x.step_s;
            x.n = own + (c - own) * s->n_step * x.step_s / life_s;
            a = (c - own) * x.step_s / life_s;
            x.m = ll_unit_arrivals(s, x.n, a, c * x.step_s / life_s, g);
            ll_unit_times(s, x.n, &x.m);
            if (s->n_step > 0) x.step_s = 0.5 * (x.step_s + x.m.mean_s);
            if (fabs(x.step_s - before_s) < 1e-9 * before_s) break;
        }
        const double front_s = s->server->front_end_s;
        x.load = fmax(x.m.q, a / ll_unit_budget(s, x.n));
        /* Who is alone waits for no iteration. */
        const double rest_s =
            ll_unit_rest_s(&x.m, front_s, s->server->mixed) * fmin(1, c * s->n_in_step - 1);
        x.first_s = front_s + rest_s + closed_first_s(s, c, g, &x, a);
    }
    return x;
}

/* Requests that are all alike, on a server that computes prompts alone and first: all c prompts are
 * computed, and then all answers are written together. */
static closed closed_together(const ll_unit *s, double c)
{
    const double room = fmin(ll_unit_budget(s, 0), c), n_run = ceil(c / room - 1e-9);
    const double run_s = ll_unit_iteration_s(s, 0, room), all_s = n_run * run_s;
    closed x = {.n = c, .load = 0};
    x.m.plain_s = x.m.mean_s = ll_unit_iteration_s(s, c, 0);
    x.first_s = s->server->front_end_s + 0.5 * (n_run + 1) * run_s;
    x.step_s = s->n_step > 0 ? x.m.plain_s + (all_s - 0.5 * (n_run + 1) * run_s) / s->n_step : 0;
    return x;
}

/* The mean time to first token of c prompts that arrive together. */
static double burst_s(const ll_unit *s, double c)
{
    double now_s = s->server->front_end_s, sum_s = 0, done = 0;
    while (done < c) {
        const double room = ll_unit_budget(s, done), k = fmin(c - done, fmax(room, 1));
        now_s += ll_unit_at_once_s(s, done, fmin(k, room), room);
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

/* Answers of one token: prompts are all that there is. */
static closed closed_prompts(const ll_unit *s, double c)
{
    const double room = ll_unit_budget(s, 0);
    closed x = {.load = 1};
    x.first_s = s->server->front_end_s + ll_unit_at_once_s(s, 0, c, room);
    return x;
}

/* Why a closed loop of c clients per unit is not as `x` has it. The bounds are where the formula
 * was seen to be more than 3 % from the simulation (tests/physics/serve.c, bench/bench_serving.c);
 * no theory gives them. */
static ll_steady_limit closed_limit(const ll_unit *s, double c, bool together, const closed *x)
{
    const ll_server *server = s->server;
    const ll_load *load = &s->plan->load;
    if (c > s->max_n && s->max_n < floor((double)server->max_batch / s->setup->n_group))
        return LL_STEADY_CACHE;
    if (x->load > 0.9 && c > 1) return LL_STEADY_BUDGET;
    if (server->mixed && !server->chunked &&
        (double)server->max_tokens - x->n * s->n_new < s->prompt - s->from)
        return LL_STEADY_WHOLE;
    if (s->equal && !together && c > 1) return LL_STEADY_EQUAL;
    if (s->setup->n_rank * s->setup->n_group > 1 && (x->load > 0.1 || c < 3))
        return LL_STEADY_IN_STEP;
    if (server->front_end_s > 0 && x->load > 0.2) return LL_STEADY_FRONT_END;
    if (ll_unit_budget(s, x->n) < 1.5 && x->load > 0.15 && c > 1) return LL_STEADY_QUEUE;
    if (server->wait_iterations > 0 && c > 1) return LL_STEADY_COLLECTED;
    if (s->output_cv < NEARLY_EQUAL && !s->equal && c > 1) return LL_STEADY_NEARLY;
    if (load->n_request < 3 * load->n_client) return LL_STEADY_SHORT;
    return LL_STEADY_HOLDS;
}

/* The whole run counts, with its opening burst, in which `run` of the c clients of a unit have a
 * place, and its drain. */
static void whole_run(const ll_unit *s, double c, double run, const closed *x, ll_steady *out)
{
    const ll_load *load = &s->plan->load;
    const double first = fmin(1, (double)load->n_client / (double)load->n_request);
    const double burst_mean_s = burst_s(s, run) * (c / run); /* the rest waits for a place */
    const ll_drain_state state = {run * s->n_unit, x->n, x->first_s, x->step_s};
    const ll_drain drain = ll_drain_find(s, &state);
    out->ttft_s += first * (burst_mean_s - out->ttft_s);
    out->request_per_s = (double)load->n_request / drain.span_s;
    if (s->n_step > 0) out->gap_s = fmax(0, out->gap_s - drain.saved_s / s->n_step);
}

static void closed_loop(const ll_unit *s, bool whole, ll_steady *out)
{
    const ll_load *load = &s->plan->load;
    const double c = fmax(1, (double)load->n_client / s->n_unit), run = fmin(c, s->max_n);
    const bool together = s->equal && !s->server->mixed && s->server->poll_iterations == 1 &&
                          s->server->wait_iterations == 0;
    const closed x = !(s->n_step > 0) ? closed_prompts(s, run)
                     : together       ? closed_together(s, run)
                                      : closed_find(s, run);
    const double life_s = x.first_s + s->n_step * x.step_s;
    const double per_unit = run / life_s;
    out->gap_s = x.step_s;
    out->batch = x.n;
    out->prefill_frac = x.load;
    out->ttft_s = c / per_unit - s->n_step * x.step_s;
    out->request_per_s = (double)load->n_client / (c / per_unit);
    out->capacity_per_s = capacity(s) * s->n_unit;
    if (whole) whole_run(s, c, run, &x, out);
    out->limit = closed_limit(s, c, together, &x);
}

/* ---- Open loop ---- */

/* From arrival until the first token, where n requests decode. */
static double open_first_s(const ll_unit *s, double n, double x)
{
    ll_mixture m;
    const double step_s = step_at(s, fmax(n, 1), x, &m), room = ll_unit_budget(s, n);
    if (!(n > 0)) return ll_unit_at_once_s(s, 0, 1, room); /* nothing runs: it starts at once */
    if (m.wait > 0) return (m.wait + 0.5) * step_s + ll_unit_at_once_s(s, n, m.k, room);
    const ll_unit_with u = {s, n};
    const ll_backlog b = {.room = room, .rate_per_s = x, .rest = 0.5, .alone = !s->server->mixed};
    return ll_backlog_s(&b, ll_unit_prompts_s, &u);
}

/* Requests that decode in a unit. */
typedef struct crowd {
    double mean, busy; /* of all times, and of those at which none of the units is empty */
    double idle;       /* share of time in which an arrival finds an empty one */
} crowd;

/* Where each request goes to the unit with the fewest, all units have nearly as many, so that they
 * are one processor which is shared; else each is one of its own. */
static crowd crowd_find(const ll_unit *s, double x)
{
    static const double HUGE_P = 1e200;
    const bool pooled = s->setup->router == LL_ROUTER_LEAST_LOADED;
    const double n_unit = pooled ? s->n_unit : 1;
    const int64_t most = (int64_t)(floor(s->max_n) * n_unit);
    double p = 1, scale = 1, sum = 0, sum_n = 0, idle = 0, low = -1, step_s[2] = {0};
    ll_mixture m;
    for (int64_t i = 0; i <= most && (i < 1 || s->n_step > 0); i++) {
        const double k = (double)i;
        const double n = fmax(1, k / n_unit), whole = floor(n);
        if (whole > low) { /* times at whole numbers, and in between */
            step_s[0] = whole > low + 1 ? step_at(s, whole, x, &m) : step_s[1];
            step_s[1] = step_at(s, whole + 1, x, &m);
            low = whole;
        }
        const double each_s = step_s[0] + (n > whole ? (n - whole) * (step_s[1] - step_s[0]) : 0);
        if (k > 0) p *= x * n_unit * s->n_step * each_s / k;
        if (p < 1e-12 * scale && p < scale) break; /* behind the largest of them */
        if (p > HUGE_P) {
            sum /= HUGE_P, sum_n /= HUGE_P, idle /= HUGE_P;
            p /= HUGE_P, scale = p;
        }
        scale = fmax(scale, p);
        sum += p;
        sum_n += p * k / n_unit;
        if (k < n_unit) idle += p;
    }
    const double busy = sum - idle;
    return (crowd){
        .mean = sum_n / sum, .idle = idle / sum, .busy = busy > 0 ? fmax(1, sum_n / sum) : 0};
}

static void open_loop(const ll_unit *s, ll_steady *out)
{
    const double x = s->plan->load.rate_per_s / s->n_unit;
    ll_mixture m;
    out->request_per_s = s->plan->load.rate_per_s;
    out->capacity_per_s = capacity(s) * s->n_unit;
    if (out->request_per_s >= out->capacity_per_s) {
        *out = (ll_steady){.request_per_s = out->request_per_s,
                           .capacity_per_s = out->capacity_per_s,
                           .limit = LL_STEADY_ABOVE};
        return;
    }
    const crowd c = crowd_find(s, x);
    out->batch = c.mean;
    out->gap_s = s->n_step > 0 ? c.mean / (x * s->n_step) : 0;
    out->ttft_s = s->server->front_end_s + c.idle * open_first_s(s, 0, x) +
                  (1 - c.idle) * open_first_s(s, c.busy, x);
    step_at(s, fmax(out->batch, 1), x, &m);
    const double share = s->server->mixed ? m.q : m.q * m.prompt_s / m.mean_s;
    out->prefill_frac = fmax(share, x * m.mean_s / ll_unit_budget(s, out->batch));
    if (out->request_per_s > 0.8 * out->capacity_per_s)
        out->limit = LL_STEADY_NEAR;
    else if (ll_unit_budget(s, out->batch) < 1.5 && out->prefill_frac > 0.05)
        out->limit = LL_STEADY_QUEUE;
    else if (s->setup->n_group > 1 && out->prefill_frac > 0.05)
        out->limit = LL_STEADY_IN_STEP;
    else if (out->prefill_frac > (s->n_in_step > 1 ? 0.05 : 0.2))
        out->limit = LL_STEADY_BURSTS;
}

void ll_steady_find(const ll_serve_plan *plan, bool burst, ll_steady *out)
{
    const ll_unit s = ll_unit_make(plan);
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
    if (out->limit != LL_STEADY_ABOVE) out->output_per_s = out->request_per_s * output;
    if (plan->n_prefill > 0)
        out->limit = LL_STEADY_PREFILL;
    else if (!out->limit && plan->setup.n_rank > 1 && plan->setup.router == LL_ROUTER_ROUND_ROBIN)
        out->limit = LL_STEADY_UNEQUAL;
}
