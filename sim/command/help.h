/* What there is to type, out of the tables of commands and options: as help on the terminal, as a
 * man page, and as completion for bash. */
#ifndef LL_COMMAND_HELP_H
#define LL_COMMAND_HELP_H

#include "sim/base/text.h"
#include "sim/command/command.h"
#include "sim/command/options.h"

/* What `help`, `help COMMAND`, `help man` and `help completion` ask for; COMMAND --help too. Not
 * collective. */
void ll_help(const ll_options *opt, ll_text *out);

/* `lineloss help WORD` that is no command, and the text that it prints. */
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

extern const ll_help_row ll_help_petsc; /* the one option that takes all that follows */
extern const ll_help_row ll_help_environment[], ll_help_exit_codes[];

#endif
