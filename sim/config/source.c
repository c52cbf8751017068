/* Files to one text, on rank 0, and from there to everyone: @include is expanded here, so that
 * parsing never touches a file. */
#include "sim/config/config_text.h"
#include "sim/config/config_tree.h"
#include "sim/config/file.h"
#include "sim/config/foreign.h"
#include "sim/config/shipped.h"

#include <ctype.h>
#include <string.h>

enum { MAX_INCLUDE = 16, MAX_ALL_B = (LL_FILE_CONFIG_MAX_MIB + LL_FILE_MAX_MIB) << 20 };

/* A file that is being expanded, and the one that includes it. */
typedef struct reading {
    ll_file file;
    int depth;
    const struct reading *parent;
} reading;

/* Standard input, or <(...) of a shell: it lies in no folder where other files could be. */
static bool is_stream(const char *file)
{
    return !strcmp(file, "/dev/stdin") || !strncmp(file, "/dev/fd/", 8) ||
           !strncmp(file, "/proc/self/fd/", 14);
}

const char *ll_path_beside(const char *file, const char *path, ll_arena *mem)
{
    const char *slash = strrchr(file, '/');
    if (*path == '/' || !*path || !slash || is_stream(file)) return path;
    return ll_arena_printf(mem, "%.*s/%s", (int)(slash - file), file, path);
}

/* "a/../b" as "b" where that is the same file (it is not if a is a symbolic link to elsewhere). */
static const char *shortened(const char *path, ll_arena *mem)
{
    for (;;) {
        const char *up = strstr(path, "/../"), *from = up;
        if (!up) return path;
        while (from > path && from[-1] != '/')
            from--;
        if (from == up || strncmp(from, "../", 3) == 0) return path;
        const char *brief = ll_arena_printf(mem, "%.*s%s", (int)(from - path), path, up + 4);
        if (!ll_file_same(brief, path)) return path;
        path = brief;
    }
}

static void chain(const reading *r, ll_text *t)
{
    if (r->parent) chain(r->parent, t);
    ll_text_add(t, "%s -> ", r->file.path);
}

static ll_status check_chain(const reading *last, ll_arena *mem, ll_error *err)
{
    const ll_file *file = &last->file;
    if (last->depth > MAX_INCLUDE)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: included files are nested deeper than %d",
                            file->who, MAX_INCLUDE);
    for (const reading *r = last->parent; r; r = r->parent) {
        if (r->file.device != file->device || r->file.inode != file->inode) continue;
        ll_text t;
        ll_text_init(&t, mem);
        chain(last->parent, &t);
        return ll_error_set(err, LL_ERR_CONFIG, "%s: a file includes itself: %s%s", file->who, t.s,
                            file->path);
    }
    return LL_OK;
}

/* Behind the text in quotes or the comment that begins at s; s itself if none does. */
static const char *skip_hidden(const char *s)
{
    if (*s == '#' || !strncmp(s, "//", 2)) return s + strlen(s);
    if (!strncmp(s, "/*", 2)) {
        const char *end = strstr(s + 2, "*/");
        return end ? end + 2 : s + strlen(s);
    }
    if (*s != '"') return s;
    for (s++; *s && *s != '"'; s++)
        s += *s == '\\' && s[1];
    return s + (*s == '"');
}

/* Refuse a line that holds @include behind something else. */
static ll_status include_inside(const char *line, ll_place place, ll_arena *mem, ll_error *err)
{
    for (const char *s = line; *s;) {
        const char *next = skip_hidden(s);
        if (next == s && !strncmp(s, "@include", 8))
            return ll_error_set(
                err, LL_ERR_CONFIG,
                "%s: @include needs a line of its own: break the line before it, and "
                "behind the name of the file",
                ll_place_text(place, mem));
        s = next + (next == s);
    }
    return LL_OK;
}

/* If the line is `@include "x"`, x; NULL if it is not. A line that is nearly so is an error. */
static ll_status include_name(const char *line, size_t n, ll_place place, ll_arena *mem,
                              const char **name, ll_error *err)
{
    static const char word[] = "@include";
    const char *s = ll_arena_strndup(mem, line, n);
    *name = NULL;
    s += strspn(s, " \t");
    if (strncmp(s, word, strlen(word)) != 0) return include_inside(s, place, mem, err);
    const char *at = s + strlen(word);
    at += strspn(at, " \t");
    size_t length = *at == '"' ? strcspn(at + 1, "\"") : 0;
    const char *after = length && at[length + 1] ? at + length + 2 : NULL;
    if (after) after += strspn(after, " \t\r;");
    if (!after || (*after && *after != '#' && strncmp(after, "//", 2) != 0))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s: expected  @include \"file\"  on a line of its own",
                            ll_place_text(place, mem));
    *name = ll_arena_strndup(mem, at + 1, length);
    return LL_OK;
}

static void add_mark(ll_text *out, ll_place place)
{
    ll_text_add(out, "%c%d %s\n", LL_MARK_LINE, place.line, place.file);
}

static ll_status expand_file(reading *r, ll_text *out, ll_error *err);

/* The file at `path`, or else the shipped one that `name` means. */
static void find_file(ll_file *file, const char *path, const char *name, ll_arena *mem)
{
    const char *shipped = ll_file_exists(path) ? NULL : ll_shipped_file(name, mem);
    file->path = shipped ? shipped : path;
    if (!shipped && !ll_file_exists(path)) file->hint = ll_shipped_hint(name, mem);
}

/* Add the text of a file to out, line by line. */
static ll_status expand_text(const reading *r, const char *text, ll_text *out, ll_error *err)
{
    ll_arena *mem = out->mem;
    ll_place place = {r->file.path, 1};
    bool in_comment = false;
    int comment_line = 0;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0) text += 3; // byte order mark
    const char *format = ll_foreign_format(r->file.path, text);
    if (format)
        return ll_error_set(
            err, LL_ERR_CONFIG,
            "%s: this is %s; a configuration is libconfig text, such as  job : { tp "
            "= 8; precision = \"bf16\"; };",
            r->file.who, format);
    add_mark(out, place);
    for (; *text; place.line++) {
        size_t n = strcspn(text, "\n");
        const char *name = NULL;
        if (!in_comment) LL_TRY(include_name(text, n, place, mem, &name, err));
        if (name) {
            const char *path = shortened(ll_path_beside(place.file, name, mem), mem);
            reading inner = {.depth = r->depth + 1, .parent = r};
            find_file(&inner.file, path, name, mem);
            inner.file.who = ll_arena_printf(
                mem, "%s: @include \"%s\"%s%s%s", ll_place_text(place, mem), name,
                path != name ? " (" : "", path != name ? path : "", path != name ? ")" : "");
            LL_TRY(expand_file(&inner, out, err));
            add_mark(out, (ll_place){place.file, place.line + 1});
        } else {
            bool was = in_comment;
            in_comment = ll_lex_line_comment(in_comment, text, n);
            if (in_comment && !was) comment_line = place.line;
            ll_text_add_bytes(out, text, n);
            ll_text_add_bytes(out, "\n", 1);
        }
        text += n + (text[n] == '\n');
    }
    if (in_comment)
        return ll_error_set(err, LL_ERR_CONFIG, "%s:%d: comment is never closed by */", place.file,
                            comment_line);
    return LL_OK;
}

static ll_status expand_file(reading *r, ll_text *out, ll_error *err)
{
    for (const char *c = r->file.path; *c; c++)
        if (iscntrl((unsigned char)*c))
            return ll_error_set(err, LL_ERR_CONFIG, "%s: a file name with a control character",
                                r->file.who);
    ll_text text;
    ll_text_init(&text, out->mem);
    LL_TRY(ll_file_read(&r->file, &text, err));
    LL_TRY(check_chain(r, out->mem, err));
    if (out->n + text.n > (size_t)LL_FILE_CONFIG_MAX_MIB << 20)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: with all that is included, larger than %d MiB",
                            r->file.who, LL_FILE_CONFIG_MAX_MIB);
    return expand_text(r, text.s, out, err);
}

/* What stands behind the @ of a set string, NULL if it asks for no file. */
static const char *set_file(const char *text, ll_arena *mem)
{
    const char *path, *value;
    return ll_set_split(text, mem, &path, &value) && *value == '@' ? value + 1 : NULL;
}

/* Add the section that the set string `text` asks for, if it is not there yet. */
static ll_status add_section(const char *text, ll_place place, ll_text *out, ll_error *err)
{
    ll_arena *mem = out->mem;
    const char *name = set_file(text, mem);
    if (!name) return LL_OK;
    const char *path = place.line > 0 ? ll_path_beside(place.file, name, mem) : name;
    const char *mark = ll_arena_printf(mem, "\n%c%s\n", LL_MARK_SECTION, path);
    if (strstr(out->s, mark)) return LL_OK;
    reading r = {.depth = 0};
    find_file(&r.file, path, name, mem);
    r.file.who = ll_arena_printf(mem, "%s: \"%s\": %s", ll_place_text(place, mem), text, path);
    ll_text_add_bytes(out, mark + 1, strlen(mark) - 1);
    return expand_file(&r, out, err);
}

/* Sections for the list `set` of the configuration itself. If that cannot be read, parsing will say
 * so better than here. */
static ll_status add_sections_of_file(ll_text *out, ll_error *err)
{
    ll_section *section;
    ll_section_split((ll_source){out->s, out->n}, out->mem, &section);
    ll_error ignored;
    ll_error_init(&ignored);
    ll_node *root;
    if (ll_tree_read(&section[0], out->mem, &root, &ignored) != LL_OK) return LL_OK;
    const ll_node *list = ll_node_find(root, "set", 3);
    for (int i = 0; list && i < list->n_child; i++)
        if (list->child[i]->type == LL_NODE_TEXT)
            LL_TRY(add_section(list->child[i]->text, list->child[i]->place, out, err));
    return LL_OK;
}

/* Add the files that values of the tree name. What is wrong with one of them is told with the
 * value, when somebody asks for it. */
static void attach(const ll_node *node, ll_text *out)
{
    ll_arena *mem = out->mem;
    for (int i = 0; i < node->n_child; i++)
        attach(node->child[i], out);
    if (!ll_node_is_value(node) || node->type == LL_NODE_BOOL || node->type == LL_NODE_NUMBER ||
        !ll_key_is_file(node->name) || !*node->text)
        return;
    size_t n = strcspn(node->text, "|"); /* evidence stands behind it */
    while (n > 0 && (node->text[n - 1] == ' ' || node->text[n - 1] == '\t'))
        n--;
    if (n == 0) return;
    ll_attached it = {.name = ll_node_file(node, ll_arena_strndup(mem, node->text, n), mem)};
    ll_file file = {.path = it.name, .who = it.name, .what = "text"};
    ll_error *err = ll_arena_new(mem, ll_error);
    ll_text text;
    ll_text_init(&text, mem);
    ll_error_init(err);
    it.status = ll_file_read(&file, &text, err);
    if (it.status == LL_OK && out->n + text.n > MAX_ALL_B)
        it.status = ll_error_set(err, LL_ERR_CONFIG, "%s: with other files, larger than %d MiB",
                                 it.name, MAX_ALL_B >> 20);
    it.text =
        it.status == LL_OK ? text.s : ll_arena_strndup(mem, err->text, strcspn(err->text, "\n"));
    ll_attached_add(&it, out);
}

/* If the configuration cannot be parsed, parsing will say so better than here. */
static void attach_files(int n_set, const char *const *set, ll_text *out)
{
    ll_config *cfg;
    ll_error *ignored = ll_arena_new(out->mem, ll_error);
    ll_error_init(ignored);
    bool maybe = strstr(out->s, "file") != NULL;
    for (int i = 0; i < n_set; i++)
        maybe = maybe || strstr(set[i], "file") != NULL;
    if (!maybe) return;
    if (ll_config_parse((ll_source){out->s, out->n}, n_set, set, out->mem, &cfg, ignored) == LL_OK)
        attach(cfg->root, out);
}

/* All of it, on the rank that reads. */
static ll_status expand_all(const char *path, int n_set, const char *const *set, ll_text *out,
                            ll_error *err)
{
    LL_TRY(ll_shipped_find(path, out->mem, &path, err));
    reading r = {.file = {.path = path, .who = path}};
    LL_TRY(expand_file(&r, out, err));
    LL_TRY(add_sections_of_file(out, err));
    for (int i = 0; i < n_set; i++) {
        const char *text = set[i], *option = ll_set_option(&text, out->mem);
        LL_TRY(add_section(text, (ll_place){option, 0}, out, err));
    }
    attach_files(n_set, set, out);
    return LL_OK;
}

/* What rank 0 has read into `text`, with which status, to everyone; into mem. */
static ll_status share(ll_status status, const ll_text *text, ll_comm *comm, ll_arena *mem,
                       const char **bytes, size_t *n, ll_error *err)
{
    LL_TRY(ll_comm_agree(comm, status, err));
    *bytes = ll_arena_strndup(mem, text->s, text->n);
    *n = text->n + 1; /* with the closing 0 */
    ll_comm_bcast(comm, mem, bytes, n);
    --*n;
    return LL_OK;
}

ll_status ll_source_read(const char *path, int n_set, const char *const *set, ll_comm *comm,
                         ll_arena *mem, ll_source *out, ll_error *err)
{
    ll_arena *scratch = ll_arena_create("files");
    ll_text text;
    ll_text_init(&text, scratch);
    ll_status status = LL_OK;
    if (ll_comm_rank(comm) == 0) status = expand_all(path, n_set, set, &text, err);
    status = share(status, &text, comm, mem, &out->bytes, &out->n_byte, err);
    ll_arena_destroy(scratch);
    return status;
}

ll_status ll_source_file(const char *path, const char *what, ll_comm *comm, ll_arena *mem,
                         const char **text, size_t *n, ll_error *err)
{
    ll_arena *scratch = ll_arena_create("files");
    ll_file file = {.path = path, .who = path, .what = what};
    ll_text all;
    ll_text_init(&all, scratch);
    ll_status status = LL_OK;
    if (ll_comm_rank(comm) == 0) status = ll_file_read(&file, &all, err);
    status = share(status, &all, comm, mem, text, n, err);
    ll_arena_destroy(scratch);
    return status;
}

ll_status ll_source_text(const char *name, const char *text, ll_arena *mem, ll_source *out,
                         ll_error *err)
{
    ll_text all;
    ll_text_init(&all, mem);
    const reading r = {.file = {.path = name, .who = name}};
    LL_TRY(ll_file_check(&r.file, text, strlen(text), err));
    LL_TRY(expand_text(&r, text, &all, err));
    *out = (ll_source){all.s, all.n};
    return LL_OK;
}

void ll_source_attach(const char *name, const char *value, const char *text, ll_arena *mem,
                      ll_source *source)
{
    ll_text all;
    ll_text_init(&all, mem);
    ll_text_add_bytes(&all, source->bytes, source->n_byte);
    const ll_attached it = {.name = ll_path_beside(name, value, mem), .text = text};
    ll_attached_add(&it, &all);
    *source = (ll_source){all.s, all.n};
}
