/* lineloss check STUDY: validate, and print the effective configuration. */
#include "sim/command/command.h"
#include "sim/config/shipped.h"
#include "sim/print/output.h"
#include "sim/report/keys.h"
#include "sim/report/report.h"
#include "sim/work/study.h"
#include "topology/deadlock.h"

#include <string.h>

/* For programs: one row per key. */
static ll_table *config_table(const ll_config *cfg, ll_arena *mem)
{
    ll_table *t = ll_table_create(mem, "", 5,
                                  (ll_column[]){{.name = "key"},
                                                {.name = "value"},
                                                {.name = "origin"},
                                                {.name = "evidence"},
                                                {.name = "source"}});
    for (int i = 0; i < ll_config_n_entry(cfg); i++) {
        const ll_config_entry *e = ll_config_entry_at(cfg, i);
        ll_table_row(t);
        ll_table_set(t, 0, "%s", e->path);
        ll_table_set(t, 1, "%s", e->text);
        ll_table_set(t, 2, "%s", ll_shipped_short(e->origin, mem));
        ll_table_set(t, 3, "%s", ll_evidence_name(e->evidence));
        ll_table_set(t, 4, "%s", e->source);
    }
    return t;
}

/* For people: groups as headings, their keys below. */
static ll_table *config_groups(const ll_config *cfg, ll_arena *mem)
{
    ll_table *t = ll_table_create(
        mem, "", 4,
        (ll_column[]){{.name = "key"}, {.name = "value"}, {.name = "from"}, {.name = "evidence"}});
    const char *group = "";
    for (int i = 0; i < ll_config_n_entry(cfg); i++) {
        const ll_config_entry *e = ll_config_entry_at(cfg, i);
        const char *now = ll_keys_group(e->path, mem);
        if (strcmp(now, group) != 0) {
            ll_table_row(t);
            ll_table_set(t, 0, "%s", now);
            group = now;
        }
        ll_table_row(t);
        ll_table_set(t, 0, "%s%s", *now ? "  " : "", ll_keys_leaf(e->path));
        ll_table_set(t, 1, "%s%s", e->text,
                     ll_units_in_bits(e->kind, e->text)
                         ? ll_arena_printf(mem, " = %s", ll_quantity_text(e->kind, e->value, mem))
                         : "");
        ll_table_set(t, 2, "%s", ll_shipped_short(e->origin, mem));
        if (e->evidence != LL_EVIDENCE_NONE)
            ll_table_set(t, 3, "%s%s%s", ll_evidence_name(e->evidence), *e->source ? ": " : "",
                         e->source);
    }
    return t;
}

static void memory_print(const ll_memory *m, ll_arena *mem, ll_text *out)
{
    ll_text_add(out, "Memory per chip: %s of %s, %s to spare\n  (",
                ll_quantity_text(LL_KIND_SIZE, m->total_B, mem),
                ll_quantity_text(LL_KIND_SIZE, m->capacity_B, mem),
                ll_quantity_text(LL_KIND_SIZE, m->capacity_B - m->total_B, mem));
    for (int i = 0; i < m->n; i++)
        ll_text_add(out, "%s%s %s", i ? ", " : "", m->part[i].name,
                    ll_quantity_text(LL_KIND_SIZE, m->part[i].size_B, mem));
    ll_text_add(out, ")\n");
}

static void print(const ll_study *s, ll_format format, int width, ll_arena *mem, ll_text *out)
{
    const bool plain = format == LL_FORMAT_TEXT;
    ll_table *t = plain ? config_groups(s->config, mem) : config_table(s->config, mem);
    ll_table_print(t, format, width, out);
    if (!plain) return;
    ll_text_add(out, "\n");
    memory_print(&s->memory, mem, out);
    if (s->cluster.topo->note) ll_text_add(out, "%s\n", s->cluster.topo->note);
    ll_text_add(out, "%s is legal: %d chips as tp %lld x cp %lld x pp %lld x dp %lld; it fits\n",
                s->name, s->cluster.topo->n_chip, (long long)s->layout.tp, (long long)s->layout.cp,
                (long long)s->layout.pp, (long long)s->layout.dp);
}

/* Writes DIR/<study>.check.json, .txt and .csv; settings are part of the name, as of a result. */
static ll_status files_write(const ll_study *s, const ll_options *opt, ll_comm *comm, ll_arena *mem,
                             ll_error *err)
{
    static const struct {
        const char *suffix;
        ll_format format;
    } files[] = {{".check.json", LL_FORMAT_JSON},
                 {".check.txt", LL_FORMAT_TEXT},
                 {".check.csv", LL_FORMAT_CSV}};
    const char *name = ll_output_variant(s->name, opt->n_set, opt->set, mem);
    ll_output set = {.dir = opt->value[LL_OPT_OUT],
                     .main = ll_output_file_name(name, files[0].suffix, mem)};
    LL_TRY(ll_output_check(&set, comm, err));
    LL_TRY(ll_output_begin(&set, comm, mem, err));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ll_text text;
        ll_text_init(&text, mem);
        if (ll_comm_rank(comm) == 0) print(s, files[i].format, 100, mem, &text);
        LL_TRY(ll_output_write(set.stage, ll_output_file_name(name, files[i].suffix, mem), &text,
                               comm, err));
    }
    return ll_output_commit(&set, comm, err);
}

/* ---- Deadlock -------------------------------------------------------------------------------- */

enum { MOST_ROUTED = 200 * 1000 * 1000 }; /* paths, in 10 to 60 s */

static const char *node_text(const ll_topology *topo, int64_t node, ll_arena *mem)
{
    return node < topo->n_chip
               ? ll_arena_printf(mem, "chip %lld", (long long)node)
               : ll_arena_printf(mem, "switch %lld", (long long)(node - topo->n_chip));
}

static void deadlock_print(const ll_topology *topo, ll_arena *mem, ll_text *out)
{
    const ll_deadlock d = ll_deadlock_find(topo, mem);
    ll_text_add(out, "%d chips, %lld links, %lld dependencies between links\n", topo->n_chip,
                (long long)topo->n_link, (long long)d.n_dependency);
    if (d.n_cycle == 0) {
        ll_text_add(out,
                    "Free of deadlock with one virtual lane: no links wait for each other in a "
                    "ring.\n");
        return;
    }
    ll_text_add(out,
                "With one virtual lane and finite buffers packets can deadlock; more lanes break "
                "the rings,\nand engine packet says how many these routes need. %lld links that "
                "wait for each other:\n",
                (long long)d.n_cycle);
    for (int64_t i = 0; i < d.n_cycle && i < LL_DEADLOCK_MAX; i++) {
        ll_link l;
        topo->type->link(topo, d.cycle[i], &l);
        ll_text_add(out, "  link %lld, %s to %s\n", (long long)d.cycle[i],
                    node_text(topo, l.from, mem), node_text(topo, l.to, mem));
    }
    if (d.n_cycle > LL_DEADLOCK_MAX)
        ll_text_add(out, "  and %lld more\n", (long long)(d.n_cycle - LL_DEADLOCK_MAX));
}

static ll_status deadlock_check(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_study *s = ll_arena_new(mem, ll_study);
    if (opt->value[LL_OPT_FORMAT] || opt->value[LL_OPT_OUT])
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--deadlock prints sentences and links; leave --format and -o out");
    LL_TRY(ll_study_load(&(ll_study_source){opt->arg[0], opt->n_set, opt->set, LL_STUDY_CLUSTER},
                         comm, mem, s, err));
    const ll_topology *topo = s->cluster.topo;
    const double n_path = (double)topo->n_chip * topo->n_chip *
                          ((double)topo->max_path + (topo->detours ? topo->detours->max_path : 0));
    if (n_path > MOST_ROUTED)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--deadlock: %d chips have up to %g paths; at most %d are looked at: "
                            "take a smaller machine of the same kind",
                            topo->n_chip, n_path, MOST_ROUTED);
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0) deadlock_print(topo, mem, &text);
    return ll_command_print(comm, &text, err);
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    if (opt->value[LL_OPT_DEADLOCK]) return deadlock_check(opt, comm, mem, err);
    ll_study *s = ll_arena_new(mem, ll_study);
    LL_TRY(ll_study_load(&(ll_study_source){opt->arg[0], opt->n_set, opt->set, LL_STUDY_WHOLE},
                         comm, mem, s, err));
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0) print(s, opt->format, ll_table_terminal_width(), mem, &text);
    LL_TRY(ll_command_print(comm, &text, err));
    return opt->value[LL_OPT_OUT] ? files_write(s, opt, comm, mem, err) : LL_OK;
}

const ll_command ll_command_check = {
    .name = "check",
    .doc = "validate a study and print the effective configuration",
    .usage = "STUDY",
    .help =
        "Reads the study as `run` does, without simulating it. Prints every key with its value,\n"
        "where the value is set (file and line, --set, or default), its evidence and its source;\n"
        "then the memory that a chip needs. Lists all errors (up to 20).\n"
        "--deadlock looks at the routes of a cluster or study instead: with finite buffers, can\n"
        "packets wait for each other in a ring? It names the links of one.\n"
        "-o DIR also writes <study>.check.json, .txt and .csv there.\n"
        "\n"
        "Examples:\n"
        "  lineloss check nvl72\n"
        "  lineloss check my.cfg --set job.pp=8 --format csv\n"
        "  lineloss check example_torus --set cluster.topology.sizes='4 x 4' --deadlock",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT) |
               LL_OPT_BIT(LL_OPT_DEADLOCK),
    .min_arg = 1,
    .max_arg = 1,
    .missing_arg = "which study? Such as `lineloss check nvl72`",
    .run = run,
};
