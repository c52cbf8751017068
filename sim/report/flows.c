#include "sim/report/flows.h"

#include "sim/base/stats.h"

#include <math.h>

void ll_flows_times(int64_t n, const ll_flows_flow *flow, ll_arena *mem, ll_flows_row *row)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    double *time_s = ll_arena_array(mem, n, double), sum_s = 0;
    int n_sent = 0;
    for (int64_t i = 0; i < n; i++) {
        if (flow[i].src == flow[i].dst || !(flow[i].bytes > 0)) continue;
        time_s[n_sent] = flow[i].end_s - flow[i].start_s;
        sum_s += time_s[n_sent++];
    }
    ll_stats_sort(n_sent, time_s);
    if (n_sent > 0) {
        row->mean_s = sum_s / n_sent;
        row->median_s = ll_stats_quantile(n_sent, time_s, 0.5);
        row->p99_s = ll_stats_quantile(n_sent, time_s, 0.99);
        row->max_s = time_s[n_sent - 1];
    }
    ll_arena_release(mem, mark);
}

/* ---- Columns --------------------------------------------------------------------------------- */

typedef enum column_of { ALWAYS, BESIDE, TIMING } column_of;

typedef struct column {
    const char *name, *key;
    column_of when;
    size_t offset;
    double unit;
    int n_decimal;
} column;

#define NUMBER(name_, key_, when_, member_, unit_, n_decimal_)                 \
    {                                                                          \
        name_, key_, when_, offsetof(ll_flows_row, member_), unit_, n_decimal_ \
    }
static const column columns[] = {
    NUMBER("size B", "size_B", ALWAYS, size_B, 1, 0),
    NUMBER("makespan us", "makespan_us", ALWAYS, makespan_s, 1e-6, 3),
    NUMBER("diff %", "diff_percent", BESIDE, diff_frac, 0.01, 2),
    NUMBER("bound %", "bound_percent", BESIDE, bound_frac, 0.01, 2),
    NUMBER("busiest us", "busiest_link_us", ALWAYS, busiest_s, 1e-6, 3),
    NUMBER("rate GB/s", "rate_GBps", ALWAYS, rate_Bps, 1e9, 3),
    NUMBER("flow: mean", "flow_mean_us", ALWAYS, mean_s, 1e-6, 3),
    NUMBER("median", "flow_median_us", ALWAYS, median_s, 1e-6, 3),
    NUMBER("P99", "flow_p99_us", ALWAYS, p99_s, 1e-6, 3),
    NUMBER("max us", "flow_max_us", ALWAYS, max_s, 1e-6, 3),
    NUMBER("wall s", "wall_s", TIMING, wall_s, 1, 3),
    NUMBER("memory MB", "memory_MB", TIMING, memory_B, 1e6, 1),
};
enum { N_COLUMN = sizeof columns / sizeof *columns };

static double value_of(const column *c, const ll_flows_row *row)
{
    return *(const double *)(const void *)((const char *)row + c->offset) / c->unit;
}

static bool is_there(const ll_flows *flows, const column *c)
{
    return c->when == ALWAYS || (c->when == BESIDE ? flows->beside : flows->timing);
}

static ll_table *rows_table(const ll_flows *flows, ll_arena *mem)
{
    ll_column head[N_COLUMN + 2] = {{.name = "engine"}, {.name = "flows", .right = true}};
    int n = 2;
    for (int i = 0; i < N_COLUMN; i++)
        if (is_there(flows, &columns[i]))
            head[n++] = (ll_column){.name = columns[i].name, .key = columns[i].key, .right = true};
    ll_table *t = ll_table_create(mem, "", n, head);
    for (int r = 0; r < flows->n_row; r++) {
        const ll_flows_row *row = &flows->row[r];
        int at = 2;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", row->engine);
        ll_table_set(t, 1, "%lld", (long long)row->n_flow);
        for (int i = 0; i < N_COLUMN; i++) {
            if (!is_there(flows, &columns[i])) continue;
            const double x = value_of(&columns[i], row);
            if (isfinite(x))
                ll_table_number(t, at++, columns[i].n_decimal, x);
            else
                ll_table_set(t, at++, "-");
        }
    }
    return t;
}

ll_table *ll_flows_table(const ll_flows *flows, ll_arena *mem)
{
    static const ll_column head[] = {
        {.name = "engine"},
        {.name = "flow", .right = true},
        {.name = "src", .right = true},
        {.name = "dst", .right = true},
        {.name = "bytes", .right = true},
        {.name = "start us", .key = "start_us", .right = true},
        {.name = "end us", .key = "end_us", .right = true},
        {.name = "time us", .key = "time_us", .right = true},
        {.name = "rate GB/s", .key = "rate_GBps", .right = true},
    };
    ll_table *t = ll_table_create(mem, "", sizeof head / sizeof *head, head);
    for (int i = 0, number = 0; i < flows->n_flow; i++, number++) {
        const ll_flows_flow *f = &flows->flow[i];
        const double time_s = f->end_s - f->start_s;
        if (i > 0 && f->engine != f[-1].engine) number = 0;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", f->engine);
        ll_table_set(t, 1, "%d", number);
        ll_table_set(t, 2, "%d", f->src);
        ll_table_set(t, 3, "%d", f->dst);
        ll_table_number(t, 4, 0, f->bytes);
        ll_table_number(t, 5, 6, f->start_s * 1e6);
        ll_table_number(t, 6, 6, f->end_s * 1e6);
        ll_table_number(t, 7, 6, time_s * 1e6);
        if (time_s > 0)
            ll_table_number(t, 8, 3, f->bytes / time_s * 1e-9);
        else
            ll_table_set(t, 8, "-");
    }
    return t;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static void heading(const ll_flows *flows, ll_text *out)
{
    const ll_study *s = flows->study;
    ll_text_add(out, "# %s: %d chips, engine %s; %s\n", s->cluster.name, s->cluster.topo->n_chip,
                s->engine->name, flows->traffic);
    if (s->cluster.topo->note) ll_text_add(out, "# %s\n", s->cluster.topo->note);
    if (ll_config_has(s->config, "model"))
        ll_text_add(out, "# %s is a study: only its cluster is used, without the job\n",
                    flows->named);
    ll_text_add(out, "# bytes on the wire, without headers and software; busiest: the busiest "
                     "link alone\n");
}

void ll_flows_print(const ll_flows *flows, ll_format format, int width, ll_arena *mem, ll_text *out)
{
    if (format == LL_FORMAT_JSON) {
        ll_flows_json(flows, mem, out);
        return;
    }
    if (format == LL_FORMAT_TEXT) heading(flows, out);
    if (format == LL_FORMAT_TEXT || !flows->listed)
        ll_table_print(rows_table(flows, mem), format, width, out);
    if (!flows->listed) return;
    if (format == LL_FORMAT_TEXT) ll_text_add(out, "\n");
    ll_table_print(ll_flows_table(flows, mem), format, width, out);
}
