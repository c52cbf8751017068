/* An engine whose iterations take as long as a formula says, for tests of serving. */
#ifndef LL_TESTS_SUPPORT_SERVE_TOY_H
#define LL_TESTS_SUPPORT_SERVE_TOY_H

#include "sim/work/serve_surface.h"

typedef struct toy {
    double rows_s[2]; /* a + b times the rows */
    double logits_s;  /* per row of the output projection */
    double decode_s;  /* per key that is attended to */
    double prefill_s; /* per pair of query and key */
    double host_s[2]; /* a + b times the requests */
    int n_asked;
} toy;

static inline double toy_s(const toy *t, const ll_batch *b)
{
    return t->rows_s[0] + t->rows_s[1] * ll_batch_tokens(b) + t->logits_s * b->n_logits +
           t->decode_s * b->n_decode * b->n_new * b->context +
           (b->n_host > 0 ? t->host_s[0] + t->host_s[1] * b->n_host : 0) +
           t->prefill_s * b->n_prompt * 0.5 * (b->to * b->to - b->from * b->from);
}

static inline ll_status toy_iteration(void *self, const void *shape, double *out_s, ll_error *err)
{
    (void)err;
    toy *t = self;
    t->n_asked++;
    *out_s = toy_s(t, shape);
    return LL_OK;
}

static inline ll_server toy_server(void)
{
    return (ll_server){.name = "toy",
                       .max_batch = 256,
                       .max_tokens = 8192,
                       .mixed = true,
                       .chunked = true,
                       .block = 1,
                       .poll_iterations = 1,
                       .wait_frac = 1,
                       .stream_interval = 1};
}

#endif
