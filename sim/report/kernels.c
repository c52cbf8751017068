#include "sim/report/kernels.h"

#include "sim/work/workload.h"

#include <math.h>

static const char *const kind_names[] = {
    [LL_KERNEL_GEMM] = "gemm",           [LL_KERNEL_GROUPED_GEMM] = "grouped gemm",
    [LL_KERNEL_ATTENTION] = "attention", [LL_KERNEL_ATTENTION_BACKWARD] = "attention backward",
    [LL_KERNEL_DECODE] = "decode",       [LL_KERNEL_TOPK] = "top-k",
    [LL_KERNEL_ROWWISE] = "rowwise",     [LL_KERNEL_STREAM] = "stream",
    [LL_KERNEL_NONE] = "none"};

static const char *bound_of(const ll_chip *chip, const ll_kernel *kernel)
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
        return "latency";
    return compute_s >= memory_s ? "compute" : "memory";
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
        return ll_arena_printf(mem, "%d groups x %.0f x %.0f", k->n_group, g->n, g->k);
    case LL_KERNEL_ATTENTION:
    case LL_KERNEL_ATTENTION_BACKWARD:
    case LL_KERNEL_DECODE:
        return ll_arena_printf(mem, "%.0f GFLOP, %.0f keys a row", 1e-9 * k->flop, k->keys);
    case LL_KERNEL_TOPK:
        return ll_arena_printf(mem, "%.0f rows", g->m);
    case LL_KERNEL_NONE:
    case LL_KERNEL_ROWWISE:
    case LL_KERNEL_STREAM:
        break;
    }
    return ll_arena_printf(mem, "%.1f MB", 1e-6 * k->bytes);
}

static void pass_rows(const ll_study *s, const char *name, const ll_pass *pass, ll_table *t,
                      ll_arena *mem)
{
    const ll_chip *chip = &s->cluster.chip;
    double *each_s = ll_arena_array(mem, pass->n_kernel, double);
    const ll_compute sum = ll_kernel_list_cost(chip, pass->n_kernel, pass->kernel, each_s);
    for (int i = 0; i < pass->n_kernel; i++) {
        const ll_kernel *k = &pass->kernel[i];
        const double time_s = each_s[i] + chip->launch_s;
        const bool product = k->kind == LL_KERNEL_GEMM || k->kind == LL_KERNEL_GROUPED_GEMM;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", name);
        ll_table_set(t, 1, "%s", kind_names[k->kind]);
        ll_table_set(t, 2, "%s", product ? ll_precision_names[k->precision] : "");
        ll_table_set(t, 3, "%s", shape_text(k, mem));
        ll_table_number(t, 4, 1, 1e6 * time_s);
        ll_table_number(t, 5, 1, 100 * time_s / ll_compute_total_s(&sum));
        ll_table_set(t, 6, "%s", bound_of(chip, k));
    }
}

ll_status ll_kernels_table(const ll_study *study, ll_arena *mem, ll_table **out, ll_error *err)
{
    static const ll_column columns[] = {
        {.name = "pass"},
        {.name = "kernel"},
        {.name = "precision"},
        {.name = "shape (m x n x k)", .key = "shape"},
        {.name = "us", .key = "time_us", .right = true},
        {.name = "% of pass", .key = "share_percent", .right = true},
        {.name = "bound by", .key = "bound"}};
    ll_graph *graph = ll_arena_new(mem, ll_graph);
    LL_TRY(study->workload->build(study, NULL, 0, mem, graph, err));
    *out = ll_table_create(mem, "", (int)(sizeof columns / sizeof *columns), columns);
    if (graph->n_chunk == 0)
        return ll_error_set(err, LL_ERR_CONFIG, "the workload %s has no layers to show",
                            study->workload->name);
    pass_rows(study, "forward", &graph->pass[graph->chunk[0].forward_layer], *out, mem);
    pass_rows(study, "backward", &graph->pass[graph->chunk[0].backward_layer], *out, mem);
    return LL_OK;
}
