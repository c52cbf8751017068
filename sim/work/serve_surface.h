/* How long iterations take, as a surface over batches: read off the oracle at the nodes of a grid,
 * interpolated in between, so that a simulation of a million iterations asks a few hundred times.
 *
 * Kernels run one after the other, so an iteration is a sum, in which each part depends on little:
 *
 *     rows( tokens )                        GEMMs, experts, norms, all-reduces of one forward pass
 *   + logits( n )                           output projection and sampling
 *   + decode( requests, context )           attention of requests that decode, from the cache
 *   + prefill( n, to ) - prefill( n, from ) attention of n prompts from `from` to `to`
 *   + again( n, from )                      keys and values that are expanded again (MLA)
 *   + host( requests )                      a + b n
 *
 * Rows and logits are linear between nodes, decode is bilinear; of prefill, time / length is linear
 * in the length, which is exact for a + b L + c L^2. Nodes lie like floating-point numbers: equally
 * spaced within an octave. Where pipeline stages have unequal work, the sum holds as long as the
 * same stage is the slowest; tests/physics/serve.c holds the error against direct answers.
 *
 * In a pipeline the host works for the first stage and logits are of the last one; the larger of
 * both counts.
 *
 * A node is asked for when it is first needed. Asking is collective, so ranks that will not need
 * the same nodes fill the surface first. */
#ifndef LL_WORK_SERVE_SURFACE_H
#define LL_WORK_SERVE_SURFACE_H

#include "sim/model/serving.h"
#include "sim/work/workload.h"

typedef struct ll_surface ll_surface;

/* What will be asked for. */
typedef struct ll_surface_range {
    double max_rows;       /* tokens of an iteration */
    double max_request;    /* requests that decode */
    double n_new;          /* tokens of each */
    int n_stage;           /* of the pipeline */
    double context[2];     /* least and most that they attend to */
    double prompt[2];      /* shortest and longest prompt */
    double max_prompt_run; /* prompts of an iteration */
} ll_surface_range;

/* The server is borrowed. */
ll_surface *ll_surface_create(const ll_oracle *oracle, const ll_server *server,
                              const ll_surface_range *range, ll_arena *mem);

/* Asks for all nodes in the range. Errors: those of the oracle. Collective. */
ll_status ll_surface_fill(ll_surface *surface, ll_error *err);

/* In seconds; 0 for no tokens or requests. Beyond the range: extrapolated. Collective unless it is
 * filled. After an error of the oracle they are 0, and ll_surface_status says so. */
double ll_surface_rows_s(ll_surface *surface, double tokens);
double ll_surface_logits_s(ll_surface *surface, double n);
double ll_surface_decode_s(ll_surface *surface, double n_request, double context);
double ll_surface_prefill_s(ll_surface *surface, double n_prompt, double from, double to);
double ll_surface_host_s(ll_surface *surface, double n_request);

/* Logits of n tokens, and the host for n requests. */
double ll_surface_ends_s(ll_surface *surface, double n_logits, double n_request);

/* An iteration on one attention rank, as the sum of the above. Rows of requests that decode alone
 * are padded to the captured graphs. */
double ll_surface_batch_s(ll_surface *surface, const ll_batch *batch);

/* The first error of the oracle; LL_OK: none. */
ll_status ll_surface_status(const ll_surface *surface, ll_error *err);

#endif
