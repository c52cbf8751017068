/* Private to the configuration reader: the text of a source, before it is a tree.
 *
 * A source (ll_source) is text with marks, so that it travels as plain bytes. A line that begins
 * with \001 says where the next lines come from, as #line does for C; one that begins with \002
 * opens the text of a file that replaces a group. Control bytes are refused in files, so no file
 * can forge one.
 *
 *     \001 1 configs/study.cfg          lines of the study
 *     name = "x";
 *     \001 1 configs/chip.cfg           lines of an included file
 *     memory = "80 GB";
 *     \001 3 configs/study.cfg          back again, at line 3
 *     \002 other/chip.cfg               section: what "cluster.chip = @other/chip.cfg" stands for
 *     \001 1 other/chip.cfg
 *     \003 0 9 24                     a file that a value names: status, lengths of name and text,
 *     links.txt                        and both, each with an end of line
 *     chips 2
 *     0 <-> 1 ... */
#ifndef LL_CONFIG_CONFIG_TEXT_H
#define LL_CONFIG_CONFIG_TEXT_H

#include "sim/base/text.h"
#include "sim/config/config.h"

enum { LL_MARK_LINE = 1, LL_MARK_SECTION = 2, LL_MARK_FILE = 3 };

typedef struct ll_place {
    const char *file;
    int line; /* from 1; 0: the file as a whole, or the command line ("--set") */
} ll_place;

typedef struct ll_stretch { /* consecutive lines of the text that are from one file */
    int first;              /* line of the text, from 1 */
    ll_place place;         /* where that line came from */
} ll_stretch;

typedef struct ll_section {
    const char *name; /* the file that was asked for */
    const char *text; /* without marks */
    int n_stretch;
    ll_stretch *stretch; /* [n_stretch] by first */
} ll_section;

/* The sections of a source; the first is the configuration file itself. */
int ll_section_split(ll_source source, ll_arena *mem, ll_section **out);

/* A file that a value names, as it was read with the configuration. */
typedef struct ll_attached {
    const char *name; /* as seen from the current folder of rank 0 */
    const char *text; /* its text, or why there is none */
    ll_status status;
} ll_attached;

/* The attached files of a source, and one more to its end. */
int ll_attached_split(ll_source source, ll_arena *mem, ll_attached **out);
void ll_attached_add(const ll_attached *file, ll_text *source);

ll_place ll_section_place(const ll_section *section, int line);

/* "file:line", or only the file. */
const char *ll_place_text(ll_place place, ll_arena *mem);

/* `path` relative to the folder of `file`; to the current folder if `file` is standard input. */
const char *ll_path_beside(const char *file, const char *path, ll_arena *mem);

/* libconfig 1.5 wraps integers and reads 1e400 as infinity, both silently, and gives a string the
 * line of the token after it. So libconfig gets neither: each number and each string is replaced by
 * its index into `literal`, and libconfig parses only the structure. */
typedef struct ll_literal {
    const char *text; /* a number as typed (whole ones in decimal, without L), a string unescaped */
    bool is_string;
} ll_literal;

typedef struct ll_lexed {
    char *text; /* of as many lines; without comments */
    int n_literal, cap;
    ll_literal *literal; /* [n_literal] */
} ll_lexed;

/* Errors, one for each: brackets that do not match, strings and comments that do not end, values
 * without quotes, numbers out of range. */
ll_status ll_lex(const ll_section *section, ll_arena *mem, ll_lexed *out, ll_error *err);

/* Whether a line that begins in a block comment (or not) ends in one. */
bool ll_lex_line_comment(bool in_comment, const char *line, size_t n);

#endif
