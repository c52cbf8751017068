#include "sim/work/serve_surface.h"

#include <math.h>

enum { MAX_NODE = 512 };

/* Nodes of one variable, ascending. */
typedef struct axis {
    int n;
    double x[MAX_NODE];
} axis;

/* Values at the nodes; NAN: not asked for yet. */
struct ll_surface {
    ll_oracle oracle;
    const ll_server *server;
    ll_surface_range range;
    ll_error error; /* of the oracle */
    axis rows, logits, request, context, prompt, prompt_run;
    double *rows_s, *logits_s; /* [n] */
    double *decode_s;          /* [request][context] */
    double *prefill_s;         /* [prompt_run][prompt]: over length */
    double *again_s;           /* [prompt_run][prompt]: over length */
    double host_s[2];          /* of 1 request, and of the most */
};

/* Nodes from `low` on until one is at least `high`: 1, and then `per_octave` in each octave. */
static void axis_make(axis *a, double low, double high, int per_octave)
{
    double octave = exp2(floor(log2(fmax(low, 1))));
    a->n = 0;
    for (int k = 0;; k++) {
        if (k == per_octave) k = 0, octave *= 2;
        const double x = octave * (1 + (double)k / per_octave);
        if (octave * (1 + (double)(k + 1) / per_octave) <= low) continue;
        if (a->n == 0 || x >= a->x[a->n - 1] + 1) a->x[a->n++] = x; /* counts: one apart at least */
        if ((x >= high && a->n > 1) || a->n == MAX_NODE) return;
    }
}

/* The node below x, so that x lies between it and the next; the outermost pair beyond the ends. */
static int axis_find(const axis *a, double x, double *frac)
{
    int low = 0, high = a->n - 1;
    while (high - low > 1) {
        const int mid = (low + high) / 2;
        if (a->x[mid] <= x)
            low = mid;
        else
            high = mid;
    }
    *frac = (x - a->x[low]) / (a->x[low + 1] - a->x[low]);
    return low;
}

static double *values_make(ll_arena *mem, int n)
{
    double *v = ll_arena_fill(mem, n, double);
    for (int i = 0; i < n; i++)
        v[i] = NAN;
    return v;
}

ll_surface *ll_surface_create(const ll_oracle *oracle, const ll_server *server,
                              const ll_surface_range *range, ll_arena *mem)
{
    enum { ROWS_PER_OCTAVE = 8, REQUEST_PER_OCTAVE = 4, PROMPT_PER_OCTAVE = 4, OTHERS = 1 };
    ll_surface *s = ll_arena_new(mem, ll_surface);
    *s = (ll_surface){.oracle = *oracle, .server = server, .range = *range};
    s->host_s[0] = NAN;
    ll_error_init(&s->error);
    axis_make(&s->rows, 1, range->max_rows, ROWS_PER_OCTAVE);
    axis_make(&s->logits, 1, range->max_request * range->n_new, REQUEST_PER_OCTAVE);
    axis_make(&s->request, 1, range->max_request, REQUEST_PER_OCTAVE);
    axis_make(&s->context, range->context[0], range->context[1], OTHERS);
    axis_make(&s->prompt, range->prompt[0], range->prompt[1], PROMPT_PER_OCTAVE);
    axis_make(&s->prompt_run, 1, range->max_prompt_run, OTHERS);
    s->rows_s = values_make(mem, s->rows.n);
    s->logits_s = values_make(mem, s->logits.n);
    s->decode_s = values_make(mem, s->request.n * s->context.n);
    s->prefill_s = values_make(mem, s->prompt_run.n * s->prompt.n);
    s->again_s = values_make(mem, s->prompt_run.n * s->prompt.n);
    return s;
}

/* ---- Nodes ---- */

static double ask(ll_surface *s, const ll_batch *batch)
{
    double out_s = 0;
    if (s->error.status == LL_OK) s->oracle.iteration_s(s->oracle.self, batch, &out_s, &s->error);
    return s->error.status == LL_OK ? out_s : 0;
}

/* Without keys to attend to there is no attention, and without logits no output projection. */
static double ask_rows(ll_surface *s, double tokens)
{
    return ask(s, &(ll_batch){.n_decode = tokens, .n_new = 1});
}

static double rows_at(ll_surface *s, int i)
{
    if (isnan(s->rows_s[i])) s->rows_s[i] = ask_rows(s, s->rows.x[i]);
    return s->rows_s[i];
}

static double logits_at(ll_surface *s, int i)
{
    if (isnan(s->logits_s[i]))
        s->logits_s[i] =
            ask(s, &(ll_batch){.n_decode = 1, .n_new = 1, .n_logits = s->logits.x[i]}) -
            rows_at(s, 0);
    return s->logits_s[i];
}

static double ask_host(ll_surface *s, double n)
{
    return ask(s, &(ll_batch){.n_decode = 1, .n_new = 1, .n_host = n}) - rows_at(s, 0);
}

static double decode_at(ll_surface *s, int b, int c)
{
    double *v = &s->decode_s[b * s->context.n + c];
    const ll_batch batch = {
        .n_decode = s->request.x[b], .n_new = s->range.n_new, .context = s->context.x[c]};
    if (isnan(*v)) *v = ask(s, &batch) - ask_rows(s, ll_batch_tokens(&batch));
    return *v;
}

/* Attention of n prompts from..to alone. */
static double ask_prefill(ll_surface *s, double n, double from, double to)
{
    const ll_batch batch = {.n_prompt = n, .from = from, .to = to};
    return ask(s, &batch) - ask_rows(s, ll_batch_tokens(&batch));
}

static double prefill_at(ll_surface *s, int n, int l)
{
    double *v = &s->prefill_s[n * s->prompt.n + l];
    const double length = s->prompt.x[l];
    if (isnan(*v)) *v = ask_prefill(s, s->prompt_run.x[n], 0, length) / length;
    return *v;
}

/* What the second half of a prompt takes beyond the difference of the whole and the first half. */
static double again_at(ll_surface *s, int n, int l)
{
    double *v = &s->again_s[n * s->prompt.n + l];
    const double length = s->prompt.x[l], run = s->prompt_run.x[n];
    if (isnan(*v))
        *v = (ask_prefill(s, run, length, 2 * length) - ask_prefill(s, run, 0, 2 * length)) /
                 length +
             prefill_at(s, n, l);
    return *v;
}

ll_status ll_surface_fill(ll_surface *s, ll_error *err)
{
    for (int i = 0; i < s->rows.n; i++)
        rows_at(s, i);
    for (int i = 0; i < s->logits.n; i++)
        logits_at(s, i);
    for (int b = 0; b < s->request.n; b++)
        for (int c = 0; c < s->context.n; c++)
            decode_at(s, b, c);
    for (int n = 0; n < s->prompt_run.n; n++)
        for (int l = 0; l < s->prompt.n; l++)
            again_at(s, n, l);
    ll_surface_host_s(s, 1);
    return ll_surface_status(s, err);
}

ll_status ll_surface_status(const ll_surface *s, ll_error *err)
{
    if (s->error.status == LL_OK) return LL_OK;
    return ll_error_set(err, s->error.status, "%.*s", (int)(s->error.used - 1), s->error.text);
}

/* ---- In between ---- */

static double between(double a, double b, double frac) { return a + frac * (b - a); }

double ll_surface_rows_s(ll_surface *s, double tokens)
{
    double f;
    if (!(tokens > 0)) return 0;
    const int i = axis_find(&s->rows, fmax(tokens, 1), &f);
    return between(rows_at(s, i), rows_at(s, i + 1), f);
}

double ll_surface_logits_s(ll_surface *s, double n)
{
    double f;
    if (!(n > 0)) return 0;
    const int i = axis_find(&s->logits, fmax(n, 1), &f);
    return between(logits_at(s, i), logits_at(s, i + 1), f);
}

double ll_surface_decode_s(ll_surface *s, double n_request, double context)
{
    double f, g;
    if (!(n_request > 0)) return 0;
    const int b = axis_find(&s->request, fmax(n_request, 1), &f);
    const int c = axis_find(&s->context, context, &g);
    return fmax(0, between(between(decode_at(s, b, c), decode_at(s, b, c + 1), g),
                           between(decode_at(s, b + 1, c), decode_at(s, b + 1, c + 1), g), f));
}

/* A table over the prompts of an iteration and their length, times the length. */
static double times_length(ll_surface *s, double (*at)(ll_surface *, int, int), double n,
                           double length)
{
    double f, g;
    if (!(length > 0)) return 0;
    const int i = axis_find(&s->prompt_run, fmax(n, 1), &f);
    const int l = axis_find(&s->prompt, fmax(length, s->prompt.x[0]), &g);
    return length * between(between(at(s, i, l), at(s, i, l + 1), g),
                            between(at(s, i + 1, l), at(s, i + 1, l + 1), g), f);
}

double ll_surface_prefill_s(ll_surface *s, double n_prompt, double from, double to)
{
    if (!(n_prompt > 0 && to > from)) return 0;
    return fmax(0, times_length(s, prefill_at, n_prompt, to) -
                       times_length(s, prefill_at, n_prompt, from) +
                       times_length(s, again_at, n_prompt, from));
}

double ll_surface_host_s(ll_surface *s, double n_request)
{
    if (!(n_request > 0)) return 0;
    const double most = fmax(s->range.max_request, 2);
    if (isnan(s->host_s[0])) {
        s->host_s[0] = ask_host(s, 1);
        s->host_s[1] = ask_host(s, most);
    }
    return between(s->host_s[0], s->host_s[1], (n_request - 1) / (most - 1));
}

double ll_surface_ends_s(ll_surface *s, double n_logits, double n_request)
{
    const double logits_s = ll_surface_logits_s(s, n_logits);
    const double host_s = ll_surface_host_s(s, n_request);
    return s->range.n_stage > 1 ? fmax(logits_s, host_s) : logits_s + host_s;
}

double ll_surface_batch_s(ll_surface *s, const ll_batch *b)
{
    const bool alone = !(ll_batch_prompt_tokens(b) > 0);
    const double tokens =
        alone ? ll_server_padded(s->server, b->n_decode) * b->n_new : ll_batch_tokens(b);
    return ll_surface_rows_s(s, tokens) + ll_surface_decode_s(s, b->n_decode, b->context) +
           ll_surface_prefill_s(s, b->n_prompt, b->from, b->to) +
           ll_surface_ends_s(s, b->n_logits, b->n_host);
}
