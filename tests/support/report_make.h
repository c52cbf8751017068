/* Made-up results and their reports, for tests of tables, pictures and pages. */
#ifndef LL_TESTS_SUPPORT_REPORT_MAKE_H
#define LL_TESTS_SUPPORT_REPORT_MAKE_H

#include "sim/engine/engine.h"
#include "sim/report/report.h"

#include <string.h>

typedef struct made_loss {
    const char *cause, *group;
    double frac;
} made_loss;

/* A result on n_chip chips with the listed losses, in the order of the ladder, ended by {0}. */
static inline ll_report report_make(const char *label, int32_t n_chip, const made_loss *loss,
                                    ll_arena *mem)
{
    ll_study *study = ll_arena_new(mem, ll_study);
    ll_result *result = ll_arena_new(mem, ll_result);
    ll_topology *topo = ll_arena_new(mem, ll_topology);
    study->name = label;
    study->doc = "made up";
    study->cluster.chip.name = "a \"chip\" & more";
    study->cluster.topo = topo;
    study->engine = &ll_engine_closed;
    *result = (ll_result){.n_chip = n_chip, .step_s = 1.5, .efficiency_frac = 1, .valid = true};
    for (; loss->cause; loss++) {
        result->loss[result->n_loss++] = (ll_loss){.cause = loss->cause,
                                                   .group = loss->group,
                                                   .doc = "why < that",
                                                   .chips = loss->frac * n_chip,
                                                   .frac = loss->frac};
        result->efficiency_frac -= loss->frac;
    }
    result->effective_chips = result->efficiency_frac * n_chip;
    result->checksum = (uint64_t)n_chip;
    for (const char *c = label; *c; c++)
        result->checksum = 31 * result->checksum + (unsigned char)*c;
    static const char *const names[] = {"tp gather", "a transfer of a very long name, to be cut",
                                        "never"};
    for (int i = 0; i < 3; i++)
        result->transfer[result->n_transfer++] =
            (ll_transfer_row){.name = names[i],
                              .algorithm = "hierarchical(direct, direct, ring)",
                              .group_size = 8,
                              .size_B = 1e9,
                              .calls = i < 2 ? 1516 : 0,
                              .total_s = 7e-4,
                              .software_s = 1e-4,
                              .latency_s = 1e-4,
                              .wire_s = 5e-4,
                              .contention_s = i ? 2e-4 : -1e-5,
                              .exposed_s = i < 2 ? 0.7 : 0};
    result->memory = (ll_memory){
        .n = 1, .part = {{"weights", 1e9}}, .total_B = 1e9, .capacity_B = 2e9, .advice = ""};
    ll_standing *standing = ll_arena_new(mem, ll_standing);
    standing->n_outside = 1;
    standing->outside[0] = "chips <1>: beyond";
    standing->published = (ll_published){21, 21, 0.158, 1.75};
    return (ll_report){.study = study, .result = result, .label = label, .standing = standing};
}

/* Losses of a training step: a bit of each cause, only a few, causes that no workload has. */
static const made_loss made_usual[] = {
    {"jitter", "waiting", 0.012},    {"contention", "network", 0},
    {"software", "network", 0.032},  {"latency", "network", 0.0002},
    {"bandwidth", "network", 0.074}, {"bubble", "pipeline", 0.034},
    {"imbalance", "pipeline", 0.02}, {"optimizer", "chip", 0.008},
    {"launch", "chip", 0.001},       {"memory", "chip", 0.058},
    {"kernels", "chip", 0.316},      {0}};
static const made_loss made_none[] = {{"jitter", "waiting", 0}, {"kernels", "chip", 0}, {0}};
static const made_loss made_gain[] = {
    {"jitter", "waiting", -0.01}, {"bandwidth", "network", 0.3}, {"kernels", "chip", 0.1}, {0}};
static const made_loss made_other[] = {{"jitter", "waiting", 0.1},
                                       {"queue", "idle", 0.2},
                                       {"draft", "crowd", 0.1},
                                       {"cache", "store", 0.1},
                                       {"page", "swap", 0.05},
                                       {"kernels", "chip", 0.1},
                                       {0}};

#endif
