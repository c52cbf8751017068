/* Schedule `zb_v`: two chunks per stage in a V, and split backward passes, in the memory of 1F1B
 * (ZB-V of Qi et al. 2024, "Zero Bubble Pipeline Parallelism", section 6).
 *
 * A micro-batch goes down one arm of the V and up the other, so its loss is on the first stage, and
 * its first gradients are there without a way back. With F = B = W no stage waits from its first
 * pass to its last one. What is left of the bubble is that stages start one after the other. (The
 * paper's software lets them end one after the other too, and start the next step likewise; here a
 * step ends for all when its slowest stage has ended.) */
#include "sim/schedule/schedule.h"

#include <math.h>
#include <stddef.h>

static bool legal(const ll_pipe *pipe, ll_faults *why)
{
    const bool ok = ll_schedule_needs_inter("zb_v", pipe, 2, why);
    return ll_schedule_needs_micro("zb_v", pipe, 2 * pipe->n_stage - 1, why) && ok;
}

static int64_t n_slot(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return 6 * pipe->n_micro;
}

/* Passes of both chunks of a stage, each kind in the order of micro-batches. arm: 0 down, 1 up. */
typedef struct writer {
    ll_slot *slot;
    int64_t chunk[2];
    int64_t n[LL_SLOT_PAIR][2]; /* passes of that kind and arm so far */
} writer;

static void add(writer *w, ll_slot_kind kind, int arm)
{
    *w->slot++ = ll_schedule_slot(kind, w->chunk[arm], w->n[kind][arm]++);
}

static void add_backward(writer *w, int arm)
{
    add(w, LL_SLOT_BACKWARD_INPUT, arm);
    add(w, LL_SLOT_BACKWARD_WEIGHT, arm);
}

/* Until the first gradients of this stage's lower arm are there. */
static void fill(writer *w, int64_t before, int64_t after)
{
    for (int64_t i = 0; i < 2 * after - 1; i++)
        add(w, LL_SLOT_FORWARD, 0);
    for (int64_t i = 0; i < before; i++) {
        add(w, LL_SLOT_FORWARD, 1);
        add(w, LL_SLOT_FORWARD, 0);
    }
    for (int64_t i = 0; i < after; i++) {
        add(w, LL_SLOT_FORWARD, 1);
        add_backward(w, 1);
    }
}

static void order(const ll_pipe *pipe, int64_t stage, ll_slot *slot)
{
    const int64_t n = pipe->n_micro, before = stage, after = pipe->n_stage - stage;
    writer w = {
        .slot = slot,
        .chunk = {ll_schedule_chunk_in_v(pipe, stage, 0), ll_schedule_chunk_in_v(pipe, stage, 1)}};
    fill(&w, before, after);
    while (w.n[LL_SLOT_FORWARD][1] < n) {
        if (w.n[LL_SLOT_FORWARD][0] < n) add(&w, LL_SLOT_FORWARD, 0);
        add_backward(&w, 0);
        add(&w, LL_SLOT_FORWARD, 1);
        add_backward(&w, 1);
    }
    for (int64_t i = 0; i < before; i++) { /* those who wait for input gradients come first */
        add(&w, LL_SLOT_BACKWARD_INPUT, 0);
        add(&w, LL_SLOT_BACKWARD_INPUT, 1);
    }
    for (int64_t i = 0; i < after; i++)
        add_backward(&w, 0);
    for (int arm = 1; arm >= 0; arm--)
        while (w.n[LL_SLOT_BACKWARD_WEIGHT][arm] < n)
            add(&w, LL_SLOT_BACKWARD_WEIGHT, arm);
}

static int64_t in_flight(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return 2 * pipe->n_stage;
}

/* The work of a stage, and beside it the longest of the ways on which passes wait for each other.
 * With equal times that is q F: stages start one after the other. */
static double uniform_s(const ll_pipe *pipe, const ll_uniform *pass)
{
    const double f = pass->forward_s, b = pass->input_s, w = pass->weight_s;
    const double q = (double)pipe->n_stage - 1;
    const double way_s[] = {
        /* down one arm of the V, or up again */
        q * f,
        q * b,
        /* long weight gradients */
        f + (q - 1) * w,
        b + (q - 1) * w,
        /* short ones, which leave stages waiting; beside long forward passes */
        2 * q * (b - w),
        q * (f + b - 2 * w),
        (2 * q - 1) * f + b - 2 * q * w,
        2 * q * f - (2 * q + 1) * w,
        /* forward passes that are longer than input gradients */
        (2 * q - 1) * f - (q - 1) * b,
        2 * q * f - q * b - w,
    };
    double longest_s = way_s[0];
    for (size_t i = 1; i < sizeof way_s / sizeof *way_s; i++)
        longest_s = fmax(longest_s, way_s[i]);
    return 2 * (double)pipe->n_micro * (f + b + w) + (pipe->n_stage > 1 ? longest_s : 0);
}

const ll_schedule_type ll_schedule_zb_v = {
    .name = "zb_v",
    .doc = "zero bubble ZB-V: two chunks in a V, split backward passes, in the memory of 1F1B",
    .splits_backward = true,
    .legal = legal,
    .n_slot = n_slot,
    .order = order,
    .n_held = ll_schedule_holds_once,
    .chunk = ll_schedule_chunk_in_v,
    .in_flight = in_flight,
    .uniform_s = uniform_s,
};
