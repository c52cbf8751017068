/* What every pipeline schedule promises (sim/schedule/schedule.h): its slots are all passes once,
 * in an order that can be run; what it says of memory and time is what comes out when it is run, by
 * a twin of a few lines here and by the program's executor. */
#include "sim/step/execute.h"
#include "sim/work/pipeline.h"
#include "tests/support/check.h"
#include "tests/support/petsc.h"
#include "tests/toys/schedule_gpipe.h"
#include "tests/toys/schedule_pair.h"
#include "tests/toys/schedule_split.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>

/* Schedules that only the tests have: a line for each, beside those of LL_SCHEDULES. */
static const ll_schedule_type *const toys[] = {&ll_schedule_gpipe, &ll_schedule_split,
                                               &ll_schedule_pair, NULL};

enum { MAX_STAGE = 6, MAX_INTER = 3, MAX_MICRO = 13, MAX_CHUNK = MAX_STAGE * MAX_INTER };
enum { MAX_SLOT = 3 * MAX_INTER * MAX_MICRO };

typedef struct sample {
    const ll_schedule_type *type;
    ll_pipe pipe;
    int64_t n_chunk, n_model, n_held, n_slot[MAX_STAGE]; /* n_model: chunks of one copy */
    int64_t home[MAX_CHUNK];                             /* stage of a chunk */
    ll_slot slot[MAX_STAGE][MAX_SLOT];
    char name[96];
} sample;

/* Bits of what has been done for a micro-batch in a chunk. */
enum { FORWARD = 1, INPUT = 2, WEIGHT = 4, ALL = 7 };

/* Chunks lie on one stage each, and the stages hold as many as they say; of two copies, the second
 * lies the other way round. */
static void check_homes(sample *s)
{
    int n_home[MAX_CHUNK] = {0};
    CHECK(s->n_held * s->pipe.n_stage == s->n_chunk, "%s: %lld chunks held", s->name,
          (long long)s->n_held);
    for (int64_t stage = 0; stage < s->pipe.n_stage; stage++)
        for (int64_t k = 0; k < s->n_held; k++) {
            const int64_t v = s->type->chunk(&s->pipe, stage, k);
            const bool in = v >= 0 && v < s->n_chunk;
            CHECK(in, "%s: chunk %lld", s->name, (long long)v);
            if (!in) continue;
            n_home[v]++;
            s->home[v] = stage;
        }
    for (int64_t v = 0; v < s->n_chunk; v++)
        CHECK(n_home[v] == 1, "%s: chunk %lld lies on %d stages", s->name, (long long)v, n_home[v]);
    for (int64_t v = s->n_model; v < s->n_chunk; v++)
        CHECK(s->home[v] == s->home[s->n_chunk - 1 - v], "%s: second copy, chunk %lld", s->name,
              (long long)v);
}

/* Whether a micro-batch goes through a chunk: with two copies, half of them through each. */
static bool passes(const sample *s, int64_t v, int64_t micro)
{
    return s->n_model == s->n_chunk || (v >= s->n_model) == (micro >= s->pipe.n_micro / 2);
}

/* Marks a pass as done by its stage, once, and not before what has to come first there. */
static void mark(const sample *s, int64_t stage, int done[MAX_CHUNK][MAX_MICRO], int32_t v,
                 int32_t micro, int what)
{
    const bool in = v >= 0 && v < s->n_chunk && micro >= 0 && micro < s->pipe.n_micro;
    CHECK(in && s->home[v] == stage && passes(s, v, micro),
          "%s: stage %lld, chunk %d, micro-batch %d", s->name, (long long)stage, v, micro);
    if (!in) return;
    int *d = &done[v][micro];
    const int before = what == FORWARD ? 0 : what == WEIGHT ? FORWARD | INPUT : FORWARD;
    CHECK(*d == before, "%s: stage %lld, chunk %d, micro-batch %d: %d after %d", s->name,
          (long long)stage, v, micro, what, *d);
    *d |= what;
}

/* All passes once; what is said of pairs, halves and turns. Returns what the stage holds at most.
 */
static int64_t check_slots(const sample *s, int64_t stage)
{
    int done[MAX_CHUNK][MAX_MICRO] = {{0}}, n_half = 0, n_pair = 0;
    bool started[MAX_CHUNK] = {false};
    int64_t held = 0, most = 0;
    int32_t turn = 0;
    for (int64_t i = 0; i < s->n_slot[stage]; i++) {
        const ll_slot *slot = &s->slot[stage][i];
        const bool pair = slot->kind == LL_SLOT_PAIR;
        n_pair += pair;
        CHECK(slot->turn >= turn, "%s: turn %d after %d", s->name, slot->turn, turn);
        CHECK(s->type->turns || slot->turn == 0, "%s: turn %d", s->name, slot->turn);
        turn = slot->turn;
        if (slot->kind == LL_SLOT_FORWARD || pair) {
            mark(s, stage, done, slot->chunk, slot->micro, FORWARD);
            CHECK(!pair || started[slot->chunk], "%s: chunk %d starts in a pair", s->name,
                  slot->chunk);
            started[slot->chunk] = true;
            most = ++held > most ? held : most;
        }
        if (slot->kind == LL_SLOT_BACKWARD)
            mark(s, stage, done, slot->chunk, slot->micro, INPUT | WEIGHT);
        if (pair) mark(s, stage, done, slot->back_chunk, slot->back_micro, INPUT | WEIGHT);
        if (slot->kind == LL_SLOT_BACKWARD_INPUT)
            mark(s, stage, done, slot->chunk, slot->micro, INPUT);
        if (slot->kind == LL_SLOT_BACKWARD_WEIGHT)
            mark(s, stage, done, slot->chunk, slot->micro, WEIGHT);
        n_half += slot->kind == LL_SLOT_BACKWARD_INPUT || slot->kind == LL_SLOT_BACKWARD_WEIGHT;
        if (slot->kind != LL_SLOT_FORWARD && slot->kind != LL_SLOT_BACKWARD_INPUT) held--;
    }
    for (int64_t v = 0; v < s->n_chunk; v++)
        for (int64_t micro = 0; micro < s->pipe.n_micro; micro++)
            CHECK(done[v][micro] == (s->home[v] == stage && passes(s, v, micro) ? ALL : 0),
                  "%s: stage %lld, chunk %lld, micro-batch %lld: %d", s->name, (long long)stage,
                  (long long)v, (long long)micro, done[v][micro]);
    CHECK(held == 0, "%s: stage %lld holds %lld at the end", s->name, (long long)stage,
          (long long)held);
    CHECK(n_half == 0 || s->type->splits_backward, "%s: %d halves", s->name, n_half);
    CHECK(n_pair == 0 || s->type->fuses_pairs, "%s: %d pairs", s->name, n_pair);
    return most;
}

/* ---- The twin of the executor
 * -------------------------------------------------------------------- */

/* When the passes of a chunk and micro-batch end; negative: not yet. */
typedef struct times {
    double forward_s[MAX_CHUNK][MAX_MICRO], input_s[MAX_CHUNK][MAX_MICRO];
} times;

/* When the input of a pass is there; negative: not yet. */
static double forward_input_s(const sample *s, const times *t, int32_t v, int32_t micro)
{
    return v % s->n_model == 0 ? 0 : t->forward_s[v - 1][micro];
}

static double backward_input_s(const sample *s, const times *t, int32_t v, int32_t micro)
{
    return (v + 1) % s->n_model == 0 ? t->forward_s[v][micro] : t->input_s[v + 1][micro];
}

/* Runs a slot, if its inputs are there. */
static bool run(const sample *s, const ll_slot *slot, const ll_uniform *pass, times *t,
                double *clock_s)
{
    const bool pair = slot->kind == LL_SLOT_PAIR;
    const bool forward = pair || slot->kind == LL_SLOT_FORWARD;
    const bool backward =
        pair || slot->kind == LL_SLOT_BACKWARD || slot->kind == LL_SLOT_BACKWARD_INPUT;
    const int32_t v = pair ? slot->back_chunk : slot->chunk;
    const int32_t micro = pair ? slot->back_micro : slot->micro;
    double start_s = *clock_s;
    if (forward) {
        const double input_s = forward_input_s(s, t, slot->chunk, slot->micro);
        if (input_s < 0) return false;
        start_s = fmax(start_s, input_s);
    }
    if (backward) {
        const double input_s = backward_input_s(s, t, v, micro);
        if (input_s < 0) return false;
        start_s = fmax(start_s, input_s);
    }
    const double length_s[] = {[LL_SLOT_FORWARD] = pass->forward_s,
                               [LL_SLOT_BACKWARD] = pass->input_s + pass->weight_s,
                               [LL_SLOT_BACKWARD_INPUT] = pass->input_s,
                               [LL_SLOT_BACKWARD_WEIGHT] = pass->weight_s,
                               [LL_SLOT_PAIR] = pass->pair_s};
    *clock_s = start_s + length_s[slot->kind];
    if (forward) t->forward_s[slot->chunk][slot->micro] = *clock_s;
    if (backward) t->input_s[v][micro] = *clock_s;
    return true;
}

/* The end of the last stage to be through; negative if the order blocks. */
static double twin_s(const sample *s, const ll_uniform *pass)
{
    times t;
    double clock_s[MAX_STAGE] = {0}, end_s = 0;
    int64_t next[MAX_STAGE] = {0}, left = 0;
    for (int64_t v = 0; v < MAX_CHUNK; v++)
        for (int64_t i = 0; i < MAX_MICRO; i++)
            t.forward_s[v][i] = t.input_s[v][i] = -1;
    for (bool moved = true; moved;) {
        moved = false;
        for (int64_t p = 0; p < s->pipe.n_stage; p++)
            while (next[p] < s->n_slot[p] && run(s, &s->slot[p][next[p]], pass, &t, &clock_s[p])) {
                next[p]++;
                moved = true;
            }
    }
    for (int64_t p = 0; p < s->pipe.n_stage; p++) {
        left += s->n_slot[p] - next[p];
        end_s = fmax(end_s, clock_s[p]);
    }
    return left ? -1 : end_s;
}

/* ---- The executor
 * -------------------------------------------------------------------------------- */

enum {
    COST_FORWARD,
    COST_BACKWARD,
    COST_INPUT,
    COST_WEIGHT,
    COST_PAIR,
    COST_SEND,
    COST_NONE,
    N_COST
};

static const int32_t *alike(ll_arena *mem, int64_t n, int32_t cost)
{
    int32_t *list = ll_arena_array(mem, n, int32_t);
    for (int64_t i = 0; i < n; i++)
        list[i] = cost;
    return list;
}

static bool graph_make(const sample *s, bool overlap_sends, ll_arena *mem, ll_graph *out)
{
    const int64_t n = s->n_chunk;
    const int32_t *none = alike(mem, n, COST_NONE);
    const ll_pipeline p = {.schedule = s->type,
                           .pipe = s->pipe,
                           .cost = {.forward = alike(mem, n, COST_FORWARD),
                                    .backward = alike(mem, n, COST_BACKWARD),
                                    .input = alike(mem, n, COST_INPUT),
                                    .weight = alike(mem, n, COST_WEIGHT),
                                    .gather = none,
                                    .scatter = none,
                                    .optimizer = none,
                                    .join = COST_NONE,
                                    .send = COST_SEND,
                                    .two_sends = COST_SEND,
                                    .tie = -1,
                                    .pair = alike(mem, n * s->n_held, COST_PAIR),
                                    .copy = s->type->both_ways ? none : NULL},
                           .overlap_sends = overlap_sends,
                           .overlap_scatter = true};
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_pipeline_tasks(&p, mem, out, &err) == LL_OK, "%s: %s", s->name, err.text);
    return err.status == LL_OK;
}

/* Gradients of chunks leave a stage in the order in which they are there. */
static void check_gradients(const sample *s, const ll_graph *graph)
{
    int32_t last[MAX_STAGE] = {0}, n = 0;
    for (int32_t i = graph->n_local; i < graph->n_task; i++) {
        const ll_task *t = &graph->task[i];
        if (t->stream != LL_STREAM_DP) continue;
        CHECK(t->dep[1] > last[t->lane], "%s: stage %d: %d after %d", s->name, t->lane, t->dep[1],
              last[t->lane]);
        last[t->lane] = t->dep[1];
        n++;
    }
    CHECK(n == s->n_chunk, "%s: gradients of %d chunks", s->name, n);
}

/* Activations and their gradients are sent between chunks of two stages, and only there. */
static void check_sends(const sample *s, ll_arena *mem)
{
    ll_graph *graph = ll_arena_new(mem, ll_graph);
    int64_t n_send = 0, want = 0;
    if (!graph_make(s, false, mem, graph)) return;
    for (int32_t i = 0; i < graph->n_task; i++)
        n_send += graph->task[i].cost == COST_SEND;
    for (int64_t v = 0; v + 1 < s->n_chunk; v++)
        if ((v + 1) % s->n_model && s->home[v] != s->home[v + 1])
            want += 2 * s->pipe.n_micro * s->n_model / s->n_chunk;
    check_gradients(s, graph);
    CHECK(n_send == want, "%s: %lld sends, want %lld", s->name, (long long)n_send, (long long)want);
}

static double executor_s(const sample *s, const ll_uniform *pass, ll_comm *comm, ll_arena *mem)
{
    const double length_s[N_COST] = {pass->forward_s,
                                     pass->input_s + pass->weight_s,
                                     pass->input_s,
                                     pass->weight_s,
                                     pass->pair_s,
                                     0,
                                     0};
    ll_task_cost task[N_COST];
    for (int i = 0; i < N_COST; i++)
        task[i] = (ll_task_cost){.kernels_s = length_s[i], .n_part = 1};
    ll_graph *graph = ll_arena_new(mem, ll_graph);
    ll_study *study = ll_arena_new(mem, ll_study);
    const ll_costs costs = {.task = task};
    const ll_run_mode mode = {0};
    double end_s = -1;
    study->layout.dp = 1;
    if (graph_make(s, true, mem, graph)) ll_execute(study, graph, &costs, &mode, comm, mem, &end_s);
    return end_s;
}

/* ---- All of it
 * ----------------------------------------------------------------------------------- */

static void check_times(const sample *s, ll_comm *comm, ll_arena *mem)
{
    /* The pair is shorter than its passes. Sums of these are exact, so the closed form is too. */
    static const ll_uniform pass[] = {{1, 1, 1, 2.5},      {1, 1.25, 0.5, 2}, {2, 1, 0.5, 3},
                                      {1, 2, 2, 4.5},      {0.5, 1, 2, 3.25}, {1, 0.25, 2, 2.5},
                                      {4, 0.25, 0.5, 4.5}, {1, 4, 0.25, 4.5}, {0.25, 0.5, 4, 4.5},
                                      {4, 2, 0.25, 4.5}};
    for (size_t i = 0; i < sizeof pass / sizeof *pass; i++) {
        const double want_s = twin_s(s, &pass[i]);
        CHECK(want_s > 0, "%s: the order blocks", s->name);
        CHECK_NEAR(executor_s(s, &pass[i], comm, mem), want_s, 0);
        CHECK_NEAR(s->type->uniform_s(&s->pipe, &pass[i]), want_s, 0);
    }
}

static void check_pipe(const ll_schedule_type *type, const ll_pipe *pipe, ll_comm *comm,
                       ll_arena *mem)
{
    sample *s = ll_arena_new(mem, sample);
    s->type = type;
    s->pipe = *pipe;
    s->n_model = ll_pipe_n_chunk(pipe);
    s->n_chunk = ll_schedule_n_chunk(type, pipe);
    s->n_held = type->n_held(pipe);
    snprintf(s->name, sizeof s->name, "%s: %lld stages x %lld, %lld micro-batches", type->name,
             (long long)pipe->n_stage, (long long)pipe->n_inter, (long long)pipe->n_micro);
    check_homes(s);
    for (int64_t stage = 0; stage < pipe->n_stage; stage++) {
        s->n_slot[stage] = type->n_slot(pipe, stage);
        LL_ASSERT(s->n_slot[stage] <= MAX_SLOT, "%s: %lld slots", s->name,
                  (long long)s->n_slot[stage]);
        type->order(pipe, stage, s->slot[stage]);
        const int64_t most = check_slots(s, stage);
        CHECK(type->in_flight(pipe, stage) == most, "%s: stage %lld: %lld in flight, of slots %lld",
              s->name, (long long)stage, (long long)type->in_flight(pipe, stage), (long long)most);
    }
    check_times(s, comm, mem);
    check_sends(s, mem);
}

/* Yes and no are the same in silence, and every no has a reason. */
static bool check_legal(const ll_schedule_type *type, const ll_pipe *pipe)
{
    ll_faults why = {0};
    const bool silent = type->legal(pipe, NULL), ok = type->legal(pipe, &why);
    CHECK(silent == ok && ok == (why.n == 0), "%s: %d and %d with %d faults", type->name, silent,
          ok, why.n);
    for (int i = 0; i < why.n && i < LL_MAX_FAULT; i++)
        CHECK(!strncmp(why.at[i].path, "job.", 4) && why.at[i].text[0], "%s: fault %d at %s",
              type->name, i, why.at[i].path);
    return ok;
}

/* Every pipe that is legal; there are some. */
static void check_type(const ll_schedule_type *type, ll_comm *comm, ll_arena *mem)
{
    int n_pipe = 0;
    CHECK(type->name[0] && type->doc[0], "a schedule without a name");
    for (int64_t stage = 1; stage <= MAX_STAGE; stage++)
        for (int64_t inter = 1; inter <= MAX_INTER; inter++)
            for (int64_t micro = 1; micro <= MAX_MICRO; micro++) {
                const ll_pipe pipe = {stage, inter, micro};
                if (stage == 1 && inter > 1) continue; /* no layout has it */
                if (!check_legal(type, &pipe)) continue;
                const ll_arena_mark mark_here = ll_arena_here(mem);
                check_pipe(type, &pipe, comm, mem);
                ll_arena_release(mem, mark_here);
                n_pipe++;
            }
    CHECK(n_pipe > 0, "%s runs no pipe", type->name);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *comm = ll_comm_create(&world, mem);
    for (int k = 0; ll_schedule_types[k]; k++) {
        check_type(ll_schedule_types[k], comm, mem);
        CHECK(!strcmp(ll_schedule_names[k], ll_schedule_types[k]->name), "%s is called %s",
              ll_schedule_types[k]->name, ll_schedule_names[k]);
    }
    for (int k = 0; toys[k]; k++)
        check_type(toys[k], comm, mem);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
