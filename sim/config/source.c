/* Files to one text: @include is expanded here, so that no other part touches the file system. */
#include "sim/config/config_text.h"
#include "sim/config/config_tree.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_INCLUDE = 16, MAX_FILE_B = 256 << 20 };

/* A file that is being expanded, and the one that includes it. */
typedef struct reading {
    const char *path;
    const char *who;  /* begin of messages: who asked for it */
    const char *what; /* that is expected; NULL: libconfig text */
    struct stat id;
    int depth;
    const struct reading *parent;
} reading;

const char *ll_path_beside(const char *file, const char *path, ll_arena *mem)
{
    const char *slash = strrchr(file, '/');
    if (*path == '/' || !*path || !slash) return path;
    return ll_arena_printf(mem, "%.*s/%s", (int)(slash - file), file, path);
}

/* "a/../b" as "b" where that is the same file (it is not if a is a symbolic link to elsewhere). */
static const char *shortened(const char *path, ll_arena *mem)
{
    struct stat id, other;
    if (stat(path, &id) != 0) return path;
    for (;;) {
        const char *up = strstr(path, "/../"), *from = up;
        if (!up) return path;
        while (from > path && from[-1] != '/')
            from--;
        if (from == up || strncmp(from, "../", 3) == 0) return path;
        const char *brief = ll_arena_printf(mem, "%.*s%s", (int)(from - path), path, up + 4);
        bool same =
            stat(brief, &other) == 0 && other.st_dev == id.st_dev && other.st_ino == id.st_ino;
        if (!same) return path;
        path = brief;
    }
}

/* Refuse text that no one wrote by hand. */
static ll_status check_text(const reading *file, const char *s, size_t n, ll_error *err)
{
    const char *who = file->who;
    const char *expected = file->what ? file->what : "libconfig text such as  name = \"x\";";
    int line = 1;
    bool blank = true;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '\n') line++;
        if ((c < ' ' && !strchr("\t\n\r\f", c)) || c == 0 || c == 127)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s: binary file (byte 0x%02x in line %d); expected %s", who, c,
                                line, expected);
        blank = blank && isspace(c);
    }
    if (blank)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: the file is empty; expected %s", who,
                            expected);
    return LL_OK;
}

static ll_status open_error(const reading *file, int why, ll_error *err)
{
    struct stat link;
    const char *what = strerror(why);
    if (why == ENOENT || why == ENOTDIR) {
        bool dangling = lstat(file->path, &link) == 0 && S_ISLNK(link.st_mode);
        what = dangling ? "a symbolic link to a file that does not exist" : "no such file";
    } else if (why == EACCES) {
        what = "permission denied; the file must be readable";
    } else if (why == EISDIR) {
        return ll_error_set(err, LL_ERR_CONFIG, "%s: a directory; expected a file of %s", file->who,
                            file->what ? file->what : "libconfig text");
    }
    return ll_error_set(err, LL_ERR_CONFIG, "%s: %s", file->who, what);
}

static ll_status read_all(const reading *file, int fd, ll_text *out, ll_error *err)
{
    char part[65536];
    ssize_t n;
    while ((n = read(fd, part, sizeof part)) != 0) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return open_error(file, errno, err);
        if (out->n + (size_t)n > MAX_FILE_B)
            return ll_error_set(err, LL_ERR_CONFIG, "%s: larger than %d MiB", file->who,
                                MAX_FILE_B >> 20);
        ll_text_add_bytes(out, part, (size_t)n);
    }
    return LL_OK;
}

static ll_status read_file(reading *file, ll_text *out, ll_error *err)
{
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return open_error(file, errno, err);
    ll_status status = LL_OK;
    if (fstat(fd, &file->id) != 0)
        status = open_error(file, errno, err);
    else if (S_ISDIR(file->id.st_mode))
        status = open_error(file, EISDIR, err);
    else
        status = read_all(file, fd, out, err);
    close(fd);
    if (status != LL_OK) return status;
    return check_text(file, out->s, out->n, err);
}

ll_status ll_source_file(const char *path, const char *what, ll_arena *mem, const char **text,
                         size_t *n, ll_error *err)
{
    reading file = {.path = path, .who = path, .what = what};
    ll_text all;
    ll_text_init(&all, mem);
    LL_TRY(read_file(&file, &all, err));
    *text = all.s;
    *n = all.n;
    return LL_OK;
}

static void chain(const reading *file, ll_text *t)
{
    if (file->parent) chain(file->parent, t);
    ll_text_add(t, "%s -> ", file->path);
}

static ll_status check_chain(const reading *file, ll_arena *mem, ll_error *err)
{
    if (file->depth > MAX_INCLUDE)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: included files are nested deeper than %d",
                            file->who, MAX_INCLUDE);
    for (const reading *r = file->parent; r; r = r->parent) {
        if (r->id.st_dev != file->id.st_dev || r->id.st_ino != file->id.st_ino) continue;
        ll_text t;
        ll_text_init(&t, mem);
        chain(file->parent, &t);
        return ll_error_set(err, LL_ERR_CONFIG, "%s: a file includes itself: %s%s", file->who, t.s,
                            file->path);
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
    if (strncmp(s, word, strlen(word)) != 0) return LL_OK;
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

static ll_status expand_file(reading *file, ll_text *out, ll_error *err);

/* Add the text of a file to out, line by line. */
static ll_status expand_text(const reading *file, const char *text, ll_text *out, ll_error *err)
{
    ll_arena *mem = out->mem;
    ll_place place = {file->path, 1};
    bool in_comment = false;
    int comment_line = 0;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0) text += 3; // byte order mark
    add_mark(out, place);
    for (; *text; place.line++) {
        size_t n = strcspn(text, "\n");
        const char *name = NULL;
        if (!in_comment) LL_TRY(include_name(text, n, place, mem, &name, err));
        if (name) {
            const char *path = shortened(ll_path_beside(file->path, name, mem), mem);
            reading inner = {.path = path, .depth = file->depth + 1, .parent = file};
            inner.who = ll_arena_printf(mem, "%s: @include \"%s\"%s%s%s", ll_place_text(place, mem),
                                        name, path != name ? " (" : "", path != name ? path : "",
                                        path != name ? ")" : "");
            LL_TRY(expand_file(&inner, out, err));
            add_mark(out, (ll_place){file->path, place.line + 1});
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
        return ll_error_set(err, LL_ERR_CONFIG, "%s:%d: comment is never closed by */", file->path,
                            comment_line);
    return LL_OK;
}

static ll_status expand_file(reading *file, ll_text *out, ll_error *err)
{
    if (strpbrk(file->path, "\n\r"))
        return ll_error_set(err, LL_ERR_CONFIG, "%s: a file name with a line break", file->who);
    ll_text text;
    ll_text_init(&text, out->mem);
    LL_TRY(read_file(file, &text, err));
    LL_TRY(check_chain(file, out->mem, err));
    return expand_text(file, text.s, out, err);
}

/* The file that a set string asks for, NULL if it asks for none. */
static const char *set_file(const char *text, ll_place place, ll_arena *mem)
{
    const char *path, *value;
    if (!ll_set_split(text, mem, &path, &value) || *value != '@') return NULL;
    return place.line > 0 ? ll_path_beside(place.file, value + 1, mem) : value + 1;
}

/* Add the section that the set string `text` asks for, if it is not there yet. */
static ll_status add_section(const char *text, ll_place place, ll_text *out, ll_error *err)
{
    ll_arena *mem = out->mem;
    const char *path = set_file(text, place, mem);
    if (!path) return LL_OK;
    const char *mark = ll_arena_printf(mem, "\n%c%s\n", LL_MARK_SECTION, path);
    if (strstr(out->s, mark)) return LL_OK;
    reading file = {.path = path};
    file.who = ll_arena_printf(mem, "%s: \"%s\": %s", ll_place_text(place, mem), text, path);
    ll_text_add_bytes(out, mark + 1, strlen(mark) - 1);
    return expand_file(&file, out, err);
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

ll_status ll_source_read(const char *path, int n_set, const char *const *set, ll_arena *mem,
                         ll_source *out, ll_error *err)
{
    ll_text text;
    ll_text_init(&text, mem);
    reading file = {.path = path, .who = path};
    LL_TRY(expand_file(&file, &text, err));
    LL_TRY(add_sections_of_file(&text, err));
    for (int i = 0; i < n_set; i++)
        LL_TRY(add_section(set[i], (ll_place){"--set", 0}, &text, err));
    *out = (ll_source){text.s, text.n};
    return LL_OK;
}

ll_status ll_source_text(const char *name, const char *text, ll_arena *mem, ll_source *out,
                         ll_error *err)
{
    ll_text all;
    ll_text_init(&all, mem);
    reading file = {.path = name, .who = name};
    LL_TRY(check_text(&file, text, strlen(text), err));
    LL_TRY(expand_text(&file, text, &all, err));
    *out = (ll_source){all.s, all.n};
    return LL_OK;
}

/* Move the marks of one section out of its text, into stretches. */
static void section_fill(ll_section *section, const char *s, size_t n, ll_arena *mem)
{
    int n_mark = 0, line = 1;
    for (size_t i = 0; i < n; i++)
        n_mark += s[i] == LL_MARK_LINE;
    section->stretch = ll_arena_array(mem, n_mark, ll_stretch);
    ll_text text;
    ll_text_init(&text, mem);
    while (n > 0) {
        const char *end = memchr(s, '\n', n);
        size_t length = end ? (size_t)(end - s) + 1 : n;
        if (*s == LL_MARK_LINE) {
            int at = 0, skip = 0;
            for (skip = 1; isdigit((unsigned char)s[skip]); skip++)
                at = 10 * at + (s[skip] - '0');
            const char *file = ll_arena_strndup(mem, s + skip + 1, length - (size_t)skip - 2);
            section->stretch[section->n_stretch++] = (ll_stretch){line, {file, at}};
        } else {
            ll_text_add_bytes(&text, s, length);
            line++;
        }
        s += length;
        n -= length;
    }
    section->text = text.s;
    if (!section->name) section->name = section->stretch[0].place.file;
}

int ll_section_split(ll_source source, ll_arena *mem, ll_section **out)
{
    int n = 1;
    for (size_t i = 0; i < source.n_byte; i++)
        n += source.bytes[i] == LL_MARK_SECTION;
    *out = ll_arena_array(mem, n, ll_section);
    const char *s = source.bytes, *all_end = s + source.n_byte;
    for (int i = 0; i < n; i++) {
        if (i > 0) {
            const char *end = memchr(s, '\n', (size_t)(all_end - s));
            (*out)[i].name = ll_arena_strndup(mem, s + 1, (size_t)(end - s - 1));
            s = end + 1;
        }
        const char *next = memchr(s, LL_MARK_SECTION, (size_t)(all_end - s));
        if (!next) next = all_end;
        section_fill(&(*out)[i], s, (size_t)(next - s), mem);
        s = next;
    }
    return n;
}

ll_place ll_section_place(const ll_section *section, int line)
{
    int lo = 0, hi = section->n_stretch;
    while (hi - lo > 1) {
        int mid = (lo + hi) / 2;
        if (section->stretch[mid].first <= line)
            lo = mid;
        else
            hi = mid;
    }
    ll_place place = section->stretch[lo].place;
    place.line += line - section->stretch[lo].first;
    return place;
}
