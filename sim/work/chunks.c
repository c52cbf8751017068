#include "sim/work/chunks.h"

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
    return (ll_planned_chunk){.first_layer = from, .n_layer = to - from};
}

ll_chunk_layers ll_chunk_deal(const ll_model *model, const ll_layout *layout, int64_t laid)
{
    const int64_t v = laid % ll_chunk_count(layout);
    const ll_planned_chunk chunk =
        layout->plan ? layout->plan->chunk[v] : deal_evenly(model, layout, v);
    const int64_t from = chunk.first_layer, to = from + chunk.n_layer;
    ll_chunk_layers out = {.n = to - from};
    int64_t first = 0; /* first layer of the run */
    for (int r = 0; r < model->n_run; r++) {
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

void ll_chunk_params(const ll_model *model, const ll_layout *layout, const ll_chunk_layers *deal,
                     double *param)
{
    const double vocab = ll_model_embedding_param(model);
    double layer[LL_MAX_RUN];
    for (int r = 0; r < model->n_run; r++)
        layer[r] = ll_layer_param(&model->run[r], (double)model->hidden, layout->tp);
    for (int64_t v = 0; v < ll_chunk_laid(layout); v++) {
        double n = 0;
        for (int r = 0; r < model->n_run; r++)
            n += (double)deal[v].of_run[r] * layer[r];
        n += (ll_chunk_embeds(layout, v) + ll_chunk_projects(model, layout, v)) * vocab;
        param[v] = n / (double)layout->tp;
    }
}

double ll_chunk_param(const ll_model *model, const ll_layout *layout, int64_t v)
{
    const ll_chunk_layers deal = ll_chunk_deal(model, layout, v);
    double n = (ll_chunk_embeds(layout, v) + ll_chunk_projects(model, layout, v)) *
               ll_model_embedding_param(model);
    for (int r = 0; r < model->n_run; r++)
        n += (double)deal.of_run[r] *
             ll_layer_param(&model->run[r], (double)model->hidden, layout->tp);
    return n / (double)layout->tp;
}
