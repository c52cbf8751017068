/* Serving by formula beside the simulation: random loads on five machines, drawn from a seed.
 *
 *   bench_serving [--format json] [--rows] [SEED [LOADS]]
 *
 * Models from 8B to DeepSeek-V3, three engines, layouts, lengths from 128 to 8192 tokens in and
 * from 64 to 2048 out with any spread, drafts, prefix hits, closed loops of 1 to 256 clients for
 * each replica and Poisson arrivals at 10 to 80 % of the capacity. Prints in how many the formula
 * says that it holds, and how many of those are within 3 % of the simulation in tokens/s, mean time
 * per output token and mean time to first token; errors of the others beside.
 * --rows: every load. */
#include "sim/base/rng.h"
#include "sim/base/stats.h"
#include "sim/step/speed.h"

#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_STUDY = 5, MAX_CHANGE = 24, MAX_LOAD = 4096, MAX_TRY = 20, N_FIGURE = 3 };
enum { LEAST_REQUESTS = 1000, AT_RATE = 8000 };

static const double WITHIN = 0.03;
static const char *const figure_name[N_FIGURE] = {"tokens/s", "TPOT", "TTFT"};

typedef struct draws {
    uint64_t seed, load;
    uint64_t n;
} draws;

static double u01(draws *d) { return ll_rng_u01(d->seed, d->load, d->n++); }
static double between(draws *d, double a, double b) { return a + (b - a) * u01(d); }
static bool chance(draws *d, double p) { return u01(d) < p; }

typedef struct load {
    ll_arena *mem;
    int n;
    ll_change change[MAX_CHANGE];
    bool open;
    double rate_frac; /* of the capacity, of an open loop */
    double error[N_FIGURE];
    int limit;
    double ttft_s, tpot_s; /* simulated */
    const char *text;
} load;

static void set(load *l, const char *path, double value)
{
    const char *text = ll_arena_printf(l->mem, "%.10g", value);
    for (int i = 0; i < l->n; i++)
        if (!strcmp(l->change[i].path, path)) {
            l->change[i].text = text;
            return;
        }
    l->change[l->n++] = (ll_change){.path = path, .text = text};
}

static void set_text(load *l, const char *path, const char *text)
{
    for (int i = 0; i < l->n; i++)
        if (!strcmp(l->change[i].path, path)) {
            l->change[i].text = text;
            return;
        }
    l->change[l->n++] = (ll_change){.path = path, .text = text};
}

static double spread(draws *d)
{
    const double kind = u01(d), u = u01(d);
    return kind < 0.15 ? 1 : kind < 0.4 ? 0.8 : u;
}

static void layout_draw(const ll_study *study, draws *d, load *l)
{
    const bool experts = ll_model_has_experts(&study->model);
    const double u = u01(d), v = u01(d);
    if (experts) {
        const double tp = u < 0.5 ? 8 : u < 0.75 ? 2 : 1;
        set(l, "job.tp", tp);
        if (tp < 8) set(l, "job.ep", 8);
    } else {
        set(l, "job.tp",
            (double)(study->layout.tp << (int)(2.99 * u)) > 8
                ? 8
                : (double)(study->layout.tp << (int)(2.99 * u)));
        if (v < 0.2) set(l, "job.pp", 2);
    }
}

static void load_draw(const ll_study *study, draws *d, load *l)
{
    layout_draw(study, d, l);
    set(l, "job.prompt", round(exp2(between(d, 7, 13))));
    set(l, "job.output", round(exp2(between(d, 6, 11))));
    set(l, "job.prompt_spread", spread(d));
    set(l, "job.output_spread", spread(d));
    const double hit = between(d, 0, 0.9), accepted = between(d, 1, 3.5);
    if (chance(d, 0.2)) set(l, "job.prefix_hit", hit);
    if (chance(d, 0.2)) {
        set(l, "job.draft_tokens", 3);
        set(l, "job.accepted", accepted);
    }
    const double clients = round(exp2(between(d, 0, 8))), counted = u01(d);
    l->open = chance(d, 0.4);
    l->rate_frac = between(d, 0.1, 0.8);
    set_text(l, "job.counted", l->open || counted < 0.5 ? "\"steady\"" : "\"all\"");
    if (l->open) {
        set(l, "job.concurrency", 0);
        set(l, "job.rate", 1e-6);
        set(l, "job.requests", AT_RATE);
    } else {
        set(l, "job.concurrency", clients);
        set(l, "job.requests", fmax(10 * clients, LEAST_REQUESTS));
    }
}

static ll_status vary(const ll_study *study, const load *l, ll_comm *comm, double *value,
                      ll_error *err)
{
    ll_study *other = ll_arena_new(l->mem, ll_study);
    ll_speed *speed = ll_arena_new(l->mem, ll_speed);
    LL_TRY(ll_study_vary(study, l->n, l->change, l->mem, other, err));
    LL_TRY(ll_speed_find(other, false, comm, l->mem, speed, err));
    memcpy(value, speed->value, sizeof speed->value);
    return LL_OK;
}

static double of(const double *value, const char *name)
{
    return value[ll_workload_metric(&ll_workload_serve, name)];
}

static ll_status load_run(const ll_study *study, ll_comm *comm, load *l, ll_error *err)
{
    double event[LL_MAX_METRIC], formula[LL_MAX_METRIC];
    if (l->open) {
        set_text(l, "job.form", "\"steady\"");
        LL_TRY(vary(study, l, comm, formula, err));
        set(l, "job.rate", l->rate_frac * of(formula, "capacity_per_s"));
    }
    set_text(l, "job.form", "\"event\"");
    LL_TRY(vary(study, l, comm, event, err));
    if (l->open) set(l, "job.rate", of(event, "requests_per_s")); /* that was drawn */
    set_text(l, "job.form", "\"steady\"");
    LL_TRY(vary(study, l, comm, formula, err));
    static const char *const name[N_FIGURE] = {"tokens_per_s", "tpot_s", "ttft_s"};
    for (int f = 0; f < N_FIGURE; f++)
        l->error[f] = of(formula, name[f]) / of(event, name[f]) - 1;
    l->limit = (int)of(formula, "steady_limit");
    l->ttft_s = of(event, "ttft_s");
    l->tpot_s = of(event, "tpot_s");
    return LL_OK;
}

static const char *changes_text(const load *l)
{
    const char *s = "";
    for (int i = 0; i < l->n; i++)
        s = ll_arena_printf(l->mem, "%s %s=%s", s, l->change[i].path + 4, l->change[i].text);
    return s;
}

static double worst(const load *l)
{
    double w = 0;
    for (int f = 0; f < N_FIGURE; f++)
        w = fmax(w, fabs(l->error[f]));
    return w;
}

typedef struct tally {
    int n, n_within;
    double error[N_FIGURE][MAX_LOAD], worst[MAX_LOAD];
} tally;

static void tally_add(tally *t, const load *l)
{
    for (int f = 0; f < N_FIGURE; f++)
        t->error[f][t->n] = fabs(l->error[f]);
    t->worst[t->n++] = worst(l);
    t->n_within += worst(l) <= WITHIN;
}

static void tally_print(const char *what, tally *t, bool json, bool first)
{
    if (json) {
        printf("%s\n  {\"name\": \"serving.%s\", \"value\": %d, \"unit\": \"loads\"},\n"
               "  {\"name\": \"serving.%s.within\", \"value\": %d, \"unit\": \"loads\"}",
               first ? "" : ",", what, t->n, what, t->n_within);
        return;
    }
    printf("%-26s %5d %9d", what, t->n, t->n_within);
    for (int f = 0; f < N_FIGURE; f++) {
        ll_stats_sort(t->n, t->error[f]);
        printf(" %8.1f %6.1f", 100 * ll_stats_quantile(t->n, t->error[f], 0.5),
               100 * ll_stats_quantile(t->n, t->error[f], 0.9));
    }
    ll_stats_sort(t->n, t->worst);
    printf(" %7.1f\n", t->n ? 100 * t->worst[t->n - 1] : 0);
}

static ll_status bench(uint64_t seed, int n_load, bool json, bool rows, ll_comm *comm,
                       ll_arena *mem, ll_error *err)
{
    static const char *const name[N_STUDY] = {"llama8b_h100", "llama70b_h100", "qwen32b_b200",
                                              "qwen235b_h200", "deepseek_h200"};
    ll_study *study = ll_arena_array(mem, N_STUDY, ll_study);
    tally *t = ll_arena_array(mem, 4, tally);
    for (int i = 0; i < N_STUDY; i++)
        LL_TRY(ll_study_load(
            &(ll_study_source){ll_arena_printf(mem, LL_BENCH_DIR "/serving/%s.cfg", name[i]), 0,
                               NULL, LL_STUDY_WHOLE},
            comm, mem, &study[i], err));
    ll_arena *one = ll_arena_create("load");
    int n_illegal = 0;
    for (int i = 0, k = 0; k < n_load && i < MAX_TRY * n_load; i++) {
        ll_arena_reset(one);
        load *l = ll_arena_new(one, load);
        ll_error *why = ll_arena_new(one, ll_error);
        ll_error_init(why);
        l->mem = one;
        draws d = {seed, (uint64_t)i, 0};
        load_draw(&study[i % N_STUDY], &d, l);
        if (load_run(&study[i % N_STUDY], comm, l, why) != LL_OK) {
            n_illegal++;
            if (rows) printf("%3d illegal: %.200s", i, why->text);
            continue;
        }
        k++;
        tally_add(&t[2 * l->open + (l->limit != 0)], l);
        if (rows)
            printf("%3d %s %2d %7.1f %7.1f %7.1f  %s:%s\n", i, worst(l) > WITHIN ? "*" : " ",
                   l->limit, 100 * l->error[0], 100 * l->error[1], 100 * l->error[2],
                   name[i % N_STUDY], changes_text(l));
    }
    ll_arena_destroy(one);
    if (json)
        printf("[");
    else
        printf("seed %llu, %d loads, %d more are not legal; errors in %%\n%-26s %5s %9s %8s %6s "
               "%8s %6s %8s %6s %7s\n",
               (unsigned long long)seed, n_load, n_illegal, "", "loads", "within 3%",
               figure_name[0], "P90", figure_name[1], "P90", figure_name[2], "P90", "worst");
    tally_print(json ? "closed" : "closed loop, holds", &t[0], json, true);
    tally_print(json ? "closed_limit" : "closed loop, does not", &t[1], json, false);
    tally_print(json ? "open" : "at a rate, holds", &t[2], json, false);
    tally_print(json ? "open_limit" : "at a rate, does not", &t[3], json, false);
    if (json) printf("\n]\n");
    return LL_OK;
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    bool json = false, rows = false;
    long long seed = 1, n = 60;
    int n_number = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--format"))
            i++, json = true;
        else if (!strcmp(argv[i], "--rows"))
            rows = true;
        else
            *(n_number++ ? &n : &seed) = strtoll(argv[i], NULL, 10);
    }
    ll_arena *mem = ll_arena_create("bench");
    ll_comm *comm = ll_comm_self(mem);
    ll_error err;
    ll_error_init(&err);
    const ll_status status =
        bench((uint64_t)seed, n < MAX_LOAD ? (int)n : MAX_LOAD, json, rows, comm, mem, &err);
    if (status != LL_OK) fputs(err.text, stderr);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    MPI_Finalize();
    return (int)status;
}
