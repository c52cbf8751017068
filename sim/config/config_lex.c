#include "sim/config/config_text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_DEPTH = 64, SHOWN = 60, MAX_NAME = 1000, MAX_LITERAL = 200000 };

typedef struct lexer {
    const ll_section *section;
    ll_arena *mem;
    ll_error *err;
    ll_lexed *lexed;
    ll_text out;
    const char *p;
    int line;
    char last; /* last character that is neither space nor comment */
    int depth;
    char closer[MAX_DEPTH];    /* what closes each open bracket */
    int opened_at[MAX_DEPTH];  /* its line */
    int n_name[MAX_DEPTH + 1]; /* words in it so far; [0]: at the top level */
} lexer;

static bool is_name_start(char c) { return isalpha((unsigned char)c) || c == '*'; }
static bool is_name(char c) { return isalnum((unsigned char)c) || strchr("-_*", c); }

static const char *where(const lexer *lex, int line)
{
    return ll_place_text(ll_section_place(lex->section, line), lex->mem);
}

/* Copy n characters to the output; lines are counted. */
static void pass(lexer *lex, size_t n)
{
    for (size_t i = 0; i < n; i++)
        lex->line += lex->p[i] == '\n';
    ll_text_add_bytes(&lex->out, lex->p, n);
    lex->p += n;
}

/* Skip n characters of a comment; only ends of lines are copied. */
static void skip(lexer *lex, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (lex->p[i] != '\n') continue;
        lex->line++;
        ll_text_add_bytes(&lex->out, "\n", 1);
    }
    lex->p += n;
}

/* Bytes of a comment at s, 0 if there is none; *closed is false if a block comment does not end. */
static size_t comment_length(const char *s, bool *closed)
{
    *closed = true;
    if (*s == '#' || (s[0] == '/' && s[1] == '/')) return strcspn(s, "\n");
    if (s[0] != '/' || s[1] != '*') return 0;
    const char *end = strstr(s + 2, "*/");
    *closed = end != NULL;
    return end ? (size_t)(end + 2 - s) : strlen(s);
}

/* Bytes of the string at s, with both quotes; 0 if it is not closed on its line. */
static size_t string_length(const char *s)
{
    for (const char *p = s + 1; *p && *p != '\n'; p++) {
        if (*p == '"') return (size_t)(p + 1 - s);
        if (*p == '\\' && p[1]) p++;
    }
    return 0;
}

/* The text from s to the end of the value, without spaces at its end. */
static const char *bare_value(const lexer *lex, const char *s)
{
    size_t n = strcspn(s, ";,)]}\n\"#");
    while (n > 0 && isspace((unsigned char)s[n - 1]))
        n--;
    return ll_arena_strndup(lex->mem, s, n < SHOWN ? n : SHOWN);
}

/* Whether the word at s is the name of a setting: `b` in "a = 1 b = 2", where libconfig needs no
 * ';'. */
static bool is_setting(const char *s)
{
    while (is_name(*s) && *s)
        s++;
    s += strspn(s, " \t");
    return *s == '=' || *s == ':';
}

/* Stops at a size that no hand-written file has, as libconfig would take minutes. */
static void give_up(lexer *lex, int max, const char *what)
{
    ll_error_add(lex->err, LL_ERR_CONFIG, "%s: more than %d %s", where(lex, lex->line), max, what);
    lex->p += strlen(lex->p);
    lex->depth = 0;
}

static void word(lexer *lex)
{
    size_t n = 0;
    if (++lex->n_name[lex->depth] > MAX_NAME) {
        give_up(lex, MAX_NAME, "names in one group");
        return;
    }
    while (lex->p[n] && is_name(lex->p[n]))
        n++;
    bool is_value = lex->last && strchr("=:,([", lex->last);
    bool is_bool =
        (n == 4 && !strncasecmp(lex->p, "true", 4)) || (n == 5 && !strncasecmp(lex->p, "false", 5));
    if (is_value && !is_bool && !(strchr(",([", lex->last) && is_setting(lex->p))) {
        const char *value = bare_value(lex, lex->p);
        ll_error_add(lex->err, LL_ERR_CONFIG, "%s: text needs quotes: write \"%s\"",
                     where(lex, lex->line), value);
        n = strlen(value);
    }
    if (lex->last == '"' && !is_setting(lex->p)) {
        const char *value = bare_value(lex, lex->p);
        ll_error_add(lex->err, LL_ERR_CONFIG,
                     "%s: after the closing quote: %s; a quote within text is written \\\"",
                     where(lex, lex->line), value);
        n = strcspn(lex->p, "\n");
    }
    lex->last = 'a';
    pass(lex, n);
}

/* The number at s: its bytes and whether it is a whole one; 0 bytes if there is none. */
static size_t number_length(const char *s, bool *whole)
{
    const char *p = s + (*s == '+' || *s == '-');
    *whole = true;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && isxdigit((unsigned char)p[2])) {
        for (p += 2; isxdigit((unsigned char)*p); p++) {
        }
        return (size_t)(p - s);
    }
    const char *digits = p;
    while (isdigit((unsigned char)*p))
        p++;
    bool some = p > digits;
    if (*p == '.') {
        *whole = false;
        const char *fraction = ++p;
        while (isdigit((unsigned char)*p))
            p++;
        some = some || p > fraction;
    }
    if (!some) return 0;
    const char *e = p + 1 + (*p && (p[1] == '+' || p[1] == '-'));
    if ((*p == 'e' || *p == 'E') && isdigit((unsigned char)*e)) {
        *whole = false;
        for (p = e; isdigit((unsigned char)*p); p++) {
        }
    }
    return (size_t)(p - s);
}

/* Write the index of a new literal instead of it. */
static void literal_add(lexer *lex, const char *text, bool is_string)
{
    ll_lexed *l = lex->lexed;
    if (l->n_literal == l->cap) {
        const int cap = l->cap ? 2 * l->cap : 64;
        l->literal = ll_arena_grown(lex->mem, l->literal, l->cap, cap, sizeof *l->literal);
        l->cap = cap;
    }
    ll_text_add(&lex->out, "%d ", l->n_literal);
    l->literal[l->n_literal++] = (ll_literal){text, is_string};
}

/* Check that the typed number can be held, and bring hexadecimal to decimal. */
static const char *number_text(lexer *lex, const char *typed, bool whole)
{
    const char *digits = typed + (*typed == '+' || *typed == '-');
    bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    errno = 0;
    if (whole) {
        long long v = strtoll(typed, NULL, hex ? 16 : 10);
        if (errno == ERANGE)
            ll_error_add(lex->err, LL_ERR_CONFIG, "%s: integer %.60s does not fit in 64 bits",
                         where(lex, lex->line), typed);
        return hex ? ll_arena_printf(lex->mem, "%lld", v) : typed;
    }
    if (!isfinite(strtod(typed, NULL)))
        ll_error_add(lex->err, LL_ERR_CONFIG,
                     "%s: number %.60s is too large; at most about 1.8e308", where(lex, lex->line),
                     typed);
    return typed;
}

static void number(lexer *lex, size_t n, bool whole)
{
    const char *typed = ll_arena_strndup(lex->mem, lex->p, n);
    const char *after = lex->p + n;
    if (whole) after += strspn(after, "L") <= 2 ? strspn(after, "L") : 0;
    const char *unit = after + strspn(after, " \t");
    bool has_unit = *unit == '%' || (is_name_start(*unit) && !is_setting(unit));
    if (has_unit) {
        const char *value = bare_value(lex, lex->p);
        ll_error_add(lex->err, LL_ERR_CONFIG, "%s: a number with a unit needs quotes: write \"%s\"",
                     where(lex, lex->line), value);
        after = lex->p + strlen(value);
    } else {
        literal_add(lex, number_text(lex, typed, whole), false);
    }
    lex->p = after;
    lex->last = '0';
}

static void bracket(lexer *lex)
{
    char c = *lex->p;
    const char *open = strchr("{([", c);
    if (open) {
        if (lex->depth == MAX_DEPTH) {
            ll_error_add(lex->err, LL_ERR_CONFIG, "%s: brackets are nested deeper than %d",
                         where(lex, lex->line), MAX_DEPTH);
            lex->p += strlen(lex->p);
            lex->depth = 0;
            return;
        }
        lex->closer[lex->depth] = "})]"[open - "{(["];
        lex->opened_at[lex->depth++] = lex->line;
        lex->n_name[lex->depth] = 0;
    } else if (lex->depth == 0) {
        ll_error_add(lex->err, LL_ERR_CONFIG, "%s: '%c' closes nothing", where(lex, lex->line), c);
    } else if (lex->closer[--lex->depth] != c) {
        ll_error_add(lex->err, LL_ERR_CONFIG, "%s: '%c' where '%c' is expected, which closes %s",
                     where(lex, lex->line), c, lex->closer[lex->depth],
                     where(lex, lex->opened_at[lex->depth]));
        lex->p += strlen(lex->p); // the rest cannot be parsed
        lex->depth = 0;
        return;
    }
    lex->last = c;
    pass(lex, 1);
}

/* The character that the escape at s stands for; *n: bytes after the backslash. As in libconfig, a
 * backslash before any other character stands for itself. */
static char escape(lexer *lex, const char *s, size_t *n)
{
    static const char codes[] = "nrtf\\\"", stands_for[] = "\n\r\t\f\\\"";
    if (s[1] == 'x' && isxdigit((unsigned char)s[2]) && isxdigit((unsigned char)s[3])) {
        const char digits[] = {s[2], s[3], 0};
        unsigned char c = (unsigned char)strtoul(digits, NULL, 16);
        if (iscntrl(c))
            ll_error_add(lex->err, LL_ERR_CONFIG, "%s: control character \\x%s in a string",
                         where(lex, lex->line), digits);
        *n = 3;
        return (char)c;
    }
    const char *code = s[1] ? strchr(codes, s[1]) : NULL;
    *n = code != NULL;
    return stands_for[code ? code - codes : 4];
}

/* The n bytes between the quotes, with libconfig's escapes resolved. */
static const char *unescaped(lexer *lex, const char *s, size_t n)
{
    char *out = ll_arena_array(lex->mem, n + 1, char), *to = out;
    for (size_t i = 0; i < n; i++) {
        size_t more = 0;
        *to++ = s[i];
        if (s[i] == '\\') to[-1] = escape(lex, s + i, &more);
        i += more;
    }
    return out;
}

/* Adjacent strings are one string. */
static void string(lexer *lex)
{
    size_t n = string_length(lex->p);
    if (n == 0) {
        n = strcspn(lex->p, "\n");
        ll_error_add(lex->err, LL_ERR_CONFIG, "%s: no closing quote on this line: %.60s",
                     where(lex, lex->line), ll_arena_strndup(lex->mem, lex->p, n));
    } else {
        const char *text = unescaped(lex, lex->p + 1, n - 2);
        ll_lexed *l = lex->lexed;
        if (lex->last == '"' && l->n_literal > 0) {
            const char **last = &l->literal[l->n_literal - 1].text;
            *last = ll_arena_printf(lex->mem, "%s%s", *last, text);
        } else {
            literal_add(lex, text, true);
        }
    }
    lex->last = '"';
    lex->p += n;
}

static void token(lexer *lex)
{
    bool closed, whole;
    size_t n = comment_length(lex->p, &closed);
    if (!closed)
        ll_error_add(lex->err, LL_ERR_CONFIG, "%s: comment is never closed by */",
                     where(lex, lex->line));
    if (n > 0)
        skip(lex, n);
    else if (*lex->p == '"')
        string(lex);
    else if (strchr("{}()[]", *lex->p))
        bracket(lex);
    else if (is_name_start(*lex->p))
        word(lex);
    else if ((n = number_length(lex->p, &whole)) > 0)
        number(lex, n, whole);
    else {
        if (!isspace((unsigned char)*lex->p)) lex->last = *lex->p;
        pass(lex, 1);
    }
}

ll_status ll_lex(const ll_section *section, ll_arena *mem, ll_lexed *out, ll_error *err)
{
    *out = (ll_lexed){0};
    lexer lex = {.section = section, .mem = mem, .err = err, .lexed = out, .line = 1};
    ll_text_init(&lex.out, mem);
    lex.p = section->text;
    int before = err->n_line;
    while (*lex.p) {
        token(&lex);
        if (out->n_literal > MAX_LITERAL) give_up(&lex, MAX_LITERAL, "values");
    }
    if (lex.depth > 0) {
        char c = lex.closer[lex.depth - 1];
        ll_error_add(err, LL_ERR_CONFIG,
                     "%s: the bracket that is opened here is never closed by '%c'",
                     where(&lex, lex.opened_at[lex.depth - 1]), c);
    }
    out->text = lex.out.s;
    return err->n_line > before ? LL_ERR_CONFIG : LL_OK;
}

bool ll_lex_line_comment(bool in_comment, const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool two = i + 1 < n;
        if (in_comment) {
            if (two && line[i] == '*' && line[i + 1] == '/') {
                in_comment = false;
                i++;
            }
        } else if (line[i] == '"') {
            for (i++; i < n && line[i] != '"'; i++)
                i += line[i] == '\\';
        } else if (line[i] == '#' || (two && line[i] == '/' && line[i + 1] == '/')) {
            return false;
        } else if (two && line[i] == '/' && line[i + 1] == '*') {
            in_comment = true;
            i++;
        }
    }
    return in_comment;
}
