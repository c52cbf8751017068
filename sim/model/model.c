#include "sim/model/model.h"

#define COUNT(name_, field, doc_)                                                \
    {                                                                            \
        .name = (name_), .kind = LL_KIND_COUNT, .flags = LL_KEY_DESIGN,          \
        .offset = offsetof(ll_model, field), .min = 1, .max = 1e9, .doc = (doc_) \
    }

#define OPTION(name_, field, def_, min_, doc_)                                         \
    {                                                                                  \
        .name = (name_), .kind = LL_KIND_COUNT, .flags = LL_KEY_DESIGN,                \
        .offset = offsetof(ll_model, field), .def = (def_), .min = (min_), .max = 1e9, \
        .doc = (doc_)                                                                  \
    }

const ll_key ll_model_keys[] = {
    {.name = "name", .kind = LL_KIND_STRING, .offset = offsetof(ll_model, name), .doc = "name"},
    COUNT("layers", n_layer, "transformer layers"),
    COUNT("hidden", hidden, "width of the residual stream"),
    OPTION("dense_layers", n_leading, "0", 0,
           "mixture of experts: leading layers with a dense feed-forward network"),
    OPTION("expert_every", expert_every, "1", 1,
           "mixture of experts: of so many layers the last has experts, the others are dense"),
    {0}};

/* Read a block's parameters from the group, and check that they are consistent. */
static ll_status block_read(ll_config *cfg, const char *path, const ll_block_type *type,
                            ll_arena *mem, ll_block *out, ll_error *err)
{
    void *param = ll_arena_alloc(mem, 1, type->param_size);
    *out = (ll_block){type, param};
    LL_TRY(ll_config_fill(cfg, path, type->keys, param, err));
    ll_faults why = {0};
    type->legal(param, NULL, &why);
    for (int i = 0; i < why.n; i++)
        ll_config_fault(cfg, why.at[i].path, err, "%s", why.at[i].text);
    return err->status;
}

/* Whether layer i has experts. */
static bool has_experts(const ll_model *m, int64_t i)
{
    return i >= m->n_leading && (i - m->n_leading) % m->expert_every == m->expert_every - 1;
}

/* Kinds of layers: those without experts are run 0, if there are any. */
static void layers_deal(ll_model *m, const ll_block *attention, const ll_block *ffn,
                        const ll_block *moe, ll_arena *mem)
{
    const bool dense = ffn->param != NULL;
    unsigned char *run_of = ll_arena_array(mem, m->n_layer, unsigned char);
    if (dense) m->run[m->n_run++] = (ll_layers){.n_block = 2, .block = {*attention, *ffn}};
    if (moe->param) m->run[m->n_run++] = (ll_layers){.n_block = 2, .block = {*attention, *moe}};
    for (int64_t i = 0; i < m->n_layer; i++) {
        run_of[i] = dense && moe->param && has_experts(m, i);
        m->run[run_of[i]].n_layer++;
    }
    m->run_of = run_of;
}

static void experts_check(const ll_config *cfg, const char *path, const ll_model *m, bool experts,
                          ll_error *err)
{
    (void)path;
    if (!experts && (m->n_leading > 0 || m->expert_every > 1))
        ll_config_fault(cfg, m->n_leading > 0 ? "model.dense_layers" : "model.expert_every", err,
                        "the model has no experts; leave it out");
    if (experts && m->n_leading >= m->n_layer)
        ll_config_fault(cfg, "model.dense_layers", err,
                        "leaves none of the %lld layers to experts; at most %lld",
                        (long long)m->n_layer, (long long)m->n_layer - 1);
}

ll_status ll_model_read(ll_config *cfg, const char *path, ll_arena *mem, ll_model *out,
                        ll_error *err)
{
    ll_block attention = {0}, ffn = {0}, moe = {0}, embedding = {0};
    const bool latent = ll_config_has(cfg, ll_arena_printf(mem, "%s.kv_latent", path));
    const bool experts = ll_config_has(cfg, ll_arena_printf(mem, "%s.experts", path));
    *out = (ll_model){0};
    LL_TRY(ll_config_fill(cfg, path, ll_model_keys, out, err));
    block_read(cfg, path, latent ? &ll_block_mla : &ll_block_attention, mem, &attention, err);
    if (experts) block_read(cfg, path, &ll_block_moe, mem, &moe, err);
    if (!experts || out->n_leading > 0 || out->expert_every > 1)
        block_read(cfg, path, &ll_block_ffn, mem, &ffn, err);
    block_read(cfg, path, &ll_block_embedding, mem, &embedding, err);
    experts_check(cfg, path, out, experts, err);
    LL_TRY(err->status);
    const ll_vocab_param *vocab = embedding.param;
    layers_deal(out, &attention, &ffn, &moe, mem);
    out->embedding = embedding;
    out->output = (ll_block){&ll_block_output, vocab};
    out->tied = vocab->tied;
    return LL_OK;
}

ll_model ll_model_dense(const char *name, int64_t n_layer, int64_t hidden,
                        const ll_attention_param *attention, const ll_ffn_param *ffn,
                        const ll_vocab_param *vocab)
{
    return (ll_model){.name = name,
                      .n_layer = n_layer,
                      .hidden = hidden,
                      .n_run = 1,
                      .run[0] = {.n_layer = n_layer,
                                 .n_block = 2,
                                 .block = {{&ll_block_attention, attention}, {&ll_block_ffn, ffn}}},
                      .embedding = {&ll_block_embedding, vocab},
                      .output = {&ll_block_output, vocab},
                      .tied = vocab->tied};
}

unsigned ll_model_modules(const ll_model *m)
{
    unsigned has = LL_MODULE_NORM;
    for (int r = 0; r < m->n_run; r++)
        for (int i = 0; i < m->run[r].n_block; i++)
            has |= m->run[r].block[i].type->modules;
    return has;
}

double ll_model_embedding_param(const ll_model *m)
{
    return ll_block_param(&m->embedding, (double)m->hidden, 1);
}

double ll_model_param(const ll_model *m)
{
    const double hidden = (double)m->hidden;
    double sum = 0;
    for (int r = 0; r < m->n_run; r++)
        sum += (double)m->run[r].n_layer * ll_layer_param(&m->run[r], hidden, 1);
    return sum + (m->tied ? 1 : 2) * ll_model_embedding_param(m) + hidden;
}

ll_work ll_model_work(const ll_model *m, double seq)
{
    const double hidden = (double)m->hidden;
    ll_work w = {0};
    for (int r = 0; r < m->n_run; r++)
        for (int i = 0; i < m->run[r].n_block; i++) {
            const ll_block *b = &m->run[r].block[i];
            const ll_flop f = b->type->flop(b->param, hidden, seq);
            const double n = (double)m->run[r].n_layer;
            w.layer_flop += n * f.gemm_flop;
            w.score_flop += n * f.score_flop;
            w.counted_score_flop += n * f.score_flop * f.score_frac;
        }
    w.layer_flop *= seq;
    w.score_flop *= seq;
    w.counted_score_flop *= seq;
    w.output_flop = seq * m->output.type->flop(m->output.param, hidden, seq).gemm_flop;
    return w;
}

double ll_model_flop_per_sequence(const ll_model *m, double seq)
{
    const ll_work w = ll_model_work(m, seq);
    return 3 * (w.layer_flop + w.output_flop + w.counted_score_flop);
}
