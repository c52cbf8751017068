#include "sim/machine/cluster.h"

#include "topology/degraded.h"

#include <stdio.h>
#include <string.h>

const char *const ll_collective_names[] = {
    "all_reduce", "all_gather", "reduce_scatter", "all_to_all", "broadcast", "send", NULL};

const char *const ll_protocol_names[] = {"ll", "ll128", "simple", NULL};

const ll_key ll_cluster_keys[] = {
    {.name = "name", .kind = LL_KIND_STRING, .offset = offsetof(ll_cluster, name), .doc = "name"},
    {.name = "doc",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_cluster, doc),
     .def = "",
     .doc = "one line for lists and reports"},
    {.name = "link_rates",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_cluster, link_rates),
     .def = "",
     .doc = "links that are slow or down, LINK:FRACTION of the bandwidth, as in 12:0.5 40:0"},
    {0}};

const ll_key ll_wire_keys[] = {
    {.name = "packet",
     .kind = LL_KIND_SIZE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_wire, packet_B),
     .def = "4096 B",
     .min = 1,
     .max = 1e9,
     .doc = "service unit of a link"},
    {.name = "kappa",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_wire, kappa),
     .def = "0.0015",
     .min = 1e-4,
     .max = 10,
     .doc = "burstiness of arrivals in the throughput equations, fitted to engine packet by "
            "`lineloss calibrate kappa`; 0.5 is M/D/1"},
    {.name = "window_bdp",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_wire, window_bdp),
     .def = "2",
     .min = 0,
     .max = 1e6,
     .doc =
         "bytes in flight per flow over the bandwidth-delay product of its share; 0: use window"},
    {.name = "window_packets",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_wire, window_packets),
     .def = "4",
     .min = 0,
     .max = 1e6,
     .doc = "packets that a flow may always have in flight, with window_bdp"},
    {.name = "window",
     .kind = LL_KIND_SIZE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_wire, window_B),
     .def = "0 B",
     .min = 0,
     .max = 1e15,
     .doc = "bytes in flight per flow, if window_bdp is 0"},
    {0}};

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

const ll_key ll_jitter_keys[] = {
    {.name = "op",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_jitter, op_frac),
     .def = "0",
     .min = 0,
     .max = 1,
     .doc = "standard deviation of one operation's time over its mean, exponential: delays only"},
    {.name = "chip",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_jitter, chip_frac),
     .def = "0",
     .min = 0,
     .max = 1,
     .doc = "standard deviation between chips, fixed for the run"},
    {0}};

/* Children first. */
ll_status ll_cluster_topology(ll_config *cfg, const char *path, ll_arena *mem, ll_topology *topo,
                              ll_error *err)
{
    int n_type = 0;
    while (ll_topology_types[n_type])
        n_type++;
    const char **names = ll_arena_array(mem, n_type + 1, const char *);
    for (int i = 0; i < n_type; i++)
        names[i] = ll_topology_types[i]->name;
    ll_key *keys = ll_arena_array(mem, 2, ll_key);
    keys[0] = (ll_key){
        .name = "type", .kind = LL_KIND_CHOICE, .choices = names, .doc = "kind of interconnect"};
    int choice = 0;
    LL_TRY(ll_config_fill(cfg, path, keys, &choice, err));
    const ll_topology_type *type = ll_topology_types[choice];

    int n_child = 0;
    ll_topology *child = NULL;
    if (type->composite) {
        const char *list = ll_arena_printf(mem, "%s.dimensions", path);
        LL_TRY(ll_config_list(cfg, list, &n_child, err));
        child = ll_arena_array(mem, n_child, ll_topology);
        for (int i = 0; i < n_child; i++) {
            const char *sub = ll_arena_printf(mem, "%s[%d]", list, i);
            LL_TRY(ll_cluster_topology(cfg, sub, mem, &child[i], err));
        }
    }
    void *param = ll_arena_alloc(mem, 1, type->param_size);
    LL_TRY(ll_config_fill(cfg, path, type->keys, param, err));
    topo->type = type;
    ll_error why;
    ll_error_init(&why);
    if (type->create(param, n_child, child, mem, topo, &why) != LL_OK)
        return ll_config_fault(cfg, path, err, "%.*s", (int)strcspn(why.text, "\n"), why.text);
    return LL_OK;
}

/* The topology, with the links that are slow or down. */
static ll_status fabric_read(ll_config *cfg, ll_arena *mem, ll_cluster *out, ll_error *err)
{
    ll_topology *topo = ll_arena_new(mem, ll_topology), *degraded;
    ll_error why;
    LL_TRY(ll_cluster_topology(cfg, "cluster.topology", mem, topo, err));
    out->topo = topo;
    if (out->link_rates[strspn(out->link_rates, " ")] == 0) return LL_OK;
    degraded = ll_arena_new(mem, ll_topology);
    ll_error_init(&why);
    if (ll_topology_degrade(topo, out->link_rates, mem, degraded, &why) != LL_OK)
        return ll_config_fault(cfg, "cluster.link_rates", err, "%.*s", (int)strcspn(why.text, "\n"),
                               why.text);
    out->topo = degraded;
    return LL_OK;
}

/* Each dimension of the topology gets the entry of the list `software` that names it. */
static ll_status software_read(ll_config *cfg, ll_arena *mem, ll_cluster *out, ll_error *err)
{
    int n = 0;
    LL_TRY(ll_config_list(cfg, "cluster.software", &n, err));
    bool known[LL_MAX_DIM] = {false};
    for (int i = 0; i < n; i++) {
        ll_software s = {0};
        const char *path = ll_arena_printf(mem, "cluster.software[%d]", i);
        LL_TRY(ll_config_fill(cfg, path, ll_software_keys, &s, err));
        int d = 0;
        while (d < out->topo->n_dim && strcmp(out->topo->dim[d].name, s.dimension) != 0)
            d++;
        if (d == out->topo->n_dim || known[d]) {
            path = ll_arena_printf(mem, "cluster.software[%d].dimension", i);
            return ll_config_fault(cfg, path, err, "%s; the topology's dimensions are: %s ...",
                                   d == out->topo->n_dim ? "no dimension has this name"
                                                         : "this dimension is described twice",
                                   out->topo->dim[0].name);
        }
        known[d] = true;
        s.protocol_frac[LL_PROTOCOL_SIMPLE] = 1;
        out->software[d] = s;
    }
    for (int d = 0; d < out->topo->n_dim; d++)
        if (!known[d])
            ll_config_fault(cfg, "cluster.software", err,
                            "no entry for dimension '%s'; add { dimension = \"%s\"; ... }",
                            out->topo->dim[d].name, out->topo->dim[d].name);
    return err->status;
}

ll_status ll_cluster_read(ll_config *cfg, ll_arena *mem, ll_cluster *out, ll_error *err)
{
    LL_TRY(ll_config_fill(cfg, "cluster", ll_cluster_keys, out, err));
    LL_TRY(ll_chip_read(cfg, "cluster.chip", &out->chip, err));
    LL_TRY(fabric_read(cfg, mem, out, err));
    LL_TRY(software_read(cfg, mem, out, err));
    LL_TRY(ll_config_fill(cfg, "cluster.wire", ll_wire_keys, &out->wire, err));
    if (out->wire.window_bdp <= 0 && out->wire.window_B <= 0)
        ll_config_fault(cfg, "cluster.wire.window", err, "window_bdp is 0, so a window is needed");
    return ll_config_fill(cfg, "cluster.jitter", ll_jitter_keys, &out->jitter, err);
}
