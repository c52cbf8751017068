/* Layout: batch, precision, and how a model is laid out over the chips.
 *
 * Chips are numbered by mixed radix over the axes of `order`, the first varying fastest.
 *   tp  tensor parallelism, with sequence parallelism (Korthikanti et al. 2022)
 *   cp  context parallelism: the sequence is split, keys and values are exchanged
 *   pp  pipeline stages, each with `interleave` chunks of the model (Narayanan et al. 2021)
 *   dp  replicas; = chips / (tp cp pp)
 * The vocabulary matrices sit on the first and the last stage.
 *
 * A layout is plain data: whether it is legal, and what it leaves to a chip, can be asked without a
 * configuration and in silence, as a search does. */
#ifndef LL_WORK_LAYOUT_H
#define LL_WORK_LAYOUT_H

#include "sim/base/fault.h"
#include "sim/machine/chip.h"
#include "sim/model/model.h"
#include "sim/schedule/schedule.h"
#include "sim/traffic/traffic.h"

/* Micro-batches times chunks of a pipeline: a time is kept for each. */
enum { LL_MAX_OP = 1 << 22 };

typedef struct ll_layout {
    int64_t seq;          /* tokens per sequence */
    int64_t global_batch; /* sequences per step */
    int64_t micro_batch;  /* sequences */
    int precision;        /* ll_precision of the GEMMs */
    int64_t tp, cp, pp, dp, interleave;
    int schedule_choice; /* as read: index into ll_schedule_types */
    const ll_schedule_type *schedule;
    bool embedding_as_layer; /* the vocabulary's ends count as a layer each when layers are dealt */
    const char *order;       /* "tp cp dp pp" */
    int axis_at[LL_N_AXIS];  /* order, parsed: ll_axis, fastest first */
} ll_layout;

extern const ll_key ll_layout_keys[];

/* Parse `order`; false unless each axis stands there exactly once. */
bool ll_layout_order(ll_layout *layout);

/* dp = chips / (tp cp pp) if it was left out, and the batch per replica: false if they do not
 * multiply out. */
bool ll_layout_fit(ll_layout *layout, int32_t n_chip, ll_faults *why);

/* Whether the model can be laid out so. Each fault says what would be legal. Pure. */
bool ll_layout_legal(const ll_layout *layout, const ll_stack *stack, const ll_model *model,
                     ll_faults *why);

/* What the layout leaves to one chip. `stack` is borrowed. */
ll_split ll_layout_split(const ll_layout *layout, const ll_stack *stack, const ll_model *model);

int64_t ll_layout_axis_size(const ll_layout *layout, ll_axis axis);

/* Chips between neighbours along each axis. */
void ll_layout_strides(const ll_layout *layout, int64_t stride[LL_N_AXIS]);

/* The groups that vary the given axes together (bit a of `axes` for ll_axis a), over all chips. */
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
