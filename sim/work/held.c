#include "sim/work/held.h"

#include <math.h>

/* Sets that are held, for each chunk of the stage: whole, and of weight gradients. */
typedef struct count {
    int64_t whole, weight;
} count;

static double sum_B(const count *n, const ll_held *set, int64_t n_held)
{
    double sum = 0;
    for (int64_t k = 0; k < n_held; k++)
        sum += (double)n[k].whole * set[k].whole_B + (double)n[k].weight * set[k].weight_B;
    return sum;
}

/* What begins with a slot, and what ends with it. held: [n_chunk] number of a chunk on its stage.
 */
static void begin(const ll_slot *s, const int32_t *held, count *n)
{
    n[held[s->chunk]].whole += s->kind == LL_SLOT_FORWARD || s->kind == LL_SLOT_PAIR;
}

static void end(const ll_slot *s, const int32_t *held, count *n)
{
    count *c = &n[held[s->kind == LL_SLOT_PAIR ? s->back_chunk : s->chunk]];
    c->whole -=
        s->kind == LL_SLOT_BACKWARD || s->kind == LL_SLOT_PAIR || s->kind == LL_SLOT_BACKWARD_INPUT;
    c->weight += s->kind == LL_SLOT_BACKWARD_INPUT;
    c->weight -= s->kind == LL_SLOT_BACKWARD_WEIGHT;
}

double ll_held_most_B(const ll_schedule_type *schedule, const ll_pipe *pipe, int64_t stage,
                      const ll_held *set, ll_arena *mem)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    const int64_t n_held = schedule->n_held(pipe), n_slot = schedule->n_slot(pipe, stage);
    ll_slot *slot = ll_arena_fill(mem, n_slot, ll_slot);
    int32_t *held = ll_arena_array(mem, ll_schedule_n_chunk(schedule, pipe), int32_t);
    count *n = ll_arena_array(mem, n_held, count);
    double most_B = 0;
    schedule->order(pipe, stage, slot);
    for (int64_t k = 0; k < n_held; k++)
        held[schedule->chunk(pipe, stage, k)] = (int32_t)k;
    for (int64_t i = 0; i < n_slot; i++) {
        begin(&slot[i], held, n);
        most_B = fmax(most_B, sum_B(n, set, n_held));
        end(&slot[i], held, n);
        most_B = fmax(most_B, sum_B(n, set, n_held));
    }
    ll_arena_release(mem, mark);
    return most_B;
}

double ll_held_weight_B(const ll_pass *backward)
{
    double sum = 0;
    for (int i = 0; i < backward->n_kernel; i++) {
        const ll_kernel *k = &backward->kernel[i];
        const double in_B = fmin(ll_precision_B((ll_precision)k->precision), 2);
        double rows = 0;
        if (!k->weight_gradient) continue;
        for (int e = 0; e < k->n_group; e++)
            rows += k->rows[e];
        if (k->kind == LL_KERNEL_GEMM)
            sum += in_B * k->gemm.batch * (k->gemm.m + k->gemm.n) * k->gemm.k;
        if (k->kind == LL_KERNEL_GROUPED_GEMM) sum += in_B * rows * (k->gemm.n + k->gemm.k);
    }
    return sum;
}
