#include "sim/work/layout.h"

#include "sim/work/experts.h"
#include "sim/work/stack.h"

#include <string.h>

static const char *const axis_names[LL_N_AXIS] = {"tp", "cp", "dp", "pp"};

#define COUNT(name_, field, def_, max_, doc_)                                         \
    {                                                                                 \
        .name = (name_), .kind = LL_KIND_COUNT, .offset = offsetof(ll_layout, field), \
        .def = (def_), .min = 1, .max = (max_), .doc = (doc_)                         \
    }

const ll_key ll_layout_step_keys[] = {
    COUNT("sequence", seq, NULL, 1e8, "tokens per sequence, such as 8192"),
    COUNT("global_batch", global_batch, NULL, 1e9,
          "sequences per step, over all chips, such as 1024"),
    COUNT("micro_batch", micro_batch, "1", 1e6, "sequences per micro-batch"),
    COUNT("interleave", interleave, "1", 1e4, "model chunks per pipeline stage (virtual stages)"),
    {.name = "schedule",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_layout, schedule_choice),
     .def = "1f1b",
     .choices = ll_schedule_names,
     .doc = "pipeline schedule: order in which a stage runs its forward and backward passes; "
            "`lineloss list schedules`"},
    {.name = "pipeline_layout",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_layout, plan_text),
     .def = "",
     .doc = "layers of each chunk, such as \"Et|(tt|)*30tL\": E embedding, t layer, L loss, | next "
            "chunk; empty: dealt evenly"},
    {.name = "embedding_as_layer",
     .kind = LL_KIND_BOOL,
     .offset = offsetof(ll_layout, embedding_as_layer),
     .def = "false",
     .doc =
         "count embedding and output projection as a layer each when layers are dealt to stages"},
    {0}};

const ll_key ll_layout_keys[] = {
    {.name = "precision",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_layout, precision),
     .choices = ll_precision_names,
     .doc = "precision of the GEMMs (attention runs in 16 bits), such as bf16"},
    COUNT("tp", tp, "1", 1e6, "tensor-parallel size"),
    COUNT("cp", cp, "1", 1e6, "context-parallel size"),
    COUNT("pp", pp, "1", 1e6, "pipeline-parallel size: number of stages"),
    {.name = "dp",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(ll_layout, dp),
     .def = "0",
     .min = 0,
     .max = 1e9,
     .doc = "data-parallel size: number of replicas; 0: chips / (tp cp pp)"},
    {.name = "order",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_layout, order),
     .def = "tp cp dp pp",
     .doc = "axes in the order of chip numbers: the first one's members are neighbouring chips"},
    {0}};

int64_t ll_layout_axis_size(const ll_layout *layout, ll_axis axis)
{
    const int64_t size[LL_N_ANY_AXIS] = {layout->tp,
                                         layout->cp,
                                         layout->dp,
                                         layout->pp,
                                         layout->experts.etp,
                                         layout->experts.ep,
                                         ll_layout_expert_replicas(layout)};
    return size[axis];
}

/* A layout made by hand may leave its experts out: all 0. */
static int64_t at_least_1(int64_t n) { return n > 1 ? n : 1; }

int64_t ll_layout_expert_replicas(const ll_layout *layout)
{
    const ll_experts *e = &layout->experts;
    return layout->tp * layout->cp * layout->dp / (at_least_1(e->ep) * at_least_1(e->etp));
}

bool ll_layout_order(ll_layout *layout)
{
    const char *s = layout->order;
    unsigned seen = 0;
    for (int i = 0; i < LL_N_AXIS; i++) {
        s += strspn(s, " ,");
        const size_t n = strcspn(s, " ,");
        int axis = 0;
        while (axis < LL_N_AXIS && !(n == 2 && !strncmp(s, axis_names[axis], 2)))
            axis++;
        if (axis == LL_N_AXIS || (seen & (1u << axis))) return false;
        seen |= 1u << axis;
        layout->axis_at[i] = axis;
        s += n;
    }
    return !s[strspn(s, " ,")];
}

static bool pipeline_fits(const ll_layout *layout, ll_faults *why)
{
    const ll_pipe pipe = ll_layout_pipe(layout);
    if (!ll_layout_schedule(layout)->legal(&pipe, why)) return false;
    const int64_t n_chunk = ll_schedule_n_chunk(ll_layout_schedule(layout), &pipe);
    if (pipe.n_micro > LL_MAX_OP / n_chunk)
        return ll_fault_add(
            why, "job.global_batch",
            "makes %lld micro-batches in each of %lld chunks of a pipeline; at most "
            "%d of both together can be run; write a larger micro_batch",
            (long long)pipe.n_micro, (long long)n_chunk, LL_MAX_OP);
    return true;
}

/* From n on, in steps of 1 or -1, the first number of micro-batches that the schedule can run; 0:
 * none is near. */
static int64_t n_micro_legal(const ll_layout *layout, int64_t n, int step)
{
    for (int64_t tried = 0; n > 0 && tried < 4 * layout->pp; n += step, tried++) {
        const ll_pipe pipe = {layout->pp, layout->interleave, n};
        if (ll_layout_schedule(layout)->legal(&pipe, NULL)) return n;
    }
    return 0;
}

/* Names the nearest batches that are legal: one if there is none below. */
static bool batch_fault(const ll_layout *layout, int64_t per_micro, ll_faults *why)
{
    const int64_t n = layout->global_batch / per_micro;
    const int64_t below = n_micro_legal(layout, n, -1), above = n_micro_legal(layout, n + 1, 1);
    const long long dp = layout->dp, micro = layout->micro_batch;
    if (below && above)
        return ll_fault_add(why, "job.global_batch",
                            "must divide by dp %lld x micro_batch %lld; nearest: %lld or %lld", dp,
                            micro, (long long)below * per_micro, (long long)above * per_micro);
    if (below || above)
        return ll_fault_add(why, "job.global_batch",
                            "must divide by dp %lld x micro_batch %lld; nearest: %lld", dp, micro,
                            (long long)(below ? below : above) * per_micro);
    return ll_fault_add(why, "job.global_batch", "must divide by dp %lld x micro_batch %lld", dp,
                        micro);
}

bool ll_layout_fit(ll_layout *layout, int32_t n_chip, ll_faults *why)
{
    const int64_t inner = layout->tp * layout->cp * layout->pp;
    if (inner > n_chip || n_chip % inner)
        return ll_fault_add(
            why, "job.tp",
            "tp %lld x cp %lld x pp %lld = %lld does not divide the cluster's %d chips",
            (long long)layout->tp, (long long)layout->cp, (long long)layout->pp, (long long)inner,
            n_chip);
    if (layout->dp && layout->dp != n_chip / inner)
        return ll_fault_add(
            why, "job.dp",
            "tp %lld x cp %lld x pp %lld x dp %lld = %lld, but the cluster has %d chips; "
            "write dp = %lld, or leave it out",
            (long long)layout->tp, (long long)layout->cp, (long long)layout->pp,
            (long long)layout->dp, (long long)inner * layout->dp, n_chip,
            (long long)n_chip / inner);
    layout->dp = n_chip / inner;
    const int64_t per_micro = layout->dp * layout->micro_batch;
    if (layout->global_batch % per_micro) return batch_fault(layout, per_micro, why);
    return pipeline_fits(layout, why);
}

/* Chips of a stage are numbered as they are in the cluster, without pp. If pp varies faster than
 * another axis, an axis of experts must not cross it. */
static bool experts_in_order(const ll_layout *layout, ll_faults *why)
{
    int64_t below = 1, size = 1;
    for (int i = 0; layout->axis_at[i] != LL_AXIS_PP; i++)
        below *= ll_layout_axis_size(layout, (ll_axis)layout->axis_at[i]);
    for (int axis = LL_AXIS_ETP; axis < LL_N_ANY_AXIS; axis++) {
        const int64_t before = size;
        size *= ll_layout_axis_size(layout, (ll_axis)axis);
        if (before < below && size > below && (below % before || size % below))
            return ll_fault_add(why, "job.ep",
                                "the %lld chips below pp in job.order do not divide by etp, ep and "
                                "edp; write pp last",
                                (long long)below);
    }
    return true;
}

bool ll_layout_experts_fit(const ll_layout *layout, const ll_model *model, ll_faults *why)
{
    return ll_experts_legal(&layout->experts, model, layout->tp * layout->cp * layout->dp, why) &&
           (layout->experts.ep * layout->experts.etp == 1 || experts_in_order(layout, why));
}

static bool blocks_legal(const ll_model *model, const ll_split *split, ll_faults *why)
{
    bool ok = true;
    for (int r = 0; r < model->n_run; r++)
        for (int i = 0; i < model->run[r].n_block; i++) {
            const ll_block *b = &model->run[r].block[i];
            ok = b->type->legal(b->param, split, why) && ok;
        }
    ok = model->embedding.type->legal(model->embedding.param, split, why) && ok;
    return model->output.type->legal(model->output.param, split, why) && ok;
}

static bool plan_fits(const ll_layout *layout, const ll_model *model, ll_faults *why)
{
    static const char key[] = "job.pipeline_layout";
    const ll_chunk_plan *plan = layout->plan;
    const int64_t n_chunk = layout->pp * layout->interleave;
    bool ok = true;
    if (plan->n_chunk != n_chunk && plan->n_chunk % layout->pp == 0)
        ok = ll_fault_add(
            why, key,
            "has %lld chunks, but pp %lld x interleave %lld = %lld: write interleave = "
            "%lld",
            (long long)plan->n_chunk, (long long)layout->pp, (long long)layout->interleave,
            (long long)n_chunk, (long long)(plan->n_chunk / layout->pp));
    else if (plan->n_chunk != n_chunk)
        ok = ll_fault_add(why, key,
                          "has %lld chunks, but pp %lld x interleave %lld = %lld: write as many",
                          (long long)plan->n_chunk, (long long)layout->pp,
                          (long long)layout->interleave, (long long)n_chunk);
    if (plan->n_layer != model->n_layer)
        ok = ll_fault_add(why, key, "has %lld layers t, but the model has %lld: write as many",
                          (long long)plan->n_layer, (long long)model->n_layer);
    if (plan->n_predict != model->n_predict)
        ok = ll_fault_add(why, key,
                          "has %lld layers m, but model.predict_layers = %lld: write as many",
                          (long long)plan->n_predict, (long long)model->n_predict);
    if (layout->embedding_as_layer)
        ok = ll_fault_add(why, "job.embedding_as_layer",
                          "says how layers are dealt evenly, but job.pipeline_layout deals them: "
                          "leave one of them out");
    return ok;
}

bool ll_layout_legal(const ll_layout *layout, const ll_stack *stack, const ll_model *model,
                     ll_faults *why)
{
    const ll_split split = ll_layout_split(layout, stack, model);
    bool ok = blocks_legal(model, &split, why);
    ok = ll_stack_modules_legal(stack, ll_model_modules(model), why) && ok;
    if (stack->zero >= 3 && layout->experts.ep > 1 && stack->gather_lists)
        ok = ll_fault_add(why, "job.gather_lists", "is not modelled with experts; write false");
    if (!layout->server && layout->seq % (layout->tp * layout->cp))
        ok = ll_fault_add(why, "job.sequence", "must divide by tp cp = %lld",
                          (long long)layout->tp * layout->cp);
    const int64_t n_unit = model->n_layer + (layout->embedding_as_layer ? 2 : 0);
    if (layout->plan) ok = plan_fits(layout, model, why) && ok;
    if (!layout->plan && layout->pp * layout->interleave > n_unit)
        ok = ll_fault_add(why, "job.pp", "pp * interleave = %lld chunks, but only %lld layers%s",
                          (long long)layout->pp * layout->interleave, (long long)n_unit,
                          layout->embedding_as_layer ? ", the two vocabulary stages counted" : "");
    if (layout->interleave > 1 && layout->pp == 1)
        ok = ll_fault_add(why, "job.interleave", "needs pp > 1; without a pipeline write 1");
    if (layout->experts.overlap_exchange && !layout->server &&
        !ll_layout_schedule(layout)->fuses_pairs)
        ok = ll_fault_add(why, "job.overlap_exchange",
                          "schedule %s runs no passes in pairs; write schedule = \"1f1b\"",
                          ll_layout_schedule(layout)->name);
    if (layout->experts.reserve_exchange && !ll_layout_schedule(layout)->fuses_pairs)
        ok =
            ll_fault_add(why, "job.reserve_exchange",
                         "is of passes that run in pairs; leave it out, or write overlap_exchange");
    if (ll_layout_schedule(layout)->both_ways && stack->zero > 1)
        ok = ll_fault_add(
            why, "job.zero",
            "schedule %s holds weights and gradients twice, so it shards the optimizer "
            "alone: write zero = 1, or schedule = \"dualpipe_v\", which holds them once",
            ll_layout_schedule(layout)->name);
    return ok;
}

ll_split ll_layout_split(const ll_layout *layout, const ll_stack *stack, const ll_model *model)
{
    const double n_copy = (double)ll_schedule_n_copy(ll_layout_schedule(layout));
    ll_split s = {.stack = stack,
                  .precision = layout->precision,
                  .tp = layout->tp,
                  .cp = layout->cp,
                  .hidden = (double)model->hidden,
                  .n_sequence = (double)layout->micro_batch,
                  .n_query = (double)layout->seq / (double)layout->cp,
                  .n_key = (double)layout->seq,
                  .n_token = (double)(layout->micro_batch * layout->seq) / (double)layout->cp,
                  .n_micro = layout->dp ? (double)ll_layout_n_micro(layout) : 1,
                  .n_replica = n_copy * (double)(layout->dp * layout->cp),
                  .experts = layout->experts,
                  .n_expert_replica = n_copy * (double)ll_layout_expert_replicas(layout),
                  .seed = layout->seed,
                  .server = layout->server};
    s.experts.ep = at_least_1(s.experts.ep);
    s.experts.etp = at_least_1(s.experts.etp);
    if (!(s.experts.hot > 1)) s.experts.hot = 1;
    s.n_token_norm = stack->sequence_parallel ? s.n_token / (double)layout->tp : s.n_token;
    return s;
}

void ll_layout_strides(const ll_layout *layout, int64_t stride[LL_N_AXIS])
{
    int64_t below = 1;
    for (int i = 0; i < LL_N_AXIS; i++) {
        stride[layout->axis_at[i]] = below;
        below *= ll_layout_axis_size(layout, (ll_axis)layout->axis_at[i]);
    }
}

/* Adjacent digits are merged into one. */
static void digit_add(ll_group *out, int64_t size, int64_t stride)
{
    const int last = out->n_digit - 1;
    if (size == 1) return;
    if (last >= 0 && out->stride[last] * (int64_t)out->size[last] == stride) {
        out->size[last] = (int32_t)(out->size[last] * size);
    } else {
        out->size[out->n_digit] = (int32_t)size;
        out->stride[out->n_digit++] = (int32_t)stride;
    }
}

/* Axes of experts: an axis that crosses pp becomes two digits. */
static void group_of_experts(const ll_layout *layout, unsigned axes, ll_group *out)
{
    int64_t below = 1, place = 1; /* chips of a stage below pp; below the axis */
    for (int i = 0; layout->axis_at[i] != LL_AXIS_PP; i++)
        below *= ll_layout_axis_size(layout, (ll_axis)layout->axis_at[i]);
    for (int axis = LL_AXIS_ETP; axis < LL_N_ANY_AXIS; axis++) {
        const int64_t size = ll_layout_axis_size(layout, (ll_axis)axis);
        const int64_t inner = place >= below ? 1 : below / place < size ? below / place : size;
        if (axes & 1u << axis) {
            digit_add(out, inner, place);
            digit_add(out, size / inner, place * inner * layout->pp);
        }
        place *= size;
    }
    out->n_chip = (int32_t)(place * layout->pp);
}

void ll_layout_group(const ll_layout *layout, unsigned axes, ll_group *out)
{
    int64_t stride = 1;
    *out = (ll_group){0};
    if (axes >> LL_N_AXIS) {
        group_of_experts(layout, axes, out);
        return;
    }
    for (int i = 0; i < LL_N_AXIS; i++) {
        const int axis = layout->axis_at[i];
        const int64_t size = ll_layout_axis_size(layout, (ll_axis)axis);
        if (axes & (1u << axis)) digit_add(out, size, stride);
        stride *= size;
    }
    out->n_chip = (int32_t)stride;
}
