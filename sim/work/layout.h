/* Layout: batch, precision, and how a model is laid out over the chips.
 *
 * Chips are numbered by mixed radix over the axes of `order`, the first varying fastest.
 *   tp  tensor parallelism, with sequence parallelism (Korthikanti et al. 2022)
 *   cp  context parallelism: the sequence is split, keys and values are exchanged
 *   pp  pipeline stages, each with `interleave` chunks of the model (Narayanan et al. 2021)
 *   dp  replicas; = chips / (tp cp pp)
 * Experts number the tp * cp * dp chips of a stage anew, as etp * ep * edp: sim/model/experts.h.
 * The embedding is on the first stage, the output projection on the last.
 *
 * A layout is plain data. Whether it is legal, and which part of the model a chip gets, can be
 * asked without a configuration and without error messages, as a search over layouts does. */
#ifndef LL_WORK_LAYOUT_H
#define LL_WORK_LAYOUT_H

#include "sim/base/fault.h"
#include "sim/machine/chip.h"
#include "sim/model/model.h"
#include "sim/schedule/schedule.h"
#include "sim/traffic/traffic.h"
#include "sim/work/chunk_plan.h"

/* Most micro-batches times chunks of a pipeline: the executor keeps a time for each. */
enum { LL_MAX_OP = 1 << 22 };

typedef struct ll_layout {
    int64_t seq;          /* tokens per sequence */
    int64_t global_batch; /* sequences per step */
    int64_t micro_batch;  /* sequences */
    int precision;        /* ll_precision of the GEMMs */
    int64_t tp, cp, pp, dp, interleave;
    ll_experts experts;
    int64_t seed;        /* of the study: routing that is drawn */
    int schedule_choice; /* job.schedule: index into ll_schedule_types */
    const ll_schedule_type *schedule;
    const char *plan_text;     /* job.pipeline_layout; "": layers are dealt evenly */
    const ll_chunk_plan *plan; /* parsed; NULL: evenly */
    bool embedding_as_layer;   /* embedding and output projection count as a layer each */
    const char *order;         /* "tp cp dp pp" */
    int axis_at[LL_N_AXIS];    /* `order`, parsed: ll_axis, fastest first */
    const ll_server *server;   /* of inference, borrowed; NULL in training */
} ll_layout;

extern const ll_key ll_layout_keys[];
extern const ll_key ll_layout_step_keys[]; /* of a training step: batch, schedule */

/* Parses `order` into axis_at; false unless it names each axis exactly once. */
bool ll_layout_order(ll_layout *layout);

/* Sets dp = chips / (tp cp pp) if it is 0, and checks that the axes multiply to n_chip and that the
 * batch divides by dp * micro_batch. False: each mismatch is added to `why`. */
bool ll_layout_fit(ll_layout *layout, int32_t n_chip, ll_faults *why);

/* After ll_layout_fit: whether its experts fit the chips of a stage. False: why not is added. */
bool ll_layout_experts_fit(const ll_layout *layout, const ll_model *model, ll_faults *why);

/* Whether the model can have this layout. Each fault in `why` names the key and what would be
 * legal. Pure. */
bool ll_layout_legal(const ll_layout *layout, const ll_stack *stack, const ll_model *model,
                     ll_faults *why);

/* The part of the model and of the batch that one chip gets. `stack` is borrowed. */
ll_split ll_layout_split(const ll_layout *layout, const ll_stack *stack, const ll_model *model);

int64_t ll_layout_axis_size(const ll_layout *layout, ll_axis axis);

/* stride[a]: distance in chip numbers between neighbours along ll_axis a. */
void ll_layout_strides(const ll_layout *layout, int64_t stride[LL_N_AXIS]);

/* Replicas of the experts' weights: edp. */
int64_t ll_layout_expert_replicas(const ll_layout *layout);

/* The groups of chips that differ only in the given axes (bit a of `axes` for ll_axis a), of one
 * kind; together they cover all chips. */
void ll_layout_group(const ll_layout *layout, unsigned axes, ll_group *out);

/* Micro-batches per pipeline and step. */
static inline int64_t ll_layout_n_micro(const ll_layout *layout)
{
    return layout->global_batch / (layout->dp * layout->micro_batch);
}

static inline ll_pipe ll_layout_pipe(const ll_layout *layout)
{
    return (ll_pipe){layout->pp, layout->interleave, ll_layout_n_micro(layout)};
}

static inline const ll_schedule_type *ll_layout_schedule(const ll_layout *layout)
{
    return layout->schedule;
}

#endif
