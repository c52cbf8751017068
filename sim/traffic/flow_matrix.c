/* Connection matrices of htsim; flow_file.h says what of them is read. */
#include "sim/base/index_map.h"
#include "sim/traffic/flow_lines.h"

#include <stdlib.h>
#include <string.h>

enum { PRIORITY = 2000000 }; /* htsim's default */

typedef struct trigger {
    int64_t id;
    int line;         /* where it is first named */
    int64_t n_firing; /* flows that fire it */
    int64_t needs;    /* that it waits for; 0: not said yet */
} trigger;

typedef struct matrix {
    ll_flow_reader *r;
    ll_index_map map; /* of ids */
    int n, cap;
    trigger *trigger; /* [n] of [cap] */
    int64_t n_link, cap_link;
    int64_t (*link)[2]; /* [n_link] flow, trigger; (fires) or ~trigger (is released by it) */
} matrix;

static int trigger_of(matrix *m, int64_t id)
{
    const int64_t at = ll_index_map_of(&m->map, ll_mix((uint64_t)id));
    if (at < m->n) return (int)at;
    if (m->n == m->cap) {
        m->cap = 2 * m->cap + 64;
        m->trigger = ll_arena_grown(m->r->mem, m->trigger, m->n, m->cap, sizeof *m->trigger);
    }
    m->trigger[m->n] = (trigger){.id = id, .line = m->r->line};
    return m->n++;
}

static void link_add(matrix *m, int64_t flow, int64_t end)
{
    if (m->n_link == m->cap_link) {
        m->cap_link = 2 * m->cap_link + 256;
        m->link = ll_arena_grown(m->r->mem, m->link, m->n_link, m->cap_link, sizeof *m->link);
    }
    m->link[m->n_link][0] = flow;
    m->link[m->n_link++][1] = end;
}

/* "0->3" */
static ll_status ends_read(matrix *m, int32_t *src, int32_t *dst)
{
    ll_flow_reader *r = m->r;
    const char *arrow = strstr(r->word[0], "->");
    const char *from = ll_arena_printf(r->mem, "%.*s", (int)(arrow - r->word[0]), r->word[0]);
    LL_TRY(ll_flow_chip(r, "source", from, src));
    return ll_flow_chip(r, "destination", arrow + 2, dst);
}

static ll_status start_read(const ll_flow_reader *r, const char *word, double *out_s)
{
    char *end;
    const double ps = strtod(word, &end);
    if (end == word || *end || !(ps >= 0) || ps > 1e18)
        return ll_flow_fault(r, "start", word, "picoseconds, 0 to 1e18");
    *out_s = ps * 1e-12;
    return LL_OK;
}

/* One attribute of a flow, at word *i; *i moves to the next one. */
static ll_status attribute(matrix *m, int *i, int64_t *size_B, double *start_s, bool *starts)
{
    ll_flow_reader *r = m->r;
    const char *key = r->word[*i], *word = r->word[*i + 1];
    int64_t x;
    *i += 2;
    if (!strcmp(key, "id")) return ll_flow_whole(r, "id", word, 1, INT64_MAX, &x);
    if (!strcmp(key, "size")) return ll_flow_whole(r, "size", word, 1, (int64_t)1e15, size_B);
    if (!strcmp(key, "prio")) return ll_flow_whole(r, "prio", word, PRIORITY, PRIORITY, &x);
    if (!strcmp(key, "start")) {
        *starts = true;
        return start_read(r, word, start_s);
    }
    const bool released = !strcmp(key, "trigger");
    if (!released && strcmp(key, "send_done_trigger") != 0 && strcmp(key, "recv_done_trigger") != 0)
        return ll_flow_fault(r, "attribute", key,
                             "id, start, size, trigger, send_done_trigger or recv_done_trigger");
    LL_TRY(ll_flow_whole(r, key, word, 1, INT64_MAX, &x));
    const int k = trigger_of(m, x);
    LL_ASSERT(m->trigger != NULL, "trigger %d", k);
    *starts = *starts || released;
    m->trigger[k].n_firing += !released;
    link_add(m, r->n, released ? ~(int64_t)k : k);
    return LL_OK;
}

static ll_status flow_read(matrix *m)
{
    ll_flow_reader *r = m->r;
    int32_t src, dst;
    int64_t size_B = 0;
    double start_s = 0;
    bool starts = false;
    LL_TRY(ends_read(m, &src, &dst));
    for (int i = 1; i < r->n_word;)
        LL_TRY(attribute(m, &i, &size_B, &start_s, &starts));
    if (size_B == 0 || !starts)
        return ll_flow_fault(r, "flow", r->word[0], "a size, and a start or a trigger");
    ll_flow_add(r, src, dst, (double)size_B, start_s);
    return LL_OK;
}

/* "trigger id 3 oneshot", "trigger id 3 barrier count 4" */
static ll_status trigger_read(matrix *m)
{
    ll_flow_reader *r = m->r;
    int64_t id, needs = 1;
    LL_TRY(ll_flow_whole(r, "trigger id", r->n_word > 2 ? r->word[2] : "", 1, INT64_MAX, &id));
    const bool one = r->n_word == 4 && !strcmp(r->word[3], "oneshot");
    const bool all =
        r->n_word == 6 && !strcmp(r->word[3], "barrier") && !strcmp(r->word[4], "count");
    if (!one && !all)
        return ll_flow_fault(r, "trigger", r->n_word > 3 ? r->word[3] : "",
                             "oneshot, or barrier count N; one that fires several times is not "
                             "possible here");
    if (all) LL_TRY(ll_flow_whole(r, "count", r->word[5], 1, INT32_MAX, &needs));
    const int k = trigger_of(m, id);
    m->trigger[k].needs = needs;
    m->trigger[k].line = r->line;
    return LL_OK;
}

/* What flows wait for: of each, the flows that fire its trigger. */
static ll_status triggers_settle(matrix *m)
{
    ll_flow_reader *r = m->r;
    int64_t **firing = ll_arena_array(r->mem, m->n, int64_t *);
    int64_t *n = ll_arena_array(r->mem, m->n, int64_t);
    for (int k = 0; k < m->n; k++) {
        const trigger *t = &m->trigger[k];
        r->line = t->line;
        const char *id = ll_arena_printf(r->mem, "%lld", (long long)t->id);
        if (t->needs == 0)
            return ll_flow_fault(r, "trigger", id, "a line \"trigger id N oneshot\" for it");
        if (t->needs != t->n_firing)
            return ll_flow_fault(r, "trigger", id,
                                 ll_arena_printf(r->mem,
                                                 "%lld flows that fire it, as it says; there are "
                                                 "%lld",
                                                 (long long)t->needs, (long long)t->n_firing));
        firing[k] = ll_arena_array(r->mem, t->n_firing, int64_t);
    }
    for (int64_t i = 0; i < m->n_link; i++)
        if (m->link[i][1] >= 0) firing[m->link[i][1]][n[m->link[i][1]]++] = m->link[i][0];
    for (int64_t i = 0; i < m->n_link; i++)
        for (int64_t k = 0; m->link[i][1] < 0 && k < n[~m->link[i][1]]; k++)
            ll_flow_wait(r, m->link[i][0], firing[~m->link[i][1]][k]);
    return LL_OK;
}

/* "Nodes 16": a line that says how many there are. */
static ll_status count_read(matrix *m, int64_t *n_flow)
{
    ll_flow_reader *r = m->r;
    const char *key = r->word[0], *word = r->word[1];
    int64_t n;
    if (!strcmp(key, "Nodes")) return ll_flow_whole(r, key, word, 1, r->n_chip, &n);
    if (!strcmp(key, "Connections")) return ll_flow_whole(r, key, word, 0, INT32_MAX, n_flow);
    if (!strcmp(key, "Triggers")) return ll_flow_whole(r, key, word, 0, INT32_MAX, &n);
    return ll_flow_fault(r, "line", key,
                         "Nodes, Connections, Triggers, SRC->DST ..., or trigger id N ...");
}

ll_status ll_flow_matrix(ll_flow_reader *r)
{
    matrix m = {.r = r};
    int64_t n_flow = -1;
    ll_index_map_init(&m.map, r->mem);
    do {
        if (strstr(r->word[0], "->"))
            LL_TRY(flow_read(&m));
        else if (!strcmp(r->word[0], "trigger"))
            LL_TRY(trigger_read(&m));
        else
            LL_TRY(count_read(&m, &n_flow));
    } while (ll_flow_line(r));
    if (n_flow >= 0 && n_flow != r->n)
        return ll_error_set(r->err, LL_ERR_CONFIG,
                            "%s: Connections says %lld, and there are %lld flows", r->name,
                            (long long)n_flow, (long long)r->n);
    return triggers_settle(&m);
}
