#include "sim/work/infer.h"

#include "sim/machine/timed_model.h"
#include "sim/model/serving_pass.h"
#include "sim/work/chunks.h"

#include <math.h>

const ll_cause ll_infer_ladder[] = {
    {"jitter", "waiting", "stragglers: chips and tasks are not equally fast", LL_IDEAL_JITTER},
    LL_CAUSES_OF_TRANSFERS,
    {"bubble", "pipeline", "stages wait for each other's sends", LL_IDEAL_WAITING},
    {"imbalance", "pipeline", "pipeline stages have unequal work", LL_IDEAL_IMBALANCE},
    {"router", "chip", "scores of experts and top-k", LL_IDEAL_ROUTER},
    {"host", "chip", "host time of an iteration, and gaps between kernels", LL_IDEAL_LAUNCH},
    {"kernels", "chip", "kernels take longer than FLOP at peak or bytes at the memory's bandwidth",
     LL_IDEAL_ROOFLINE},
    {"memory", "chip", "weights, keys and values are read once an iteration, for few tokens",
     LL_IDEAL_PEAK},
    {0}};

int64_t ll_infer_sharing(const ll_layout *layout)
{
    const int64_t n = layout->experts.ep * layout->experts.etp / layout->tp;
    return n > 1 ? n : 1;
}

int64_t ll_infer_groups(const ll_layout *layout) { return layout->dp * layout->pp; }

ll_split ll_infer_split(const ll_study *study, const ll_batch *batch)
{
    ll_split s = ll_layout_split(&study->layout, &study->stack, &study->model);
    s.batch = batch;
    s.n_token = ll_batch_tokens(batch);
    /* Where tokens travel to their experts, each of the tp chips sends a part of them. */
    s.n_token_norm = ll_infer_sharing(&study->layout) > 1 ? s.n_token / (double)s.tp : s.n_token;
    return s;
}

void ll_infer_lay(ll_study *study, int64_t requests, int64_t seq)
{
    ll_layout *l = &study->layout;
    const int64_t inner = l->tp * l->cp * l->pp;
    if (l->experts.ep <= 1 && l->experts.etp <= 1 && ll_model_has_experts(&study->model))
        l->experts.etp = l->tp;
    const int64_t dp =
        study->cluster.topo->n_chip / inner > 0 ? study->cluster.topo->n_chip / inner : 1;
    const int64_t n_group = dp * l->pp;
    l->seq = seq;
    l->micro_batch = (requests + n_group - 1) / n_group;
    l->global_batch = l->micro_batch * n_group;
}

/* 4-bit weights of experts need experts, and a chip that multiplies their activations. */
static bool experts_legal(const ll_study *study, ll_faults *why)
{
    const ll_batch none = {0};
    const ll_split split = ll_infer_split(study, &none);
    const int form = ll_serve_experts_form(&split, study->layout.precision);
    const int width = ll_timed_width((ll_timed_precision)form);
    if (study->server.experts == LL_EXPERTS_JOB) return true;
    if (!ll_model_has_experts(&study->model))
        return ll_fault_add(why, "server.experts", "the model has no experts; leave it out");
    if (study->cluster.chip.peak_flop_per_s[width] > 0) return true;
    return ll_fault_add(why, "server.experts", "%s has no peak for the activations, %s",
                        study->cluster.chip.name, ll_precision_names[width]);
}

bool ll_infer_legal(const ll_study *study, ll_faults *why)
{
    const ll_layout *l = &study->layout;
    bool ok = experts_legal(study, why);
    if (l->cp > 1) ok = ll_fault_add(why, "job.cp", "is not modelled for inference; write 1");
    if (l->experts.overlap_exchange && ll_infer_sharing(l) == 1)
        ok = ll_fault_add(why, "job.overlap_exchange",
                          "tokens are exchanged only where attention ranks share experts: ep x etp "
                          "> tp; write false");
    return ok;
}

/* ---- FLOP ---- */

/* FLOP of attention scores that count as work, of n tokens of a sequence from its first one on. */
static double scores_flop(const ll_model *model, double n)
{
    return n > 0 ? ll_model_work(model, n).counted_score_flop : 0;
}

double ll_infer_flop(const ll_study *study, const ll_batch *b)
{
    const ll_model *m = &study->model;
    const ll_work one = ll_model_work(m, 1);
    double flop = ll_batch_tokens(b) * one.layer_flop + b->n_logits * one.output_flop;
    /* A token that decodes adds a row to the scores, below the diagonal and on it. */
    flop += b->n_decode * (scores_flop(m, b->context + b->n_new) - scores_flop(m, b->context));
    flop += b->n_prompt * (scores_flop(m, b->to) - scores_flop(m, b->from));
    return flop * (double)ll_infer_groups(&study->layout);
}

/* ---- Memory ---- */

/* Bytes of a weight. NVFP4 has an 8-bit scale for each 16 values (NVIDIA, "Introducing NVFP4"); the
 * scales of FP8 blocks of 128 x 128 do not count. */
static double weight_B(int precision)
{
    return ll_precision_B((ll_precision)precision) + (precision == LL_PRECISION_FP4 ? 1.0 / 16 : 0);
}

static double stage_weights_B(const ll_study *study, int64_t stage)
{
    const ll_model *m = &study->model;
    const ll_layout *l = &study->layout;
    const ll_chunk_layers deal = ll_chunk_deal(m, l, stage);
    const double hidden = (double)m->hidden, tp = (double)l->tp;
    const double n_expert_chip = (double)(l->experts.ep * l->experts.etp);
    /* MXFP4 has an 8-bit scale for each 32 values. */
    const double expert_B =
        study->server.experts == LL_EXPERTS_JOB ? weight_B(l->precision) : 0.5 + 1.0 / 32;
    double size_B = 0;
    for (int r = 0; r < m->n_run; r++) {
        const ll_weights w = ll_layer_weights(&m->run[r], hidden, l->tp);
        size_B += (double)deal.of_run[r] *
                  (w.dense / tp * weight_B(l->precision) + w.expert / n_expert_chip * expert_B);
    }
    const int n_vocab = (stage == 0) + (stage == l->pp - 1 && !(m->tied && l->pp == 1));
    return size_B + 2 * n_vocab * ll_model_embedding_param(m) / tp;
}

/* Operands and results of the largest GEMM of a full iteration, with the residual stream, and the
 * logits of all requests in 32 bits. */
static double activations_B(const ll_study *study, ll_arena *mem)
{
    const ll_model *m = &study->model;
    const ll_batch full = {.n_prompt = 1, .to = (double)study->server.max_tokens, .n_logits = 1};
    const ll_split split = ll_infer_split(study, &full);
    const ll_arena_mark mark = ll_arena_here(mem);
    double largest_B = 0;
    for (int r = 0; r < m->n_run; r++) {
        ll_pass pass = ll_pass_begin(study->layout.precision, mem);
        ll_layer_serve(&m->run[r], &split, &pass);
        for (int i = 0; i < pass.n_kernel; i++) {
            const ll_kernel *k = &pass.kernel[i];
            if (k->kind == LL_KERNEL_GEMM)
                largest_B =
                    fmax(largest_B, 2 * k->gemm.batch * k->gemm.m * (k->gemm.n + k->gemm.k));
        }
    }
    ll_arena_release(mem, mark);
    return largest_B + 2 * full.to * (double)m->hidden +
           4 * (double)study->server.max_batch * ll_model_embedding_param(m) / (double)m->hidden;
}

static void add(ll_memory *m, const char *name, double size_B)
{
    m->part[m->n++] = (ll_memory_part){name, size_B};
    m->total_B += size_B;
}

/* Bytes that a token of a request of seq tokens takes on a chip of a stage. */
static double token_B(const ll_study *study, int64_t stage, double seq)
{
    const ll_batch none = {0};
    const ll_split split = ll_infer_split(study, &none);
    const ll_chunk_layers deal = ll_chunk_deal(&study->model, &study->layout, stage);
    double sum_B = 0;
    for (int r = 0; r < study->model.n_run; r++)
        sum_B += (double)deal.of_run[r] * ll_layer_cache_B(&study->model.run[r], &split, seq);
    return sum_B;
}

static int64_t fullest_stage(const ll_study *study)
{
    int64_t fullest = 0;
    for (int64_t p = 1; p < study->layout.pp; p++)
        if (stage_weights_B(study, p) > stage_weights_B(study, fullest)) fullest = p;
    return fullest;
}

double ll_infer_request_B(const ll_study *study, double seq)
{
    const double block = (double)study->server.block;
    return ceil(seq / block) * block * token_B(study, fullest_stage(study), seq);
}

void ll_infer_memory(const ll_study *study, double cache_B, ll_arena *mem, ll_memory *out)
{
    const ll_chip *chip = &study->cluster.chip;
    const int64_t stage = fullest_stage(study);
    *out = (ll_memory){.capacity_B = study->server.memory_frac * chip->memory_B, .lane = stage};
    add(out, "weights", stage_weights_B(study, stage));
    add(out, "activations", activations_B(study, mem));
    add(out, "reserved", chip->memory_reserved_B);
    if (study->server.kv_frac < 1)
        add(out, "left free",
            (1 - study->server.kv_frac) * fmax(0, out->capacity_B - out->total_B));
    add(out, "keys and values", cache_B);
    out->advice = "try a larger tp, pp or ep, a narrower precision, or fewer requests";
}

double ll_infer_cache_room_B(const ll_study *study, ll_arena *mem)
{
    ll_memory m;
    ll_infer_memory(study, 0, mem, &m);
    return fmax(0, floor(m.capacity_B - m.total_B)); /* whole bytes: a full cache fits */
}
