#include "sim/validate/validation_params.h"

#include <string.h>

static const char *const class_names[LL_N_VALIDATION_PARAM] = {"fitted to steps", "fitted",
                                                               "measured", "assumed", "stated"};

static void count(const ll_validation *v, int *n)
{
    memset(n, 0, LL_N_VALIDATION_PARAM * sizeof *n);
    for (int i = 0; i < v->n_param; i++)
        n[ll_validation_param_class(&v->param[i])]++;
}

ll_table *ll_validation_param_table(const ll_validation *v, ll_arena *mem)
{
    ll_table *t = ll_table_create(mem, "Free parameters", 6,
                                  (ll_column[]){{.name = "from"},
                                                {.name = "origin"},
                                                {.name = "key"},
                                                {.name = "value"},
                                                {.name = "rows", .right = true},
                                                {.name = "set by"}});
    for (int i = 0; i < v->n_param; i++) {
        const ll_validation_param *p = &v->param[i];
        if (ll_validation_param_class(p) == LL_VALIDATION_STATED) continue;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", class_names[ll_validation_param_class(p)]);
        ll_table_set(t, 1, "%s", p->origin);
        ll_table_set(t, 2, "%s", p->key);
        ll_table_set(t, 3, "%s", p->text);
        ll_table_set(t, 4, "%d", p->n_row);
        ll_table_set(t, 5, "%s: %s", ll_evidence_name((ll_evidence)p->evidence), p->source);
    }
    return t;
}

/* Parameters that were set by the same measurement. keys: their names, each once. */
typedef struct group {
    int class, n;
    const char *by, *keys;
} group;

/* "fit to collectives.csv, 48 points ..." -> "fit to collectives.csv"; of an assumption "in parts".
 */
static const char *set_by(const ll_validation_param *p, int class, ll_arena *mem)
{
    int length = (int)strcspn(p->source, ",;(:");
    while (length > 0 && p->source[length - 1] == ' ')
        length--;
    if (class != LL_VALIDATION_ASSUMED) return ll_arena_printf(mem, "%.*s", length, p->source);
    if (!strchr(p->origin, '/')) return ll_arena_printf(mem, "nobody, in %s", p->origin);
    return ll_arena_printf(mem, "nobody, in %.*s", (int)strcspn(p->origin, "/"), p->origin);
}

static bool listed(const char *keys, const char *key)
{
    const size_t n = strlen(key);
    for (const char *at = strstr(keys, key); at; at = strstr(at + 1, key))
        if ((at == keys || at[-1] == ' ') && (!at[n] || at[n] == ' ')) return true;
    return false;
}

static int groups_find(const ll_validation *v, group *found, ll_arena *mem)
{
    int n = 0;
    for (int class = 0; class < LL_VALIDATION_STATED; class ++) {
        for (int i = 0; i < v->n_param; i++) {
            const ll_validation_param *p = &v->param[i];
            if (ll_validation_param_class(p) != class) continue;
            const char *by = set_by(p, class, mem);
            int at = 0;
            while (at < n && (found[at].class != class || strcmp(found[at].by, by) != 0))
                at++;
            if (at == n) found[n++] = (group){.class = class, .by = by, .keys = ""};
            found[at].n++;
            if (!listed(found[at].keys, p->key))
                found[at].keys = ll_arena_printf(mem, "%s%s%s", found[at].keys,
                                                 *found[at].keys ? " " : "", p->key);
        }
    }
    return n;
}

void ll_validation_param_print(const ll_validation *v, ll_format format, int width, ll_arena *mem,
                               ll_text *out)
{
    int n[LL_N_VALIDATION_PARAM];
    count(v, n);
    ll_text_add(out,
                "Free parameters of all rows together: %d, of which %d fitted to step times, %d "
                "fitted to tables of kernels and collectives, %d measured, %d assumed. %d more "
                "figures are from data sheets.\n\n",
                v->n_param - n[LL_VALIDATION_STATED], n[LL_VALIDATION_STEP],
                n[LL_VALIDATION_FITTED], n[LL_VALIDATION_MEASURED], n[LL_VALIDATION_ASSUMED],
                n[LL_VALIDATION_STATED]);
    group *found = ll_arena_array(mem, v->n_param + 1, group);
    const int n_group = groups_find(v, found, mem);
    ll_table *t = ll_table_create(mem, "What set the free parameters", 4,
                                  (ll_column[]){{.name = "from"},
                                                {.name = "figures", .right = true},
                                                {.name = "set by"},
                                                {.name = "keys"}});
    for (int i = 0; i < n_group; i++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s", class_names[found[i].class]);
        ll_table_set(t, 1, "%d", found[i].n);
        ll_table_set(t, 2, "%s", found[i].by);
        ll_table_set(t, 3, "%s", found[i].keys);
    }
    ll_table_print(t, format, width, out);
    ll_text_add(out, "\n");
}

#define LIST(name_, i_, doc_) \
    LL_FIELD(name_, LL_FIELD_INT, ll_validation_param_list, n_class[i_], "", doc_)
#define ROW(name_, type_, member_, doc_) \
    LL_FIELD(name_, type_, ll_validation_param_row, member_, "", doc_)
static const ll_field row_fields[] = {ROW("class", LL_FIELD_STRING, class, "what set it"),
                                      ROW("origin", LL_FIELD_STRING, origin, "file:line"),
                                      ROW("key", LL_FIELD_STRING, key, "of the configuration"),
                                      ROW("value", LL_FIELD_STRING, value, "as typed"),
                                      ROW("rows", LL_FIELD_INT32, n_row, "that use it"),
                                      ROW("evidence", LL_FIELD_STRING, evidence, "its kind"),
                                      ROW("source", LL_FIELD_STRING, source, "source of the value"),
                                      {0}};

const ll_field ll_validation_param_fields[] = {
    LL_FIELD("free", LL_FIELD_INT, ll_validation_param_list, n_free, "", "all but those stated"),
    LIST("fitted_to_steps", LL_VALIDATION_STEP, "to step times"),
    LIST("fitted", LL_VALIDATION_FITTED, "to kernels or collectives"),
    LIST("measured", LL_VALIDATION_MEASURED, "measured, and used as they are"),
    LIST("assumed", LL_VALIDATION_ASSUMED, "assumed, unverified, press or unstated"),
    LIST("stated", LL_VALIDATION_STATED, "from data sheets, so not free"),
    {LL_FIELD_LIST_OF("list", ll_validation_param_row, row_fields, ll_validation_param_list, row, n,
                      "all of them")},
    {0}};

ll_validation_param_list ll_validation_param_list_of(const ll_validation *v, ll_arena *mem)
{
    ll_validation_param_list list = {.n = v->n_param};
    ll_validation_param_row *row = ll_arena_array(mem, v->n_param, ll_validation_param_row);
    count(v, list.n_class);
    list.n_free = v->n_param - list.n_class[LL_VALIDATION_STATED];
    for (int i = 0; i < v->n_param; i++) {
        const ll_validation_param *p = &v->param[i];
        row[i] = (ll_validation_param_row){
            class_names[ll_validation_param_class(p)],  p->origin, p->key,  p->text,
            ll_evidence_name((ll_evidence)p->evidence), p->source, p->n_row};
    }
    list.row = row;
    return list;
}
