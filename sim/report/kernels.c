#include "sim/report/kernels.h"

#include "sim/work/workload.h"

#include <math.h>

const char *const ll_bound_names[] = {"compute", "memory", "latency"};

static const char *const kind_names[] = {[LL_KERNEL_GEMM] = "gemm",
                                         [LL_KERNEL_GROUPED_GEMM] = "grouped gemm",
                                         [LL_KERNEL_ATTENTION] = "attention",
                                         [LL_KERNEL_ATTENTION_BACKWARD] = "attention",
                                         [LL_KERNEL_DECODE] = "decode",
                                         [LL_KERNEL_TOPK] = "top-k",
                                         [LL_KERNEL_ROWWISE] = "rowwise",
                                         [LL_KERNEL_STREAM] = "stream",
                                         [LL_KERNEL_EXPERTS] = "experts",
                                         [LL_KERNEL_HOST] = "host",
                                         [LL_KERNEL_NONE] = "none"};

static ll_bound bound_of(const ll_chip *chip, const ll_kernel *kernel)
{
    ll_chip no_memory = *chip, no_compute = *chip;
    no_memory.memory_Bps = 1e30;
    no_memory.tile_fill_s = no_compute.tile_fill_s = 0;
    for (int p = 0; p < LL_N_PRECISION; p++)
        if (chip->peak_flop_per_s[p] > 0) no_compute.peak_flop_per_s[p] = 1e30;
    const double compute_s = ll_kernel_s(&no_memory, kernel);
    const double memory_s = ll_kernel_s(&no_compute, kernel);
    const double latency_s =
        chip->launch_s + ll_kernel_s(chip, kernel) - hypot(compute_s, memory_s);
    if (kernel->kind == LL_KERNEL_TOPK || (latency_s > compute_s && latency_s > memory_s))
        return LL_BOUND_LATENCY;
    return compute_s >= memory_s ? LL_BOUND_COMPUTE : LL_BOUND_MEMORY;
}

/* ---- The list -------------------------------------------------------------------------------- */

static void pass_add(const ll_study *s, const ll_pass *pass, bool backward, ll_layer_kernel *out,
                     ll_arena *mem)
{
    const ll_chip *chip = &s->cluster.chip;
    double *each_s = ll_arena_array(mem, pass->n_kernel, double);
    const ll_compute sum = ll_kernel_list_cost(chip, pass->n_kernel, pass->kernel, each_s);
    for (int i = 0; i < pass->n_kernel; i++) {
        const ll_kernel *k = &pass->kernel[i];
        const double time_s = each_s[i] + chip->launch_s;
        out[i] = (ll_layer_kernel){.kernel = k,
                                   .backward = backward,
                                   .time_s = time_s,
                                   .share_frac = time_s / ll_compute_total_s(&sum),
                                   .flop = ll_kernel_flop(k),
                                   .bytes = ll_kernel_moved_B(k),
                                   .bound = bound_of(chip, k)};
    }
}

ll_status ll_layer_kernels_find(const ll_study *study, ll_arena *mem, ll_layer_kernels *out,
                                ll_error *err)
{
    ll_graph *graph = ll_arena_new(mem, ll_graph);
    LL_TRY(study->workload->build(study, NULL, 0, mem, graph, err));
    if (graph->n_chunk == 0) { /* inference: a layer of the kind that the first stage has most of */
        const ll_op_part *most = &graph->op[0].part[0];
        for (int k = 1; k < graph->op[0].n_part; k++)
            if (graph->op[0].part[k].count > most->count) most = &graph->op[0].part[k];
        const ll_pass *layer = &graph->pass[most->pass];
        ll_layer_kernel *own = ll_arena_array(mem, layer->n_kernel, ll_layer_kernel);
        pass_add(study, layer, false, own, mem);
        *out = (ll_layer_kernels){study, layer->n_kernel, own};
        return LL_OK;
    }
    const ll_chunk_work *chunk = ll_graph_chunk(graph, 0);
    const ll_pass *forward = &graph->pass[chunk->forward_layer];
    const ll_pass *backward = &graph->pass[chunk->backward_layer];
    const int n = forward->n_kernel + backward->n_kernel;
    ll_layer_kernel *kernel = ll_arena_array(mem, n, ll_layer_kernel);
    pass_add(study, forward, false, kernel, mem);
    pass_add(study, backward, true, kernel + forward->n_kernel, mem);
    *out = (ll_layer_kernels){study, n, kernel};
    return LL_OK;
}

/* ---- Table ----------------------------------------------------------------------------------- */

static bool has_precision(const ll_kernel *k)
{
    return k->kind == LL_KERNEL_GEMM || k->kind == LL_KERNEL_GROUPED_GEMM ||
           k->kind == LL_KERNEL_EXPERTS;
}

static const char *shape_text(const ll_kernel *k, ll_arena *mem)
{
    const ll_matmul *g = &k->gemm;
    switch (k->kind) {
    case LL_KERNEL_GEMM:
        if (g->batch > 1)
            return ll_arena_printf(mem, "%.0f of %.0f x %.0f x %.0f", g->batch, g->m, g->n, g->k);
        if (k->n_part > 1)
            return ll_arena_printf(mem, "%.0f x %.0f x %.0f in %d", g->m, g->n, g->k, k->n_part);
        return ll_arena_printf(mem, "%.0f x %.0f x %.0f", g->m, g->n, g->k);
    case LL_KERNEL_GROUPED_GEMM:
        return ll_arena_printf(mem, "%.0f in %d groups x %.0f x %.0f", ll_kernel_rows(k),
                               k->n_group, g->n, g->k);
    case LL_KERNEL_ATTENTION:
    case LL_KERNEL_ATTENTION_BACKWARD:
        return ll_arena_printf(mem, "%.0f heads x %.0f x %.0f keys",
                               k->attention.batch * k->attention.head, k->attention.n_query,
                               k->attention.n_key);
    case LL_KERNEL_DECODE:
        return ll_arena_printf(mem, "%.0f GFLOP, %.0f keys a row", 1e-9 * k->flop, k->keys);
    case LL_KERNEL_TOPK:
        return ll_arena_printf(mem, "%.0f rows", g->m);
    case LL_KERNEL_EXPERTS:
        return ll_arena_printf(mem, "%.0f tokens, %.0f of %.0f experts x %.0f x %.0f",
                               k->experts->tokens, k->experts->top_k, k->experts->n_expert,
                               k->experts->ffn / k->experts->tp, k->experts->hidden);
    case LL_KERNEL_HOST:
        return "";
    case LL_KERNEL_ROWWISE:
    case LL_KERNEL_NONE:
    case LL_KERNEL_STREAM:
        break;
    }
    return ll_arena_printf(mem, "%.1f MB", 1e-6 * k->bytes);
}

ll_table *ll_kernels_table(const ll_layer_kernels *list, ll_arena *mem)
{
    static const ll_column columns[] = {{.name = "pass"},
                                        {.name = "kernel"},
                                        {.name = "in", .key = "precision"},
                                        {.name = "m x n x k", .key = "shape"},
                                        {.name = "us", .key = "time_us", .right = true},
                                        {.name = "%", .key = "share_percent", .right = true},
                                        {.name = "TFLOP/s", .key = "tflop_per_s", .right = true},
                                        {.name = "TB/s", .key = "tb_per_s", .right = true},
                                        {.name = "bound"}};
    ll_table *t = ll_table_create(mem, "", (int)(sizeof columns / sizeof *columns), columns);
    for (int i = 0; i < list->n; i++) {
        const ll_layer_kernel *k = &list->kernel[i];
        ll_table_row(t);
        ll_table_set(t, 0, "%s", k->backward ? "backward" : "forward");
        ll_table_set(t, 1, "%s", kind_names[k->kernel->kind]);
        ll_table_set(t, 2, "%s",
                     has_precision(k->kernel) ? ll_precision_names[k->kernel->precision] : "");
        ll_table_set(t, 3, "%s", shape_text(k->kernel, mem));
        ll_table_number(t, 4, 1, 1e6 * k->time_s);
        ll_table_number(t, 5, 1, 100 * k->share_frac);
        ll_table_set(t, 6, k->flop > 0 ? "%.0f" : "-", 1e-12 * k->flop / k->time_s);
        ll_table_set(t, 7, k->bytes > 0 ? "%.2f" : "-", 1e-12 * k->bytes / k->time_s);
        ll_table_set(t, 8, "%s", ll_bound_names[k->bound]);
    }
    return t;
}
