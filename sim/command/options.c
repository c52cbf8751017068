#include "sim/command/options.h"

#include "sim/base/words.h"
#include "sim/command/command.h"
#include "sim/command/help.h"
#include "sim/command/settings.h"

#include <stdio.h>
#include <string.h>

const ll_option_row ll_option_rows[LL_N_OPT] = {
    [LL_OPT_SET] = {"--set", NULL, "PATH=VALUE",
                    "set a value of the configuration, such as job.tp=4 (repeatable)"},
    [LL_OPT_FORMAT] = {"--format", NULL, "F", "text (default), json, csv, md or latex"},
    [LL_OPT_OUT] = {"-o", "--output", "DIR",
                    "write result files to DIR, which is made if it is missing"},
    [LL_OPT_FORCE] = {"--force", NULL, NULL,
                      "with -o: replace even the result of another configuration"},
    [LL_OPT_SEED] = {"--seed", NULL, "N", "seed of all random draws; short for --set seed=N"},
    [LL_OPT_ENGINE] = {"--engine", NULL, "E",
                       "network engine: closed, flow or packet; short for --set engine.type=E"},
    [LL_OPT_FOLD] = {"--fold", NULL, "on|off",
                     "solve equal flows once, or every flow; short for --set engine.fold=..."},
    [LL_OPT_BESIDE] = {"--beside", NULL, "E[,E]",
                       "repeat by other engines, such as closed,packet; with packet, by flow too"},
    [LL_OPT_TIMING] = {"--timing", NULL, NULL,
                       "with --beside: wall-clock time and memory that each engine took"},
    [LL_OPT_COLLECTIVE] = {"--collective", NULL, "C",
                           "all_reduce (default), ..., dispatch, combine, or all"},
    [LL_OPT_ALGORITHM] = {"--algorithm", NULL, "A", "auto (default), ring, direct, ..."},
    [LL_OPT_SIZES] = {"--sizes", NULL, "A..B[xN]",
                      "sizes from A to B, each N times the one before; default 8B..1GiBx2"},
    [LL_OPT_TOKENS] = {"--tokens", NULL, "A..B[xN]",
                       "of dispatch and combine: tokens of a chip; default 1..4096x4"},
    [LL_OPT_ROUTING] =
        {"--routing", NULL, "K/E[,LAW]",
         "K of E experts each; balanced, uniform, power:X; groups:M/N; default 8/256"},
    [LL_OPT_ROW] = {"--row", NULL, "SIZE",
                    "bytes of a token; default 7392B of a dispatch, 14336B of a combine"},
    [LL_OPT_CHIPS] = {"--chips", NULL, "N", "use only the first N chips; default: all"},
    [LL_OPT_GROUP] = {"--group", NULL, "N[:STRIDE]",
                      "all groups of N chips that are STRIDE apart, at the same time"},
    [LL_OPT_TRAFFIC] = {"--traffic", NULL, "FILE",
                        "the flows of a file: lines SRC DST BYTES [START], or htsim's matrices"},
    [LL_OPT_PATTERN] = {"--pattern", NULL, "P[:N]",
                        "flows of a pattern: permutation, shift:1, tornado, ...; with --sizes"},
    [LL_OPT_FLOWS] = {"--flows", NULL, NULL, "print when each flow starts and ends"},
    [LL_OPT_LOAD] = {"--load", NULL, "A..B:STEP",
                     "open loop by packet: latency and accepted load at loads from A to B"},
    [LL_OPT_CYCLES] = {"--cycles", NULL, "N",
                       "with --load: packet times that are measured; default 80000"},
    [LL_OPT_RECORD] = {"--record", NULL, NULL, "write the errors to recorded.csv beside the table"},
    [LL_OPT_COLUMNS] = {"--columns", NULL, "A,B",
                        "print results with these columns only, such as chips,step,mfu"},
    [LL_OPT_OVER] = {"--over", NULL, "KEY=VALUES",
                     "vary a key: tp=1,2,4 or tp=1..8 or chips=64..8192x2 (repeatable)"},
    [LL_OPT_ZIP] = {"--zip", NULL, NULL, "vary the keys together, not as a product"},
    [LL_OPT_SCALING] =
        {"--scaling", NULL, "W",
         "with chips: weak (same work per chip), strong (same work) or both (default)"},
    [LL_OPT_CHECK] = {"--check", NULL, NULL, "fail if an error is larger than in recorded.csv"},
    [LL_OPT_DEADLOCK] = {"--deadlock", NULL, NULL,
                         "whether packets can wait for each other in a ring, of a cluster"},
    [LL_OPT_PROGRESS] = {"--progress", NULL, NULL, "show progress even if there is no terminal"},
    [LL_OPT_NO_PROGRESS] = {"--no-progress", NULL, NULL, "never show progress"},
    [LL_OPT_QUIET] = {"--quiet", "-q", NULL,
                      "print no progress and no notes, only the result or an error"},
    [LL_OPT_HELP] = {"--help", "-h", NULL, "this text"},
    [LL_OPT_VERSION] = {"--version", "-V", NULL, "versions of lineloss and of its libraries"},
};

static const uint64_t common =
    LL_OPT_BIT(LL_OPT_QUIET) | LL_OPT_BIT(LL_OPT_HELP) | LL_OPT_BIT(LL_OPT_VERSION);

bool ll_command_takes(const ll_command *command, int id)
{
    return (((command ? command->options : 0) | common) & LL_OPT_BIT(id)) != 0;
}

const char *ll_option_usage(const ll_option_row *row, ll_arena *mem)
{
    return ll_arena_printf(mem, "%s%s%s%s%s", row->name, row->alias ? ", " : "",
                           row->alias ? row->alias : "", row->value ? " " : "",
                           row->value ? row->value : "");
}

/* Option of `n` characters at `word`, or -1. */
static int option_find(const char *word, size_t n)
{
    for (int i = 0; i < LL_N_OPT; i++) {
        const char *alias = ll_option_rows[i].alias;
        if (strlen(ll_option_rows[i].name) == n && !strncmp(ll_option_rows[i].name, word, n))
            return i;
        if (alias && strlen(alias) == n && !strncmp(alias, word, n)) return i;
    }
    return n == 2 && !strncmp(word, "-v", 2) ? LL_OPT_VERSION : -1; /* taken, not listed */
}

static ll_status option_unknown(const ll_command *command, const char *word, ll_error *err)
{
    const char *names[LL_N_OPT];
    int n = 0;
    for (int i = 0; i < LL_N_OPT; i++)
        if (ll_command_takes(command, i)) names[n++] = ll_option_rows[i].name;
    const char *of = command ? command->name : "";
    char hint[256], otherwise[128];
    snprintf(otherwise, sizeof otherwise, "`lineloss %s%s--help` lists them%s", of, *of ? " " : "",
             word[1] != '-' ? "; options of PETSc go after --petsc" : "");
    return ll_error_set(err, LL_ERR_CONFIG, "unknown option '%s'; %s", word,
                        ll_words_hint(&(ll_words){n, names, otherwise}, word, hint, sizeof hint));
}

/* *out: NULL for `help`, which is not a command of the list. */
static ll_status command_find(const char *word, const ll_command **out, ll_error *err)
{
    const char *names[32];
    int n = 0, i;
    for (; ll_commands[n]; n++)
        names[n] = ll_commands[n]->name;
    names[n] = "help";
    LL_TRY(ll_words_pick(&(ll_words){n + 1, names, NULL}, word, &i, err, "unknown command '%s'; ",
                         word));
    *out = ll_commands[i];
    return LL_OK;
}

/* --seed, --engine and --fold are shorthands for --set. */
static ll_status setting_add(int id, const char *value, ll_arena *mem, ll_setting_list *settings,
                             ll_error *err)
{
    static const char *const path[LL_N_OPT] = {
        [LL_OPT_SEED] = "seed", [LL_OPT_ENGINE] = "engine.type", [LL_OPT_FOLD] = "engine.fold"};
    const char *typed = ll_arena_printf(mem, "%s %s", ll_option_rows[id].name, value);
    if (id != LL_OPT_SET && !path[id]) return LL_OK;
    if (id == LL_OPT_SET && !strchr(value, '='))
        return ll_error_set(err, LL_ERR_CONFIG, "%s: expected PATH=VALUE, such as --set job.tp=4",
                            typed);
    ll_settings_add(settings,
                    path[id]
                        ? ll_arena_printf(mem, "%s %s=%s", ll_option_rows[id].name, path[id], value)
                        : value,
                    typed);
    return LL_OK;
}

static ll_status format_read(const char *value, ll_format *out, ll_error *err)
{
    int format;
    LL_TRY(ll_words_pick(&(ll_words){LL_N_FORMAT, ll_format_names, NULL}, value, &format, err,
                         "--format %s: ", value));
    *out = (ll_format)format;
    return LL_OK;
}

/* The value of option `id` at argv[*i]; *i moves past it. "" for an option that takes none. */
static ll_status value_read(int argc, char **argv, int *i, int id, const char **value,
                            ll_error *err)
{
    const char *equals = strchr(argv[*i], '=');
    *value = "";
    if (!ll_option_rows[id].value)
        return equals
                   ? ll_error_set(err, LL_ERR_CONFIG, "%s: takes no value", ll_option_rows[id].name)
                   : LL_OK;
    if (!equals && *i + 1 >= argc)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: needs a value, %s", ll_option_rows[id].name,
                            ll_option_rows[id].value);
    *value = equals ? equals + 1 : argv[++*i];
    return LL_OK;
}

/* An option may be given once, and --help again after `help`. Settings may be many:
 * ll_settings_end finds conflicts between them. */
static ll_status once_check(int id, const char *before, const char *value, ll_error *err)
{
    static const uint64_t settings = LL_OPT_BIT(LL_OPT_SET) | LL_OPT_BIT(LL_OPT_SEED) |
                                     LL_OPT_BIT(LL_OPT_ENGINE) | LL_OPT_BIT(LL_OPT_FOLD);
    if (!before || id == LL_OPT_OVER || (settings & LL_OPT_BIT(id)) ||
        (id == LL_OPT_HELP && *before))
        return LL_OK;
    if (!ll_option_rows[id].value)
        return ll_error_set(err, LL_ERR_CONFIG, "%s is given twice", ll_option_rows[id].name);
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s is given twice, as '%s' and as '%s': leave one of them out",
                        ll_option_rows[id].name, before, value);
}

/* The option at argv[*i]; *i moves past its value. */
static ll_status option_read(int argc, char **argv, int *i, ll_arena *mem,
                             ll_setting_list *settings, ll_options *out, ll_error *err)
{
    const char *word = argv[*i], *value;
    const size_t n = strcspn(word, "=");
    const int id = option_find(word, n);
    if (id < 0) return option_unknown(out->command, ll_arena_strndup(mem, word, n), err);
    if (!ll_command_takes(out->command, id))
        return ll_error_set(err, LL_ERR_CONFIG, "`%s` has no option '%s'; see `lineloss %s --help`",
                            out->command ? out->command->name : "lineloss", ll_option_rows[id].name,
                            out->command ? out->command->name : "COMMAND");
    LL_TRY(value_read(argc, argv, i, id, &value, err));
    LL_TRY(once_check(id, out->value[id], value, err));
    if (id != LL_OPT_HELP || !out->value[id]) out->value[id] = value;
    if (id == LL_OPT_OVER) out->over[out->n_over++] = value;
    if (id == LL_OPT_FORMAT) return format_read(value, &out->format, err);
    if (id == LL_OPT_OUT && !*value)
        return ll_error_set(err, LL_ERR_CONFIG, "-o: the directory has no name");
    if (id == LL_OPT_OUT && ll_text_unprintable(value))
        return ll_error_set(err, LL_ERR_CONFIG, "-o %s: the name has a control character", value);
    return setting_add(id, value, mem, settings, err);
}

static ll_status arguments_check(const ll_options *o, ll_error *err)
{
    const ll_command *c = o->command;
    if (o->value[LL_OPT_PROGRESS] && (o->value[LL_OPT_NO_PROGRESS] || o->value[LL_OPT_QUIET]))
        return ll_error_set(err, LL_ERR_CONFIG, "--progress contradicts %s: give one of them",
                            o->value[LL_OPT_QUIET] ? "--quiet" : "--no-progress");
    if (!c)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "no command; try `lineloss run nvl72`, or `lineloss --help`");
    if (o->n_arg < c->min_arg)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: %s%s%s%s", c->name, o->n_arg ? "only '" : "",
                            o->n_arg ? o->arg[o->n_arg - 1] : "", o->n_arg ? "'; " : "",
                            c->missing_arg);
    if (o->n_arg > c->max_arg)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s: '%s' is one argument too many; usage: lineloss %s %s", c->name,
                            o->arg[c->max_arg], c->name, c->usage);
    return LL_OK;
}

/* A file that other commands write beside results. It is passed over, so that
 * `compare results/?*.json` compares the results. */
static bool is_companion(const char *path)
{
    static const char *const ends[] = {".timing.json", ".trace.json", ".check.json"};
    const size_t n = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (n > strlen(ends[i]) && !strcmp(path + n - strlen(ends[i]), ends[i])) return true;
    return false;
}

static bool is_help_topic(const char *word)
{
    for (int i = 0; ll_help_topics[i].name; i++)
        if (!strcmp(ll_help_topics[i].name, word)) return true;
    return false;
}

/* A word that is not an option: `help`, the command, or an argument of it. */
static ll_status word_read(const char *word, ll_setting_list *settings, ll_options *out,
                           ll_error *err)
{
    const bool after_help = out->value[LL_OPT_HELP] && !out->command;
    if ((!out->command && !after_help && !strcmp(word, "help")) ||
        (after_help && is_help_topic(word))) {
        out->value[LL_OPT_HELP] = word;
        return LL_OK;
    }
    if (!out->command) return command_find(word, &out->command, err);
    if (out->command->has_variants && is_companion(word)) return LL_OK;
    out->arg[out->n_arg++] = word;
    ll_settings_argument(settings);
    return LL_OK;
}

/* All words in their order. */
static ll_status words_read(int argc, char **argv, ll_arena *mem, ll_setting_list *settings,
                            ll_options *out, ll_error *err)
{
    bool words_only = false; /* after "--" */
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (words_only || word[0] != '-' || !word[1]) {
            LL_TRY(word_read(word, settings, out, err));
        } else if (!strcmp(word, "--petsc")) {
            while (++i < argc)
                out->petsc[out->n_petsc++] = argv[i];
        } else if (strcmp(word, "--") != 0) {
            LL_TRY(option_read(argc, argv, &i, mem, settings, out, err));
        } else if (out->command && out->command->has_variants) {
            LL_TRY(ll_settings_part_end(settings, err));
        } else {
            words_only = true;
        }
    }
    return LL_OK;
}

ll_status ll_options_parse(int argc, char **argv, ll_arena *mem, ll_options *out, ll_error *err)
{
    *out = (ll_options){.program = argc > 0 ? argv[0] : "lineloss"};
    out->arg = ll_arena_array(mem, argc, const char *);
    out->over = ll_arena_array(mem, argc, const char *);
    out->petsc = ll_arena_array(mem, argc, const char *);
    ll_setting_list settings = ll_settings_start(argc, mem);
    LL_TRY(words_read(argc, argv, mem, &settings, out, err));
    const char *help = out->value[LL_OPT_HELP];
    if (help && *help && out->n_arg > 0)
        return ll_error_set(err, LL_ERR_CONFIG, "help: '%s' is one argument too many", out->arg[0]);
    if (help || out->value[LL_OPT_VERSION]) return LL_OK;
    if (settings.part > 0) LL_TRY(ll_settings_part_end(&settings, err));
    LL_TRY(arguments_check(out, err));
    return ll_settings_end(&settings, mem, out, err);
}
