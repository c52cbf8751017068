/* A workload in one file, for the tests: forward passes only, as when prompts are read before an
 * answer is written. Its clock runs one batch after another, of prompts that are as long as the
 * layout says, half or a third of that in turn. Workloads are added like this: a table here, one
 * line in LL_WORKLOADS of sim/work/workload.h (here: none), and one line in the samples of
 * tests/contract/workload.c, which is its test. */
#include "tests/toys/workload_toy.h"

#include "sim/work/chunks.h"

static const ll_key keys[] = {{.name = "prompts",
                               .kind = LL_KIND_COUNT,
                               .offset = offsetof(ll_prefill_param, n_prompt),
                               .def = "9",
                               .min = 1,
                               .max = 1e6,
                               .doc = "batches of prompts, one after the other"},
                              {0}};

static bool legal(const ll_study *study, ll_faults *why)
{
    const ll_layout *l = &study->layout;
    bool ok = true;
    if (l->pp > 1) ok = ll_fault_add(why, "job.pp", "prompts have no pipeline: write 1");
    if (l->seq % (6 * l->tp * l->cp))
        ok = ll_fault_add(why, "job.sequence", "must divide by 6 tp cp = %lld",
                          (long long)(6 * l->tp * l->cp));
    return ok;
}

static ll_layout layout_of(const ll_study *study, const void *shape)
{
    ll_layout layout = study->layout;
    if (shape) layout.seq = ((const ll_prefill_shape *)shape)->seq;
    return layout;
}

/* Weights, and the largest of what a layer and the loss's projection write. */
static void memory(const ll_study *study, ll_arena *mem, ll_memory *out)
{
    (void)mem;
    const ll_split split = ll_layout_split(&study->layout, &study->stack, &study->model);
    const double weights_B = 2 * ll_chunk_param(&study->model, &study->layout, 0);
    const double kept_B = ll_layer_kept_B(&study->model.run[0], &split);
    *out = (ll_memory){.n = 2,
                       .part = {{"weights", weights_B}, {"activations", kept_B}},
                       .total_B = weights_B + kept_B,
                       .capacity_B = study->cluster.chip.memory_B,
                       .advice = "take more tp"};
}

static double work_flop(const ll_study *study)
{
    const ll_work w = ll_model_work(&study->model, (double)study->layout.seq);
    return (double)study->layout.global_batch *
           (w.layer_flop + w.counted_score_flop + w.output_flop);
}

/* ---- the graph: micro-batch after micro-batch through the whole model ---- */

static ll_pass *pass_add(ll_graph *g, ll_arena *mem, int precision, double count, ll_op_part *part)
{
    *part = (ll_op_part){g->n_pass, count};
    g->pass[g->n_pass] = ll_pass_begin(precision, mem);
    return &g->pass[g->n_pass++];
}

static const ll_op *op_make(const ll_study *study, const ll_layout *layout, ll_arena *mem,
                            ll_graph *g)
{
    const ll_model *model = &study->model;
    const ll_split split = ll_layout_split(layout, &study->stack, model);
    const int n = model->n_run,
              wide = ll_kernel_wide_precision(&study->cluster.chip, study->layout.precision);
    const ll_block *embedding = &model->embedding, *output = &model->output;
    ll_op_part *part = ll_arena_array(mem, n + 2, ll_op_part);
    for (int r = 0; r < n; r++)
        ll_layer_forward(
            &model->run[r], &split,
            pass_add(g, mem, layout->precision, (double)model->run[r].n_layer, &part[r]));
    embedding->type->forward(embedding->param, &split, pass_add(g, mem, wide, 1, &part[n]));
    output->type->forward(output->param, &split, pass_add(g, mem, wide, 1, &part[n + 1]));
    for (int i = 0; i < g->n_pass; i++) {
        ll_graph_resolve(g, layout, &g->pass[i]);
        for (int u = 0; u < g->pass[i].n_use; u++)
            g->transfer[g->pass[i].use[u].transfer].calls +=
                (double)ll_layout_n_micro(layout) * part[i].count;
    }
    ll_op *op = ll_arena_new(mem, ll_op);
    *op = (ll_op){.n_part = n + 2, .part = part, .ends = {.transfer = -1}};
    return op;
}

static void tasks_make(int32_t n_micro, ll_arena *mem, ll_graph *g)
{
    static const ll_cost_of cost[] = {{LL_COST_OP, 0}, {LL_COST_NONE, 0}};
    ll_task *task = ll_arena_array(mem, n_micro + 1, ll_task);
    int32_t *last = ll_arena_new(mem, int32_t);
    for (int32_t i = 0; i <= n_micro; i++)
        task[i] = (ll_task){.dep = {-1, -1}, .draw = i < n_micro ? i : -1, .cost = i == n_micro};
    task[n_micro].dep[0] = *last = n_micro - 1;
    g->n_cost = 2;
    g->cost = cost;
    g->n_lane = 1;
    g->n_draw = g->n_local = n_micro;
    g->n_task = n_micro + 1;
    g->task = task;
    g->n_export = 1;
    g->export = last;
}

static void describe(const ll_study *study, const ll_layout *layout, ll_arena *mem, ll_graph *out)
{
    const int n_pass = study->model.n_run + 2;
    *out = (ll_graph){.n_inner = layout->tp * layout->cp,
                      .replicas = {.gather = -1, .scatter = -1},
                      .send = -1,
                      .send_gather = -1,
                      .tie = -1,
                      .on_wire = {-1, -1, -1, -1, -1}};
    out->pass = ll_arena_array(mem, n_pass, ll_pass);
    out->shards = ll_arena_array(mem, n_pass, const ll_shards *);
    out->op = op_make(study, layout, mem, out);
    out->n_op = 1;
}

static unsigned collectives(const ll_study *study, ll_arena *mem)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    ll_graph *graph = ll_arena_new(mem, ll_graph);
    describe(study, &study->layout, mem, graph);
    const unsigned found = ll_graph_collectives(graph);
    ll_arena_release(mem, mark);
    return found;
}

static ll_status build(const ll_study *study, const void *shape, unsigned removes, ll_arena *mem,
                       ll_graph *out, ll_error *err)
{
    (void)removes, (void)err;
    const ll_layout layout = layout_of(study, shape);
    describe(study, &layout, mem, out);
    tasks_make((int32_t)ll_layout_n_micro(&layout), mem, out);
    return LL_OK;
}

/* ---- the clock ---- */

typedef struct found {
    double total_s, longest_s;
} found;

static ll_status clock_run(const ll_study *study, const ll_oracle *oracle, ll_arena *mem,
                           ll_outcome *out, ll_error *err)
{
    const ll_prefill_param *p = study->workload_param;
    found *f = ll_arena_new(mem, found);
    for (int64_t i = 0; i < p->n_prompt; i++) {
        const ll_prefill_shape shape = {study->layout.seq / (1 + i % 3)};
        double time_s;
        LL_TRY(oracle->iteration_s(oracle->self, &shape, &time_s, err));
        f->total_s += time_s;
        if (time_s > f->longest_s) f->longest_s = time_s;
    }
    out->found = f;
    return oracle->iteration_s(oracle->self, NULL, &out->iteration_s, err);
}

static const ll_cause ladder[] = {
    {"jitter", "waiting", "chips and passes are not all equally fast", LL_IDEAL_JITTER},
    {"transfers", "network", "chips wait for each other's activations", LL_IDEAL_TRANSFERS},
    {"kernels", "chip", "kernels run below the peak of the precision", LL_IDEAL_PEAK},
    {0}};

static const ll_metric metric[] = {
    {"batch_s", "batch", "s", LL_KIND_TIME, "a batch of prompts of full length", true},
    {"total_s", "all batches", "s", LL_KIND_TIME, "one after the other", false},
    {"longest_s", "longest batch", "s", LL_KIND_TIME, "of all of them", false},
    {"batches_per_s", "batches/s", "1/s", LL_KIND_RATIO, "one after the other", true},
    {0}};

static void metrics(const ll_study *study, const ll_outcome *outcome, double *value)
{
    const ll_prefill_param *p = study->workload_param;
    const found *f = outcome->found;
    value[0] = outcome->iteration_s;
    value[1] = f->total_s;
    value[2] = f->longest_s;
    value[3] = (double)p->n_prompt / f->total_s;
}

const ll_workload_type ll_workload_toy = {
    .name = "prefill",
    .doc = "forward passes of prompts",
    .keys = keys,
    .param_size = sizeof(ll_prefill_param),
    .legal = legal,
    .memory = memory,
    .work_flop = work_flop,
    .collectives = collectives,
    .shape_size = sizeof(ll_prefill_shape),
    .build = build,
    .clock = clock_run,
    .ladder = ladder,
    .metric = metric,
    .headline = "batches_per_s",
    .metrics = metrics,
    .remark = ll_workload_no_remark,
};
