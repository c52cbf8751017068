#include "topology/edgelist.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 512, MAX_WORD = 11 };

typedef struct reader {
    const char *file;
    int line;
    ll_edgelist *list;
    int64_t cap; /* of list->link */
    ll_arena *mem;
    ll_error *err;
} reader;

#define FAULT(r, ...) fault(r, ll_arena_printf((r)->mem, __VA_ARGS__))

static ll_status fault(const reader *r, const char *what)
{
    return ll_error_set(r->err, LL_ERR_CONFIG, "%s:%d: %s", r->file, r->line, what);
}

static bool is_whole(const char *word) { return strspn(word, "0123456789") == strlen(word); }

static ll_status read_count(const reader *r, const char *what, const char *word, int32_t max,
                            int32_t *out)
{
    double value;
    char why[256];
    if (ll_units_parse(LL_KIND_COUNT, word, &value, why, sizeof why) != LL_OK)
        return FAULT(r, "%s '%s': %s", what, word, why);
    if (value < 1 || value > max) return FAULT(r, "%s %s: must be 1 .. %d", what, word, max);
    *out = (int32_t)value;
    return LL_OK;
}

/* A quantity of one word ("50GB/s") or two ("50 GB/s"), within the bounds that the keys of other
 * topologies have; moves *word behind it. */
static ll_status read_quantity(const reader *r, ll_kind kind, char ***word, double *out)
{
    char text[2 * MAX_TEXT], why[256];
    if (!**word) return FAULT(r, "the %s is missing", ll_units_kind_name(kind));
    const char *number = *(*word)++;
    bool whole = strspn(number, "0123456789.eE+-") < strlen(number) || !**word;
    snprintf(text, sizeof text, "%s%s%s", number, whole ? "" : " ", whole ? "" : *(*word)++);
    if (ll_units_parse(kind, text, out, why, sizeof why) != LL_OK)
        return FAULT(r, "'%s': %s", text, why);
    if (kind == LL_KIND_RATE && !(*out >= 1 && *out <= 1e18))
        return FAULT(r, "'%s': the bandwidth of a lane must be 1 B/s .. 1 EB/s", text);
    if (kind == LL_KIND_TIME && (*out < 0 || (*out > 0 && *out < 1e-12) || *out > 1))
        return FAULT(r, "'%s': the latency must be 0 s, or 1 ps .. 1 s", text);
    return LL_OK;
}

static int64_t find_switch(const reader *r, const char *word)
{
    for (int32_t i = r->list->n_chip; i < r->list->n_node; i++)
        if (strcmp(r->list->name[i - r->list->n_chip], word) == 0) return i;
    return -1;
}

static ll_status read_node(const reader *r, const char *word, int64_t *out)
{
    const ll_edgelist *list = r->list;
    *out = is_whole(word) ? strtol(word, NULL, 10) : find_switch(r, word);
    if (*out < 0)
        return FAULT(r, "unknown node '%s'; a switch is declared by `switch %s`", word, word);
    if (is_whole(word) && *out >= list->n_chip)
        return FAULT(r, "no chip %s; the chips are 0 .. %d", word, list->n_chip - 1);
    return LL_OK;
}

static int find_dimension(const ll_edgelist *list, const char *word)
{
    for (int d = 0; d < list->n_dim; d++)
        if (strcmp(list->dim[d].name, word) == 0) return d;
    return -1;
}

/* `switch NAME` or `switch NAME DIMENSION`. */
static ll_status read_switch(const reader *r, char **word)
{
    ll_edgelist *list = r->list;
    const int32_t i = list->n_node - list->n_chip;
    if (!word[1] || (word[2] && word[3]))
        return FAULT(r, "expected `%s NAME`, or `%s NAME DIMENSION`", word[0], word[0]);
    if (is_whole(word[1])) return FAULT(r, "%s '%s': numbers are for chips", *word, word[1]);
    if (find_switch(r, word[1]) >= 0) return FAULT(r, "%s '%s' is declared twice", *word, word[1]);
    if (i == LL_EDGELIST_MAX_SWITCH)
        return FAULT(r, "more than %d switches", LL_EDGELIST_MAX_SWITCH);
    list->switch_dim[i] = -1;
    if (word[2]) {
        const int d = find_dimension(list, word[2]);
        if (d < 0)
            return FAULT(r, "no dimension '%s'; it is stated first, by `dimension %s SIZE`",
                         word[2], word[2]);
        list->switch_dim[i] = d;
    }
    list->name[i] = ll_arena_strdup(r->mem, word[1]);
    list->n_node++;
    return LL_OK;
}

/* `dimension NAME SIZE` or `dimension NAME SIZE in_network`. */
static ll_status read_dimension(const reader *r, char **word)
{
    ll_edgelist *list = r->list;
    ll_dim dim = {0};
    if (!word[1] || !word[2] || (word[3] && (strcmp(word[3], "in_network") != 0 || word[4])))
        return FAULT(r, "expected `dimension NAME SIZE`, or `dimension NAME SIZE in_network`");
    if (find_dimension(list, word[1]) >= 0)
        return FAULT(r, "dimension '%s' is stated twice", word[1]);
    if (list->n_dim == LL_MAX_DIM) return FAULT(r, "more than %d dimensions", LL_MAX_DIM);
    LL_TRY(read_count(r, "size", word[2], LL_EDGELIST_MAX_CHIP, &dim.size));
    dim.name = ll_arena_strdup(r->mem, word[1]);
    dim.reduces = word[3] != NULL;
    list->dim[list->n_dim++] = dim;
    return LL_OK;
}

static void add_link(reader *r, const ll_link *link)
{
    ll_edgelist *list = r->list;
    if (list->n_link == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 256;
        list->link = ll_arena_grown(r->mem, list->link, list->n_link, r->cap, sizeof *list->link);
    }
    list->link[list->n_link++] = *link;
}

static bool is_edge(char **word)
{
    return word[1] && (strcmp(word[1], "<->") == 0 || strcmp(word[1], "->") == 0);
}

/* What follows the latency: nothing, or `weight N`. */
static ll_status read_weight(const reader *r, char **word, int32_t *weight)
{
    *weight = 1;
    if (!*word) return LL_OK;
    if (strcmp(*word, "weight") != 0) return FAULT(r, "unexpected '%s' after the latency", *word);
    if (!word[1]) return FAULT(r, "expected `weight N`");
    LL_TRY(read_count(r, "weight", word[1], LL_EDGELIST_MAX_WEIGHT, weight));
    return word[2] ? FAULT(r, "unexpected '%s' after the weight", word[2]) : LL_OK;
}

static ll_status read_ends(const reader *r, char **word, ll_link *link)
{
    LL_TRY(read_node(r, word[0], &link->from));
    LL_TRY(read_node(r, word[2], &link->to));
    return link->from == link->to ? FAULT(r, "a link from '%s' to itself", word[0]) : LL_OK;
}

static ll_status read_edge(reader *r, char **word)
{
    ll_link link = {0};
    const bool both = word[1] && strcmp(word[1], "<->") == 0;
    if (!is_edge(word))
        return FAULT(r, "expected `A <-> B width bandwidth latency`, or -> for one direction");
    if (!word[2] || !word[3])
        return FAULT(r, "expected B, width, bandwidth, latency after %s", word[1]);
    LL_TRY(read_ends(r, word, &link));
    LL_TRY(read_count(r, "width", word[3], INT32_MAX, &link.width));
    word += 4;
    LL_TRY(read_quantity(r, LL_KIND_RATE, &word, &link.bw_Bps));
    LL_TRY(read_quantity(r, LL_KIND_TIME, &word, &link.latency_s));
    LL_TRY(read_weight(r, word, &link.weight));
    add_link(r, &link);
    if (!both) return LL_OK;
    ll_link back = link;
    back.from = link.to;
    back.to = link.from;
    add_link(r, &back);
    return LL_OK;
}

static ll_status read_line(reader *r, char *text)
{
    ll_edgelist *list = r->list;
    char *word[MAX_WORD + 1] = {0}, *rest = NULL;
    int n_word = 0;
    text[strcspn(text, "#")] = 0;
    for (char *w = strtok_r(text, " \t\r\n", &rest); w; w = strtok_r(NULL, " \t\r\n", &rest)) {
        if (n_word == MAX_WORD) return FAULT(r, "unexpected '%s'", w);
        word[n_word++] = w;
    }
    if (n_word == 0) return LL_OK;
    if (strcmp(word[0], "chips") == 0) {
        if (list->n_chip) return FAULT(r, "`chips` is given twice");
        if (n_word != 2) return FAULT(r, "expected `chips N`");
        LL_TRY(read_count(r, "chips", word[1], LL_EDGELIST_MAX_CHIP, &list->n_chip));
        list->n_node = list->n_chip;
        return LL_OK;
    }
    if (!list->n_chip) return FAULT(r, "`chips N` must come first");
    if (is_edge(word)) return read_edge(r, word); /* a switch may be called `switch` */
    if (strcmp(word[0], "dimension") == 0) return read_dimension(r, word);
    const bool declares = strcmp(word[0], "switch") == 0 || strcmp(word[0], "node") == 0;
    return declares ? read_switch(r, word) : read_edge(r, word);
}

ll_status ll_edgelist_parse(const ll_text_file *file, ll_arena *mem, ll_edgelist *out,
                            ll_error *err)
{
    *out = (ll_edgelist){.file = file->name};
    reader r = {.file = file->name, .list = out, .mem = mem, .err = err};
    out->name = ll_arena_array(mem, LL_EDGELIST_MAX_SWITCH, const char *);
    out->switch_dim = ll_arena_array(mem, LL_EDGELIST_MAX_SWITCH, int);
    for (const char *at = file->text; *at;) {
        char line[MAX_TEXT];
        const size_t n = strcspn(at, "\n");
        r.line++;
        if (n > sizeof line - 2)
            return FAULT(&r, "the line is longer than %d characters", MAX_TEXT - 2);
        memcpy(line, at, n);
        line[n] = '\0';
        LL_TRY(read_line(&r, line));
        at += n + (at[n] == '\n');
    }
    if (!out->n_chip) return FAULT(&r, "no `chips N` in the file");
    return LL_OK;
}

void ll_edgelist_sort(const ll_edgelist *list, bool by_to, int64_t *start, int64_t *id)
{
    for (int64_t i = 0; i < list->n_link; i++)
        start[(by_to ? list->link[i].to : list->link[i].from) + 1]++;
    for (int32_t node = 0; node < list->n_node; node++)
        start[node + 1] += start[node];
    for (int64_t i = list->n_link - 1; i >= 0; i--) // downwards, so that ids come out ascending:
        id[--start[(by_to ? list->link[i].to : list->link[i].from) + 1]] = i;
    for (int32_t node = 0; node < list->n_node; node++) // start[node + 1] now begins node's part
        start[node] = start[node + 1];
    start[list->n_node] = list->n_link;
}

static void write_node(const ll_topology *topo, int64_t node, FILE *out)
{
    fprintf(out, "%s%lld", node < topo->n_chip ? "" : "s", (long long)node);
}

void ll_edgelist_write(const ll_topology *topo, FILE *out)
{
    fprintf(out, "chips %d\n", topo->n_chip);
    for (int64_t node = topo->n_chip; node < topo->n_node; node++)
        fprintf(out, "node s%lld\n", (long long)node);
    for (int64_t id = 0; id < topo->n_link; id++) {
        ll_link link;
        topo->type->link(topo, id, &link);
        write_node(topo, link.from, out);
        fprintf(out, " -> ");
        write_node(topo, link.to, out);
        fprintf(out, " %d %.17g B/s %.17g s\n", link.width, link.bw_Bps, link.latency_s);
    }
}
