#include "sim/model/model.h"

#include "sim/model/moe.h"
#include "sim/model/mtp.h"

#include <string.h>

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
    OPTION("full_every", full_every, "0", 0,
           "sliding window: of so many layers the last attends to all keys; 0: none does"),
    {.name = "layer_pattern",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_model, pattern),
     .def = "",
     .doc = "layers of one block each, a letter for each: M state space, * attention, E experts,"
            " - feed-forward; \"\": each layer is attention and a feed-forward network or experts"},
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

/* Whether layer i attends to all keys. */
static bool attends_to_all(const ll_model *m, int64_t i)
{
    return m->full_every > 0 && i % m->full_every == m->full_every - 1;
}

/* What layers are made of; without parameters: no layer has it. */
typedef struct parts {
    ll_block attention, whole; /* whole: without a sliding window */
    ll_block mamba, ffn, moe, mtp;
} parts;

/* The run of layers with these blocks; second NULL: of one block. */
static ll_layers *run_find(ll_model *m, const ll_block *first, const ll_block *second)
{
    const ll_layers wanted = {.n_block = second ? 2 : 1,
                              .block = {*first, second ? *second : (ll_block){0}}};
    int r = 0;
    while (r < m->n_run && (m->run[r].block[0].param != wanted.block[0].param ||
                            m->run[r].block[1].param != wanted.block[1].param))
        r++;
    if (r == m->n_run) m->run[m->n_run++] = wanted;
    return &m->run[r];
}

/* The letters of layer_pattern, and the block of each. */
static const char letters[] = "M*E-";

static const ll_block *block_of(const parts *p, char letter)
{
    const ll_block *const blocks[] = {&p->mamba, &p->attention, &p->moe, &p->ffn};
    return blocks[strchr(letters, letter) - letters];
}

static ll_layers *run_of_layer(ll_model *m, const parts *p, int64_t i)
{
    if (m->pattern[0]) return run_find(m, block_of(p, m->pattern[i]), NULL);
    const bool experts = p->moe.param && has_experts(m, i);
    return run_find(m, attends_to_all(m, i) ? &p->whole : &p->attention,
                    experts ? &p->moe : &p->ffn);
}

/* Deals the layers to kinds of equal ones, and appends those of multi-token prediction: block mtp,
 * then attention and what the last layer has, or experts where layers have one block. */
static void layers_deal(ll_model *m, const parts *p, ll_arena *mem)
{
    unsigned char *run_of = ll_arena_array(mem, m->n_layer, unsigned char);
    const ll_layers *last = NULL;
    for (int64_t i = 0; i < m->n_layer; i++) {
        ll_layers *run = run_of_layer(m, p, i);
        run->n_layer++;
        run_of[i] = (unsigned char)(run - m->run);
        last = run;
    }
    m->run_of = run_of;
    LL_ASSERT(last, "%lld layers", (long long)m->n_layer);
    if (m->n_predict == 0) return;
    const ll_block first = m->pattern[0] ? p->attention : last->block[0];
    const ll_block second = !m->pattern[0] ? last->block[1] : p->moe.param ? p->moe : p->ffn;
    m->run[m->n_run++] =
        (ll_layers){.n_layer = m->n_predict, .n_block = 3, .block = {p->mtp, first, second}};
}

/* The attention without its window. */
static ll_block whole_of(const ll_block *attention, bool latent, ll_arena *mem)
{
    const ll_attention_param *windowed = attention->param;
    if (latent || windowed->window == 0) return *attention;
    ll_attention_param *param = ll_arena_new(mem, ll_attention_param);
    *param = *windowed;
    param->window = 0;
    return (ll_block){attention->type, param};
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

/* Letters, their number, and no other key that says which layer is which. */
static void pattern_check(const ll_config *cfg, const ll_model *m, ll_error *err)
{
    const size_t n = strlen(m->pattern), known = strspn(m->pattern, letters);
    if (n == 0) return;
    if (known < n)
        ll_config_fault(cfg, "model.layer_pattern", err,
                        "letter %zu is \"%c\"; expected M, *, E or -", known + 1,
                        m->pattern[known]);
    else if ((int64_t)n != m->n_layer)
        ll_config_fault(cfg, "model.layer_pattern", err,
                        "has %zu letters for %lld layers; write layers = %zu, or as many letters",
                        n, (long long)m->n_layer, n);
    if (m->n_leading > 0 || m->expert_every > 1 || m->full_every > 0)
        ll_config_fault(cfg,
                        m->n_leading > 0      ? "model.dense_layers"
                        : m->expert_every > 1 ? "model.expert_every"
                                              : "model.full_every",
                        err, "layer_pattern says which layer is which; leave one of them out");
}

/* Whether the layers have a block: `otherwise` where no pattern says so. */
static bool has_block(const ll_model *m, char letter, bool otherwise)
{
    return m->pattern[0] ? strchr(m->pattern, letter) != NULL : otherwise;
}

ll_status ll_model_read(ll_config *cfg, const char *path, ll_arena *mem, ll_model *out,
                        ll_error *err)
{
    const bool latent = ll_config_has(cfg, ll_arena_printf(mem, "%s.kv_latent", path));
    const bool given = ll_config_has(cfg, ll_arena_printf(mem, "%s.experts", path));
    ll_block embedding = {0};
    parts p = {.mtp = {0}};
    *out = (ll_model){0};
    LL_TRY(ll_config_fill(cfg, path, ll_model_keys, out, err));
    const bool experts = has_block(out, 'E', given);
    const bool dense = !given || out->n_leading > 0 || out->expert_every > 1;
    block_read(cfg, path, &ll_block_mtp, mem, &p.mtp, err);
    const ll_mtp_param *mtp = p.mtp.param;
    if (has_block(out, '*', true) || mtp->n_predict > 0)
        block_read(cfg, path, latent ? &ll_block_mla : &ll_block_attention, mem, &p.attention, err);
    if (has_block(out, 'M', false)) block_read(cfg, path, &ll_block_mamba, mem, &p.mamba, err);
    if (experts) block_read(cfg, path, &ll_block_moe, mem, &p.moe, err);
    if (has_block(out, '-', dense)) block_read(cfg, path, &ll_block_ffn, mem, &p.ffn, err);
    block_read(cfg, path, &ll_block_embedding, mem, &embedding, err);
    if (!out->pattern[0]) experts_check(cfg, path, out, experts, err);
    pattern_check(cfg, out, err);
    LL_TRY(err->status);
    const ll_vocab_param *vocab = embedding.param;
    out->n_predict = mtp->n_predict;
    if (p.attention.param) p.whole = whole_of(&p.attention, latent, mem);
    layers_deal(out, &p, mem);
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
                      .pattern = "",
                      .n_run = 1,
                      .run[0] = {.n_layer = n_layer,
                                 .n_block = 2,
                                 .block = {{&ll_block_attention, attention}, {&ll_block_ffn, ffn}}},
                      .embedding = {&ll_block_embedding, vocab},
                      .output = {&ll_block_output, vocab},
                      .tied = vocab->tied};
}

bool ll_model_has_experts(const ll_model *m) { return (ll_model_modules(m) & LL_MODULE_MOE) != 0; }

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

/* Weights of a block of experts that a token does not use. */
static double idle_param(const ll_block *b, double hidden)
{
    if (b->type != &ll_block_moe) return 0;
    const ll_moe_param *moe = b->param;
    return ll_block_weights(b, hidden, 1).expert * (1 - (double)moe->top_k / (double)moe->n_expert);
}

double ll_model_active_param(const ll_model *m)
{
    double sum = ll_model_param(m);
    for (int r = 0; r < m->n_run; r++)
        for (int i = 0; i < m->run[r].n_block; i++)
            sum -= (double)m->run[r].n_layer * idle_param(&m->run[r].block[i], (double)m->hidden);
    return sum;
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
    w.output_flop = (double)(1 + m->n_predict) * seq *
                    m->output.type->flop(m->output.param, hidden, seq).gemm_flop;
    return w;
}

double ll_model_flop_per_sequence(const ll_model *m, double seq)
{
    const ll_work w = ll_model_work(m, seq);
    return 3 * (w.layer_flop + w.output_flop + w.counted_score_flop);
}
