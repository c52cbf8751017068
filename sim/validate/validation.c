#include "sim/validate/validation_row.h"

#include "sim/comm/progress.h"

#include <stdlib.h>

double ll_validation_work_flop(const ll_study *s, ll_quantity quantity)
{
    const ll_work w = ll_model_work(&s->model, (double)s->layout.seq);
    const double layers = w.layer_flop + (quantity == LL_QUANTITY_CAUSAL ? 0.5 : 1) * w.score_flop;
    const double passes = quantity == LL_QUANTITY_FULL_RECOMPUTE ? 4 : 3; /* of the layers */
    return (double)s->layout.global_batch * (passes * layers + 3 * w.output_flop);
}

const char *ll_validation_family(const ll_study *s)
{
    const ll_layout *l = &s->layout;
    if (s->stack.zero >= 3) return "fsdp";
    return l->tp * l->cp * l->pp > 1 ? "tp-cp-pp" : "replicas";
}

int ll_validation_param_class(const ll_validation_param *p)
{
    const bool fitted = strstr(p->source, "fit") != NULL;
    if (fitted && strstr(p->source, "step")) return LL_VALIDATION_STEP;
    switch ((ll_evidence)p->evidence) {
    case LL_EVIDENCE_MEASURED:
        return fitted ? LL_VALIDATION_FITTED : LL_VALIDATION_MEASURED;
    case LL_EVIDENCE_DERIVED:
        return fitted ? LL_VALIDATION_FITTED : LL_VALIDATION_STATED;
    case LL_EVIDENCE_PRESS:
    case LL_EVIDENCE_UNVERIFIED:
    case LL_EVIDENCE_ASSUMED:
    case LL_EVIDENCE_UNSTATED:
        return LL_VALIDATION_ASSUMED;
    case LL_EVIDENCE_NONE:
    case LL_EVIDENCE_CHOICE:
    case LL_EVIDENCE_VENDOR:
        break;
    }
    return LL_VALIDATION_STATED;
}

static int by_origin(const void *a, const void *b)
{
    const ll_validation_param *p = a, *q = b;
    const int origin = strcmp(p->origin, q->origin);
    const int key = strcmp(p->key, q->key);
    return origin ? origin : key ? key : strcmp(p->text, q->text);
}

/* Gathers the outcomes of all ranks on every rank, in the order of the table. */
static void gather(ll_validation *v, const ll_validation_outcome *mine, int n_mine,
                   const ll_validation_params *found, ll_comm *comm, ll_arena *mem)
{
    size_t n_byte;
    const ll_validation_outcome *all =
        ll_comm_gather(comm, mem, mine, (size_t)n_mine * sizeof *mine, &n_byte);
    ll_validation_outcome *outcome = ll_arena_array(mem, v->n_row, ll_validation_outcome);
    for (size_t i = 0; i < n_byte / sizeof *all; i++)
        outcome[all[i].i_row] = all[i];
    v->outcome = outcome;
    const ll_validation_param *every =
        ll_comm_gather(comm, mem, found->at, (size_t)found->n * sizeof *found->at, &n_byte);
    ll_validation_params joined = {
        .at = ll_arena_array(mem, LL_VALIDATION_PARAM_MAX, ll_validation_param)};
    for (size_t i = 0; i < n_byte / sizeof *every; i++)
        ll_validation_param_add(&joined, &every[i]);
    qsort(joined.at, (size_t)joined.n, sizeof *joined.at, by_origin);
    v->param = joined.at;
    v->n_param = joined.n;
}

void ll_validation_run(ll_validation *v, ll_comm *comm, ll_arena *mem)
{
    int n_set = 0;
    while (v->set[n_set])
        n_set++;
    const int rank = ll_comm_rank(comm), size = ll_comm_size(comm);
    ll_validation_outcome *mine = ll_arena_array(mem, v->n_row / size + 1, ll_validation_outcome);
    ll_validation_params found = {
        .at = ll_arena_array(mem, LL_VALIDATION_PARAM_MAX, ll_validation_param)};
    ll_row_job j = {v, n_set, v->set, NULL, ll_comm_self(mem), mem};
    int n_mine = 0;
    j.read = ll_arena_alloc(mem, (size_t)v->n_row, sizeof *j.read);
    for (int i = 0; i < v->n_row; i++)
        ll_validation_row_read(&j, i, comm);
    ll_progress progress;
    ll_progress_begin(&progress, comm, "validate", "of the rows", v->n_row);
    ll_progress_piece(&progress, size);
    ll_comm_progress_set(j.alone, &progress);
    for (int i = rank; i < v->n_row; i += size) {
        ll_arena_mark mark = ll_arena_here(mem);
        ll_validation_row_run(&j, i, &mine[n_mine++], &found);
        ll_arena_release(mem, mark);
        ll_progress_step(&progress, size);
    }
    ll_progress_end(&progress);
    ll_comm_destroy(j.alone);
    gather(v, mine, n_mine, &found, comm, mem);
    ll_validation_count(v, mem);
}
