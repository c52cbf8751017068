#include "sim/schedule/dual_order.h"

#include <math.h>

static int64_t after_of(const ll_dual *dual) { return dual->n_stage - 1 - dual->stage; }

/* Number of rounds of step 4. */
static int64_t n_round(const ll_dual *dual)
{
    return dual->n_micro - 2 * dual->n_stage + dual->stage + 1;
}

int64_t ll_dual_n_slot(const ll_dual *dual)
{
    const int64_t after = after_of(dual);
    return 9 * after + 5 * (dual->stage + 1) + 2 * n_round(dual) + (after == 0);
}

/* Passes of each side in the order of micro-batches, and weight gradients in the order of the input
 * gradients that they belong to. */
typedef struct writer {
    const ll_dual *dual;
    ll_slot *slot;
    const ll_slot *waits; /* no slot before it has weight gradients that are still to come */
    int64_t n_forward[2], n_backward[2];
} writer;

static void forward(writer *w, int side)
{
    *w->slot++ = ll_schedule_slot(LL_SLOT_FORWARD, w->dual->chunk[side],
                                  w->dual->first_micro[side] + w->n_forward[side]++);
}

static void backward(writer *w, int side, bool whole)
{
    *w->slot++ =
        ll_schedule_slot(whole ? LL_SLOT_BACKWARD : LL_SLOT_BACKWARD_INPUT, w->dual->chunk[side],
                         w->dual->first_micro[side] + w->n_backward[side]++);
}

static void weights(writer *w)
{
    while (w->waits->kind != LL_SLOT_BACKWARD_INPUT)
        w->waits++;
    *w->slot++ = ll_schedule_slot(LL_SLOT_BACKWARD_WEIGHT, w->waits->chunk, w->waits->micro);
    w->waits++;
}

static void pair(writer *w, int side)
{
    forward(w, side);
    backward(w, 1 - side, true);
    ll_slot *first = w->slot - 2;
    first->kind = LL_SLOT_PAIR;
    first->back_chunk = first[1].chunk;
    first->back_micro = first[1].micro;
    w->slot--;
}

static void fill(writer *w, int64_t before, int64_t after)
{
    for (int64_t i = 0; i < 2 * after; i++)
        forward(w, 0);
    for (int64_t i = 0; i <= before; i++) {
        forward(w, 0);
        forward(w, 1);
    }
    for (int64_t i = 0; i < after; i++) {
        backward(w, 1, false);
        weights(w);
        forward(w, 1);
    }
}

static void drain(writer *w, int64_t before, int64_t after)
{
    const int64_t n = before + 1;
    for (int64_t i = 0; i < after; i++) {
        backward(w, 1, true);
        pair(w, 1);
    }
    for (int64_t i = 0; i < 2 * n; i++) /* the second half, of n passes, leaves the weights */
        backward(w, i % 2 ? 0 : 1, i < n);
    for (int64_t i = 0; i < after; i++) {
        weights(w);
        backward(w, 0, false);
    }
    for (int64_t i = 0; i < n; i++)
        weights(w);
}

void ll_dual_order(const ll_dual *dual, ll_slot *slot)
{
    const int64_t before = dual->stage, after = after_of(dual);
    writer w = {.dual = dual, .slot = slot, .waits = slot};
    fill(&w, before, after);
    for (int64_t i = 0; i < n_round(dual); i++) {
        if (i == 0 && after == 0) {
            forward(&w, 0);
            backward(&w, 1, true);
        } else {
            pair(&w, 0);
        }
        pair(&w, 1);
    }
    drain(&w, before, after);
}

/* Pairs as many as the middle stage has, what it runs outside of them, and two ways on which it
 * waits: forward passes on their way there against input gradients on their way out, and input
 * gradients against weight gradients. With F = B >= W that stage is idle for (n_stage - 1) (pair +
 * B - 2 W), which is the (PP/2 - 1)(F&B + B - 3W) of the source, whose B has the weights too. */
double ll_dual_uniform_s(int64_t n_stage, int64_t n_micro, const ll_uniform *pass)
{
    const double p = (double)n_stage, n = (double)n_micro;
    return 2 * p * pass->forward_s + (p + 2) * pass->input_s + 3 * pass->weight_s +
           (2 * n - p - 2) * pass->pair_s + fmax(p * pass->forward_s, (p - 1) * pass->input_s) +
           (p - 1) * fmax(pass->input_s, pass->weight_s);
}
