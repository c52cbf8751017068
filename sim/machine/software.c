#include "sim/machine/software.h"

#include <string.h>

const char *const ll_collective_names[] = {
    "all_reduce", "all_gather", "reduce_scatter", "all_to_all", "broadcast", "send", NULL};

const char *const ll_protocol_names[] = {"ll", "ll128", "simple", NULL};

#define LAUNCH(c, name_)                                                                      \
    {                                                                                         \
        .name = "launch_" name_, .kind = LL_KIND_TIME, .flags = LL_KEY_FACT,                  \
        .offset = offsetof(ll_software, launch_s) + (c) * sizeof(double), .min = 0, .max = 1, \
        .doc = "floor of one " name_ " of no bytes"                                           \
    }
#define PROTOCOL(p, name_)                                                                 \
    {.name = "step_" name_,                                                                \
     .kind = LL_KIND_TIME,                                                                 \
     .flags = LL_KEY_FACT,                                                                 \
     .offset = offsetof(ll_software, step_s) + (p) * sizeof(double),                       \
     .def = "0 s",                                                                         \
     .min = 0,                                                                             \
     .max = 1,                                                                             \
     .doc = "the same in protocol " name_},                                                \
    {                                                                                      \
        .name = "frac_" name_, .kind = LL_KIND_RATIO, .flags = LL_KEY_FACT,                \
        .offset = offsetof(ll_software, protocol_frac) + (p) * sizeof(double), .def = "0", \
        .min = 0, .max = 1,                                                                \
        .doc = "share of the long rate that protocol " name_ " achieves; 0: there is none" \
    }
#define GUESS(p, suffix, protocol)                                                              \
    {.name = "guess_base" suffix,                                                               \
     .kind = LL_KIND_TIME,                                                                      \
     .flags = LL_KEY_FACT,                                                                      \
     .offset = offsetof(ll_software, guess.base_s) + (p) * sizeof(double),                      \
     .def = "0 s",                                                                              \
     .min = 0,                                                                                  \
     .max = 1,                                                                                  \
     .doc = "floor of a ring in protocol " protocol ", as the library reckons"},                \
        {.name = "guess_step" suffix,                                                           \
         .kind = LL_KIND_TIME,                                                                  \
         .flags = LL_KEY_FACT,                                                                  \
         .offset = offsetof(ll_software, guess.step_s) + (p) * sizeof(double),                  \
         .def = "0 s",                                                                          \
         .min = 0,                                                                              \
         .max = 1,                                                                              \
         .doc = "a step of it"},                                                                \
    {                                                                                           \
        .name = "guess_rate" suffix, .kind = LL_KIND_RATE, .flags = LL_KEY_FACT,                \
        .offset = offsetof(ll_software, guess.rate_Bps) + (p) * sizeof(double), .def = "0 B/s", \
        .min = 0, .max = 1e15,                                                                  \
        .doc = "bus bandwidth of it; 0: not taken (simple: the fastest is, without a guess)"    \
    }
#define RATE(c, name_)                                                                            \
    {                                                                                             \
        .name = "rate_frac_" name_, .kind = LL_KIND_RATIO, .flags = LL_KEY_FACT,                  \
        .offset = offsetof(ll_software, rate_frac) + (c) * sizeof(double), .min = 0.01, .max = 1, \
        .doc = "fraction of the link rate that a long " name_ " achieves"                         \
    }

const ll_key ll_software_keys[] = {
    {.name = "dimension",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_software, dimension),
     .doc = "name of the dimension of the topology"},
    LAUNCH(LL_ALL_REDUCE, "all_reduce"),
    LAUNCH(LL_ALL_GATHER, "all_gather"),
    LAUNCH(LL_REDUCE_SCATTER, "reduce_scatter"),
    LAUNCH(LL_ALL_TO_ALL, "all_to_all"),
    LAUNCH(LL_BROADCAST, "broadcast"),
    LAUNCH(LL_SEND, "send"),
    RATE(LL_ALL_REDUCE, "all_reduce"),
    RATE(LL_ALL_GATHER, "all_gather"),
    RATE(LL_REDUCE_SCATTER, "reduce_scatter"),
    RATE(LL_ALL_TO_ALL, "all_to_all"),
    RATE(LL_BROADCAST, "broadcast"),
    RATE(LL_SEND, "send"),
    {.name = "rate_frac_in_network",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, rate_frac_in_network),
     .def = "1",
     .min = 0.01,
     .max = 1,
     .doc = "fraction of the link rate that a long all_reduce by the switches achieves"},
    {.name = "algorithms",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_software, algorithms),
     .def = "all",
     .doc = "what the library has for reductions, gathers and broadcasts, such as \"ring tree\""},
    {.name = "step",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, step_s) + LL_PROTOCOL_SIMPLE * sizeof(double),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc = "software time of each serial step of a collective of long messages"},
    PROTOCOL(LL_PROTOCOL_LL128, "ll128"),
    PROTOCOL(LL_PROTOCOL_LL, "ll"),
    {.name = "step_in_network",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, step_in_network_s),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc = "software time of a slot of an all_reduce by the switches; without slots, of a step"},
    {.name = "channels_in_network",
     .kind = LL_KIND_COUNT,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, channels_in_network),
     .def = "0",
     .min = 0,
     .max = 1024,
     .doc = "chunks of a slot of an all_reduce by the switches; 0: the buffer passes as a stream"},
    {.name = "fill_ll",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, fill_ll_s),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc = "what parts of 4 KiB and more add to a ring in LL"},
    {.name = "fill_pairs_ll",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, fill_pairs_ll_s),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc = "what the first 16 KiB of a message between pairs add in LL"},
    {.name = "step_pairs",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, step_pairs_s),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc = "what a message between pairs adds in Simple"},
    {.name = "tail_ring",
     .kind = LL_KIND_SIZE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, tail_B),
     .def = "0 B",
     .min = 0,
     .max = 1e15,
     .doc = "bytes of a ring in Simple that move when nothing else does any more, at most"},
    GUESS(LL_PROTOCOL_SIMPLE, "", "Simple"),
    GUESS(LL_PROTOCOL_LL128, "_ll128", "LL128"),
    GUESS(LL_PROTOCOL_LL, "_ll", "LL"),
    {.name = "guess_in_network",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, guess.in_network_s),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc = "floor of an all_reduce by the switches, as the library reckons"},
    {.name = "guess_rate_in_network",
     .kind = LL_KIND_RATE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, guess.in_network_Bps),
     .def = "0 B/s",
     .min = 0,
     .max = 1e15,
     .doc = "buffer over time of it; 0: not taken"},
    {.name = "guess_member_in_network",
     .kind = LL_KIND_RATE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, guess.member_Bps),
     .def = "0 B/s",
     .min = 0,
     .max = 1e15,
     .doc = "the most that each member adds to it"},
    {.name = "guess_pairs_ll",
     .kind = LL_KIND_SIZE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, guess.pairs_ll_B),
     .def = "0 B",
     .min = 0,
     .max = 1e15,
     .doc = "largest message between pairs in LL, where the library has a guess"},
    {.name = "own_ring",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, own_ring),
     .def = "0",
     .min = 0,
     .max = 10,
     .doc = "steps of a ring that copying a member's own part is worth"},
    {.name = "own_all_to_all",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, own_all_to_all),
     .def = "0",
     .min = 0,
     .max = 10,
     .doc = "messages of an all_to_all that copying a member's own part is worth"},
    {.name = "held_frac",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, held_frac),
     .def = "0",
     .min = 0,
     .max = 0.95,
     .doc = "share of a transfer's time by which kernels beside it take longer; 0: engines of its "
            "own"},
    {.name = "pipelined",
     .kind = LL_KIND_BOOL,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, pipelined),
     .def = "false",
     .doc = "stages of a hierarchical collective here and on other dimensions overlap"},
    {0}};

ll_status ll_software_read(ll_config *cfg, const ll_topology *topo, ll_arena *mem, ll_software *out,
                           ll_error *err)
{
    int n = 0;
    LL_TRY(ll_config_list(cfg, "cluster.software", &n, err));
    bool known[LL_MAX_DIM] = {false};
    for (int i = 0; i < n; i++) {
        ll_software s = {0};
        const char *path = ll_arena_printf(mem, "cluster.software[%d]", i);
        LL_TRY(ll_config_fill(cfg, path, ll_software_keys, &s, err));
        int d = 0;
        while (d < topo->n_dim && strcmp(topo->dim[d].name, s.dimension) != 0)
            d++;
        if (d == topo->n_dim || known[d]) {
            path = ll_arena_printf(mem, "cluster.software[%d].dimension", i);
            return ll_config_fault(cfg, path, err, "%s; the topology's dimensions are: %s ...",
                                   d == topo->n_dim ? "no dimension has this name"
                                                    : "this dimension is described twice",
                                   topo->dim[0].name);
        }
        known[d] = true;
        s.protocol_frac[LL_PROTOCOL_SIMPLE] = 1;
        out[d] = s;
    }
    for (int d = 0; d < topo->n_dim; d++)
        if (!known[d])
            ll_config_fault(cfg, "cluster.software", err,
                            "no entry for dimension '%s'; add { dimension = \"%s\"; ... }",
                            topo->dim[d].name, topo->dim[d].name);
    return err->status;
}
