#include "sim/machine/software.h"

#include "sim/base/words.h"

#include <string.h>

const char *const ll_collective_names[] = {"all_reduce", "all_gather", "reduce_scatter",
                                           "all_to_all", "broadcast",  "send",
                                           "dispatch",   "combine",    NULL};

const char *const ll_algorithm_names[] = {"auto", "ring",       "direct",       "halving",
                                          "tree", "in_network", "hierarchical", NULL};

const char *const ll_protocol_names[] = {"ll", "ll128", "simple", NULL};

#define LAUNCH(c, name_)                                                                      \
    {                                                                                         \
        .name = "launch_" name_, .kind = LL_KIND_TIME, .flags = LL_KEY_FACT,                  \
        .offset = offsetof(ll_software, launch_s) + (c) * sizeof(double), .min = 0, .max = 1, \
        .doc = "software time of each " name_ ", in addition to its steps"                    \
    }
#define PROTOCOL(p, name_)                                                                       \
    {.name = "step_" name_,                                                                      \
     .kind = LL_KIND_TIME,                                                                       \
     .flags = LL_KEY_FACT,                                                                       \
     .offset = offsetof(ll_software, step_s) + (p) * sizeof(double),                             \
     .def = "0 s",                                                                               \
     .min = 0,                                                                                   \
     .max = 1,                                                                                   \
     .doc = "software time of each serial step in protocol " name_},                             \
    {                                                                                            \
        .name = "frac_" name_, .kind = LL_KIND_RATIO, .flags = LL_KEY_FACT,                      \
        .offset = offsetof(ll_software, protocol_frac) + (p) * sizeof(double), .def = "0",       \
        .min = 0, .max = 1,                                                                      \
        .doc = "rate of protocol " name_ " over that of Simple; 0: the library does not have it" \
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
    {.name = "rate_frac_in_network",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, rate_frac_in_network),
     .def = "1",
     .min = 0.01,
     .max = 1,
     .doc = "fraction of the link rate that a long in_network all_reduce achieves"},
    {.name = "algorithms",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_software, algorithms),
     .def = "all",
     .doc = "algorithms that the library has for reductions, gathers, broadcasts: any of ring, "
            "direct, "
            "halving, tree, in_network, separated by spaces; or all"},
    {.name = "step",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, step_s) + LL_PROTOCOL_SIMPLE * sizeof(double),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc = "software time of each serial step in protocol Simple (long messages)"},
    PROTOCOL(LL_PROTOCOL_LL128, "ll128"),
    PROTOCOL(LL_PROTOCOL_LL, "ll"),
    {.name = "step_in_network",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, step_in_network_s),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc = "software time of each slot of an all_reduce by the switches; without slots, of each "
            "step"},
    {.name = "channels_in_network",
     .kind = LL_KIND_COUNT,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, channels_in_network),
     .def = "0",
     .min = 0,
     .max = 1024,
     .doc =
         "chunks per slot of an all_reduce by the switches; 0: no slots, the buffer is streamed"},
    {.name = "fill_ll",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, fill_ll_s),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc =
         "LL: additional time of a ring step of 4 KiB or more; below in proportion to its bytes"},
    {.name = "fill_pairs_ll",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, fill_pairs_ll_s),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc = "all_to_all and send in LL: additional time per 16 KiB of a message"},
    {.name = "step_pairs",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, step_pairs_s),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc = "all_to_all and send in Simple: software time of each message"},
    {.name = "tail_ring",
     .kind = LL_KIND_SIZE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, tail_B),
     .def = "0 B",
     .min = 0,
     .max = 1e15,
     .doc = "Simple: bytes that drain a ring's pipeline at its end: half of the last part, at most "
            "this"},
    GUESS(LL_PROTOCOL_SIMPLE, "", "Simple", "; 0: no tuning model, the fastest is taken"),
    GUESS(LL_PROTOCOL_LL128, "_ll128", "LL128", "; 0: never taken"),
    GUESS(LL_PROTOCOL_LL, "_ll", "LL", "; 0: never taken"),
    {.name = "guess_in_network",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, guess.in_network_s),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc = "tuning model: predicted latency of an in_network all_reduce (NVLS)"},
    {.name = "guess_rate_in_network",
     .kind = LL_KIND_RATE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, guess.in_network_Bps),
     .def = "0 B/s",
     .min = 0,
     .max = 1e15,
     .doc = "tuning model: predicted bandwidth of an in_network all_reduce; 0: never taken"},
    {.name = "guess_member_in_network",
     .kind = LL_KIND_RATE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, guess.member_Bps),
     .def = "0 B/s",
     .min = 0,
     .max = 1e15,
     .doc = "tuning model: bandwidth that each member adds, up to guess_rate_in_network"},
    {.name = "guess_pairs_ll",
     .kind = LL_KIND_SIZE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, guess.pairs_ll_B),
     .def = "0 B",
     .min = 0,
     .max = 1e15,
     .doc = "tuning model: largest message of all_to_all and send that is sent in LL"},
    {.name = "own_ring",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, own_ring),
     .def = "0",
     .min = 0,
     .max = 10,
     .doc = "ring, out of place: time of copying the own part, in steps of the ring; 0: in place"},
    {.name = "own_all_to_all",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, own_all_to_all),
     .def = "0",
     .min = 0,
     .max = 10,
     .doc = "all_to_all, out of place: time of copying the own part, in messages; 0: in place"},
    {.name = "held_frac",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, held_frac),
     .def = "0",
     .min = 0,
     .max = 0.95,
     .doc = "how much longer overlapped kernels take, over the transfer's time (SMs); 0: copy "
            "engines"},
    {.name = "pipelined",
     .kind = LL_KIND_BOOL,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_software, pipelined),
     .def = "false",
     .doc = "stages of hierarchical collectives on this and on other dimensions overlap, chunk by "
            "chunk"},
    {0}};

/* Check the words of `algorithms`: names of flat algorithms, or "all" alone. */
static ll_status algorithms_check(const ll_config *cfg, const char *path, const char *text,
                                  ll_arena *mem, ll_error *err)
{
    static const char *const legal[] = {"all", "ring", "direct", "halving", "tree", "in_network"};
    const ll_words words = {sizeof legal / sizeof *legal, legal, NULL};
    char hint[256];
    int n = 0;
    bool all = false;
    path = ll_arena_printf(mem, "%s.algorithms", path);
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " "), n++) {
        const size_t length = strcspn(at, " ");
        const char *word = ll_arena_strndup(mem, at, length);
        if (strcspn(word, ",;|+/") < length)
            return ll_config_fault(cfg, path, err,
                                   "separate the algorithms by spaces, as in \"ring tree\"");
        if (ll_words_find(&words, word) < 0)
            return ll_config_fault(cfg, path, err, "'%s' is not an algorithm; %s", word,
                                   ll_words_hint(&words, word, hint, sizeof hint));
        all = all || !strcmp(word, "all");
        at += length;
    }
    if (n == 0)
        return ll_config_fault(cfg, path, err, "names no algorithm; %s",
                               ll_words_hint(&words, "", hint, sizeof hint));
    if (all && n > 1)
        return ll_config_fault(cfg, path, err,
                               "\"all\" stands alone; leave it out or the other words");
    return LL_OK;
}

/* An entry without any value is one error, not one for each of its required keys. */
static ll_status entry_check(ll_config *cfg, const char *path, ll_arena *mem, ll_error *err)
{
    for (const ll_key *key = ll_software_keys; key->name; key++)
        if (key->flags && ll_config_has(cfg, ll_arena_printf(mem, "%s.%s", path, key->name)))
            return LL_OK;
    const ll_node *entry;
    LL_TRY(ll_config_group(cfg, path, &entry, err));
    return ll_config_fault(
        cfg, path, err,
        "no figures of the communication library; write on a line of its own @include "
        "\"parts/software_assumed.cfg\" (NCCL's between nodes, assumed), or "
        "\"parts/software_ideal.cfg\" (the wire alone); `lineloss list parts` has those of others");
}

/* Index of the dimension that an entry is for. From LL_MAX_DIM on it is for several, those without
 * an entry of their own: LL_MAX_DIM + f for the dimensions of one edge list, f the first of them,
 * and FOR_ALL for "*". -1: there is no such dimension. */
enum { FOR_ALL = 2 * LL_MAX_DIM };
static int dimension_of(const ll_topology *topo, const char *name)
{
    if (!strcmp(name, "*")) return FOR_ALL;
    for (int d = 0; d < topo->n_dim; d++)
        if (!strcmp(topo->dim[d].name, name)) return d;
    for (int d = 0; d < topo->n_dim; d++)
        if (topo->dim[d].family && !strcmp(topo->dim[d].family, name)) return LL_MAX_DIM + d;
    return -1;
}

/* The entry for a dimension, its own or one for several; NULL if there is none. entry: as
 * dimension_of numbers them. */
static const ll_software *entry_for(const ll_topology *topo, int d, const ll_software *entry,
                                    const bool *known)
{
    if (known[d]) return &entry[d];
    if (topo->dim[d].family) {
        const int family = dimension_of(topo, topo->dim[d].family);
        if (known[family]) return &entry[family];
    }
    return known[FOR_ALL] ? &entry[FOR_ALL] : NULL;
}

static const char *dimensions_text(const ll_topology *topo, ll_arena *mem)
{
    const char *text = "";
    for (int d = 0; d < topo->n_dim; d++)
        text = ll_arena_printf(mem, "%s%s%s", text, d ? ", " : "", topo->dim[d].name);
    return text;
}

ll_status ll_software_read(ll_config *cfg, const ll_topology *topo, ll_arena *mem, ll_software *out,
                           ll_error *err)
{
    int n = 0;
    LL_TRY(ll_config_list(cfg, "cluster.software", &n, err));
    bool known[FOR_ALL + 1] = {false};
    ll_software *entry = ll_arena_array(mem, FOR_ALL + 1, ll_software);
    for (int i = 0; i < n; i++) {
        ll_software s = {0};
        const char *path = ll_arena_printf(mem, "cluster.software[%d]", i);
        LL_TRY(entry_check(cfg, path, mem, err));
        LL_TRY(ll_config_fill(cfg, path, ll_software_keys, &s, err));
        algorithms_check(cfg, path, s.algorithms, mem, err);
        const int d = dimension_of(topo, s.dimension);
        if (d < 0 || known[d]) {
            path = ll_arena_printf(mem, "cluster.software[%d].dimension", i);
            return ll_config_fault(cfg, path, err, "%s; the topology's dimensions are: %s",
                                   d < 0 ? "no dimension has this name"
                                         : "this dimension is described twice",
                                   dimensions_text(topo, mem));
        }
        known[d] = true;
        s.protocol_frac[LL_PROTOCOL_SIMPLE] = 1;
        s.launch_s[LL_DISPATCH] = s.launch_s[LL_COMBINE] = s.launch_s[LL_ALL_TO_ALL];
        s.rate_frac[LL_DISPATCH] = s.rate_frac[LL_COMBINE] = s.rate_frac[LL_ALL_TO_ALL];
        entry[d] = s;
    }
    for (int d = 0; d < topo->n_dim; d++) {
        const ll_software *found = entry_for(topo, d, entry, known);
        out[d] = found ? *found : (ll_software){0};
        out[d].dimension = topo->dim[d].name;
        if (!found)
            ll_config_fault(cfg, "cluster.software", err,
                            "no entry for dimension '%s'; add { dimension = \"%s\"; ... }, or { "
                            "dimension = \"*\"; ... } for all",
                            topo->dim[d].name, topo->dim[d].name);
    }
    return err->status;
}
