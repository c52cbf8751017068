#include "sim/step/overlap.h"

#include <math.h>

double ll_call_s(const ll_view *view, int transfer, double scale)
{
    if (transfer < 0 || view->removes & LL_IDEAL_TRANSFERS || transfer == view->free) return 0;
    if (view->removes & LL_IDEAL_EXCHANGE && view->graph->transfer[transfer].stream == LL_STREAM_EP)
        return 0;
    const ll_cost *c = &view->prices->at[transfer]->cost[ll_pricing_of(view->removes)];
    const double software_s = c->fixed_s + (c->software_s - c->fixed_s) * scale;
    return (view->removes & LL_IDEAL_SOFTWARE ? 0 : software_s) +
           (view->removes & LL_IDEAL_LATENCY ? 0 : c->latency_s) + c->wire_s * scale;
}

/* Time of one call with hardly any bytes: its launch, and the latency of its steps. */
static double empty_call_s(const ll_view *view, int transfer)
{
    const ll_priced *p = view->prices->at[transfer];
    if (transfer == view->free) return 0;
    const double latency_s = p->cost[ll_pricing_of(view->removes)].latency_s;
    return view->study->cluster.software[p->dimension].launch_s[p->transfer.collective] +
           (view->removes & LL_IDEAL_LATENCY ? 0 : latency_s);
}

ll_overlap ll_call_overlap(const ll_view *view, int transfer, double scale, double stream_frac)
{
    const ll_cluster *cluster = &view->study->cluster;
    ll_overlap o = {.s = ll_call_s(view, transfer, scale)};
    if (o.s > 0) { /* received bytes are written, and read again to be sent on or reduced */
        const ll_priced *p = view->prices->at[transfer];
        o.held_s = ll_plan_held_frac(cluster->software, &p->plan) * o.s +
                   stream_frac * ll_kernel_stream_s(&cluster->chip, 2 * p->transfer.size_B * scale);
    }
    return o;
}

double ll_overlap_s(ll_overlap transfer, double cover_s)
{
    return fmax(transfer.s - cover_s, transfer.held_s);
}

static double ring_s(double comm_s, double cover_s, double n)
{
    return fmax(0, comm_s - cover_s * (n - 1) / n);
}

static double hidden_s(ll_hide how, ll_overlap t, double cover_s, double n)
{
    const double last = 1.0 / LL_N_SPLIT;
    switch (how) {
    case LL_HIDE_NONE:
        break;
    case LL_HIDE_RING:
        return ring_s(t.s, cover_s, n);
    case LL_HIDE_RING_KEYS:
        return fmax(ring_s(t.s, cover_s, n), t.held_s);
    case LL_HIDE_SPLIT:
        return last * t.s + (1 - last) * ll_overlap_s(t, cover_s);
    case LL_HIDE_OVERLAP:
        return ll_overlap_s(t, cover_s);
    }
    return t.s;
}

double ll_stream_frac(const ll_compute *c)
{
    return c->stream_s / fmax(ll_compute_total_s(c), 1e-30);
}

static bool share_cover(const ll_use *a, const ll_use *b)
{
    return a->hide == b->hide && a->hide != LL_HIDE_NONE && a->hide != LL_HIDE_SPLIT &&
           a->first_kernel == b->first_kernel && a->n_kernel == b->n_kernel;
}

static bool meet(const ll_graph *graph, unsigned set)
{
    for (int i = 0; i < graph->n_together; i++)
        if (graph->together[i] == set) return true;
    return false;
}

static unsigned set_of(ll_stream stream, unsigned beside)
{
    return 1u << stream | (beside & LL_BESIDE_DP ? 1u << LL_STREAM_DP : 0) |
           (beside & LL_BESIDE_PP ? 1u << LL_STREAM_PP : 0);
}

double ll_stream_slow(const ll_view *view, ll_stream stream, unsigned beside)
{
    const unsigned sets[] = {set_of(stream, beside), set_of(stream, beside & LL_BESIDE_DP),
                             set_of(stream, beside & LL_BESIDE_PP)};
    for (int i = 0; i < 3; i++)
        if (meet(view->graph, sets[i]))
            return ll_prices_slow(view->prices, view->removes, sets[i], stream);
    return 1;
}

double ll_beside_slow(const ll_view *view, ll_stream beside, ll_stream stream)
{
    const unsigned set = 1u << stream | 1u << beside;
    return meet(view->graph, set) ? ll_prices_slow(view->prices, view->removes, set, beside) : 1;
}

static bool runs(const ll_kernel *kernel, ll_op_half half)
{
    return half == LL_OP_WHOLE || kernel->weight_gradient == (half == LL_OP_WEIGHT);
}

double ll_pass_half_s(const ll_view *view, int index, const ll_pass_cost *cost, ll_op_half half)
{
    const ll_pass *pass = &view->graph->pass[index];
    const double launch_s =
        view->removes & LL_IDEAL_LAUNCH ? 0 : view->study->cluster.chip.launch_s;
    double s = 0;
    if (half == LL_OP_WHOLE) return ll_compute_total_s(&cost->compute);
    for (int i = 0; i < pass->n_kernel; i++)
        if (runs(&pass->kernel[i], half) && cost->each_s[i] > 0) s += cost->each_s[i] + launch_s;
    return s;
}

/* Exposed time of use i of a transfer, and of those after it that overlap with the same kernels.
 * Returns the index of the first use that does not. */
static int exposed_add(const ll_view *view, const ll_pass *pass, const ll_pass_cost *cost,
                       ll_op_half half, int i, ll_exposed *sum)
{
    const ll_use *first = &pass->use[i];
    const ll_transfer *transfer = &view->graph->transfer[first->transfer];
    const double n = ll_group_size(&transfer->group);
    ll_overlap alone = {0, 0};
    double cover_s = 0;
    for (int k = first->first_kernel; k < first->first_kernel + first->n_kernel; k++)
        cover_s += runs(&pass->kernel[k], half) ? cost->each_s[k] : 0;
    for (; i < pass->n_use && (&pass->use[i] == first || share_cover(first, &pass->use[i])); i++) {
        const ll_use *use = &pass->use[i];
        const ll_overlap one = ll_call_overlap(view, use->transfer, use->scale, 0);
        alone.s += one.s;
        alone.held_s += one.held_s;
    }
    for (unsigned beside = 0; beside < LL_N_BESIDE; beside++) {
        const double slow = beside ? ll_stream_slow(view, transfer->stream, beside) : 1;
        const ll_overlap slowed = {slow * alone.s, slow * alone.held_s};
        const double one_s = hidden_s(first->hide, slowed, cover_s, n);
        sum->s[beside] += one_s;
        if (!beside && transfer->stream == LL_STREAM_CP) sum->cp_s += one_s;
        if (transfer->stream == LL_STREAM_EP) sum->ep_s[beside] += one_s;
    }
    return i;
}

/* Time that lists of tensors cost a layer beside the transfers themselves (sim/work/zero_lists.h).
 */
static double lists_s(const ll_view *view, const ll_shards *s)
{
    if (!(s->n_host_call > 0) || view->removes & (LL_IDEAL_SOFTWARE | LL_IDEAL_TRANSFERS)) return 0;
    const ll_chip *chip = &view->study->cluster.chip;
    const double small_s =
        s->n_empty_scatter > 0 ? s->n_empty_scatter * empty_call_s(view, s->scatter) : 0;
    return s->n_host_call * chip->host_call_s + small_s + ll_kernel_stream_s(chip, s->streamed_B);
}

static ll_overlap times(ll_overlap o, double factor)
{
    return (ll_overlap){o.s * factor, o.held_s * factor};
}

static ll_overlap plus(ll_overlap a, ll_overlap b)
{
    return (ll_overlap){a.s + b.s, a.held_s + b.held_s};
}

/* Exposed time of a layer's sharded weights and gradients (ZeRO-3), overlapped with cover_s of its
 * neighbour's work. *all_s: how long they are on the wire. */
static double shards_s(const ll_view *view, const ll_shards *s, double stream_frac, double cover_s,
                       double *all_s)
{
    const ll_overlap none = {0, 0};
    const ll_overlap dense = plus(
        times(ll_call_overlap(view, s->gather, 1, stream_frac), s->n_gather),
        s->n_more > 0 ? times(ll_call_overlap(view, s->gather, s->more, stream_frac), s->n_more)
                      : none);
    const ll_overlap gather =
        plus(dense, ll_call_overlap(view, s->expert_gather, s->expert_scale, stream_frac));
    const ll_overlap own =
        s->scatter < 0 ? none
                       : times(ll_call_overlap(view, s->scatter, 1, stream_frac), s->n_scatter);
    const ll_overlap scatter =
        plus(own, ll_call_overlap(view, s->expert_scatter, s->expert_scale, stream_frac));
    const ll_overlap hidden =
        plus(s->overlap_gather ? gather : none, s->overlap_scatter ? scatter : none);
    *all_s = gather.s + scatter.s;
    return *all_s - hidden.s + ll_overlap_s(hidden, cover_s) + lists_s(view, s);
}

/* What one half of a backward pass has of a layer's sharded weights and gradients. */
static ll_shards shards_of(const ll_shards *whole, ll_op_half half)
{
    ll_shards s = *whole;
    if (half == LL_OP_WEIGHT) s.n_gather = s.n_more = s.n_host_call = 0;
    if (half == LL_OP_WEIGHT) s.expert_gather = -1;
    if (half == LL_OP_INPUT) s.scatter = s.expert_scatter = -1;
    return s;
}

ll_exposed ll_pass_exposed(const ll_view *view, int index, const ll_pass_cost *cost,
                           ll_op_half half)
{
    const ll_pass *pass = &view->graph->pass[index];
    const ll_shards *shards = view->graph->shards[index];
    ll_exposed sum = {.cp_s = 0};
    for (int i = 0; i < pass->n_use && half != LL_OP_WEIGHT;)
        i = exposed_add(view, pass, cost, half, i, &sum);
    if (!shards) return sum;
    const ll_shards own = shards_of(shards, half);
    const double cover_s = ll_pass_half_s(view, index, cost, half) + sum.s[0];
    double all_s;
    const double more_s = shards_s(view, &own, ll_stream_frac(&cost->compute), cover_s, &all_s);
    /* They are on the wire in every pass, and share links with its transfers for this share of it.
     */
    const double frac = all_s > 0 && cover_s > 0 ? fmin(1, all_s / cover_s) : 0;
    for (unsigned pp = 0; pp < LL_N_BESIDE; pp += LL_BESIDE_PP) {
        const double slowed_s = sum.s[pp] + (sum.s[pp | LL_BESIDE_DP] - sum.s[pp]) * frac;
        sum.s[pp] = more_s + slowed_s;
        sum.s[pp | LL_BESIDE_DP] = more_s + slowed_s;
        sum.ep_s[pp] += (sum.ep_s[pp | LL_BESIDE_DP] - sum.ep_s[pp]) * frac;
        sum.ep_s[pp | LL_BESIDE_DP] = sum.ep_s[pp];
    }
    return sum;
}

double ll_ends_exposed_s(const ll_view *view, const ll_op_ends *ends, double layer_s)
{
    if (ends->transfer < 0) return 0;
    /* Where a layer's transfers take longer than its work, the excess is counted as exposed
     * already. */
    const double one_s =
        ends->overlap ? fmin(ends->n_call * ll_call_s(view, ends->transfer, 1), layer_s) : 0;
    const double vocab_s = ll_call_s(view, ends->transfer, ends->vocab);
    return one_s + (ends->first ? vocab_s : 0) +
           (ends->last ? fmax(0, vocab_s - (ends->overlap ? layer_s : 0)) : 0);
}
