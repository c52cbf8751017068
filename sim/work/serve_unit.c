#include "sim/work/serve_unit.h"

#include <math.h>

static double variance(const ll_lengths *l)
{
    const double n = (double)(l->longest - ll_lengths_shortest(l) + 1);
    return (n * n - 1) / 12; /* of n equally likely whole numbers */
}

/* The quantile (m - 3/8) / (m + 1/4) (Blom, 1958), by Tukey's lambda distribution. */
double ll_unit_largest_of(double m)
{
    const double p = (m - 0.375) / (m + 0.25);
    return m > 1 ? 4.91 * (pow(p, 0.14) - pow(1 - p, 0.14)) : 0;
}

ll_unit ll_unit_make(const ll_serve_plan *plan)
{
    const ll_replica_setup *u = &plan->setup;
    const ll_load *load = &plan->load;
    const double output = ll_lengths_mean(&load->output), accepted = u->accepted;
    ll_unit s = {.plan = plan, .setup = u, .server = u->server, .n_new = 1 + (double)u->n_draft};
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
    const double n_client = (double)load->n_client;
    if (n_client > 0 && n_client < s.n_unit) { /* the others have nothing to do */
        s.n_in_step = fmax(1, s.n_in_step * n_client / s.n_unit);
        s.n_unit = n_client;
    }
    const double each = u->server->reserve_output ? s.prompt + output : s.context;
    s.max_n = fmin(floor((double)u->server->max_batch / u->n_group),
                   u->cache_tokens / u->n_group / ll_cache_tokens(u->server, each));
    if (u->server->mixed) s.max_n = fmin(s.max_n, floor((double)u->server->max_tokens / s.n_new));
    s.max_n = fmax(s.max_n, 1);
    const double each_n = n_client / s.n_unit; /* all wait for the fullest attention rank */
    s.fullest = n_client > 0 && u->n_rank > 1 ? ceil(each_n) / each_n : 1;
    s.output_cv = sqrt(variance(&load->output)) / output;
    s.equal = load->prompt.longest == ll_lengths_shortest(&load->prompt) &&
              load->output.longest == ll_lengths_shortest(&load->output);
    return s;
}

double ll_unit_budget(const ll_unit *s, double n)
{
    const double tokens = (double)s->server->max_tokens - (s->server->mixed ? n * s->n_new : 0);
    const double k = fmax(tokens, 1) / (s->prompt - s->from);
    return s->server->chunked ? k : fmax(1, floor(k));
}

double ll_unit_iteration_s(const ll_unit *s, double n_mean, double k)
{
    ll_surface *f = s->setup->surface;
    const double n = n_mean * s->fullest;
    const double rows = k > 0 ? n * s->n_new + k * (s->prompt - s->from)
                              : ll_server_padded(s->server, n) * s->n_new;
    const double context =
        s->context + ll_unit_largest_of(s->setup->n_rank) * s->context_dev / sqrt(fmax(n, 1));
    return ll_surface_rows_s(f, rows) + ll_surface_decode_s(f, n, context) +
           fmin(k, 1) * ll_surface_prefill_s(f, fmax(k, 1), s->from, s->prompt_rms) +
           ll_surface_ends_s(f, n * s->n_new + fmin(k, ceil(k)), n + ceil(k));
}

ll_mixture ll_unit_arrivals(const ll_unit *s, double n, double a, double a_others, double g)
{
    const double room = ll_unit_budget(s, n), others = s->n_in_step - 1;
    const double look = (double)s->server->poll_iterations;
    const double most = (double)s->server->wait_iterations;
    ll_mixture m = {0};
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

void ll_unit_times(const ll_unit *s, double n, ll_mixture *m)
{
    m->plain_s = n > 0 ? ll_unit_iteration_s(s, n, 0) : 0;
    m->prompt_s =
        s->server->mixed ? ll_unit_iteration_s(s, n, m->k) : ll_unit_iteration_s(s, 0, m->k);
    m->mean_s = s->server->mixed ? (1 - m->q) * m->plain_s + m->q * m->prompt_s
                                 : m->plain_s + m->q * m->prompt_s;
}

double ll_unit_prompts_s(const void *self, double k)
{
    const ll_unit_with *u = self;
    const double n = k > 0 && !u->s->server->mixed ? 0 : u->n;
    return n > 0 || k > 0 ? ll_unit_iteration_s(u->s, n, k) : 0;
}

double ll_unit_at_once_s(const ll_unit *s, double n, double k, double room)
{
    const ll_unit_with u = {s, n};
    return ll_unit_prompts_s(&u, fmin(k, room)) * fmax(1, k / room);
}

double ll_unit_rest_s(const ll_mixture *m, double after_s, bool mixed)
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
