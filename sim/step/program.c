#include "sim/step/program.h"

#include "sim/work/stage.h"

#include <math.h>

static const char *const names[LL_N_TRANSFER_KIND] = {
    "tp gather", "tp scatter", "tp reduce",  "cp gather", "cp scatter", "pp send",
    "pp gather", "dp gather",  "dp scatter", "dp reduce", "tie reduce", "scale reduce"};

static const ll_collective collective_of[LL_N_TRANSFER_KIND] = {
    LL_ALL_GATHER,     LL_REDUCE_SCATTER, LL_ALL_REDUCE, LL_ALL_GATHER,
    LL_REDUCE_SCATTER, LL_SEND,           LL_ALL_GATHER, LL_ALL_GATHER,
    LL_REDUCE_SCATTER, LL_ALL_REDUCE,     LL_ALL_REDUCE, LL_ALL_REDUCE};

/* ---- What is transferred -------------------------------------------------------------------- */

static void set(ll_program *program, ll_transfer_kind kind, double size_B, double calls)
{
    program->transfer[kind].size_B = size_B;
    program->transfer[kind].calls = calls;
}

static void sizes_tp(ll_program *program, double n_op)
{
    const ll_job *job = &program->study->job;
    const ll_model *model = &program->study->model;
    if (job->tp == 1) return;
    double t = (double)(job->micro_batch * job->seq) / (double)job->cp;
    double layers = (double)model->n_layer / (double)job->pp;
    double passes = job->recompute == LL_RECOMPUTE_FULL ? 3 : 2;
    double values = t * (double)model->hidden, calls = n_op * passes * 2 * layers;
    double size_B = 2 * values;
    if (job->sequence_parallel) {
        set(program, LL_TP_GATHER, ll_job_gather_B(job) * values,
            calls + n_op * 2 * layers); /* again for the weights */
        set(program, LL_TP_SCATTER, size_B, calls);
    } else {
        set(program, LL_TP_REDUCE, size_B, calls);
    }
}

static void sizes_cp_pp(ll_program *program, double n_op)
{
    const ll_job *job = &program->study->job;
    const ll_model *model = &program->study->model;
    double tokens = (double)(job->micro_batch * job->seq), tp = (double)job->tp;
    double layers = (double)model->n_layer / (double)job->pp;
    if (job->cp > 1) {
        double kv = ll_job_kv_width(job, model);
        double passes = job->recompute == LL_RECOMPUTE_FULL ? 3 : 2;
        set(program, LL_CP_GATHER, 2 * tokens * 2 * kv, passes * n_op * layers);
        set(program, LL_CP_SCATTER, 2 * tokens * 2 * kv, n_op * layers);
    }
    if (job->pp > 1) {
        double size_B = 2 * tokens / (double)job->cp * (double)model->hidden;
        double calls = 2 * n_op * (double)job->interleave;
        bool parts = job->sequence_parallel || job->scatter_gather;
        set(program, LL_PP_SEND, size_B / (parts ? tp : 1), calls);
        if (parts && !job->sequence_parallel && job->tp > 1)
            set(program, LL_PP_GATHER, size_B, calls);
    }
}

/* Parameters behind one call of a dp transfer: a layer, or its average matrix, if it runs per layer, else an
 * average chunk. */
static double dp_param(const ll_program *program, bool per_layer)
{
    const ll_study *s = program->study;
    if (per_layer)
        return ll_model_layer_param(&s->model) /
               (double)(s->job.tp * ll_job_layer_calls(&s->job, &s->model));
    double sum = 0;
    for (int64_t v = 0; v < program->n_chunk; v++)
        sum += ll_stage_param(&s->model, &s->job, v);
    return sum / (double)program->n_chunk;
}

static void sizes_dp(ll_program *program, double n_op)
{
    const ll_job *job = &program->study->job;
    const ll_model *model = &program->study->model;
    if (model->tied && job->pp > 1)
        set(program, LL_TIE_REDUCE,
            ll_job_grad_B(job) * ll_model_embedding_param(model) / (double)job->tp, 1);
    if (job->dp * job->cp == 1) return;
    bool sharded = job->zero >= 3;
    const double layers = (double)model->n_layer / (double)job->pp;
    const double calls = n_op * layers * ll_job_layer_calls(job, model); /* once per layer */
    const double more = n_op * layers * ll_job_regather(job, model).n;
    double chunks = (double)job->interleave;
    if (job->zero == 0) {
        set(program, LL_DP_REDUCE, ll_job_grad_B(job) * dp_param(program, false), chunks);
        return;
    }
    const bool whole = job->zero == 1 && job->grad_whole;
    set(program, LL_DP_GATHER, ll_job_param_B(job) * dp_param(program, sharded),
        sharded ? 2 * calls + more : chunks);
    set(program, whole ? LL_DP_REDUCE : LL_DP_SCATTER,
        ll_job_grad_B(job) * dp_param(program, sharded),
        sharded          ? calls
        : job->zero == 2 ? n_op * chunks
                         : chunks);
}

/* The maximum of each FP8 tensor: input, weight and gradient of each product, 4 B. */
static void sizes_scale(ll_program *program, double n_op)
{
    const ll_job *job = &program->study->job;
    double layers = (double)program->study->model.n_layer / (double)program->n_chunk;
    if (ll_job_shares_scales(job) && job->dp * job->cp * job->tp > 1)
        set(program, LL_SCALE_REDUCE, 4 * 3 * LL_N_PRODUCT * layers,
            2 * n_op * (double)job->interleave);
}

enum { TP = 1u << LL_AXIS_TP, CP = 1u << LL_AXIS_CP, DP = 1u << LL_AXIS_DP, PP = 1u << LL_AXIS_PP };

static const unsigned axes_of[LL_N_TRANSFER_KIND] = {
    TP, TP, TP, CP, CP, PP, TP, DP | CP, DP | CP, DP | CP, PP, TP | CP | DP};

/* The two ends of every pipeline add up their copies: half of the matrix each way, twice. The pairs are
 * no groups that cover the chips, so they are listed. */
static void plan_tie(const ll_study *study, ll_arena *mem, ll_transfer *t)
{
    const ll_cluster *cluster = &study->cluster;
    const int32_t pp = (int32_t)study->job.pp;
    const int64_t n_pair = ll_group_count(&t->group);
    const int dim = ll_collective_dimension(cluster->topo, &t->group);
    int32_t *src = ll_arena_array(mem, 2 * n_pair, int32_t);
    int32_t *dst = ll_arena_array(mem, 2 * n_pair, int32_t);
    double *list_B = ll_arena_array(mem, 2 * n_pair, double);
    for (int64_t i = 0; i < n_pair; i++) {
        src[2 * i] = dst[2 * i + 1] = ll_group_member(&t->group, (int32_t)i, 0);
        dst[2 * i] = src[2 * i + 1] = ll_group_member(&t->group, (int32_t)i, pp - 1);
        list_B[2 * i] = list_B[2 * i + 1] = t->size_B / 2;
    }
    t->plan = (ll_plan){.collective = LL_ALL_REDUCE,
                        .algorithm = LL_ALGORITHM_DIRECT,
                        .size_B = t->size_B,
                        .group_size = 2,
                        .dimension = dim,
                        .n_round = 1,
                        .round = ll_arena_new(mem, ll_round)};
    t->plan.round[0] = (ll_round){.traffic = {.pattern = LL_PATTERN_LIST,
                                              .n_list = 2 * n_pair,
                                              .src = src,
                                              .dst = dst,
                                              .list_B = list_B},
                                  .collective = LL_ALL_REDUCE,
                                  .repeat = 2,
                                  .dimension = dim};
}

ll_status ll_program_build(const ll_study *study, ll_arena *mem, ll_program *out, ll_error *err)
{
    const ll_job *job = &study->job;
    *out = (ll_program){.study = study, .n_chunk = job->pp * job->interleave};
    double n_op = (double)ll_job_n_micro(job);
    sizes_tp(out, n_op);
    sizes_cp_pp(out, n_op);
    sizes_dp(out, n_op);
    sizes_scale(out, n_op);
    for (int k = 0; k < LL_N_TRANSFER_KIND; k++) {
        ll_transfer *t = &out->transfer[k];
        t->name = names[k];
        t->collective = collective_of[k];
        t->beside = t->clean_beside = 1;
        ll_job_group(job, axes_of[k], &t->group);
        if (k == LL_TIE_REDUCE && t->size_B > 0)
            plan_tie(study, mem, t);
        else if (t->size_B > 0)
            LL_TRY(ll_collective_choose(
                &study->cluster,
                &(ll_request){t->collective, LL_ALGORITHM_AUTO, t->group, t->size_B}, mem, &t->plan,
                err));
    }
    return LL_OK;
}

/* ---- What it costs --------------------------------------------------------------------------- */

/* All rounds of all transfers, equal ones once. */
typedef struct phase_list {
    int n;
    ll_phase phase[LL_N_TRANSFER_KIND * LL_MAX_ROUND];
    int index[LL_N_TRANSFER_KIND][LL_MAX_ROUND]; /* of the round's phase */
} phase_list;

static bool traffic_equal(const ll_traffic *a, const ll_traffic *b)
{
    if (a->pattern != b->pattern || a->src != b->src || a->arg != b->arg || a->size_B < b->size_B ||
        a->size_B > b->size_B || a->group.n_digit != b->group.n_digit)
        return false;
    for (int d = 0; d < a->group.n_digit; d++)
        if (a->group.size[d] != b->group.size[d] || a->group.stride[d] != b->group.stride[d])
            return false;
    return true;
}

static void phase_list_fill(const ll_program *program, phase_list *list)
{
    list->n = 0;
    for (int k = 0; k < LL_N_TRANSFER_KIND; k++) {
        const ll_plan *plan = &program->transfer[k].plan;
        for (int r = 0; r < plan->n_round; r++) {
            const ll_traffic *t = &plan->round[r].traffic;
            int i = 0;
            while (i < list->n && !traffic_equal(list->phase[i].traffic, t))
                i++;
            if (i == list->n) list->phase[list->n++] = (ll_phase){.n_traffic = 1, .traffic = t};
            list->index[k][r] = i;
        }
    }
}

static void stats_add(ll_program *program, const ll_price *price, int n)
{
    ll_engine_stats *stats = &program->stats;
    ll_price *work = &program->work;
    for (int i = 0; i < n; i++)
        ll_price_merge(work, &price[i]);
    *stats = (ll_engine_stats){.n_flow = (int64_t)ll_price_fact(work, "n_flow"),
                               .n_flow_class = (int64_t)ll_price_fact(work, "n_flow_class"),
                               .n_link_class = (int64_t)ll_price_fact(work, "n_link_class"),
                               .n_phase = stats->n_phase + n,
                               .n_solve = (int)ll_price_fact(work, "n_solve"),
                               .n_newton = (int)ll_price_fact(work, "n_newton"),
                               .max_util_frac = ll_price_fact(work, "max_util_frac"),
                               .batch_err_frac = ll_price_fact(work, "batch_err_frac"),
                               .residual_frac = ll_price_fact(work, "residual_frac"),
                               .n_packet_hop = (int64_t)ll_price_fact(work, "n_packet_hop"),
                               .simulated_frac = ll_price_fact(work, "simulated_frac")};
}

typedef enum pricing { REAL, CLEAN, ALONE } pricing;

static ll_cost *cost_of(ll_transfer *t, pricing how)
{
    return how == REAL ? &t->cost : how == CLEAN ? &t->clean : &t->alone;
}

/* Cost of each transfer when its rounds have the wire to themselves. */
static ll_status price_each(ll_program *program, const ll_engine_type *engine, const void *param,
                            pricing how, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    const ll_study *s = program->study;
    phase_list *list = ll_arena_new(mem, phase_list);
    phase_list_fill(program, list);
    ll_price *price = ll_arena_array(mem, list->n, ll_price);
    ll_problem problem = {
        .topo = s->cluster.topo, .wire = s->cluster.wire, .n_phase = list->n, .phase = list->phase};
    LL_TRY(ll_engine_solve(engine, &problem, param, comm, mem, price, err));
    for (int k = 0; k < LL_N_TRANSFER_KIND; k++) {
        ll_transfer *t = &program->transfer[k];
        ll_price *mine = ll_arena_array(mem, t->plan.n_round, ll_price);
        for (int r = 0; r < t->plan.n_round; r++)
            mine[r] = price[list->index[k][r]];
        if (t->size_B > 0) ll_collective_cost(s->cluster.software, &t->plan, mine, cost_of(t, how));
    }
    if (how == REAL) stats_add(program, price, list->n);
    return LL_OK;
}

/* The round of a plan that is longest on the wire, by `closed`. */
static ll_status longest_round(const ll_study *s, const ll_plan *plan, ll_arena *mem, int *round,
                               double *wire_s, ll_error *err)
{
    *wire_s = 0;
    for (int r = 0; r < plan->n_round; r++) {
        ll_phase phase = {.n_traffic = 1, .traffic = &plan->round[r].traffic};
        ll_problem one = {
            .topo = s->cluster.topo, .wire = s->cluster.wire, .n_phase = 1, .phase = &phase};
        ll_price price;
        LL_TRY(ll_engine_solve(&ll_engine_closed, &one, NULL, NULL, mem, &price, err));
        double this_s = plan->round[r].repeat * (price.end_s[0] - price.latency_s[0]);
        if (this_s > *wire_s) {
            *wire_s = this_s;
            *round = r;
        }
    }
    *wire_s /= *wire_s > 0 ? plan->round[*round].repeat : 1;
    return LL_OK;
}

/* How much tp and dp transfers slow each other down while both are on the wire: their longest rounds
 * together, stretched to take equally long alone. */
static ll_status price_beside(ll_program *program, const void *param, pricing how, ll_comm *comm,
                              ll_arena *mem, ll_error *err)
{
    const ll_study *s = program->study;
    ll_transfer *tp = program->transfer + (s->job.sequence_parallel ? LL_TP_GATHER : LL_TP_REDUCE);
    const bool scatters = program->transfer[LL_DP_SCATTER].size_B > 0;
    ll_transfer *dp = program->transfer + (scatters ? LL_DP_SCATTER : LL_DP_REDUCE);
    if (tp->size_B <= 0 || dp->size_B <= 0 ||
        !(s->job.overlap_grad_reduce || s->job.overlap_param_gather))
        return LL_OK;
    int r_tp = 0, r_dp = 0;
    double tp_s = 0, dp_s = 0;
    LL_TRY(longest_round(s, &tp->plan, mem, &r_tp, &tp_s, err));
    LL_TRY(longest_round(s, &dp->plan, mem, &r_dp, &dp_s, err));
    ll_traffic pair[2] = {tp->plan.round[r_tp].traffic, dp->plan.round[r_dp].traffic};
    pair[0].size_B *= dp_s / tp_s;
    const ll_phase phase[3] = {{.n_traffic = 2, .traffic = pair},
                               {.n_traffic = 1, .traffic = &pair[0]},
                               {.n_traffic = 1, .traffic = &pair[1]}};
    ll_problem problem = {
        .topo = s->cluster.topo, .wire = s->cluster.wire, .n_phase = 3, .phase = phase};
    ll_price price[3];
    LL_TRY(ll_engine_solve(s->engine, &problem, param, comm, mem, price, err));
    if (how == REAL) stats_add(program, price, 3);
    for (int i = 0; i < 2; i++) {
        double both_s = price[0].end_s[i] - price[0].latency_s[i];
        double one_s = price[1 + i].end_s[0] - price[1 + i].latency_s[0];
        double slow = fmax(1, both_s / one_s);
        for (int k = i ? LL_DP_GATHER : LL_TP_GATHER; k <= (i ? LL_DP_REDUCE : LL_TP_REDUCE); k++)
            *(how == REAL ? &program->transfer[k].beside : &program->transfer[k].clean_beside) =
                slow;
    }
    return LL_OK;
}

static ll_status price_with(ll_program *program, const void *param, pricing how, ll_comm *comm,
                            ll_arena *mem, ll_error *err)
{
    LL_TRY(price_each(program, program->study->engine, param, how, comm, mem, err));
    return price_beside(program, param, how, comm, mem, err);
}

ll_status ll_program_price(ll_program *program, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    const ll_study *s = program->study;
    ll_arena_mark mark = ll_arena_here(mem);
    ll_status status = price_with(program, s->engine_param, REAL, comm, mem, err);
    if (status == LL_OK)
        status = price_each(program, &ll_engine_closed, NULL, ALONE, comm, mem, err);
    void *clean = ll_arena_alloc(mem, 1, s->engine->param_size + 1);
    program->link_errors = s->engine->error_free(s->engine_param, clean);
    for (int k = 0; k < LL_N_TRANSFER_KIND; k++) {
        program->transfer[k].clean = program->transfer[k].cost;
        program->transfer[k].clean_beside = program->transfer[k].beside;
    }
    if (status == LL_OK && program->link_errors)
        status = price_with(program, clean, CLEAN, comm, mem, err);
    ll_arena_release(mem, mark);
    return status;
}
