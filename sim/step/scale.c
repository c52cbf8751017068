#include "sim/step/scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SIZE = 8 };

/* The sizes of a topology, the innermost first. */
typedef struct sizes {
    int n;
    int64_t size[MAX_SIZE];
    const char *path[MAX_SIZE]; /* key of each; of a torus all are in one key */
    bool one_key;
} sizes;

static bool ends_in(const char *path, const char *end)
{
    const size_t n = strlen(path), m = strlen(end);
    return n >= m && !strcmp(path + n - m, end);
}

/* "8 x 8 x 16" */
static void list_read(const ll_config_entry *e, sizes *out)
{
    char *end;
    out->one_key = true;
    for (const char *s = e->text; *s && out->n < MAX_SIZE; s = end) {
        s += strcspn(s, "0123456789");
        const long long size = strtoll(s, &end, 10);
        if (end == s) break;
        out->path[out->n] = e->path;
        out->size[out->n++] = size;
    }
}

static sizes sizes_find(const ll_study *study)
{
    static const char group[] = "cluster.topology.";
    sizes s = {0};
    for (int i = 0; i < ll_config_n_entry(study->config) && s.n < MAX_SIZE; i++) {
        const ll_config_entry *e = ll_config_entry_at(study->config, i);
        if (strncmp(e->path, group, strlen(group)) != 0) continue;
        if (e->kind == LL_KIND_COUNT && ends_in(e->path, ".size")) {
            s.path[s.n] = e->path;
            s.size[s.n++] = (int64_t)e->value;
        } else if (e->kind == LL_KIND_STRING && ends_in(e->path, ".sizes")) {
            list_read(e, &s);
        }
    }
    return s;
}

static int64_t product(const sizes *s, int n)
{
    int64_t all = 1;
    for (int i = 0; i < n; i++)
        all *= s->size[i];
    return all;
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Changes the sizes so that they multiply to about n_chip: of each, from the outermost on, a
 * multiple that makes a multiple of `unit`; 1 if what is within it is too much already. */
static void sizes_set(sizes *s, int64_t n_chip, int64_t unit)
{
    for (int k = s->n - 1; k >= 0; k--) {
        const int64_t inner = product(s, k), step = unit / gcd(unit, inner);
        if (k > 0 && inner > n_chip && inner % unit == 0) {
            s->size[k] = 1;
            continue;
        }
        const double want = (double)n_chip / (double)(inner * step);
        s->size[k] = step * (int64_t)fmax(1, nearbyint(want));
        return;
    }
}

static void change_add(ll_scaled *out, const char *path, const char *text)
{
    out->change[out->n_change++] = (ll_change){.path = path, .text = text};
}

static void changes_make(const sizes *s, ll_arena *mem, ll_scaled *out)
{
    const char *list = "\"";
    for (int i = 0; i < s->n; i++) {
        const char *one = ll_arena_printf(mem, "%lld", (long long)s->size[i]);
        if (!s->one_key) change_add(out, s->path[i], one);
        list = ll_arena_printf(mem, "%s%s%s", list, i ? " x " : "", one);
    }
    if (s->one_key) change_add(out, s->path[0], ll_arena_printf(mem, "%s\"", list));
}

ll_status ll_scale_chips(const ll_study *study, int64_t n_chip, int64_t unit, ll_arena *mem,
                         ll_scaled *out, ll_error *err)
{
    sizes s = sizes_find(study);
    *out = (ll_scaled){0};
    if (s.n == 0 || s.n + 1 >= MAX_SIZE || product(&s, s.n) != study->cluster.topo->n_chip)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "chips cannot vary: the topology of %s (%s) is not made of sizes, so "
                            "another number of chips is another topology; compare studies instead",
                            study->path, study->cluster.topo->type->name);
    sizes_set(&s, n_chip, unit);
    out->n_chip = product(&s, s.n);
    changes_make(&s, mem, out);
    change_add(out, "job.dp", "0");
    return LL_OK;
}

int64_t ll_scale_batch(const ll_layout *layout, int32_t n_chip, double batch)
{
    ll_layout l = *layout;
    const int64_t inner = l.tp * l.cp * l.pp;
    if (inner < 1 || n_chip % inner) return 0;
    const int64_t unit = n_chip / inner * l.micro_batch;
    const int64_t near = (int64_t)fmax(1, nearbyint(batch / (double)unit));
    for (int64_t away = 0; away <= 4 * l.pp + near; away++)
        for (int sign = -1; sign <= 1; sign += 2) {
            const int64_t n = near + sign * away;
            l.global_batch = n * unit;
            l.dp = 0;
            if (n >= 1 && ll_layout_fit(&l, n_chip, NULL)) return l.global_batch;
        }
    return 0;
}
