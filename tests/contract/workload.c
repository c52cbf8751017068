/* What every workload promises (sim/work/workload.h): questions about a layout are answered without
 * a trace, the graph is one that can be run, the ladder ends at the peak and its losses add up,
 * figures have names. */
#include "tests/support/param_make.h"
#include "tests/support/petsc.h"
#include "tests/toys/small_study.h"
#include "tests/toys/workload_toy.h"

#include <mpi.h>

/* A line for each: every registered type at least once, and those that only the tests have. */
typedef struct sample {
    const ll_workload_type *type;
    /* Parameters of the workload, NULL: they are in job; those of the layout and the software. */
    const char *text, *job;
} sample;

static const sample samples[] = {
    {&ll_workload_train, "", "tp = 3; pp = 2;"},
    {&ll_workload_train, "", "tp = 2; cp = 3; zero = 3; recompute = \"full\";"},
    {&ll_workload_train, "", "pp = 2; interleave = 5; zero = 2; recompute = \"full\";"},
    {&ll_workload_train, "", "pp = 4; zero = 0; overlap_tp = false;"},
    {&ll_workload_train, "", "pp = 2; schedule = \"dualpipe\"; overlap_pp = false;"},
    {&ll_workload_train, "", "pp = 2; interleave = 2; schedule = \"dualpipe_v\"; zero = 3;"},
    {&ll_workload_train, "", "pp = 2; interleave = 2; schedule = \"zb_v\"; zero = 2;"},
    {&ll_workload_prefill, NULL, "type = \"prefill\"; prompt = 1000; tp = 4;"},
    {&ll_workload_prefill, NULL,
     "type = \"prefill\"; prompt = 2048; prompts = 20; cached = 1024; pp = 3;"},
    {&ll_workload_decode, NULL, "type = \"decode\"; requests = 50; context = 800; tp = 2;"},
    {&ll_workload_decode, NULL,
     "type = \"decode\"; requests = 96; context = 77; draft_tokens = 3; accepted = 2.2; pp = 6; "
     "tp = 2;"},
    {&ll_workload_serve, NULL,
     "type = \"serve\"; concurrency = 12; requests = 40; prompt = 300; output = 20; tp = 2;"},
    {&ll_workload_serve, NULL,
     "type = \"serve\"; rate = 50; requests = 30; prompt = 64; output = 9; output_spread = 0.5; "
     "pp = 3;"},
    {&ll_workload_serve, NULL,
     "type = \"serve\"; concurrency = 30; requests = 90; prompt = 500; output = 30; tp = 2; "
     "prefill_replicas = 2; counted = \"steady\";"},
    {&ll_workload_toy, "prompts=7", "tp = 4; zero = 0;"},
    {&ll_workload_toy, "", "tp = 2; cp = 2; micro_batch = 2; zero = 0;"},
};

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
    const ll_workload_type *type;
    ll_study *study;
    const char *name;
} env;

static bool equal(double a, double b) { return !(a < b) && !(a > b); }

/* ---- What is asked of a layout
 * --------------------------------------------------------------------- */

static void check_questions(const env *e)
{
    ll_study *s = e->study;
    const ll_study before = *s;
    ll_faults why = {0};
    ll_memory one = {0}, two = {0};
    double sum_B = 0;
    CHECK(e->type->legal(s, NULL) && e->type->legal(s, &why) && why.n == 0, "%s: %s", e->name,
          why.at[0].text);
    e->type->memory(s, e->mem, &one);
    e->type->memory(s, e->mem, &two);
    for (int i = 0; i < one.n; i++) {
        sum_B += one.part[i].size_B;
        CHECK(one.part[i].name[0] && one.part[i].size_B >= 0 &&
                  equal(ll_memory_part_B(&one, one.part[i].name), one.part[i].size_B),
              "%s: part %d of the memory", e->name, i);
        CHECK(equal(two.part[i].size_B, one.part[i].size_B), "%s: part %d changes", e->name, i);
    }
    CHECK_NEAR(one.total_B, sum_B, 1e-12);
    CHECK(one.total_B > 0 && one.capacity_B > 0 && one.lane >= 0 && one.lane < s->layout.pp &&
              one.advice && one.advice[0],
          "%s: memory of lane %lld", e->name, (long long)one.lane);
    CHECK(e->type->work_flop(s) > 0 && equal(e->type->work_flop(s), e->type->work_flop(s)),
          "%s: %g FLOP", e->name, e->type->work_flop(s));
    CHECK(!memcmp(&before, s, sizeof before), "%s: the study has changed", e->name);
}

/* A no in silence is a no with reasons: some layouts of other sizes are none. */
static void check_faults(const env *e)
{
    for (int i = 0; i < 40; i++) {
        ll_study other = *e->study;
        ll_faults why = {0};
        other.layout.seq = 1536 + 128 * (i % 8);
        other.layout.pp = 1 + i % 5;
        const bool silent = e->type->legal(&other, NULL), ok = e->type->legal(&other, &why);
        CHECK(silent == ok && ok == (why.n == 0), "%s: %d and %d with %d faults", e->name, silent,
              ok, why.n);
    }
}

/* ---- The graph
 * ------------------------------------------------------------------------------------ */

static void check_transfers(const env *e, const ll_graph *g)
{
    const int others[] = {g->send, g->send_gather, g->tie, g->replicas.gather, g->replicas.scatter};
    for (int i = 0; i < g->n_transfer; i++) {
        const ll_transfer *t = &g->transfer[i];
        CHECK(t->name[0] && ll_graph_transfer(g, t->name) == i, "%s: transfer %d is called %s",
              e->name, i, t->name);
        CHECK(t->size_B > 0 && t->calls > 0 && t->stream > LL_STREAM_COMPUTE &&
                  t->stream < LL_N_STREAM,
              "%s: %s: %g B, %g calls", e->name, t->name, t->size_B, t->calls);
        CHECK(t->group.n_chip == e->study->cluster.topo->n_chip && ll_group_size(&t->group) > 1,
              "%s: %s in a group of %d", e->name, t->name, ll_group_size(&t->group));
    }
    CHECK(e->type->collectives(e->study, e->mem) == ll_graph_collectives(g),
          "%s: other collectives than those of the graph", e->name);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK(others[i] >= -1 && others[i] < g->n_transfer, "%s: transfer %d", e->name, others[i]);
    for (int s = 0; s < LL_N_STREAM; s++)
        CHECK(g->on_wire[s] >= -1 && g->on_wire[s] < g->n_transfer, "%s: on wire %d", e->name,
              g->on_wire[s]);
    for (int i = 0; i < g->n_together; i++)
        for (int s = 0; s < LL_N_STREAM; s++)
            CHECK(!(g->together[i] >> s & 1) || g->on_wire[s] >= 0, "%s: nothing on stream %d",
                  e->name, s);
}

static void check_passes(const env *e, const ll_graph *g)
{
    for (int p = 0; p < g->n_pass; p++)
        for (int i = 0; i < g->pass[p].n_use; i++) {
            const ll_use *u = &g->pass[p].use[i];
            CHECK(u->transfer >= 0 && u->transfer < g->n_transfer && u->scale > 0 &&
                      u->first_kernel >= 0 && u->n_kernel >= 0 &&
                      u->first_kernel + u->n_kernel <= g->pass[p].n_kernel,
                  "%s: pass %d, use %d", e->name, p, i);
        }
    for (int o = 0; o < g->n_op; o++) {
        const ll_op *op = &g->op[o];
        const bool pair = op->forward && op->backward && op->back_kind < g->n_kind;
        CHECK(op->n_part > 0 || pair, "%s: op %d has %d parts", e->name, o, op->n_part);
        for (int k = 0; k < op->n_part; k++)
            CHECK(op->part[k].pass >= 0 && op->part[k].pass < g->n_pass && op->part[k].count > 0,
                  "%s: op %d, part %d", e->name, o, k);
        CHECK(op->ends.transfer >= -1 && op->ends.transfer < g->n_transfer, "%s: op %d", e->name,
              o);
    }
}

/* What the costs are of is there. */
static void check_costs(const env *e, const ll_graph *g)
{
    for (int i = 0; i < g->n_cost; i++) {
        const int64_t k = g->cost[i].index;
        bool ok = k >= 0;
        switch (g->cost[i].kind) {
        case LL_COST_NONE:
            break;
        case LL_COST_OP:
            ok = ok && k < g->n_op;
            break;
        case LL_COST_KERNELS:
            ok = ok && k < g->n_pass;
            break;
        case LL_COST_GATHER:
        case LL_COST_SCATTER:
            ok = ok && k < g->n_kind;
            break;
        case LL_COST_SEND:
            ok = k >= 1;
            break;
        case LL_COST_TIE:
            ok = g->tie >= 0;
            break;
        case LL_COST_COPY:
            ok = ok && g->copy >= 0 && k < g->n_lane;
            break;
        }
        CHECK(ok, "%s: cost %d of kind %d, index %lld", e->name, i, (int)g->cost[i].kind,
              (long long)k);
    }
}

static bool is_exported(const ll_graph *g, int32_t task)
{
    for (int k = 0; k < g->n_export; k++)
        if (g->export[k] == task) return true;
    return false;
}

/* Tasks come after those that they depend on; tasks of all replicas depend on local ones that are
 * exported. */
static void check_dependency(const env *e, const ll_graph *g, int32_t i, int32_t dep)
{
    CHECK(dep >= -1 && dep < i, "%s: task %d depends on %d", e->name, i, dep);
    CHECK(dep < 0 || i < g->n_local || dep >= g->n_local || is_exported(g, dep),
          "%s: task %d depends on %d, which is not exported", e->name, i, dep);
}

static void check_flags(const env *e, const ll_graph *g, int32_t i)
{
    const ll_task *t = &g->task[i];
    CHECK(!(t->flags & LL_TASK_DELAYED_0) || (t->dep[0] >= 0 && g->send >= 0), "%s: task %d",
          e->name, i);
    CHECK(!(t->flags & LL_TASK_DELAYED_1) || (t->dep[1] >= 0 && g->send >= 0), "%s: task %d",
          e->name, i);
    if (!(t->flags & LL_TASK_STREAMED)) return;
    CHECK(t->dep[1] >= 0, "%s: task %d streams from nothing", e->name, i);
    if (t->dep[1] < 0) return;
    const ll_task *from = &g->task[t->dep[1]];
    CHECK(from->stream == LL_STREAM_DP || from->flags & (LL_TASK_RELEASES | LL_TASK_STREAMED),
          "%s: task %d streams from %d, which has no parts", e->name, i, t->dep[1]);
}

static void check_tasks(const env *e, const ll_graph *g)
{
    int *n_draw = ll_arena_array(e->mem, g->n_draw, int);
    CHECK(g->n_lane > 0 && g->n_inner > 0 && g->n_local > 0 && g->n_local < g->n_task,
          "%s: %d local tasks of %d", e->name, g->n_local, g->n_task);
    for (int32_t i = 0; i < g->n_task; i++) {
        const ll_task *t = &g->task[i];
        const bool ok = t->cost >= 0 && t->cost < g->n_cost && t->lane >= 0 &&
                        t->lane < g->n_lane && t->stream < LL_N_STREAM && t->draw >= -1 &&
                        t->draw < (i < g->n_local ? g->n_draw : 0);
        CHECK(ok, "%s: task %d: cost %d, lane %d, stream %d, draw %d", e->name, i, t->cost, t->lane,
              t->stream, t->draw);
        if (ok && t->draw >= 0) n_draw[t->draw]++;
        check_dependency(e, g, i, t->dep[0]);
        check_dependency(e, g, i, t->dep[1]);
        check_flags(e, g, i);
    }
    for (int64_t d = 0; d < g->n_draw; d++)
        CHECK(n_draw[d] <= 1, "%s: draw %lld is drawn %d times", e->name, (long long)d, n_draw[d]);
    for (int k = 0; k < g->n_export; k++)
        CHECK(g->export[k] >= 0 && g->export[k] < g -> n_local, "%s: export %d", e->name,
              g->export[k]);
}

static ll_graph *graph_make(const env *e, unsigned removes)
{
    ll_graph *g = ll_arena_new(e->mem, ll_graph);
    ll_error err;
    ll_error_init(&err);
    CHECK(e->type->build(e->study, NULL, removes, e->mem, g, &err) == LL_OK, "%s: %s", e->name,
          err.text);
    return g;
}

/* Twice the same, and the tasks are the same whatever work is taken away. */
static void check_graph(const env *e)
{
    const ll_graph *g = graph_make(e, 0);
    const ll_graph *other[] = {graph_make(e, 0), graph_make(e, LL_IDEAL_RECOMPUTE)};
    check_transfers(e, g);
    check_passes(e, g);
    check_costs(e, g);
    check_tasks(e, g);
    for (int k = 0; k < 2; k++) {
        bool same = other[k]->n_task == g->n_task && other[k]->n_cost == g->n_cost &&
                    other[k]->n_transfer == g->n_transfer && other[k]->n_local == g->n_local;
        for (int32_t i = 0; i < g->n_task && same; i++)
            same = !memcmp(&other[k]->task[i], &g->task[i], sizeof g->task[i]);
        CHECK(same, "%s: other tasks", e->name);
    }
}

/* ---- Ladder and figures
 * ----------------------------------------------------------------------------- */

static void check_ladder(const env *e)
{
    unsigned removed = 0;
    const ll_cause *c = e->type->ladder;
    CHECK(c->name, "%s: no ladder", e->name);
    for (; c->name; c++) {
        CHECK(c->removes && !(c->removes & (c->removes - 1)) && !(removed & c->removes),
              "%s: %s removes %x after %x", e->name, c->name, c->removes, removed);
        CHECK(c->name[0] && c->doc && c->doc[0], "%s: cause %s", e->name, c->name);
        CHECK(c->group && c->group[0], "%s: cause %s has no group", e->name, c->name);
        removed |= c->removes;
        for (const ll_cause *d = e->type->ladder; d < c; d++)
            CHECK(strcmp(c->name, d->name), "%s: two causes are called %s", e->name, c->name);
    }
    CHECK(c[-1].removes == LL_IDEAL_PEAK, "%s: the ladder ends with %s", e->name, c[-1].name);
}

static void check_metrics(const env *e)
{
    int n = 0, n_headline = 0;
    for (const ll_metric *m = e->type->metric; m->name; m++, n++) {
        n_headline += !strcmp(m->name, e->type->headline);
        CHECK(m->name[0] && m->label && m->label[0] && m->unit && m->doc && m->doc[0],
              "%s: figure %s", e->name, m->name);
        for (const ll_metric *k = e->type->metric; k < m; k++)
            CHECK(strcmp(m->name, k->name), "%s: two figures are called %s", e->name, m->name);
    }
    CHECK(n > 0 && n <= LL_MAX_METRIC, "%s: %d figures", e->name, n);
    CHECK(n_headline == 1, "%s: %d figures are called %s", e->name, n_headline, e->type->headline);
}

/* The oracle of a world in which every iteration takes a second. */
static ll_status one_second(void *self, const void *shape, double *out_s, ll_error *err)
{
    (void)shape, (void)err;
    ++*(int *)self;
    *out_s = 1;
    return LL_OK;
}

static void check_clock(const env *e)
{
    int n_asked = 0;
    const ll_oracle oracle = {one_second, &n_asked, e->comm};
    ll_outcome out = {.n_chip = 12};
    double value[LL_MAX_METRIC + 1] = {0};
    ll_error err;
    ll_error_init(&err);
    CHECK(e->type->clock(e->study, &oracle, e->mem, &out, &err) == LL_OK && n_asked > 0,
          "%s: asked %d times: %s", e->name, n_asked, err.text);
    CHECK(out.iteration_s > 0, "%s: %g s", e->name, out.iteration_s);
    for (int i = 0; i <= LL_MAX_METRIC; i++)
        value[i] = -7;
    e->type->metrics(e->study, &out, value);
    const ll_metric *m = e->type->metric;
    int n = 0;
    for (; m[n].name; n++)
        CHECK(isfinite(value[n]) && value[n] >= 0, "%s: %s = %g", e->name, m[n].name, value[n]);
    CHECK(equal(value[n], -7), "%s: more values than figures", e->name);
}

/* ---- A whole run
 * ----------------------------------------------------------------------------------- */

static void check_run(const env *e)
{
    ll_result r, again;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_run(e->study, e->comm, e->mem, &r, &err) == LL_OK &&
              ll_run(e->study, e->comm, e->mem, &again, &err) == LL_OK,
          "%s: %s", e->name, err.text);
    if (err.status != LL_OK) return;
    double sum = r.effective_chips;
    for (int i = r.n_loss - 1; i >= 0; i--)
        sum += r.loss[i].chips;
    CHECK(equal(sum, r.n_chip) && r.n_loss > 0, "%s: %.17g of %d", e->name, sum, r.n_chip);
    CHECK(r.loss[r.n_loss - 1].removes == LL_IDEAL_PEAK, "%s: the last loss is %s", e->name,
          r.loss[r.n_loss - 1].cause);
    for (int i = 0; i < r.n_check; i++)
        CHECK(r.check[i].ok, "%s: not so: %s", e->name, r.check[i].what);
    CHECK(r.valid && r.checksum == again.checksum, "%s: %llx, %llx", e->name,
          (unsigned long long)r.checksum, (unsigned long long)again.checksum);
}

static void check_sample(const sample *s, ll_comm *comm, ll_arena *mem)
{
    const char *text = s->text ? ll_arena_printf(mem, SMALL_STUDY("%s"), s->job)
                               : ll_arena_printf(mem, SMALL_SERVING("%s"), s->job);
    env e = {mem, comm, s->type, study_make(text, 0, NULL, comm, mem),
             ll_arena_printf(mem, "%s (%s)", s->type->name, s->job)};
    e.study->workload = s->type;
    if (s->text)
        e.study->workload_param =
            param_make(mem, s->type->name, s->type->keys, s->type->param_size, s->text);
    s->type->memory(e.study, mem, &e.study->memory);
    CHECK(s->type->name[0] && s->type->doc[0], "a workload without a name");
    check_questions(&e);
    check_faults(&e);
    check_graph(&e);
    check_ladder(&e);
    check_metrics(&e);
    check_clock(&e);
    check_run(&e);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *comm = ll_comm_create(&world, mem);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        check_sample(&samples[i], comm, mem);
    for (int k = 0; ll_workload_types[k]; k++) {
        bool known = false;
        for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
            known = known || samples[i].type == ll_workload_types[k];
        CHECK(known, "no sample of workload '%s'", ll_workload_types[k]->name);
    }
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
