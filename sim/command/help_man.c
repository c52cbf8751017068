/* The man page: the tables as roff, in the macros of man(7). */
#include "sim/command/help.h"
#include "sim/version.h"

#include <string.h>

/* Appends text so that roff prints it as it is: special characters are escaped, and no line looks
 * like a request. */
static void plain_add(const char *s, size_t n, ll_text *out)
{
    static const struct {
        char c;
        const char *roff;
    } escapes[] = {{'\\', "\\e"},  {'-', "\\-"},   {'\'', "\\(aq"},
                   {'`', "\\(ga"}, {'^', "\\(ha"}, {'~', "\\(ti"}};
    if (n > 0 && *s == '.') ll_text_add(out, "\\&");
    for (size_t i = 0; i < n; i++) {
        const char *roff = NULL;
        for (size_t k = 0; k < sizeof escapes / sizeof *escapes && !roff; k++)
            if (escapes[k].c == s[i]) roff = escapes[k].roff;
        if (roff)
            ll_text_add(out, "%s", roff);
        else
            ll_text_add_bytes(out, s + i, 1);
    }
}

static const char *plain(const char *s, ll_arena *mem)
{
    ll_text text;
    ll_text_init(&text, mem);
    plain_add(s, strlen(s), &text);
    return text.s;
}

/* An entry of a list of options: its heading and its text. */
static void entry_add(const char *head, const char *doc, ll_text *out)
{
    ll_text_add(out, ".TP\n.B %s\n", plain(head, out->mem));
    ll_text_add(out, "%s\n", plain(doc, out->mem));
}

static void option_add(int id, ll_text *out)
{
    entry_add(ll_option_usage(&ll_option_rows[id], out->mem), ll_option_rows[id].doc, out);
}

/* Help text: paragraphs are separated by empty lines; indented lines are not filled. */
static void help_add(const char *help, ll_text *out)
{
    bool verbatim = false;
    for (const char *line = help; *line;) {
        const size_t n = strcspn(line, "\n"), indent = strspn(line, " ");
        if (verbatim != (*line == ' ')) ll_text_add(out, verbatim ? ".fi\n.RE\n" : ".RS 2\n.nf\n");
        verbatim = *line == ' ';
        if (n == 0)
            ll_text_add(out, ".PP\n");
        else
            plain_add(line + indent, n - indent, out);
        if (n > 0) ll_text_add(out, "\n");
        line += n + (line[n] == '\n');
    }
    if (verbatim) ll_text_add(out, ".fi\n.RE\n");
}

static bool is_common(int id) { return ll_command_takes(NULL, id); }

static void command_add(const ll_command *command, ll_text *out)
{
    ll_text_add(out, ".SS \"lineloss %s %s\"\n", plain(command->name, out->mem),
                plain(command->usage, out->mem));
    help_add(command->help, out);
    for (int i = 0; i < LL_N_OPT; i++)
        if (ll_command_takes(command, i) && !is_common(i)) option_add(i, out);
}

static void rows_add(const char *title, const ll_help_row *row, ll_text *out)
{
    ll_text_add(out, ".SH %s\n", title);
    for (; row->name; row++)
        entry_add(row->name, row->doc, out);
}

static void head_add(ll_text *out)
{
    ll_text_add(
        out,
        ".TH LINELOSS 1 \"\" \"lineloss %s\" \"User Commands\"\n.nh\n.ad l\n" /* names stay whole */
        ".SH NAME\nlineloss \\- how many chips\\(aq worth of work N accelerator chips do\n"
        ".SH SYNOPSIS\n",
        ll_version());
    for (int i = 0; ll_commands[i]; i++)
        ll_text_add(out, "%s.B lineloss %s\n%s [options]\n", i ? ".br\n" : "",
                    plain(ll_commands[i]->name, out->mem), plain(ll_commands[i]->usage, out->mem));
    ll_text_add(out,
                ".br\n.B lineloss help\n[COMMAND]\n"
                ".SH DESCRIPTION\n"
                "Simulates the training of a model on a cluster of accelerator chips, says how "
                "many chips\\(aq worth of work it does, and names where the rest goes. "
                "Every command also runs under\n.BR mpirun (1).\n"
                "Results are the same for any number of ranks.\n");
}

void ll_help_man(ll_text *out)
{
    head_add(out);
    ll_text_add(out, ".SH COMMANDS\n");
    for (int i = 0; ll_commands[i]; i++)
        command_add(ll_commands[i], out);
    ll_text_add(out, ".SH OPTIONS OF EVERY COMMAND\n");
    for (int i = 0; i < LL_N_OPT; i++)
        if (is_common(i)) option_add(i, out);
    entry_add(ll_help_petsc.name, ll_help_petsc.doc, out);
    rows_add("ENVIRONMENT", ll_help_environment, out);
    rows_add("EXIT STATUS", ll_help_exit_codes, out);
    ll_text_add(out, ".SH SEE ALSO\n.BR mpirun (1)\n");
}
