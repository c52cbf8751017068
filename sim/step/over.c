#include "sim/step/over.h"

#include "sim/base/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *ll_typed(ll_kind kind, double value, ll_arena *mem)
{
    static const char *const unit[] = {
        [LL_KIND_COUNT] = "",  [LL_KIND_RATIO] = "",    [LL_KIND_TIME] = " s",
        [LL_KIND_SIZE] = " B", [LL_KIND_RATE] = " B/s", [LL_KIND_COMPUTE] = " FLOP/s",
        [LL_KIND_POWER] = " W"};
    return ll_arena_printf(mem, "%.17g%s", value, unit[kind]);
}

/* What messages begin with. */
typedef struct parser {
    const char *option, *text; /* "--over", "job.tp=1..8" */
    ll_kind kind;
    const ll_key *key; /* NULL of chips */
    ll_arena *mem;
    ll_error *err;
} parser;

static ll_status over_fault(const parser *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static ll_status over_fault(const parser *p, const char *fmt, ...)
{
    char what[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return ll_error_set(p->err, LL_ERR_CONFIG, "%s %s: %s", p->option, p->text, what);
}

/* ---- the key ---- */

static const ll_config_entry *entry_find(const ll_config *cfg, const char *path)
{
    for (int i = 0; i < ll_config_n_entry(cfg); i++)
        if (!strcmp(ll_config_entry_at(cfg, i)->path, path)) return ll_config_entry_at(cfg, i);
    return NULL;
}

static ll_status key_unknown(const parser *p, const ll_config *cfg, const char *path)
{
    const int n = ll_config_n_entry(cfg);
    const size_t n_path = strlen(path);
    const char **known = ll_arena_array(p->mem, 2 * n + 1, const char *);
    char hint[512];
    int n_known = 0;
    known[n_known++] = "chips";
    for (int i = 0; i < n; i++) {
        const char *key = ll_config_entry_at(cfg, i)->path;
        if (!strncmp(key, path, n_path) && (key[n_path] == '.' || key[n_path] == '['))
            return over_fault(p, "'%s' is a group of keys, such as %s; name one of them", path,
                              key);
        known[n_known++] = key;
        if (!strncmp(key, "job.", 4)) known[n_known++] = key + 4;
    }
    const ll_words words = {n_known, known, "`lineloss check STUDY` lists the keys of a study"};
    return over_fault(p, "the study has no key '%s'; %s", path,
                      ll_words_hint(&words, path, hint, sizeof hint));
}

/* Keys that say what the study is, not how it is configured. */
static bool cannot_vary(const char *path)
{
    static const char *const fixed[] = {"name", "doc", "job.type", "cluster.name", "cluster.doc"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (!strcmp(path, fixed[i])) return true;
    return false;
}

static ll_status key_find(parser *p, const ll_study *study, ll_over *out)
{
    const size_t n = strcspn(p->text, "=");
    const char *path = ll_arena_strndup(p->mem, p->text, n);
    if (!p->text[n])
        return over_fault(p, "expected KEY=VALUES, such as %s tp=1,2,4 or %s chips=64..8192x2",
                          p->option, p->option);
    if (!strcmp(path, "chips")) {
        *out = (ll_over){.path = "chips", .is_chips = true};
        p->kind = LL_KIND_COUNT;
        return LL_OK;
    }
    const ll_config_entry *e = entry_find(study->config, path);
    if (!e && !strchr(path, '.'))
        e = entry_find(study->config, ll_arena_printf(p->mem, "job.%s", path));
    if (!e) return key_unknown(p, study->config, path);
    if (cannot_vary(e->path) || e->key->flags & LL_KEY_PATH)
        return over_fault(p, "%s cannot vary: it says what the study is; compare studies instead",
                          e->path);
    *out = (ll_over){.path = e->path, .entry = e};
    p->kind = e->kind;
    p->key = e->key;
    return LL_OK;
}

/* ---- its values ---- */

static bool is_number(ll_kind kind) { return kind <= LL_KIND_POWER; }

static ll_status number_read(const parser *p, const char *text, double *out)
{
    char why[256];
    if (ll_units_parse(p->kind, text, out, why, sizeof why) != LL_OK)
        return over_fault(p, "'%s': %s", text, why);
    if (p->key && (*out < p->key->min || *out > p->key->max))
        return over_fault(p, "'%s' is not between %g and %g", text, p->key->min, p->key->max);
    if (!p->key && *out < 1) return over_fault(p, "'%s': expected 1 chip or more", text);
    return LL_OK;
}

static ll_status word_check(const parser *p, const char *text)
{
    char hint[256];
    int n = 0;
    if (p->kind == LL_KIND_BOOL && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return over_fault(p, "'%s': expected true or false", text);
    if (p->kind != LL_KIND_CHOICE) return LL_OK;
    while (p->key->choices[n])
        n++;
    const ll_words words = {n, p->key->choices, NULL};
    return ll_words_find(&words, text) >= 0
               ? LL_OK
               : over_fault(p, "'%s': %s", text, ll_words_hint(&words, text, hint, sizeof hint));
}

static ll_status list_read(const parser *p, const char *s, ll_over *out)
{
    int64_t n = 1;
    for (const char *c = s; *c; c++)
        n += *c == ',';
    out->value = ll_arena_array(p->mem, n, double);
    out->text = ll_arena_array(p->mem, n, const char *);
    for (out->n = 0; out->n < n; out->n++) {
        s += strspn(s, " ");
        size_t length = strcspn(s, ",");
        const char *next = s + length;
        while (length > 0 && s[length - 1] == ' ')
            length--;
        const char *one = ll_arena_strndup(p->mem, s, length);
        if (!*one && p->kind != LL_KIND_STRING)
            return over_fault(p, "value %lld of the list is empty", (long long)out->n + 1);
        if (is_number(p->kind))
            LL_TRY(number_read(p, one, &out->value[out->n]));
        else
            LL_TRY(word_check(p, one));
        out->text[out->n] = one;
        s = next + (*next == ',');
    }
    return LL_OK;
}

/* How a range goes on: "+STEP", "xFACTOR", "/POINTS" behind its upper end. */
typedef struct range {
    double from, to, by;
    char how; /* '+', 'x' or '/' */
} range;

/* Position of the last `c` with nothing but a number behind it, or NULL. */
static const char *number_after(const char *s, char c)
{
    const char *at = strrchr(s, c);
    return at && at[1] && strspn(at + 1, "0123456789.") == strlen(at + 1) ? at : NULL;
}

static ll_status range_read(const parser *p, const char *s, const char *dots, range *r)
{
    const char *to = dots + 2, *by = NULL;
    *r = (range){.by = 1, .how = '+'};
    if ((by = number_after(to, 'x')) != NULL || (by = number_after(to, '/')) != NULL)
        r->how = *by;
    else
        by = strchr(to, '+');
    LL_TRY(number_read(p, ll_arena_strndup(p->mem, s, (size_t)(dots - s)), &r->from));
    LL_TRY(number_read(p, by ? ll_arena_strndup(p->mem, to, (size_t)(by - to)) : to, &r->to));
    if (by && r->how == '+') {
        char why[256];
        if (ll_units_parse(p->kind, by + 1, &r->by, why, sizeof why) != LL_OK)
            return over_fault(p, "step '%s': %s", by + 1, why);
    } else if (by) {
        r->by = strtod(by + 1, NULL);
    } else if (p->kind != LL_KIND_COUNT) {
        return over_fault(p, "a range of a %s ends in +STEP, xFACTOR or /POINTS",
                          ll_units_kind_name(p->kind));
    }
    if (r->from > r->to) return over_fault(p, "the range is empty: it begins above its end");
    if (r->how == '+' && !(r->by > 0)) return over_fault(p, "expected a step above 0");
    if (r->how == 'x' && !(r->by > 1)) return over_fault(p, "expected a factor above 1");
    if (r->how == '/' && (r->by < 2 || r->by > LL_OVER_MAX))
        return over_fault(p, "expected 2 points or more");
    if (r->how != '+' && !(r->from > 0)) return over_fault(p, "a logarithmic range begins above 0");
    return LL_OK;
}

/* Number of values of a range, before equal ones are left out. */
static double range_count(const range *r)
{
    if (r->how == '+') return floor((r->to - r->from) / r->by * (1 + 1e-12)) + 1;
    if (r->how == 'x') return floor(log(r->to / r->from) / log(r->by) * (1 + 1e-12)) + 1;
    return floor(r->by);
}

static double range_at(const range *r, int64_t i, int64_t n)
{
    if (r->how == '+') return r->from + (double)i * r->by;
    if (r->how == 'x') return r->from * pow(r->by, (double)i);
    return i == n - 1 ? r->to : r->from * pow(r->to / r->from, (double)i / (double)(n - 1));
}

static ll_status range_fill(const parser *p, const char *s, const char *dots, ll_over *out)
{
    range r;
    LL_TRY(range_read(p, s, dots, &r));
    const double count = range_count(&r);
    if (count > LL_OVER_MAX)
        return over_fault(p, "%.0f values; a key has at most %d", count, LL_OVER_MAX);
    const int64_t n = (int64_t)count;
    out->value = ll_arena_array(p->mem, n, double);
    out->text = ll_arena_array(p->mem, n, const char *);
    for (int64_t i = 0; i < n; i++) {
        double x = range_at(&r, i, n);
        if (p->kind == LL_KIND_COUNT) x = nearbyint(x);
        if (out->n > 0 && !(x > out->value[out->n - 1])) continue; /* rounded to the one before */
        out->value[out->n] = x;
        out->text[out->n++] = ll_typed(p->kind, x, p->mem);
    }
    return LL_OK;
}

ll_status ll_over_parse(const ll_study *study, const char *option, const char *text, ll_arena *mem,
                        ll_over *out, ll_error *err)
{
    parser p = {.option = option, .text = text, .mem = mem, .err = err};
    LL_TRY(key_find(&p, study, out));
    const char *s = strchr(text, '=') + 1, *dots = strstr(s, "..");
    if (!*s) return over_fault(&p, "the range is empty: no value is named");
    if (dots && is_number(p.kind)) return range_fill(&p, s, dots, out);
    return list_read(&p, s, out);
}
