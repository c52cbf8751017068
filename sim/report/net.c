#include "sim/report/net.h"

#include "sim/print/quantity.h"

#include <math.h>
#include <string.h>

ll_net_row ll_net_row_of(const ll_plan *plan, const ll_cost *cost, const char *engine,
                         ll_arena *mem)
{
    const double algbw_Bps = plan->size_B / cost->total_s;
    const double factor = ll_collective_bus_factor(plan->collective, plan->group_size) *
                          (plan->copies > 0 ? plan->copies : 1);
    return (ll_net_row){.collective = ll_collective_names[plan->collective],
                        .engine = engine,
                        .algorithm = ll_plan_name(plan, mem),
                        .best_s = (double)NAN,
                        .size_B = plan->size_B,
                        .time_s = cost->total_s,
                        .software_s = cost->software_s,
                        .latency_s = cost->latency_s,
                        .wire_s = cost->wire_s,
                        .algbw_Bps = algbw_Bps,
                        .busbw_Bps = algbw_Bps * factor,
                        .flow = cost->flow};
}

void ll_net_add(ll_net *net, const ll_net_row *row, ll_arena *mem)
{
    if (net->n_row == net->cap_row) {
        net->cap_row = 2 * net->cap_row + 32;
        net->row = ll_arena_grown(mem, net->row, net->n_row, net->cap_row, sizeof *net->row);
    }
    net->row[net->n_row++] = *row;
}

/* ---- Columns --------------------------------------------------------------------------------- */

typedef enum column_of { ALWAYS = 1, ALONE = 2, BESIDE = 4, TIMING = 8, PACKET = 16 } column_of;

/* A column is there if `when` holds. A number is shown in `unit`, with n_decimal digits. */
typedef struct column {
    const char *name, *key;
    unsigned when;
    int width; /* in lines of text; 0: the rest of the line; -1: a part of that */
    size_t offset;
    bool is_text;
    double unit;
    int n_decimal;
} column;

#define TEXT(name_, when_, width_, member_)                                    \
    {                                                                          \
        name_, name_, when_, width_, offsetof(ll_net_row, member_), true, 1, 0 \
    }
#define NUMBER(name_, key_, when_, width_, member_, unit_, n_decimal_)                      \
    {                                                                                       \
        name_, key_, when_, width_, offsetof(ll_net_row, member_), false, unit_, n_decimal_ \
    }
static const column columns[] = {
    TEXT("collective", ALWAYS, 0, collective),
    NUMBER("size B", "size_B", ALWAYS, 11, size_B, 1, 0),
    TEXT("engine", BESIDE, 8, engine),
    NUMBER("time us", "time_us", ALONE, 11, time_s, 1e-6, 2),
    NUMBER("time us", "time_us", BESIDE, 12, time_s, 1e-6, 3),
    NUMBER("algbw GB/s", "algbw_GBps", ALONE, 8, algbw_Bps, 1e9, 3),
    NUMBER("busbw GB/s", "busbw_GBps", ALONE, 8, busbw_Bps, 1e9, 3),
    NUMBER("diff %", "diff_percent", BESIDE, 7, diff_frac, 0.01, 2),
    NUMBER("soft us", "software_us", ALONE, 9, software_s, 1e-6, 2),
    NUMBER("lat us", "latency_us", ALONE, 8, latency_s, 1e-6, 2),
    NUMBER("wire us", "wire_us", ALONE, 10, wire_s, 1e-6, 2),
    NUMBER("lat us", "latency_us", BESIDE, 9, latency_s, 1e-6, 3),
    NUMBER("wire us", "wire_us", BESIDE, 11, wire_s, 1e-6, 3),
    NUMBER("bound %", "bound_percent", BESIDE, 6, bound_frac, 0.01, 2),
    NUMBER("solves", "solves", BESIDE, 7, n_solve, 1, 0),
    NUMBER("packet-hops", "packet_hops", BESIDE, 12, n_packet_hop, 1, 0),
    NUMBER("wall s", "wall_s", TIMING, 9, wall_s, 1, 3),
    NUMBER("memory MB", "memory_MB", TIMING, 10, memory_B, 1e6, 1),
    TEXT("algorithm", ALONE, 0, algorithm),
    TEXT("best", ALONE, -1, best_algorithm),
    NUMBER("best us", "best_us", ALONE, -1, best_s, 1e-6, 2),
    NUMBER("flow min", "flow_min_us", PACKET, 9, flow.min_s, 1e-6, 2),
    NUMBER("median", "flow_median_us", PACKET, 9, flow.median_s, 1e-6, 2),
    NUMBER("P99", "flow_p99_us", PACKET, 9, flow.p99_s, 1e-6, 2),
    NUMBER("max us", "flow_max_us", PACKET, 9, flow.max_s, 1e-6, 2),
};
enum { N_COLUMN = sizeof columns / sizeof *columns };

static bool is_there(const ll_net *net, const column *c)
{
    const bool packet = !net->beside && net->study->engine == &ll_engine_packet;
    const unsigned now = ALWAYS | (net->beside ? BESIDE : ALONE) | (net->timing ? TIMING : 0u) |
                         (packet ? PACKET : 0u);
    return (c->when & now) != 0;
}

static const char *text_of(const column *c, const ll_net_row *row)
{
    return *(const char *const *)(const void *)((const char *)row + c->offset);
}

static double number_of(const column *c, const ll_net_row *row)
{
    return *(const double *)(const void *)((const char *)row + c->offset) / c->unit;
}

ll_table *ll_net_table(const ll_net *net, int first, ll_arena *mem)
{
    ll_column heading[N_COLUMN];
    int n = 0;
    for (int i = 0; i < N_COLUMN; i++)
        if (is_there(net, &columns[i]))
            heading[n++] = (ll_column){
                .name = columns[i].name, .key = columns[i].key, .right = !columns[i].is_text};
    ll_table *t = ll_table_create(mem, "", n, heading);
    for (int r = first; r < net->n_row; r++) {
        int at = 0;
        ll_table_row(t);
        for (int i = 0; i < N_COLUMN; i++) {
            const column *c = &columns[i];
            if (!is_there(net, c)) continue;
            const char *text = c->is_text ? text_of(c, &net->row[r]) : NULL;
            if (c->is_text)
                ll_table_set(t, at++, "%s", text ? text : "-");
            else if (isfinite(number_of(c, &net->row[r])))
                ll_table_number(t, at++, c->n_decimal, number_of(c, &net->row[r]));
            else
                ll_table_set(t, at++, "-");
        }
    }
    return t;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

void ll_net_heading(const ll_net *net, ll_text *out)
{
    const ll_study *s = net->study;
    const int32_t members = ll_group_size(&net->group);
    ll_text_add(out, "# %s: %d of its %d chips, in groups of %d, engine %s\n", s->cluster.name,
                net->group.n_chip, s->cluster.topo->n_chip, members, s->engine->name);
    if (s->cluster.topo->note) ll_text_add(out, "# %s\n", s->cluster.topo->note);
    if (ll_config_has(s->config, "model"))
        ll_text_add(out, "# %s is a study: only its cluster is used, without the job\n",
                    net->named);
    if (net->routing) ll_text_add(out, "# tokens of %.0f B, %s\n", net->row_B, net->routing);
    ll_text_add(out, "# sizes and bandwidths as in nccl-tests; time = software + latency "
                     "+ wire\n");
    if (s->engine != &ll_engine_packet && !net->beside && !strcmp(net->asked, "auto"))
        ll_text_add(
            out, "# below a block: algorithms that would be 5 %% faster, in the library or not\n");
    if (s->engine == &ll_engine_packet && !net->beside)
        ll_text_add(out, "# flow: when the flows of the longest round end, of the part that is "
                         "simulated\n");
}

/* A line of headings: the names without their units, or the units. */
static void heading_line(const ll_net *net, bool units, ll_text *out)
{
    const char *tail = "";
    for (int i = 0; i < N_COLUMN; i++) {
        const column *c = &columns[i];
        if (!is_there(net, c) || c == &columns[0] || c->width < 0) continue;
        const char *space = c->is_text ? NULL : strrchr(c->name, ' ');
        const size_t n = space ? (size_t)(space - c->name) : strlen(c->name);
        if (c->width == 0)
            tail = c->name;
        else if (units)
            ll_text_add(out, "%*s", c->width, space ? space + 1 : "");
        else
            ll_text_add(out, "%*.*s", c->width, (int)n, c->name);
    }
    ll_text_add(out, "%s%s\n", *tail && !units ? "  " : "", units ? "" : tail);
}

/* Bytes of s that fit in `room`, up to a space or after a bracket; the first word at least. */
static size_t piece_of(const char *s, size_t room)
{
    size_t n = 0;
    if (strlen(s) <= room) return strlen(s);
    for (size_t i = 1; s[i - 1] && (i <= room || n == 0); i++)
        if (s[i] == ' ' || s[i - 1] == '(' || !s[i]) n = i;
    return n;
}

/* The rest of a line at `indent`. */
static void folded_add(const char *s, int indent, int width, ll_text *out)
{
    while (*s) {
        const size_t n = piece_of(s, width > indent ? (size_t)(width - indent) : 1);
        ll_text_add(out, "%.*s", (int)n, s);
        s += n + (s[n] == ' ');
        if (*s) ll_text_add(out, "\n%*s", indent, "");
    }
}

/* Whether an earlier row of the collective has the same better algorithm. */
static bool best_told(const ll_net *net, int first, int row)
{
    for (int i = first; i < row; i++)
        if (net->row[i].best_algorithm &&
            !strcmp(net->row[i].best_algorithm, net->row[row].best_algorithm))
            return true;
    return false;
}

/* The gain of one better algorithm in the rows [first, end), and the sizes that have it. */
static void best_line(const ll_net *net, int first, int end, int row, ll_text *out)
{
    const char *name = net->row[row].best_algorithm;
    double from_B = net->row[row].size_B, to_B = from_B, gain = 0;
    for (int i = first; i < end; i++) {
        const ll_net_row *r = &net->row[i];
        if (!r->best_algorithm || strcmp(r->best_algorithm, name) != 0) continue;
        to_B = r->size_B;
        if (r->time_s / r->best_s > gain) gain = r->time_s / r->best_s;
    }
    const char *sizes = ll_quantity_text(LL_KIND_SIZE, from_B, out->mem);
    if (to_B > from_B)
        sizes = ll_arena_printf(out->mem, "%s to %s", sizes,
                                ll_quantity_text(LL_KIND_SIZE, to_B, out->mem));
    ll_text_add(out, "# %s would be up to %.2f times faster, at %s\n", name, gain, sizes);
}

void ll_net_foot(const ll_net *net, int end, ll_text *out)
{
    int first = end;
    while (first > 0 && !strcmp(net->row[first - 1].collective, net->row[end - 1].collective))
        first--;
    for (int i = first; i < end; i++)
        if (net->row[i].best_algorithm && !best_told(net, first, i))
            best_line(net, first, end, i, out);
}

enum { LEAST_NAME = 13 }; /* columns for the algorithm, on however narrow a terminal */

void ll_net_line(const ll_net *net, int row, int width, ll_text *out)
{
    const ll_net_row *r = &net->row[row];
    const char *tail = NULL;
    int indent = 0;
    if (row == 0 || strcmp(net->row[row - 1].collective, r->collective) != 0) {
        if (row > 0) ll_net_foot(net, row, out);
        ll_text_add(out, "%s# %s\n", row > 0 ? "\n" : "", r->collective);
        heading_line(net, false, out);
        heading_line(net, true, out);
    }
    for (int i = 0; i < N_COLUMN; i++) {
        const column *c = &columns[i];
        if (!is_there(net, c) || c == &columns[0] || c->width < 0) continue;
        if (c->width == 0)
            tail = r->algorithm;
        else if (c->is_text)
            ll_text_add(out, "%*s", c->width, text_of(c, r));
        else
            ll_text_add(out, "%*.*f", c->width, c->n_decimal, number_of(c, r));
        indent += c->width;
    }
    if (tail) {
        ll_text_add(out, "  ");
        const int least = indent + 2 + LEAST_NAME;
        folded_add(tail, indent + 2, width > least ? width : least, out);
    }
    ll_text_add(out, "\n");
}
