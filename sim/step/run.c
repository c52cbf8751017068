/* A run: graph, prices, times of tasks, loss budget, and the checks that make the result VALID. */
#include "sim/base/text.h"
#include "sim/step/account.h"
#include "sim/step/oracle.h"
#include "sim/step/result.h"
#include "sim/step/timeline.h"
#include "sim/work/chunks.h"
#include "sim/work/evidence.h"

#include <math.h>
#include <string.h>

static void check(ll_result *out, const char *what, bool ok)
{
    LL_ASSERT(out->n_check < LL_MAX_CHECK, "n_check = %d", out->n_check);
    out->check[out->n_check++] = (ll_check){what, ok};
    out->valid = out->valid && ok;
}

/* Whether the layers of all chunks, and the weights of all stages, add up to those of the model. */
static bool model_is_whole(const ll_study *s)
{
    int64_t n_layer = 0;
    int n_vocab = 0;
    const double n_expert_chip = (double)(s->layout.experts.ep * s->layout.experts.etp);
    double n_param = 0, want = ll_model_param(&s->model) - (double)s->model.hidden;
    for (int64_t v = 0; v < ll_chunk_count(&s->layout); v++) {
        const ll_chunk_layers deal = ll_chunk_deal(&s->model, &s->layout, v);
        n_layer += deal.n;
        const ll_weights w = ll_chunk_weights(&s->model, &s->layout, v);
        n_vocab += ll_chunk_n_vocab(&s->model, &s->layout, v, &deal);
        n_param += w.dense * (double)s->layout.tp + w.expert * n_expert_chip;
    }
    for (int r = 0; r < s->model.n_run; r++) { /* copies of what several chips hold whole */
        const ll_layers *run = &s->model.run[r];
        const double hidden = (double)s->model.hidden;
        want += (double)run->n_layer *
                (ll_layer_param(run, hidden, s->layout.tp) - ll_layer_param(run, hidden, 1));
    }
    want += (n_vocab - (s->model.tied ? 1 : 2)) * ll_model_embedding_param(&s->model);
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
    check(out, "no link carries more than its capacity",
          ll_price_fact(&out->work, "max_util_frac") <= 1 + 1e-9);
    check(out, "every layer and parameter is placed once", model_is_whole(s));
    check(out, "every sequence is processed once",
          s->layout.global_batch ==
              ll_layout_n_micro(&s->layout) * s->layout.micro_batch * s->layout.dp);
    check(out, "the model fits the memory", out->memory.total_B <= out->memory.capacity_B);
}

uint64_t ll_result_checksum(const ll_result *r, ll_arena *mem)
{
    ll_text t;
    ll_text_init(&t, mem);
    ll_text_add(&t, "%d %.17g %.17g", r->n_chip, r->step_s, r->effective_chips);
    for (int i = 0; i < r->n_metric; i++)
        ll_text_add(&t, " %s %.17g", r->metric[i].name, r->metric_value[i]);
    for (int i = 0; i < r->n_loss; i++)
        ll_text_add(&t, " %s %.17g %.17g", r->loss[i].cause, r->loss[i].chips, r->loss[i].step_s);
    for (int i = 0; i < r->n_transfer; i++)
        ll_text_add(&t, " %s %.17g %.17g", r->transfer[i].name, r->transfer[i].total_s,
                    r->transfer[i].exposed_s);
    ll_text_add(&t, " %.17g", r->memory.total_B);
    return ll_text_hash(LL_HASH_START, t.s, t.n);
}

double ll_result_metric(const ll_result *r, const char *name)
{
    for (int i = 0; i < r->n_metric; i++)
        if (!strcmp(r->metric[i].name, name)) return r->metric_value[i];
    return 0;
}

static ll_status metrics(const ll_study *study, ll_pricer *pricer, ll_comm *comm, ll_arena *mem,
                         ll_result *out, ll_error *err)
{
    out->metric = study->workload->metric;
    while (out->metric[out->n_metric].name)
        out->n_metric++;
    LL_ASSERT(out->n_metric <= LL_MAX_METRIC, "%d metrics", out->n_metric);
    return ll_figures_find(study, pricer, out->step_s, comm, mem, out->metric_value, err);
}

ll_status ll_run(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_result *out, ll_error *err)
{
    return ll_run_watched(study, comm, mem, out, NULL, err);
}

ll_status ll_run_watched(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_result *out,
                         ll_timeline *timeline, ll_error *err)
{
    *out = (ll_result){.n_chip = study->cluster.topo->n_chip, .memory = study->memory};
    ll_pricer *pricer = NULL;
    ll_ladder ladder;
    ll_status status = ll_pricer_create(study, comm, mem, &pricer, err);
    if (status == LL_OK) status = ll_ladder_make(study, pricer, comm, mem, &ladder, err);
    if (status == LL_OK) {
        ll_account(&ladder, out);
        out->n_phase = ladder.prices->n_phase;
        out->work = ladder.prices->work;
        if (timeline) ll_timeline_make(&ladder, mem, timeline);
        status = metrics(study, pricer, comm, mem, out, err);
    }
    ll_pricer_destroy(pricer);
    LL_TRY(status);
    out->evidence = ll_evidence_weakest(study);
    self_check(study, out);
    out->checksum = ll_result_checksum(out, mem);
    return LL_OK;
}
