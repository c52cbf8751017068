#include "sim/work/serve_figures.h"

#include "sim/base/stats.h"

#include <math.h>

/* Requests that count: those that are sent (open loop), or that end (closed loop), in from..to. */
typedef struct window {
    bool by_end;
    double from_s, to_s;
} window;

static bool counts(const window *w, const ll_serve_request *q)
{
    const double at_s = w->by_end ? q->end_s : q->sent_s;
    return at_s > w->from_s && at_s <= w->to_s;
}

static ll_status window_all(const ll_serve_count *c, window *out)
{
    *out = (window){.by_end = true, .from_s = -1};
    for (int64_t i = 0; i < c->plan->load.n_request; i++)
        out->to_s = fmax(out->to_s, c->request[i].end_s);
    return LL_OK;
}

/* Until when every client of a closed loop has sent its next request at each of its answers. */
static double all_busy_until_s(const ll_serve_count *c, ll_arena *mem)
{
    const int64_t n = c->plan->load.n_request, n_client = c->plan->load.n_client;
    double *end_s = ll_arena_array(mem, n, double), *sent_s = ll_arena_array(mem, n, double);
    for (int64_t i = 0; i < n; i++) {
        end_s[i] = c->request[i].end_s;
        sent_s[i] = c->request[i].sent_s;
    }
    ll_stats_sort((int)n, end_s);
    ll_stats_sort((int)n, sent_s);
    int64_t k = 0;
    while (k < n - n_client && !(sent_s[n_client + k] > end_s[k]))
        k++;
    return sent_s[n_client + k - 1];
}

static ll_status window_steady(const ll_serve_count *c, ll_arena *mem, window *out, ll_error *err)
{
    const ll_load *load = &c->plan->load;
    const int64_t n = load->n_request;
    if (load->n_client == 0) {
        const int64_t edge = n / 10;
        if (edge < 1)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "job.requests = %lld are too few to be counted in a steady state: "
                                "at least 10",
                                (long long)n);
        *out = (window){false, c->request[edge - 1].sent_s, c->request[n - 1 - edge].sent_s};
        return LL_OK;
    }
    const long long least = 3 * load->n_client;
    if (n < least)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "job.requests = %lld are too few to be counted in a steady state: at "
                            "least 3 x concurrency = %lld",
                            (long long)n, least);
    *out = (window){.by_end = true, .to_s = all_busy_until_s(c, mem)};
    for (int64_t i = 0; i < load->n_client; i++)
        out->from_s = fmax(out->from_s, c->request[i].end_s);
    return LL_OK;
}

/* Sorts x. */
static ll_latency spread_of(int n, double *x)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i];
    ll_stats_sort(n, x);
    return (ll_latency){n ? sum / n : 0, ll_stats_quantile(n, x, 0.5), ll_stats_quantile(n, x, 0.9),
                        ll_stats_quantile(n, x, 0.99)};
}

static bool is_good(const ll_serve_bounds *b, double ttft_s, double tpot_s)
{
    return (!(b->ttft_s > 0) || ttft_s <= b->ttft_s) && (!(b->tpot_s > 0) || tpot_s <= b->tpot_s);
}

static void latencies(const ll_serve_count *c, const window *w, ll_arena *mem,
                      ll_serve_figures *out)
{
    const int64_t n = c->plan->load.n_request;
    double *ttft_s = ll_arena_array(mem, n, double), *tpot_s = ll_arena_array(mem, n, double);
    double *whole_s = ll_arena_array(mem, n, double);
    double output = 0, prompt = 0, good = 0;
    int n_in = 0, n_long = 0;
    for (int64_t i = 0; i < n; i++) {
        const ll_serve_request *q = &c->request[i];
        if (!counts(w, q)) continue;
        const double first_s = q->first_s - q->sent_s;
        const double token_s = q->output > 1 ? (q->end_s - q->first_s) / (q->output - 1) : 0;
        ttft_s[n_in] = first_s;
        whole_s[n_in++] = q->end_s - q->sent_s;
        if (q->output > 1) tpot_s[n_long++] = token_s;
        output += q->output;
        prompt += q->prompt;
        good += is_good(&c->bounds, first_s, token_s);
    }
    const double first_s = c->counted == LL_COUNTED_ALL ? c->request[0].sent_s : w->from_s;
    out->n_counted = n_in;
    out->span_s = w->to_s - first_s;
    out->ttft_s = spread_of(n_in, ttft_s);
    out->tpot_s = spread_of(n_long, tpot_s);
    out->whole_s = spread_of(n_in, whole_s);
    out->output_tokens = output;
    out->output_per_s = output / out->span_s;
    out->prompt_per_s = prompt / out->span_s;
    out->request_per_s = n_in / out->span_s;
    out->good_per_s = good / out->span_s;
}

static void sums(const ll_serve_count *c, ll_serve_figures *out)
{
    const ll_replica_use *use = c->use;
    const double n_decode = (double)c->plan->n_replica - (double)c->plan->n_prefill;
    double n_gap = 0;
    for (int k = 0; k < LL_GAP_BINS; k++)
        n_gap += (double)use->gap[k];
    out->gap_s =
        (ll_latency){n_gap > 0 ? use->gap_sum_s / n_gap : 0, ll_gap_quantile(use->gap, 0.5),
                     ll_gap_quantile(use->gap, 0.9), ll_gap_quantile(use->gap, 0.99)};
    out->n_iteration = (double)(use[0].n_iteration + use[1].n_iteration);
    out->n_preempted = (double)(use[0].n_preempted + use[1].n_preempted);
    out->batch = use->n_decode_iteration ? use->batch_sum / (double)use->n_decode_iteration : 0;
    out->cache_frac = use->end_s > 0 ? use->cache_s / use->end_s / n_decode : 0;
}

ll_status ll_serve_figures_make(const ll_serve_count *count, ll_arena *mem, ll_serve_figures *out,
                                ll_error *err)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    window w = {0};
    *out = (ll_serve_figures){0};
    if (count->counted == LL_COUNTED_ALL)
        LL_TRY(window_all(count, &w));
    else
        LL_TRY(window_steady(count, mem, &w, err));
    latencies(count, &w, mem, out);
    sums(count, out);
    ll_arena_release(mem, mark);
    if (out->n_counted > 0 && out->span_s > 0) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "no request lies in the steady part of the run; serve more of them, or "
                        "write counted = \"all\"");
}
