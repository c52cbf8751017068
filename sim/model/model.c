#include "sim/model/model.h"

static const char *const attention_names[] = {"causal", "full", NULL};

#define COUNT(name_, field, def_, doc_)                                                         \
    {                                                                                           \
        .name = (name_), .kind = LL_KIND_COUNT, .flags = LL_KEY_FACT,                           \
        .offset = offsetof(ll_model, field), .def = (def_), .min = 1, .max = 1e9, .doc = (doc_) \
    }

const ll_key ll_model_keys[] = {
    {.name = "name", .kind = LL_KIND_STRING, .offset = offsetof(ll_model, name), .doc = "name"},
    COUNT("layers", n_layer, NULL, "transformer layers"),
    COUNT("hidden", hidden, NULL, "width of the residual stream"),
    COUNT("heads", n_head, NULL, "query heads"),
    COUNT("kv_heads", n_kv_head, NULL, "key and value heads (fewer than heads: grouped queries)"),
    COUNT("head_dim", head_dim, NULL, "width of a head"),
    COUNT("ffn", ffn, NULL, "width of the feed-forward network"),
    {.name = "gated",
     .kind = LL_KIND_BOOL,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_model, gated),
     .doc = "gated feed-forward network (three matrices) or plain (two)"},
    COUNT("vocab", vocab, NULL, "vocabulary"),
    {.name = "tied",
     .kind = LL_KIND_BOOL,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_model, tied),
     .def = "false",
     .doc = "embedding and output projection share their weights"},
    {.name = "attention",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_model, attention),
     .def = "causal",
     .choices = attention_names,
     .doc = "what the kernels compute, and what counts as work"},
    {.name = "rotary",
     .kind = LL_KIND_BOOL,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_model, rotary),
     .def = "true",
     .doc = "positions turn queries and keys (else: added to the embedding, or alibi)"},
    {.name = "alibi",
     .kind = LL_KIND_BOOL,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_model, alibi),
     .def = "false",
     .doc = "positions are biases added to the scores: costs time where attention is not fused"},
    {0}};

ll_status ll_model_read(ll_config *cfg, const char *path, ll_model *out, ll_error *err)
{
    LL_TRY(ll_config_fill(cfg, path, ll_model_keys, out, err));
    if (out->n_kv_head > out->n_head || out->n_head % out->n_kv_head)
        return ll_config_fault(cfg, "model.kv_heads", err,
                               "expected a divisor of model.heads = %lld", (long long)out->n_head);
    return LL_OK;
}

int ll_model_matrices(const ll_model *m, double param[LL_MAX_MATRIX])
{
    const double q = (double)(m->n_head * m->head_dim), kv = (double)(m->n_kv_head * m->head_dim);
    const double h = (double)m->hidden, ffn = h * (double)m->ffn;
    int n = 0;
    param[n++] = h * (q + 2 * kv);
    param[n++] = h * q;
    param[n++] = ffn;
    if (m->gated) param[n++] = ffn;
    param[n++] = ffn;
    return n;
}

double ll_model_layer_param(const ll_model *m)
{
    double matrix[LL_MAX_MATRIX], sum = 2 * (double)m->hidden; /* two norms */
    const int n = ll_model_matrices(m, matrix);
    for (int i = 0; i < n; i++)
        sum += matrix[i];
    return sum;
}

double ll_model_embedding_param(const ll_model *m) { return (double)m->vocab * (double)m->hidden; }

double ll_model_param(const ll_model *m)
{
    return (double)m->n_layer * ll_model_layer_param(m) +
           (m->tied ? 1 : 2) * ll_model_embedding_param(m) + (double)m->hidden;
}

double ll_model_flop_per_sequence(const ll_model *m, double seq)
{
    double h = (double)m->hidden;
    double matrices =
        (double)m->n_layer * (ll_model_layer_param(m) - 2 * h) + ll_model_embedding_param(m);
    double scores = 4 * seq * (double)(m->n_head * m->head_dim) * (double)m->n_layer;
    double forward =
        seq * (2 * matrices + scores * (m->attention == LL_ATTENTION_CAUSAL ? 0.5 : 1));
    return 3 * forward;
}
