/* lineloss list TOPIC: what there is to choose from, out of the registries and tables of keys. */
#include "sim/base/words.h"
#include "sim/collective/collective.h"
#include "sim/command/cases.h"
#include "sim/command/command.h"
#include "sim/config/foreign.h"
#include "sim/config/shipped.h"
#include "sim/print/timing.h"
#include "sim/report/catalog.h"
#include "sim/report/flows.h"
#include "sim/report/keys.h"
#include "sim/report/load.h"
#include "sim/report/net.h"
#include "sim/report/report.h"
#include "sim/report/schedules.h"
#include "sim/validate/curve_report.h"
#include "sim/validate/validation_report.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct topic {
    const char *name, *doc;
    ll_table *(*table)(ll_comm *comm, ll_arena *mem);
} topic;

static ll_table *table_2(ll_arena *mem, const char *first, const char *second)
{
    return ll_table_create(mem, "", 2, (ll_column[]){{.name = first}, {.name = second}});
}

static void row_2(ll_table *t, const char *first, const char *second)
{
    ll_table_row(t);
    ll_table_set(t, 0, "%s", first);
    ll_table_set(t, 1, "%s", second);
}

/* A table of names, ended by NULL, and their meanings. */
static ll_table *table_of(ll_arena *mem, const char *head, const char *const *names,
                          const char *const *doc)
{
    ll_table *t = table_2(mem, head, "what it is");
    for (int i = 0; names[i]; i++)
        row_2(t, names[i], doc[i]);
    return t;
}

static ll_table *list_topologies(ll_comm *comm, ll_arena *mem)
{
    (void)comm;
    ll_table *t = table_2(mem, "topology", "what it is");
    for (int i = 0; ll_topology_types[i]; i++)
        row_2(t, ll_topology_types[i]->name, ll_topology_types[i]->doc);
    return t;
}

static ll_table *list_engines(ll_comm *comm, ll_arena *mem)
{
    (void)comm;
    ll_table *t = table_2(mem, "engine", "what it is");
    for (int i = 0; ll_engine_types[i]; i++)
        row_2(t, ll_engine_types[i]->name, ll_engine_types[i]->doc);
    return t;
}

static ll_table *list_schedules(ll_comm *comm, ll_arena *mem)
{
    (void)comm;
    return ll_schedules_table(mem);
}

static ll_table *list_collectives(ll_comm *comm, ll_arena *mem)
{
    static const char *const doc[LL_N_COLLECTIVE] = {
        [LL_ALL_REDUCE] = "every member gets the sum; size: the buffer of a member",
        [LL_ALL_GATHER] = "every member gets all parts; size: the gathered result",
        [LL_REDUCE_SCATTER] = "every member gets its part of the sum; size: the input of a member",
        [LL_ALL_TO_ALL] =
            "every member sends a part to each other one; size: the input of a member",
        [LL_BROADCAST] = "every member gets the buffer of the first one; size: the buffer",
        [LL_SEND] = "every member sends a message to the next one; size: the message",
        [LL_DISPATCH] = "tokens go to the ranks of their experts; size: tokens of a member",
        [LL_COMBINE] = "results of experts go back to the tokens; size: tokens of a member"};
    (void)comm;
    return table_of(mem, "collective", ll_collective_names, doc);
}

static ll_table *list_algorithms(ll_comm *comm, ll_arena *mem)
{
    static const char *const doc[LL_N_ALGORITHM] = {
        [LL_ALGORITHM_AUTO] = "the fastest of the others, as engine closed predicts it",
        [LL_ALGORITHM_RING] = "n - 1 steps, each from neighbour to neighbour",
        [LL_ALGORITHM_DIRECT] = "one step in which every member sends to each other one",
        [LL_ALGORITHM_HALVING] = "recursive halving and doubling; members must be a power of two",
        [LL_ALGORITHM_TREE] = "double binary tree; all_reduce and broadcast",
        [LL_ALGORITHM_IN_NETWORK] =
            "the switches reduce; all_reduce, on switches with in_network = true",
        [LL_ALGORITHM_HIERARCHICAL] = "one dimension of the fabric after another",
        [LL_ALGORITHM_IN_NETWORK_TREE] =
            "the switches of each node or rack reduce, double binary trees over these; all_reduce",
        [LL_ALGORITHM_ONE_SHOT] =
            "kernels of inference engines: every member reads all buffers; all_reduce in a node",
        [LL_ALGORITHM_TWO_SHOT] = "the same, each for its share, then the sums of all others"};
    (void)comm;
    return table_of(mem, "algorithm", ll_algorithm_names, doc);
}

static ll_table *list_evidence(ll_comm *comm, ll_arena *mem)
{
    static const char *const doc[] = {
        [LL_EVIDENCE_NONE] = "not a fact but a setting, such as a layout; has no evidence word",
        [LL_EVIDENCE_CHOICE] = "your own decision, as in \"16 | choice: our nodes\"",
        [LL_EVIDENCE_MEASURED] = "measured, and published with the conditions",
        [LL_EVIDENCE_VENDOR] = "stated by the maker: data sheet, paper, manual",
        [LL_EVIDENCE_DERIVED] = "follows from measured or vendor figures by arithmetic",
        [LL_EVIDENCE_PRESS] = "reported by others",
        [LL_EVIDENCE_UNVERIFIED] = "stated somewhere, but the source could not be checked",
        [LL_EVIDENCE_ASSUMED] =
            "assumed in this project; a fact left at its default is assumed too",
        [LL_EVIDENCE_UNSTATED] = "a fact that was set without an evidence word"};
    (void)comm;
    ll_table *t = table_2(mem, "evidence", "what it means (strongest first)");
    for (int i = LL_EVIDENCE_NONE; i <= (int)LL_EVIDENCE_UNSTATED; i++)
        row_2(t, ll_evidence_name((ll_evidence)i), doc[i]);
    return t;
}

static ll_table *list_json(ll_comm *comm, ll_arena *mem)
{
    (void)comm;
    ll_table *t = ll_report_fields(mem);
    ll_cases_fields_add("compare.", t);
    ll_validation_fields_add("validate.", t);
    ll_net_fields_add("net.", t);
    ll_flows_fields_add("net --pattern.", t);
    ll_load_fields_add("net --load.", t);
    ll_curve_fields_add("curves.", t);
    ll_timing_fields_add("timing.", t);
    return t;
}

static ll_table *list_csv(ll_comm *comm, ll_arena *mem)
{
    (void)comm;
    return ll_report_columns(mem);
}

static ll_table *list_keys(ll_comm *comm, ll_arena *mem)
{
    (void)comm;
    return ll_keys_table(mem);
}

static const topic topics[] = {
    {"chips", "accelerators, with peak rates and memory", ll_catalog_chips},
    {"clusters", "clusters, for `lineloss net`", ll_catalog_clusters},
    {"models", "models to train or to serve", ll_catalog_models},
    {"parts", "parts that clusters share, by @include \"parts/NAME.cfg\"", ll_catalog_parts},
    {"servers", "inference engines, by @include \"servers/NAME.cfg\"", ll_catalog_servers},
    {"studies", "studies, for `lineloss run` and `lineloss compare`", ll_catalog_studies},
    {"topologies", "kinds of interconnect", list_topologies},
    {"engines", "network engines", list_engines},
    {"schedules", "pipeline schedules, with what they hold and how long they wait", list_schedules},
    {"collectives", "collective operations", list_collectives},
    {"algorithms", "algorithms of collectives", list_algorithms},
    {"keys", "every key of a configuration: kind, default, bounds, meaning", list_keys},
    {"evidence", "kinds of evidence for a figure", list_evidence},
    {"json", "fields of the JSON result", list_json},
    {"csv", "columns of the CSV result", list_csv},
};

enum { N_TOPIC = sizeof topics / sizeof *topics };

static ll_status topic_find(const char *word, const topic **out, ll_error *err)
{
    const char *names[N_TOPIC];
    int id;
    for (int i = 0; i < N_TOPIC; i++)
        names[i] = topics[i].name;
    if (ll_topology_find(word))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "list: '%s' is a kind of interconnect: type = \"%s\" in "
                            "cluster.topology; `lineloss list keys '(%s)'` has its keys",
                            word, word, word);
    const char *foreign = ll_foreign_value(word);
    if (foreign)
        return ll_error_set(err, LL_ERR_CONFIG, "list: '%s' is a kind of interconnect; %s", word,
                            foreign);
    LL_TRY(ll_words_pick(&(ll_words){N_TOPIC, names, NULL}, word, &id, err,
                         "list: nothing is called '%s'; ", word));
    *out = &topics[id];
    return LL_OK;
}

/* Whether `whole` contains `part`, in any letter case. */
static bool has_part(const char *whole, const char *part)
{
    const size_t n = strlen(part);
    for (; *whole; whole++)
        if (!strncasecmp(whole, part, n)) return true;
    return n == 0;
}

/* "model.heads" of "model (mla).heads". */
static const char *without_type(const char *key, ll_arena *mem)
{
    const char *open = strstr(key, " ("), *close = open ? strchr(open, ')') : NULL;
    return close ? ll_arena_printf(mem, "%.*s%s", (int)(open - key), key, close + 1) : key;
}

/* The rows whose first cell contains `part`, with or without the type in parentheses. */
static ll_status filter(const char *topic_name, const char *part, ll_table *t, ll_error *err)
{
    const char **names = ll_arena_array(t->mem, t->n_row, const char *);
    const int n_name = t->n_row;
    const size_t n = (size_t)t->n_column;
    t->n_row = 0;
    for (int i = 0; i < n_name; i++) {
        const size_t from = (size_t)i * n, to = (size_t)t->n_row * n;
        names[i] = ll_keys_leaf(t->cell[from]);
        if (!has_part(t->cell[from], part) && !has_part(without_type(t->cell[from], t->mem), part))
            continue;
        memmove(t->cell + to, t->cell + from, n * sizeof *t->cell);
        memmove(t->exact + to, t->exact + from, n * sizeof *t->exact);
        t->n_row++;
    }
    if (t->n_row > 0) return LL_OK;
    char hint[256], otherwise[64];
    snprintf(otherwise, sizeof otherwise, "`lineloss list %s` lists all", topic_name);
    return ll_error_set(
        err, LL_ERR_CONFIG, "list %s: nothing has '%s' in its name; %s", topic_name, part,
        ll_words_hint(&(ll_words){n_name, names, otherwise}, part, hint, sizeof hint));
}

static ll_table *list_topics(ll_comm *comm, ll_arena *mem)
{
    (void)comm;
    ll_table *t = table_2(mem, "topic", "`lineloss list TOPIC` shows");
    for (int i = 0; i < N_TOPIC; i++)
        row_2(t, topics[i].name, topics[i].doc);
    return t;
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    static const topic all = {"", "", list_topics};
    const topic *what = &all;
    LL_TRY(ll_shipped_check(comm, err));
    if (opt->n_arg > 0) LL_TRY(topic_find(opt->arg[0], &what, err));
    ll_table *t = what->table(comm, mem);
    if (opt->n_arg > 1) LL_TRY(filter(what->name, opt->arg[1], t, err));
    ll_text text;
    ll_text_init(&text, mem);
    if (what->table == list_keys && opt->format == LL_FORMAT_TEXT)
        ll_keys_text(t, ll_table_terminal_width(), &text); /* too wide for a table */
    else
        ll_table_print(t, opt->format, ll_table_terminal_width(), &text);
    return ll_command_print(comm, &text, err);
}

const ll_command ll_command_list = {
    .name = "list",
    .doc = "chips, clusters, models, servers, studies, topologies, engines, keys, ...",
    .usage = "[TOPIC [PART]]",
    .help =
        "Topics: chips, clusters, models, parts, servers, studies, topologies, engines,\n"
        "collectives, algorithms, keys, evidence, json. Without a topic: what each of them is.\n"
        "With PART: only what has it in its name, such as the keys of a group.\n"
        "\n"
        "Examples:\n"
        "  lineloss list studies\n"
        "  lineloss list keys job\n"
        "  lineloss list keys --format md",
    .options = LL_OPT_BIT(LL_OPT_FORMAT),
    .min_arg = 0,
    .max_arg = 2,
    .missing_arg = "",
    .run = run,
};
