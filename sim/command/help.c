#include "sim/command/help.h"

#include <stdio.h>
#include <string.h>

const ll_help_topic ll_help_topics[] = {
    {"man", "the man page, in roff: `lineloss help man | man -l -`", ll_help_man},
    {"completion", "completion for bash: `. <(lineloss help completion)`", ll_help_completion},
    {0}};

const ll_help_row ll_help_petsc = {
    "--petsc ARG...", "pass all words that follow to PETSc, such as --petsc -ll_snes_monitor"};

const ll_help_row ll_help_environment[] = {
    {"LINELOSS_CONFIGS", "directory of the shipped chips, clusters, models and studies"},
    {"LINELOSS_PROGRESS", "0: never show progress; 1: show it even if there is no terminal"},
    {0}};

const ll_help_row ll_help_exit_codes[] = {
    {"0", "done"},
    {"1", "usage or configuration"},
    {"2", "the run failed, or could not write its output"},
    {"3", "a bug in lineloss"},
    {"130, 143", "interrupted, by SIGINT or SIGTERM; mpirun may end with codes of its own"},
    {0}};

static void row_add(ll_text *out, const char *left, const char *doc)
{
    ll_text_add(out, "  %-21s %s\n", left, doc);
}

static void options_list(const ll_command *command, ll_text *out)
{
    ll_text_add(out, "\nOptions:\n");
    for (int i = 0; i < LL_N_OPT; i++)
        if (ll_command_takes(command, i))
            row_add(out, ll_option_usage(&ll_option_rows[i], out->mem), ll_option_rows[i].doc);
    if (command) row_add(out, ll_help_petsc.name, ll_help_petsc.doc);
}

static void command_help(const ll_command *command, ll_text *out)
{
    ll_text_add(out, "Usage: lineloss %s %s [options]\n\n%s\n", command->name, command->usage,
                command->help);
    options_list(command, out);
}

static void program_help(ll_text *out)
{
    ll_text_add(out,
                "lineloss: bind N accelerator chips together, and how many chips' worth of work do "
                "you get?\n\nUsage: lineloss COMMAND [arguments] [options]\n\nCommands:\n");
    for (int i = 0; ll_commands[i]; i++)
        row_add(out, ll_commands[i]->name, ll_commands[i]->doc);
    row_add(out, "help [COMMAND]", "this text, or the help of a command");
    for (int i = 0; ll_help_topics[i].name; i++)
        row_add(out, ll_arena_printf(out->mem, "help %s", ll_help_topics[i].name),
                ll_help_topics[i].doc);
    options_list(NULL, out);
    ll_text_add(out,
                "\n`lineloss COMMAND --help` says more, with examples. Every command also runs "
                "under mpirun.\n\nExit codes:\n");
    for (int i = 0; ll_help_exit_codes[i].name; i++)
        row_add(out, ll_help_exit_codes[i].name, ll_help_exit_codes[i].doc);
    ll_text_add(out, "\nEnvironment:\n");
    for (int i = 0; ll_help_environment[i].name; i++)
        row_add(out, ll_help_environment[i].name, ll_help_environment[i].doc);
}

void ll_help(const ll_options *opt, ll_text *out)
{
    const char *word = opt->value[LL_OPT_HELP];
    for (int i = 0; ll_help_topics[i].name; i++)
        if (word && !strcmp(ll_help_topics[i].name, word)) {
            ll_help_topics[i].print(out);
            return;
        }
    if (opt->command)
        command_help(opt->command, out);
    else
        program_help(out);
}
