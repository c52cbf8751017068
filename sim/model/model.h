/* A dense transformer: its shape, its parameters, and the FLOPs that count as its work.
 *
 * Conventions (they differ between papers, so results print them): a multiply-add is 2 FLOP; the
 * backward pass is twice the forward pass; recomputation does not count; the embedding lookup does
 * not count, the output projection does; attention counts the lower triangle only if it is causal.
 */
#ifndef LL_MODEL_MODEL_H
#define LL_MODEL_MODEL_H

#include "sim/config/config.h"

#include <stdbool.h>

typedef enum ll_attention { LL_ATTENTION_CAUSAL, LL_ATTENTION_FULL } ll_attention;

typedef struct ll_model {
    const char *name;
    int64_t n_layer, hidden, n_head, n_kv_head, head_dim, ffn, vocab;
    bool gated;    /* gate, up and down projections instead of up and down */
    bool tied;     /* embedding and output projection share their weights */
    bool rotary;   /* positions turn queries and keys */
    bool alibi;    /* positions are biases that are added to the scores */
    int attention; /* ll_attention: what the kernels compute and what counts as work */
} ll_model;

extern const ll_key ll_model_keys[];
ll_status ll_model_read(ll_config *cfg, const char *path, ll_model *out, ll_error *err);

/* Weights of the matrices of a layer, in the order in which the forward pass uses them: query, key and value (one
 * matrix); the attention's output; into the feed-forward network, and its gate; out of it. Returns how many. */
enum { LL_MAX_MATRIX = 5 };
int ll_model_matrices(const ll_model *m, double param[LL_MAX_MATRIX]);

double ll_model_layer_param(const ll_model *m);     /* weights of one layer */
double ll_model_embedding_param(const ll_model *m); /* weights of one vocabulary matrix */
double ll_model_param(const ll_model *m);           /* all weights */

/* Work of one training step per sequence of `seq` tokens, forward and backward. */
double ll_model_flop_per_sequence(const ll_model *m, double seq);

#endif
