/* The keys of an entry of "cluster.software". */
#include "sim/machine/software.h"

#define LAUNCH(c, name_)                                                                      \
    {                                                                                         \
        .name = "launch_" name_, .kind = LL_KIND_TIME, .flags = LL_KEY_FACT,                  \
        .offset = offsetof(ll_software, launch_s) + (c) * sizeof(double), .min = 0, .max = 1, \
        .doc = "software time of each " name_ ", in addition to its steps"                    \
    }
#define PROTOCOL(p, name_, protocol)                                                             \
    {.name = "step_" name_,                                                                      \
     .kind = LL_KIND_TIME,                                                                       \
     .flags = LL_KEY_FACT,                                                                       \
     .offset = offsetof(ll_software, step_s) + (p) * sizeof(double),                             \
     .def = "0 s",                                                                               \
     .min = 0,                                                                                   \
     .max = 1,                                                                                   \
     .doc = "software time of each serial step in protocol " protocol},                          \
    {                                                                                            \
        .name = "frac_" name_, .kind = LL_KIND_RATIO, .flags = LL_KEY_FACT,                      \
        .offset = offsetof(ll_software, protocol_frac) + (p) * sizeof(double), .def = "0",       \
        .min = 0, .max = 1,                                                                      \
        .doc =                                                                                   \
            "rate of protocol " protocol " over that of Simple; 0: the library does not have it" \
    }
#define GUESS(p, suffix, protocol, no_rate)                                                       \
    {.name = "guess_base" suffix,                                                                 \
     .kind = LL_KIND_TIME,                                                                        \
     .flags = LL_KEY_FACT,                                                                        \
     .offset = offsetof(ll_software, guess.base_s) + (p) * sizeof(double),                        \
     .def = "0 s",                                                                                \
     .min = 0,                                                                                    \
     .max = 1,                                                                                    \
     .doc = "tuning model: predicted latency of a ring in " protocol ", before steps and bytes"}, \
        {.name = "guess_step" suffix,                                                             \
         .kind = LL_KIND_TIME,                                                                    \
         .flags = LL_KEY_FACT,                                                                    \
         .offset = offsetof(ll_software, guess.step_s) + (p) * sizeof(double),                    \
         .def = "0 s",                                                                            \
         .min = 0,                                                                                \
         .max = 1,                                                                                \
         .doc = "tuning model: predicted latency of each step of a ring in " protocol},           \
    {                                                                                             \
        .name = "guess_rate" suffix, .kind = LL_KIND_RATE, .flags = LL_KEY_FACT,                  \
        .offset = offsetof(ll_software, guess.rate_Bps) + (p) * sizeof(double), .def = "0 B/s",   \
        .min = 0, .max = 1e15,                                                                    \
        .doc = "tuning model: predicted bus bandwidth of a ring in " protocol no_rate             \
    }
#define RATE(c, name_)                                                                            \
    {                                                                                             \
        .name = "rate_frac_" name_, .kind = LL_KIND_RATIO, .flags = LL_KEY_FACT,                  \
        .offset = offsetof(ll_software, rate_frac) + (c) * sizeof(double), .min = 0.01, .max = 1, \
        .doc = "fraction of the link rate that a long " name_ " achieves"                         \
    }

#define FACT(name_, kind_, field, def_, min_, max_, doc_)                                    \
    {                                                                                        \
        .name = (name_), .kind = (kind_), .flags = LL_KEY_FACT,                              \
        .offset = offsetof(ll_software, field), .def = (def_), .min = (min_), .max = (max_), \
        .doc = (doc_)                                                                        \
    }

static const char *const tuners[] = {"none",      "nccl_2.20", "nccl_2.28", "nccl_2.29",
                                     "nccl_2.30", "table",     NULL};

const ll_key ll_software_keys[] = {
    {.name = "dimension",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_software, dimension),
     .doc = "dimension of the topology that the entry is for; *: all that have no entry"},
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
    FACT("rate_frac_in_network", LL_KIND_RATIO, rate_frac_in_network, "1", 0.01, 1,
         "fraction of the link rate that a long in_network all_reduce achieves"),
    {.name = "algorithms",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_software, algorithms),
     .def = "all",
     .doc = "algorithms that the library has for reductions, gathers, broadcasts: any of ring, "
            "direct, halving, tree, in_network, in_network_tree, separated by spaces; or all"},
    FACT("step", LL_KIND_TIME, step_s[LL_PROTOCOL_SIMPLE], "0 s", 0, 1,
         "software time of each serial step in protocol Simple (long messages)"),
    PROTOCOL(LL_PROTOCOL_LL128, "ll128", "LL128"),
    PROTOCOL(LL_PROTOCOL_LL, "ll", "LL"),
    FACT("step_in_network", LL_KIND_TIME, step_in_network_s, "0 s", 0, 1,
         "software time of each slot of an all_reduce by the switches; without slots, of each "
         "step"),
    FACT("channels_in_network", LL_KIND_COUNT, channels_in_network, "0", 0, 1024,
         "chunks per slot of an all_reduce by the switches; 0: no slots, the buffer is streamed"),
    FACT("fill_ll", LL_KIND_TIME, fill_ll_s, "0 s", 0, 1,
         "LL: additional time of a ring step of 4 KiB or more; below in proportion to its bytes"),
    FACT("fill_pairs_ll", LL_KIND_TIME, fill_pairs_ll_s, "0 s", 0, 1,
         "all_to_all and send in LL: additional time per 16 KiB of a message"),
    FACT("step_pairs", LL_KIND_TIME, step_pairs_s, "0 s", 0, 1,
         "all_to_all and send in Simple: software time of each message"),
    FACT("tail_ring", LL_KIND_SIZE, tail_B, "0 B", 0, 1e15,
         "Simple: bytes that drain a ring's pipeline at its end: half of the last part, at most "
         "this"),
    GUESS(LL_PROTOCOL_SIMPLE, "", "Simple", "; 0: no tuning model, the fastest is taken"),
    GUESS(LL_PROTOCOL_LL128, "_ll128", "LL128", "; 0: never taken"),
    GUESS(LL_PROTOCOL_LL, "_ll", "LL", "; 0: never taken"),
    FACT("guess_in_network", LL_KIND_TIME, guess.in_network_s, "0 s", 0, 1,
         "tuning model: predicted latency of an in_network all_reduce (NVLS)"),
    FACT("guess_rate_in_network", LL_KIND_RATE, guess.in_network_Bps, "0 B/s", 0, 1e15,
         "tuning model: predicted bandwidth of an in_network all_reduce; 0: never taken"),
    FACT("guess_member_in_network", LL_KIND_RATE, guess.member_Bps, "0 B/s", 0, 1e15,
         "tuning model: bandwidth that each member adds, up to guess_rate_in_network"),
    FACT("guess_pairs_ll", LL_KIND_SIZE, guess.pairs_ll_B, "0 B", 0, 1e15,
         "tuning model: largest message of all_to_all and send that is sent in LL"),
    FACT("own_ring", LL_KIND_RATIO, own_ring, "0", 0, 10,
         "ring, out of place: time of copying the own part, in steps of the ring; 0: in place"),
    FACT("own_all_to_all", LL_KIND_RATIO, own_all_to_all, "0", 0, 10,
         "all_to_all, out of place: time of copying the own part, in messages; 0: in place"),
    {.name = "tuner",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_software, between.tuner),
     .def = "none",
     .choices = tuners,
     .doc =
         "who chooses the algorithm over several domains: the tuning model of this version of NCCL "
         "(2.20 to 2.27, 2.28, 2.29, 2.30), or a table (tree_most, switch_most); none: the "
         "fastest"},
    FACT("nics", LL_KIND_COUNT, between.nics, "0", 0, 1e6,
         "NICs of a domain that one collective uses, all_to_all and send aside; 0: all"),
    FACT("step_tree", LL_KIND_TIME, between.step_tree_s[LL_PROTOCOL_SIMPLE], "0 s", 0, 1,
         "trees over domains, Simple: software time of a hop between domains"),
    FACT("step_tree_ll128", LL_KIND_TIME, between.step_tree_s[LL_PROTOCOL_LL128], "0 s", 0, 1,
         "trees over domains, LL128: software time of a hop between domains"),
    FACT(
        "step_tree_ll", LL_KIND_TIME, between.step_tree_s[LL_PROTOCOL_LL], "0 s", 0, 1,
        "trees over domains, LL: software time of a hop between domains; from 16 KiB on half more"),
    FACT("rate_tree_ll", LL_KIND_RATE, between.tree_Bps[LL_PROTOCOL_LL], "0 B/s", 0, 1e15,
         "trees over domains, LL: rate at which bytes pass the chain of hops; 0: the wire's"),
    FACT("rate_tree_ll128", LL_KIND_RATE, between.tree_Bps[LL_PROTOCOL_LL128], "0 B/s", 0, 1e15,
         "trees over domains, LL128: rate at which bytes pass the chain of hops; 0: the wire's"),
    FACT("rate_frac_tree", LL_KIND_RATIO, between.tree_frac, "0", 0, 1,
         "fraction of the link rate that long all_reduces by trees over domains achieve; 0: no "
         "such"),
    FACT("in_network_beside", LL_KIND_RATIO, between.beside_frac, "1", 0.01, 1,
         "in_network_tree: rate of the switches over that in one domain alone"),
    FACT("step_power", LL_KIND_RATIO, between.step_power, "0", 0, 100,
         "rings over domains, Simple: p of (steps^p + bytes^p)^(1/p); 0: step by step, p = 2"),
    FACT("step_inside", LL_KIND_TIME, between.step_inside_s, "0 s", 0, 1,
         "rings over domains, Simple, with step_power: a step inside; 0: that of the inner "
         "dimension"),
    FACT("tree_most", LL_KIND_SIZE, between.tree_most_B, "0 B", 0, 1e15,
         "tuner table: bytes per member up to which an all_reduce is a tree"),
    FACT("switch_most", LL_KIND_SIZE, between.switch_most_B, "0 B", 0, 1e15,
         "tuner table: bytes per domain up to which it is in_network_tree; rings beyond"),
    FACT("ring_most", LL_KIND_SIZE, between.ring_most_B, "0 B", 0, 1e15,
         "tuner table: bytes per member beyond which rings are in Simple; 0: the fastest protocol"),
    FACT("switch_domains", LL_KIND_COUNT, between.switch_domains, "0", 0, 1e6,
         "tuner table: most domains for which it is in_network_tree"),
    FACT("generation", LL_KIND_COUNT, generation, "0", 0, 1000,
         "of the chips, by which NCCL's tables are indexed (compute capability; H100: 90)"),
    {.name = "arm",
     .kind = LL_KIND_BOOL,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, arm),
     .def = "false",
     .doc = "hosts have Arm processors (NCCL's tuning model asks)"},
    FACT("held_frac", LL_KIND_RATIO, held_frac, "0", 0, 0.95,
         "how much longer overlapped kernels take, over the transfer's time (SMs); 0: copy "
         "engines"),
    {.name = "pipelined",
     .kind = LL_KIND_BOOL,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, pipelined),
     .def = "false",
     .doc = "stages of hierarchical collectives on this and on other dimensions overlap, chunk by "
            "chunk"},
    {0}};
