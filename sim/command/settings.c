#include "sim/command/settings.h"

#include <ctype.h>
#include <string.h>

ll_setting_list ll_settings_start(int argc, ll_arena *mem)
{
    return (ll_setting_list){.item = ll_arena_array(mem, argc, ll_setting),
                             .arg_part = ll_arena_array(mem, argc, int)};
}

void ll_settings_add(ll_setting_list *list, const char *text, const char *typed)
{
    const bool for_all = list->part == 0 && list->n_arg == 0;
    list->item[list->n++] = (ll_setting){text, typed, for_all ? LL_PART_ALL : list->part};
}

void ll_settings_argument(ll_setting_list *list) { list->arg_part[list->n_arg++] = list->part; }

ll_status ll_settings_part_end(ll_setting_list *list, ll_error *err)
{
    if (list->n_arg == 0 || list->arg_part[list->n_arg - 1] != list->part)
        return ll_error_set(
            err, LL_ERR_CONFIG,
            "part %d of those that `--` separates names no study; write for example "
            "`lineloss compare nvl72 -- nvl72 --set job.interleave=1`",
            list->part + 1);
    list->part++;
    return LL_OK;
}

/* The path of "path = value", or of "--option path=value", without spaces around it. */
static size_t path_of(const char *text, const char **path)
{
    if (!strncmp(text, "--", 2)) text += strcspn(text, " ");
    while (isspace((unsigned char)*text))
        text++;
    size_t n = strcspn(text, "=");
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    *path = text;
    return n;
}

static bool is_same_path(const ll_setting *a, const ll_setting *b)
{
    const char *path_a, *path_b;
    const size_t n = path_of(a->text, &path_a);
    return path_of(b->text, &path_b) == n && !strncmp(path_a, path_b, n);
}

static ll_status twice_check(const ll_setting_list *list, ll_error *err)
{
    for (int i = 0; i < list->n; i++)
        for (int before = 0; before < i; before++) {
            const ll_setting *a = &list->item[before], *b = &list->item[i];
            if (a->part == b->part && is_same_path(a, b))
                return ll_error_set(err, LL_ERR_CONFIG,
                                    "`%s` and `%s` set the same key: leave one of them out",
                                    a->typed, b->typed);
        }
    return LL_OK;
}

/* Whether the part itself sets the path of setting i, which is one for all studies. */
static bool is_replaced(const ll_setting_list *list, int i, int part)
{
    for (int k = 0; k < list->n; k++)
        if (list->item[k].part == part && is_same_path(&list->item[k], &list->item[i])) return true;
    return false;
}

/* "job.tp=4" of "job.tp = 4 | assumed: why": the setting without its evidence. */
static const char *short_text(const char *text, ll_arena *mem)
{
    const char *path;
    const size_t n = path_of(text, &path);
    const char *value = text + strcspn(text, "=") + 1;
    while (isspace((unsigned char)*value))
        value++;
    size_t n_value = strcspn(value, "|");
    while (n_value > 0 && isspace((unsigned char)value[n_value - 1]))
        n_value--;
    return ll_arena_printf(mem, "%.*s=%.*s", (int)n, path, (int)n_value, value);
}

static ll_settings part_settings(const ll_setting_list *list, int part, ll_arena *mem)
{
    const char **set = ll_arena_array(mem, list->n, const char *);
    ll_settings out = {.set = set, .own = ""};
    for (int i = 0; i < list->n; i++)
        if (list->item[i].part == LL_PART_ALL && !is_replaced(list, i, part))
            set[out.n_set++] = list->item[i].text;
    for (int i = 0; i < list->n; i++) {
        if (list->item[i].part != part) continue;
        set[out.n_set++] = list->item[i].text;
        out.own = ll_arena_printf(mem, "%s%s%s", out.own, *out.own ? " " : "",
                                  short_text(list->item[i].text, mem));
    }
    return out;
}

ll_status ll_settings_end(ll_setting_list *list, ll_arena *mem, ll_options *out, ll_error *err)
{
    const int n_part = list->part > 0 ? list->part : 1; /* without any `--`: one */
    const char **set = ll_arena_array(mem, list->n, const char *);
    ll_settings *of_part = ll_arena_array(mem, n_part, ll_settings);
    ll_settings *of_arg = ll_arena_array(mem, list->n_arg, ll_settings);
    for (int i = 0; i < list->n; i++) {
        set[i] = list->item[i].text;
        if (n_part == 1) list->item[i].part = LL_PART_ALL;
    }
    LL_TRY(twice_check(list, err));
    for (int part = 0; part < n_part; part++)
        of_part[part] = part_settings(list, part, mem);
    for (int k = 0; k < list->n_arg; k++)
        of_arg[k] = of_part[list->arg_part[k]];
    out->n_set = list->n;
    out->set = set;
    out->arg_set = of_arg;
    return LL_OK;
}
