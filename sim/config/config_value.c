#include "sim/config/config_value.h"

#include "sim/base/words.h"
#include "sim/config/foreign.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const evidence_names[] = {"none",       "choice",  "measured",
                                             "vendor",     "derived", "press",
                                             "unverified", "assumed", "unstated"};

const char *ll_evidence_name(ll_evidence e) { return evidence_names[e]; }

bool ll_kind_is_number(ll_kind kind) { return kind <= LL_KIND_POWER; }

static bool has_unit(ll_kind kind)
{
    return ll_kind_is_number(kind) && kind != LL_KIND_COUNT && kind != LL_KIND_RATIO;
}

/* "expected a rate such as "900 GB/s"" */
static const char *expected(const ll_key *key, ll_arena *mem)
{
    if (key->kind == LL_KIND_BOOL) return "expected true or false, without quotes";
    if (key->kind == LL_KIND_STRING) return "expected text in quotes";
    if (key->kind == LL_KIND_CHOICE)
        return ll_arena_printf(mem, "expected a word in quotes, such as \"%s\"", key->choices[0]);
    const char *quote = has_unit(key->kind) ? "\"" : "";
    return ll_arena_printf(mem, "expected a %s such as %s%s%s", ll_units_kind_name(key->kind),
                           quote, ll_units_example(key->kind), quote);
}

/* Checks that the libconfig type of the node suits the kind; the error says what to write. */
static ll_status check_type(ll_node *node, const ll_key *key, ll_arena *mem, ll_error *err)
{
    bool is_text = node->type == LL_NODE_TEXT || node->type == LL_NODE_TYPED;
    if (is_text) return LL_OK;
    if (node->type == LL_NODE_BOOL && key->kind == LL_KIND_BOOL) return LL_OK;
    if (node->type == LL_NODE_NUMBER) {
        if (key->kind == LL_KIND_COUNT || key->kind == LL_KIND_RATIO) return LL_OK;
        if (has_unit(key->kind)) {
            const char *unit = strchr(ll_units_example(key->kind), ' ');
            return ll_node_fault(node, mem, err, "a %s needs a unit: write \"%s%s\"",
                                 ll_units_kind_name(key->kind), node->text, unit);
        }
        if (key->kind == LL_KIND_STRING)
            return ll_node_fault(node, mem, err, "text needs quotes: write \"%s\"", node->text);
    }
    return ll_node_fault(node, mem, err, "%s", expected(key, mem));
}

/* Values appear in reports, messages and names of files, so they are one line of UTF-8. */
static ll_status check_characters(ll_node *node, ll_arena *mem, ll_error *err)
{
    const char *bad = ll_text_unprintable(node->text);
    if (!bad) return LL_OK;
    return ll_node_fault(node, mem, err,
                         ll_text_utf8(bad) ? "a control character (byte 0x%02x); a value is one "
                                             "line of text"
                                           : "byte 0x%02x is not a character; files are UTF-8",
                         (unsigned char)*bad);
}

/* "vendor: data sheet" -> evidence and source. */
static ll_status read_evidence(ll_node *node, const char *s, ll_arena *mem, ll_value *out,
                               ll_error *err)
{
    const char *const *words = &evidence_names[LL_EVIDENCE_CHOICE];
    const int n_word = LL_EVIDENCE_UNSTATED - LL_EVIDENCE_CHOICE;
    s += strspn(s, " \t");
    size_t n = strcspn(s, ": \t");
    const char *after = s + n + strspn(s + n, " \t");
    const char *word = ll_arena_strndup(mem, s, n < 40 ? n : 40);
    for (int i = 0; i < n_word; i++) {
        if (strcmp(word, words[i]) != 0 || (*after && *after != ':')) continue;
        out->evidence = (ll_evidence)(LL_EVIDENCE_CHOICE + i);
        after += *after == ':';
        out->source = ll_arena_strdup(mem, after + strspn(after, " \t"));
        return LL_OK;
    }
    int near = *after && *after != ':' ? -1 : ll_text_nearest(word, n_word, words);
    if (!strcmp(word, "none") || !strcmp(word, "mine")) near = 0; // a choice
    const char *hint =
        near >= 0
            ? ll_arena_printf(mem, "unknown evidence '%s', did you mean '%s'? ", word, words[near])
            : "";
    return ll_node_fault(
        node, mem, err,
        "%sexpected after the bar: measured, vendor, derived, press, unverified or "
        "assumed, with a colon and the source; or choice, for what you decide "
        "yourself",
        hint);
}

/* The evidence of a value without an evidence word. */
static ll_evidence evidence_without_word(const ll_node *node, const ll_key *key)
{
    const bool by_command_line = node->place.line == 0,
               design = (key->flags & LL_KEY_DESIGN) == LL_KEY_DESIGN;
    if (node->is_default) return LL_EVIDENCE_ASSUMED;
    return by_command_line && design ? LL_EVIDENCE_CHOICE : LL_EVIDENCE_UNSTATED;
}

/* Split "80 GB | vendor: data sheet". Text that is not a fact may contain bars. */
static ll_status split_evidence(ll_node *node, const ll_key *key, ll_arena *mem, ll_value *out,
                                ll_error *err)
{
    bool fact = key->flags & LL_KEY_FACT;
    const char *bar = key->kind == LL_KIND_STRING && !fact ? NULL : strchr(node->text, '|');
    out->source = "";
    out->evidence = evidence_without_word(node, key);
    size_t n = bar ? (size_t)(bar - node->text) : strlen(node->text);
    if (bar) LL_TRY(read_evidence(node, bar + 1, mem, out, err));
    while (bar && n > 0 && isspace((unsigned char)node->text[n - 1]))
        n--;
    out->text = ll_arena_strndup(mem, node->text, n);
    if (!fact) out->evidence = LL_EVIDENCE_NONE;
    return LL_OK;
}

/* "from 1 to 8", in the units of the kind. */
static const char *bounds(const ll_key *key, ll_arena *mem)
{
    char min[64], max[64];
    ll_units_format(key->kind, key->min, min, sizeof min);
    ll_units_format(key->kind, key->max, max, sizeof max);
    if (!isfinite(key->max)) return ll_arena_printf(mem, "of at least %s", min);
    if (!isfinite(key->min)) return ll_arena_printf(mem, "of at most %s", max);
    return ll_arena_printf(mem, "from %s to %s", min, max);
}

static ll_status read_number(ll_node *node, const ll_key *key, ll_arena *mem, ll_value *out,
                             ll_error *err)
{
    char why[256];
    if (ll_units_parse(key->kind, out->text, &out->number, why, sizeof why) != LL_OK)
        return ll_node_fault(node, mem, err, "%s", why);
    if (out->number >= key->min && out->number <= key->max) return LL_OK;
    return ll_node_fault(node, mem, err, "out of bounds; expected a %s %s",
                         ll_units_kind_name(key->kind), bounds(key, mem));
}

static ll_status read_choice(ll_node *node, const ll_key *key, ll_arena *mem, ll_value *out,
                             ll_error *err)
{
    ll_words words = {0, key->choices, NULL};
    char hint[512];
    while (key->choices[words.n])
        words.n++;
    const int i = ll_words_find(&words, out->text);
    const char *foreign = ll_foreign_value(out->text);
    if (i < 0 && foreign && !strcmp(key->name, "type"))
        return ll_node_fault(node, mem, err, "%s", foreign);
    if (i < 0)
        return ll_node_fault(node, mem, err, "%s",
                             ll_words_hint(&words, out->text, hint, sizeof hint));
    out->number = i;
    return LL_OK;
}

ll_status ll_value_read(ll_node *node, const ll_key *key, ll_arena *mem, ll_value *out,
                        ll_error *err)
{
    ll_value v = {0};
    LL_TRY(check_type(node, key, mem, err));
    LL_TRY(check_characters(node, mem, err));
    LL_TRY(split_evidence(node, key, mem, &v, err));
    if (ll_kind_is_number(key->kind)) {
        LL_TRY(read_number(node, key, mem, &v, err));
    } else if (key->kind == LL_KIND_CHOICE) {
        LL_TRY(read_choice(node, key, mem, &v, err));
    } else if (key->kind == LL_KIND_BOOL) {
        v.number = strcmp(v.text, "true") == 0;
        if (v.number == 0 && strcmp(v.text, "false") != 0)
            return ll_node_fault(node, mem, err, "%s", expected(key, mem));
    }
    *out = v;
    return LL_OK;
}

/* An example of a value as one would type it, without quotes. */
static const char *example_value(const ll_key *key, ll_arena *mem)
{
    static const char such_as[] = ", such as ";
    const char *such = strstr(key->doc, such_as);
    if (such) return such + strlen(such_as);
    if (key->kind == LL_KIND_CHOICE) return key->choices[0];
    if (key->kind == LL_KIND_STRING) return key->flags & LL_KEY_PATH ? "file" : "some text";
    if (key->kind == LL_KIND_BOOL) return "true";
    double value = 0;
    char why[256], text[64];
    const char *usual = ll_units_example(key->kind);
    ll_units_parse(key->kind, usual, &value, why, sizeof why);
    if (value >= key->min && value <= key->max) return usual;
    ll_units_format(key->kind, value > key->max ? key->max : key->min, text, sizeof text);
    return ll_arena_strdup(mem, text);
}

const char *ll_value_example(const ll_key *key, ll_arena *mem)
{
    const char *value = example_value(key, mem);
    if (key->flags & LL_KEY_FACT)
        return ll_arena_printf(mem, "%s = \"%s | vendor: data sheet\";", key->name, value);
    bool bare = key->kind == LL_KIND_BOOL || (ll_kind_is_number(key->kind) && !has_unit(key->kind));
    const char *quote = bare ? "" : "\"";
    return ll_arena_printf(mem, "%s = %s%s%s;", key->name, quote, value, quote);
}
