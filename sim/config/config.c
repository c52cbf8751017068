/* libconfig text to a tree of ours. No other file includes libconfig. */
#include "sim/config/config_tree.h"

#include <ctype.h>
#include <libconfig.h>
#include <string.h>

/* The text that is being read, for the functions below. */
typedef struct reader {
    const ll_section *section;
    const ll_lexed *lexed;
    ll_arena *mem;
} reader;

static void convert(const reader *r, const config_setting_t *from, ll_node *to);

static void convert_children(const reader *r, const config_setting_t *from, ll_node *to)
{
    int n = config_setting_length(from);
    for (int i = 0; i < n; i++) {
        const config_setting_t *child = config_setting_get_elem(from, (unsigned)i);
        const char *name = config_setting_name(child);
        ll_node *node =
            ll_node_add(r->mem, to, LL_NODE_ABSENT, name ? ll_arena_strdup(r->mem, name) : "");
        node->place = ll_section_place(r->section, (int)config_setting_source_line(child));
        convert(r, child, node);
    }
}

static void convert(const reader *r, const config_setting_t *from, ll_node *to)
{
    int type = config_setting_type(from);
    if (type == CONFIG_TYPE_GROUP || type == CONFIG_TYPE_LIST || type == CONFIG_TYPE_ARRAY) {
        to->type = type == CONFIG_TYPE_GROUP ? LL_NODE_GROUP : LL_NODE_LIST;
        convert_children(r, from, to);
    } else if (type == CONFIG_TYPE_BOOL) {
        to->type = LL_NODE_BOOL;
        to->text = config_setting_get_bool(from) ? "true" : "false";
    } else {
        // The index of what was typed; a lone "." is a float for libconfig and no number for us.
        int i = type == CONFIG_TYPE_INT ? config_setting_get_int(from) : -1;
        bool known = i >= 0 && i < r->lexed->n_literal;
        to->type = known && r->lexed->literal[i].is_string ? LL_NODE_TEXT : LL_NODE_NUMBER;
        to->text = known ? r->lexed->literal[i].text : ".";
    }
}

/* The text of one line, without the spaces around it. */
static const char *line_text(const char *text, int line, ll_arena *mem)
{
    for (; line > 1 && text; line--) {
        text = strchr(text, '\n');
        if (text) text++;
    }
    if (!text) return "";
    text += strspn(text, " \t");
    size_t n = strcspn(text, "\n");
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    return ll_arena_strndup(mem, text, n < 60 ? n : 60);
}

static bool is_name(char c) { return isalnum((unsigned char)c) || (c && strchr("-_*", c)); }

/* Length of the name of the setting that ends before the sign at s; 0 if there is none. */
static size_t setting_of(const char *text, const char *s, const char **name)
{
    const char *end = s;
    if (*s != '=' && *s != ':') return 0;
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    *name = end;
    while (*name > text && is_name((*name)[-1]))
        (*name)--;
    return (size_t)(end - *name);
}

/* The line of an earlier setting of the same name in the same group as `at`; 0 if there is none.
 * `text` has neither strings nor comments. */
static int first_of(const char *text, const char *at, size_t n)
{
    const char *first = NULL;
    int depth = 0, line = 1;
    for (const char *s = at - 1; s >= text && depth >= 0; s--) {
        if (strchr("})]", *s)) depth++;
        if (strchr("{([", *s)) depth--;
        if (depth || strncmp(s, at, n) != 0 || is_name(s[n]) || (s > text && is_name(s[-1])))
            continue;
        first = s;
    }
    for (const char *s = text; first && s < first; s++)
        line += *s == '\n';
    return first ? line : 0;
}

/* The error of two settings of one name in a group, as from two files that describe the same
 * thing. */
static ll_status twice_error(int line, const ll_section *section, const char *text, ll_arena *mem,
                             ll_error *err)
{
    const char *begin = text, *at = NULL;
    size_t n = 0;
    int first = 0;
    for (int i = 1; i < line; i++)
        begin += strcspn(begin, "\n") + 1;
    for (const char *s = begin + strcspn(begin, "\n"); s >= begin && !first; s--) {
        n = setting_of(text, s, &at);
        if (n) first = first_of(text, at, n);
    }
    const char *where = ll_place_text(ll_section_place(section, line), mem);
    if (!first)
        return ll_error_add(err, LL_ERR_CONFIG, "%s: this group already has a key of this name",
                            where);
    return ll_error_add(err, LL_ERR_CONFIG,
                        "%s: this group already has '%.*s', from %s; keep one of the two, or "
                        "change single keys of the first one at the top level: set = [ "
                        "\"cluster.chip.memory = 80 GB\" ];",
                        where, (int)n, at, ll_place_text(ll_section_place(section, first), mem));
}

static ll_status syntax_error(const config_t *config, const ll_section *section, const char *text,
                              ll_arena *mem, ll_error *err)
{
    int line = config_error_line(config);
    const char *near = line_text(section->text, line, mem);
    const char *what = config_error_text(config);
    if (what && strstr(what, "duplicate")) return twice_error(line, section, text, mem, err);
    return ll_error_add(err, LL_ERR_CONFIG, "%s: %s, in or before: %s",
                        ll_place_text(ll_section_place(section, line), mem),
                        what ? what : "syntax error", *near ? near : "(end of file)");
}

ll_status ll_tree_read(const ll_section *section, ll_arena *mem, ll_node **out, ll_error *err)
{
    ll_lexed lexed;
    LL_TRY(ll_lex(section, mem, &lexed, err));
    config_t config;
    config_init(&config);
    ll_status status = LL_OK;
    if (config_read_string(&config, lexed.text) == CONFIG_TRUE) {
        ll_node *root = ll_node_add(mem, NULL, LL_NODE_GROUP, "");
        root->place = (ll_place){section->name, 0};
        const reader r = {section, &lexed, mem};
        convert(&r, config_root_setting(&config), root);
        *out = root;
    } else {
        status = syntax_error(&config, section, lexed.text, mem, err);
    }
    config_destroy(&config);
    return status;
}
