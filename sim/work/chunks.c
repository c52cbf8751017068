#include "sim/work/chunks.h"

#include <string.h>

static int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }

/* Layers of chunk v if they are dealt evenly. With
 * embedding_as_layer, unit 0 is the embedding. */
static ll_planned_chunk deal_evenly(const ll_model *model, const ll_layout *layout, int64_t v)
{
    const int64_t n_chunk = ll_chunk_count(layout), ends = layout->embedding_as_layer ? 1 : 0;
    const int64_t n_unit = model->n_layer + 2 * ends;
    const int64_t from = max64(n_unit * v / n_chunk - ends, 0);
    const int64_t to = min64(n_unit * (v + 1) / n_chunk - ends, model->n_layer);
    return (ll_planned_chunk){.first_layer = from,
                              .n_layer = to - from,
                              .n_predict = v == n_chunk - 1 ? model->n_predict : 0};
}

ll_chunk_layers ll_chunk_deal(const ll_model *model, const ll_layout *layout, int64_t laid)
{
    const int64_t v = laid % ll_chunk_count(layout);
    const ll_planned_chunk chunk =
        layout->plan ? layout->plan->chunk[v] : deal_evenly(model, layout, v);
    const int64_t from = chunk.first_layer, to = from + chunk.n_layer;
    ll_chunk_layers out = {.n = to - from, .n_predict = chunk.n_predict};
    if (chunk.n_predict > 0) out.of_run[model->n_run - 1] = chunk.n_predict;
    int64_t first = 0; /* first layer of the run */
    for (int64_t i = from; i < to && model->run_of; i++)
        out.of_run[model->run_of[i]]++;
    for (int r = 0; r < model->n_run && !model->run_of; r++) {
        const int64_t next = first + model->run[r].n_layer;
        out.of_run[r] = max64(min64(to, next) - max64(from, first), 0);
        first = next;
    }
    return out;
}

bool ll_chunk_projects(const ll_model *model, const ll_layout *layout, int64_t v)
{
    return ll_chunk_has_loss(layout, v) && !(model->tied && layout->pp == 1);
}

int ll_chunk_n_vocab(const ll_model *model, const ll_layout *layout, int64_t v,
                     const ll_chunk_layers *deal)
{
    const bool embeds = ll_chunk_embeds(layout, v) || deal->n_predict > 0;
    const bool projects = ll_chunk_projects(model, layout, v) ||
                          (deal->n_predict > 0 && !ll_chunk_has_loss(layout, v));
    return embeds + projects;
}

/* Chips over which experts lie. */
static double expert_chips(const ll_layout *layout)
{
    const ll_experts *e = &layout->experts;
    return (double)(max64(e->ep, 1) * max64(e->etp, 1));
}

static void weights_add(ll_weights *sum, int64_t n, const ll_weights *layer)
{
    sum->dense += (double)n * layer->dense;
    sum->expert += (double)n * layer->expert;
}

/* Of a chunk of these layers; layer: weights of a layer of each run. */
static ll_weights weights_of(const ll_model *model, const ll_layout *layout, int64_t v,
                             const ll_chunk_layers *deal, const ll_weights *layer)
{
    ll_weights n = {0, 0};
    for (int r = 0; r < model->n_run; r++)
        weights_add(&n, deal->of_run[r], &layer[r]);
    n.dense += ll_chunk_n_vocab(model, layout, v, deal) * ll_model_embedding_param(model);
    return (ll_weights){n.dense / (double)layout->tp, n.expert / expert_chips(layout)};
}

static void layers_weigh(const ll_model *model, const ll_layout *layout, ll_weights *layer)
{
    for (int r = 0; r < model->n_run; r++)
        layer[r] =
            ll_layer_laid(&model->run[r], (double)model->hidden, layout->tp, &layout->experts);
}

ll_weights ll_chunk_weights(const ll_model *model, const ll_layout *layout, int64_t v)
{
    const ll_chunk_layers deal = ll_chunk_deal(model, layout, v);
    ll_weights layer[LL_MAX_RUN];
    layers_weigh(model, layout, layer);
    return weights_of(model, layout, v, &deal, layer);
}

double ll_chunk_param(const ll_model *model, const ll_layout *layout, int64_t v)
{
    const ll_weights w = ll_chunk_weights(model, layout, v);
    return w.dense + w.expert;
}

/* Whether it is the first or the last chunk of a copy of the model. */
static bool is_end(const ll_layout *layout, int64_t v)
{
    return ll_chunk_embeds(layout, v) || ll_chunk_has_loss(layout, v);
}

/* The kind of chunk v with these layers; `known->n` if it is a new one. */
static int kind_find(const ll_chunk_kinds *known, const ll_layout *layout, int64_t v,
                     const ll_chunk_layers *deal)
{
    int k = is_end(layout, v) ? known->n : 0;
    while (k < known->n &&
           (is_end(layout, known->first[k]) || memcmp(&known->layers[k], deal, sizeof *deal) != 0))
        k++;
    return k;
}

ll_chunk_kinds ll_chunk_kinds_find(const ll_model *model, const ll_layout *layout, ll_arena *mem)
{
    const int64_t n_chunk = ll_chunk_laid(layout);
    int32_t *of = ll_arena_fill(mem, n_chunk, int32_t);
    int64_t *first = ll_arena_fill(mem, n_chunk, int64_t);
    int64_t *n_alike = ll_arena_array(mem, n_chunk, int64_t);
    ll_chunk_layers *layers = ll_arena_fill(mem, n_chunk, ll_chunk_layers);
    ll_weights *param = ll_arena_fill(mem, n_chunk, ll_weights), layer[LL_MAX_RUN];
    ll_chunk_kinds out = {.first = first,
                          .n_alike = n_alike,
                          .layers = layers,
                          .param = param,
                          .n_chunk = n_chunk,
                          .of = of};
    layers_weigh(model, layout, layer);
    for (int64_t v = 0; v < n_chunk; v++) {
        const ll_chunk_layers deal = ll_chunk_deal(model, layout, v);
        of[v] = kind_find(&out, layout, v, &deal);
        n_alike[of[v]]++;
        if (of[v] < out.n) continue;
        first[out.n] = v;
        layers[out.n] = deal;
        param[out.n++] = weights_of(model, layout, v, &deal, layer);
    }
    return out;
}
