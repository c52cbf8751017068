/* Completion for bash: commands and options come from the tables; the script asks the program for
 * the names of studies, clusters and topics. */
#include "sim/collective/collective.h"
#include "sim/command/help.h"
#include "sim/engine/engine.h"
#include "sim/traffic/synthetic.h"

#include <ctype.h>
#include <string.h>

static void words_add(const char *const *words, ll_text *out)
{
    for (int i = 0; words[i]; i++)
        ll_text_add(out, "%s%s", i ? " " : "", words[i]);
}

static void engines_add(ll_text *out)
{
    for (int i = 0; ll_engine_types[i]; i++)
        ll_text_add(out, "%s%s", i ? " " : "", ll_engine_types[i]->name);
}

/* Shell code that offers the values of an option, if they are known. */
static void values_add(int id, ll_text *out)
{
    if (id == LL_OPT_FORMAT) words_add(ll_format_names, out);
    if (id == LL_OPT_ENGINE || id == LL_OPT_BESIDE) engines_add(out);
    if (id == LL_OPT_FOLD) ll_text_add(out, "on off");
    if (id == LL_OPT_ALGORITHM) words_add(ll_algorithm_names, out);
    if (id == LL_OPT_COLLECTIVE) words_add(ll_collective_names, out);
    if (id == LL_OPT_COLLECTIVE) ll_text_add(out, " all");
    if (id == LL_OPT_PATTERN) words_add(ll_synthetic_names, out);
    if (id == LL_OPT_PATTERN) ll_text_add(out, " adversarial");
}

static void option_add(int id, ll_text *out)
{
    const ll_option_row *row = &ll_option_rows[id];
    if (!row->value) return;
    ll_text_add(out, "    %s%s%s) ", row->name, row->alias ? " | " : "",
                row->alias ? row->alias : "");
    if (id == LL_OPT_OUT) {
        ll_text_add(out, "kind=directory ;;\n");
    } else if (id == LL_OPT_SET) {
        ll_text_add(out, "kind=key && _lineloss_names keys ;;\n");
    } else {
        ll_text_add(out, "kind=value words='");
        values_add(id, out);
        ll_text_add(out, "' ;;\n");
    }
}

static bool has_word(const char *usage, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = strstr(usage, word); at; at = strstr(at + 1, word))
        if ((at == usage || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[n]))
            return true;
    return false;
}

/* Offers the arguments that the usage of a command names: words in small letters as they are,
 * and the names of what words in capitals stand for. */
static void arguments_add(const char *usage, ll_text *out)
{
    static const struct {
        const char *kind, *shell;
    } kinds[] = {{"STUDY", "_lineloss_names studies"},
                 {"CLUSTER", "_lineloss_names clusters"},
                 {"TOPIC", "kind=value && _lineloss_names"}};
    ll_text_add(out, "        words='");
    for (const char *at = usage; *at;) {
        const size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz");
        if (n > 0 && (at == usage || at[-1] != '.')) ll_text_add(out, "%.*s ", (int)n, at);
        at += n > 0 ? n : 1;
    }
    ll_text_add(out, "'\n");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (has_word(usage, kinds[i].kind)) ll_text_add(out, "        %s\n", kinds[i].shell);
}

static void command_add(const ll_command *c, ll_text *out)
{
    ll_text_add(out, "    %s)\n", c->name);
    arguments_add(c->usage, out);
    ll_text_add(out, "        options='");
    for (int id = 0; id < LL_N_OPT; id++)
        if (ll_command_takes(c, id)) ll_text_add(out, "%s ", ll_option_rows[id].name);
    ll_text_add(out, "--petsc%s' ;;\n", c->has_variants ? " --" : "");
}

/* Offers the first word, and the word after `help`. */
static void first_add(ll_text *out)
{
    ll_text_add(out, "    '' | help)\n        kind=value words='help ");
    for (int i = 0; ll_commands[i]; i++)
        ll_text_add(out, "%s ", ll_commands[i]->name);
    ll_text_add(out, "'\n        [ -z \"$command\" ] || words+='");
    for (int i = 0; ll_help_topics[i].name; i++)
        ll_text_add(out, "%s ", ll_help_topics[i].name);
    ll_text_add(out, "'\n        options='");
    for (int id = 0; id < LL_N_OPT; id++)
        if (ll_command_takes(NULL, id)) ll_text_add(out, "%s ", ll_option_rows[id].name);
    ll_text_add(out, "' ;;\n");
}

static const char head[] =
    "# Completion of bash for lineloss, as `lineloss help completion` prints it.\n"
    "\n"
    "# Adds the names in `lineloss list TOPIC` to $words; the program is asked once per shell.\n"
    "declare -gA _lineloss_known\n"
    "_lineloss_names() { # [topic]\n"
    "    local key=${COMP_WORDS[0]}:${LINELOSS_CONFIGS-}:${1-}\n"
    "    [ \"${word#-}\" = \"$word\" ] || return 0\n"
    "    if [ -z \"${_lineloss_known[$key]-}\" ]; then\n"
    "        _lineloss_known[$key]=$(\"${COMP_WORDS[0]}\" list \"$@\" --format csv 2>/dev/null "
    "</dev/null |\n"
    "            sed '1d; s/,.*//; s/ (.*)//; /\\[/d')\n"
    "    fi\n"
    "    words+=\" ${_lineloss_known[$key]}\"\n"
    "}\n"
    "\n"
    "_lineloss() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local command='' kind=argument words='' options='' i\n"
    "    [ \"$word\" != = ] || word=\n"
    "    [ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in\n"
    "        --petsc) return ;;\n"
    "        -*) ;;\n"
    "        *) [ -n \"$command\" ] || command=${COMP_WORDS[i]} ;;\n"
    "        esac\n"
    "    done\n";

static const char tail[] =
    "    if [ $kind = argument ] || [ -n \"$options\" ]; then\n"
    "        [ \"${word#-}\" = \"$word\" ] || kind=value words=$options\n"
    "    fi\n"
    "    [ $kind != key ] || compopt -o nospace 2>/dev/null\n"
    "    [ $kind != key ] || words=${words//[[:space:]]/= }=\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
    "    case $kind in # files beside the names, or alone\n"
    "    argument | directory)\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        [ $kind = argument ] && i=-f || i=-d\n"
    "        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen $i -- \"$word\") ;;\n"
    "    esac\n"
    "}\n"
    "complete -F _lineloss lineloss\n";

void ll_help_completion(ll_text *out)
{
    ll_text_add(out, "%s    case $before in\n", head);
    for (int id = 0; id < LL_N_OPT; id++)
        option_add(id, out);
    ll_text_add(out, "    esac\n    [ $kind = argument ] && case $command in\n");
    first_add(out);
    for (int i = 0; ll_commands[i]; i++)
        command_add(ll_commands[i], out);
    ll_text_add(out, "    esac\n%s", tail);
}
