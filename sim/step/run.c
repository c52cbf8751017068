/* A run: program, prices, replay, loss budget, and the checks that make the result VALID. */
#include "sim/base/text.h"
#include "sim/step/budget.h"
#include "sim/step/program.h"
#include "sim/step/result.h"
#include "sim/work/evidence.h"

#include <math.h>

static void headline(const ll_study *s, ll_result *out)
{
    out->n_chip = s->cluster.topo->n_chip;
    out->tokens_per_step = (double)s->job.global_batch * (double)s->job.seq;
    out->model_flop_per_step =
        (double)s->job.global_batch * ll_model_flop_per_sequence(&s->model, (double)s->job.seq);
    out->memory = s->memory;
}

static void check(ll_result *out, const char *what, bool ok)
{
    LL_ASSERT(out->n_check < LL_MAX_CHECK, "n_check = %d", out->n_check);
    out->check[out->n_check++] = (ll_check){what, ok};
    out->valid = out->valid && ok;
}

/* Layers dealt to chunks, and parameters held by all stages, are those of the model. */
static bool model_is_whole(const ll_study *s)
{
    int64_t n_layer = 0;
    double n_param = 0, want = ll_model_param(&s->model) - (double)s->model.hidden;
    for (int64_t v = 0; v < s->job.pp * s->job.interleave; v++) {
        n_layer += ll_stage_n_layer(&s->model, &s->job, v);
        n_param += ll_stage_param(&s->model, &s->job, v) * (double)s->job.tp;
    }
    if (s->model.tied && s->job.pp > 1) want += ll_model_embedding_param(&s->model);
    return n_layer == s->model.n_layer && fabs(n_param - want) <= 1e-9 * want;
}

static void self_check(const ll_study *s, ll_result *out)
{
    double sum = 0;
    bool finite = isfinite(out->step_s) && out->step_s > 0;
    for (int i = 0; i < out->n_loss; i++)
        sum += out->loss[i].chips;
    for (int i = 0; i < out->n_loss; i++)
        finite = finite && isfinite(out->loss[i].step_s) && out->loss[i].step_s > 0;
    out->valid = true;
    check(out, "losses add up exactly to chips - effective chips",
          !(sum < out->n_chip - out->effective_chips) &&
              !(sum > out->n_chip - out->effective_chips));
    check(out, "every rung of the ladder has a finite positive step time", finite);
    check(out, "no chip does more than its peak", out->mfu_frac > 0 && out->mfu_frac <= 1);
    check(out, "no link carries more than its capacity", out->engine.max_util_frac <= 1 + 1e-9);
    check(out, "every layer and parameter is placed once", model_is_whole(s));
    check(out, "every sequence is processed once",
          s->job.global_batch == ll_job_n_micro(&s->job) * s->job.micro_batch * s->job.dp);
    check(out, "the model fits the memory", out->memory.total_B <= out->memory.capacity_B);
}

/* Numbers only, in a fixed order and full precision: the same on every machine that computes alike. */
static uint64_t checksum(const ll_result *r, ll_arena *mem)
{
    ll_text t;
    ll_text_init(&t, mem);
    ll_text_add(&t, "%d %.17g %.17g %.17g %.17g", r->n_chip, r->step_s, r->tokens_per_s,
                r->model_flop_per_step, r->effective_chips);
    for (int i = 0; i < r->n_loss; i++)
        ll_text_add(&t, " %s %.17g %.17g", r->loss[i].cause, r->loss[i].chips, r->loss[i].step_s);
    for (int i = 0; i < r->n_transfer; i++)
        ll_text_add(&t, " %s %.17g %.17g", r->transfer[i].name, r->transfer[i].total_s,
                    r->transfer[i].exposed_s);
    ll_text_add(&t, " %.17g %.17g", r->memory.total_B, r->energy_J_per_token);
    return ll_text_hash(LL_HASH_START, t.s, t.n);
}

ll_status ll_run(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_result *out, ll_error *err)
{
    ll_program *program = ll_arena_new(mem, ll_program);
    *out = (ll_result){0};
    headline(study, out);
    LL_TRY(ll_program_build(study, mem, program, err));
    LL_TRY(ll_program_price(program, comm, mem, err));
    LL_TRY(ll_budget(program, comm, mem, out, err));
    out->engine = program->stats;
    out->tokens_per_s = out->tokens_per_step / out->step_s;
    out->tokens_per_s_per_chip = out->tokens_per_s / out->n_chip;
    out->energy_J_per_token = study->cluster.chip.power_W / out->tokens_per_s_per_chip;
    out->evidence = ll_evidence_weakest(study);
    self_check(study, out);
    out->checksum = checksum(out, mem);
    return LL_OK;
}
