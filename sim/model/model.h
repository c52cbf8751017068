/* A transformer: runs of equal layers between an embedding and an output projection, its weights,
 * and the FLOP that count as its work.
 *
 * What counts as work differs between papers, so results print these conventions: a multiply-add is
 * 2 FLOP; the backward pass is twice the forward pass; recomputation does not count; the embedding
 * look-up does not count, the output projection does; causal attention counts the lower triangle
 * only. */
#ifndef LL_MODEL_MODEL_H
#define LL_MODEL_MODEL_H

#include "sim/config/config.h"
#include "sim/model/attention.h"
#include "sim/model/ffn.h"
#include "sim/model/layer.h"
#include "sim/model/vocab.h"

enum { LL_MAX_RUN = 8 };

typedef struct ll_model {
    const char *name;
    int64_t n_layer, hidden; /* n_layer: sum over all runs */
    int64_t n_leading;       /* leading layers without experts */
    int64_t expert_every;    /* of so many layers behind them the last has experts */
    int64_t full_every;      /* of so many layers the last attends to all keys; 0: none does */
    const char *pattern;     /* one letter for each layer of one block; "": pairs of blocks */
    int64_t n_predict;       /* layers of multi-token prediction, beside n_layer */
    int n_run;
    ll_layers run[LL_MAX_RUN];   /* kinds of layers; with n_predict, these are the last one */
    const unsigned char *run_of; /* [n_layer] which run; NULL: one after the other */
    ll_block embedding, output;
    bool tied; /* embedding and output projection share their weights */
} ll_model;

extern const ll_key ll_model_keys[];

/* Read the model from the group at `path`. Errors are added to err. Not collective. */
ll_status ll_model_read(ll_config *cfg, const char *path, ll_arena *mem, ll_model *out,
                        ll_error *err);

/* A dense model of equal layers; the parameters are borrowed. */
ll_model ll_model_dense(const char *name, int64_t n_layer, int64_t hidden,
                        const ll_attention_param *attention, const ll_ffn_param *ffn,
                        const ll_vocab_param *vocab);

bool ll_model_has_experts(const ll_model *m);
unsigned ll_model_modules(const ll_model *m); /* LL_MODULE_* that its layers have */

double ll_model_embedding_param(const ll_model *m); /* weights of one vocabulary matrix */
double ll_model_param(const ll_model *m);           /* all weights */
/* Weights that one token is multiplied by or looked up in: of the experts those that it picks. */
double ll_model_active_param(const ll_model *m);

/* FLOP of one sequence of `seq` tokens, forward: GEMMs of all layers; score GEMMs with all keys,
 * and the part of it that counts as work; and the output projection. */
typedef struct ll_work {
    double layer_flop, score_flop, counted_score_flop, output_flop;
} ll_work;
/* Each layer of multi-token prediction has an output projection more. */
ll_work ll_model_work(const ll_model *m, double seq);

/* FLOP that count as work per sequence of `seq` tokens in a training step, forward and backward. */
double ll_model_flop_per_sequence(const ll_model *m, double seq);

#endif
