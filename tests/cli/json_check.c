/* json_check [field ...] < text: exit 0 if standard input is exactly one JSON value (RFC 8259), and
 * if it is an object whose top level has each of the fields. An independent reader: it shares no
 * code with the writer. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { CAP = 1 << 24, MAX_DEPTH = 64, MAX_FIELD = 256 };

typedef struct reader {
    const char *s;
    int depth;
    int n_field;
    char field[MAX_FIELD][64]; /* of the object at the top */
} reader;

static bool value_read(reader *r);

static void space(reader *r) { r->s += strspn(r->s, " \t\r\n"); }

static bool string_read(reader *r, char *out, size_t cap)
{
    size_t n = 0;
    if (*r->s++ != '"') return false;
    while (*r->s != '"') {
        if ((unsigned char)*r->s < 0x20) return false; /* also the end */
        if (*r->s == '\\') {
            r->s++;
            if (*r->s == 'u') {
                for (int i = 1; i <= 4; i++)
                    if (!isxdigit((unsigned char)r->s[i])) return false;
                r->s += 4;
            } else if (!*r->s || !strchr("\"\\/bfnrt", *r->s)) {
                return false;
            }
        }
        if (out && n + 1 < cap) out[n++] = *r->s;
        r->s++;
    }
    r->s++;
    if (out) out[n] = '\0';
    return true;
}

static bool number_read(reader *r)
{
    const char *s = r->s + (*r->s == '-');
    if (*s == '0')
        s++;
    else if (!isdigit((unsigned char)*s))
        return false;
    else
        s += strspn(s, "0123456789");
    if (*s == '.') {
        if (!isdigit((unsigned char)*++s)) return false;
        s += strspn(s, "0123456789");
    }
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '+' || *s == '-') s++;
        if (!isdigit((unsigned char)*s)) return false;
        s += strspn(s, "0123456789");
    }
    r->s = s;
    return true;
}

static bool items_read(reader *r, char close)
{
    r->s++;
    if (++r->depth > MAX_DEPTH) return false;
    space(r);
    bool first = true;
    while (*r->s != close) {
        if (!first && *r->s++ != ',') return false;
        first = false;
        space(r);
        if (close == '}') {
            bool top = r->depth == 1 && r->n_field < MAX_FIELD;
            if (!string_read(r, top ? r->field[r->n_field++] : NULL, sizeof r->field[0]))
                return false;
            space(r);
            if (*r->s++ != ':') return false;
        }
        if (!value_read(r)) return false;
        space(r);
    }
    r->s++;
    r->depth--;
    return true;
}

static bool value_read(reader *r)
{
    static const char *const words[] = {"true", "false", "null"};
    space(r);
    if (*r->s == '{') return items_read(r, '}');
    if (*r->s == '[') return items_read(r, ']');
    if (*r->s == '"') return string_read(r, NULL, 0);
    for (int i = 0; i < 3; i++)
        if (!strncmp(r->s, words[i], strlen(words[i]))) {
            r->s += strlen(words[i]);
            return true;
        }
    return number_read(r);
}

int main(int argc, char **argv)
{
    static char text[CAP];
    static reader r;
    size_t n = fread(text, 1, sizeof text - 1, stdin);
    if (strlen(text) != n) return fprintf(stderr, "a zero byte in the text\n"), 1;
    r.s = text;
    bool ok = value_read(&r);
    space(&r);
    if (!ok || *r.s) return fprintf(stderr, "not JSON at byte %ld\n", (long)(r.s - text)), 1;
    int missing = 0;
    for (int i = 1; i < argc; i++) {
        bool found = false;
        for (int k = 0; k < r.n_field; k++)
            found = found || !strcmp(r.field[k], argv[i]);
        if (!found) missing += fprintf(stderr, "no field '%s'\n", argv[i]) > 0;
    }
    return missing != 0;
}
