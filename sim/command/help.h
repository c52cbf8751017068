/* Documentation of the command line, generated from the tables of commands and options: help on the
 * terminal, the man page, completion for bash. */
#ifndef LL_COMMAND_HELP_H
#define LL_COMMAND_HELP_H

#include "sim/base/text.h"
#include "sim/command/command.h"
#include "sim/command/options.h"

/* The text of `help`, `help COMMAND`, `COMMAND --help`, `help man` or `help completion`. Not
 * collective. */
void ll_help(const ll_options *opt, ll_text *out);

/* A WORD of `lineloss help WORD` that is not a command, and the text that it prints. */
typedef struct ll_help_topic {
    const char *name, *doc;
    void (*print)(ll_text *out);
} ll_help_topic;

extern const ll_help_topic ll_help_topics[]; /* ended by a name of NULL */

void ll_help_man(ll_text *out);        /* roff, for man(1) */
void ll_help_completion(ll_text *out); /* bash */

/* A name and its meaning; lists end with a name of NULL. */
typedef struct ll_help_row {
    const char *name, *doc;
} ll_help_row;

extern const ll_help_row ll_help_petsc; /* the option --petsc, which takes all words that follow */
extern const ll_help_row ll_help_environment[], ll_help_exit_codes[];

#endif
