#include "sim/command/net_files.h"

#include <string.h>

void ll_net_text_add(const ll_net *net, int first, int n_all, int width, ll_text *out)
{
    if (first == 0) ll_net_heading(net, out);
    for (int i = first; i < net->n_row; i++)
        ll_net_line(net, i, width, out);
    if (net->n_row == n_all) ll_net_foot(net, n_all, out);
}

void ll_net_print(const ll_net *net, ll_format format, ll_arena *mem, ll_text *out)
{
    if (format == LL_FORMAT_JSON)
        ll_net_json(net, mem, out);
    else if (format == LL_FORMAT_TEXT)
        ll_net_text_add(net, 0, net->n_row, 100, out);
    else
        ll_table_print(ll_net_table(net, 0, mem), format, 0, out);
}

const char *ll_net_name(const ll_options *opt, ll_arena *mem)
{
    static const struct {
        ll_option_id id;
        const char *name;
    } asked[] = {{LL_OPT_COLLECTIVE, "collective"},
                 {LL_OPT_ALGORITHM, "algorithm"},
                 {LL_OPT_SIZES, "sizes"},
                 {LL_OPT_TOKENS, "tokens"},
                 {LL_OPT_ROUTING, "routing"},
                 {LL_OPT_ROW, "row"},
                 {LL_OPT_CHIPS, "chips"},
                 {LL_OPT_GROUP, "group"},
                 {LL_OPT_BESIDE, "beside"},
                 {LL_OPT_TRAFFIC, "traffic"},
                 {LL_OPT_PATTERN, "pattern"},
                 {LL_OPT_FLOWS, "flows"},
                 {LL_OPT_LOAD, "load"},
                 {LL_OPT_CYCLES, "cycles"}};
    enum { N_ASKED = sizeof asked / sizeof *asked };
    const char **set = ll_arena_array(mem, opt->n_set + N_ASKED, const char *);
    int n = 0;
    for (; n < opt->n_set; n++)
        set[n] = opt->set[n];
    for (int i = 0; i < N_ASKED; i++)
        if (opt->value[asked[i].id])
            set[n++] = ll_arena_printf(mem, "%s=%s", asked[i].name, opt->value[asked[i].id]);
    const char *slash = strrchr(opt->arg[0], '/'), *base = slash ? slash + 1 : opt->arg[0];
    const size_t n_base = strlen(base);
    const bool is_file = n_base > 4 && !strcmp(base + n_base - 4, ".cfg");
    return ll_output_variant(
        ll_arena_printf(mem, "net-%.*s", (int)(is_file ? n_base - 4 : n_base), base), n, set, mem);
}

ll_status ll_net_texts_write(const ll_output *set, const char *name, const ll_net_texts *texts,
                             ll_comm *comm, ll_arena *mem, ll_error *err)
{
    static const struct {
        const char *suffix;
        ll_format format;
    } files[] = {{".json", LL_FORMAT_JSON}, {".txt", LL_FORMAT_TEXT}, {".csv", LL_FORMAT_CSV}};
    ll_text text;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ll_text_init(&text, mem);
        if (ll_comm_rank(comm) == 0) texts->print(texts->result, files[i].format, mem, &text);
        LL_TRY(ll_output_write(set->stage, ll_output_file_name(name, files[i].suffix, mem), &text,
                               comm, err));
    }
    ll_text_init(&text, mem);
    ll_timing_report(texts->timing, comm, &text);
    return ll_output_write(set->stage, ll_output_file_name(name, ".timing.json", mem), &text, comm,
                           err);
}

static void print_any(const void *result, ll_format format, ll_arena *mem, ll_text *out)
{
    ll_net_print(result, format, mem, out);
}

ll_status ll_net_files_write(ll_output *set, const char *name, const ll_net *net,
                             const ll_timing *timing, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    const ll_net_texts texts = {print_any, net, timing};
    bool drawn;
    LL_TRY(ll_output_begin(set, comm, mem, err));
    LL_TRY(ll_net_texts_write(set, name, &texts, comm, mem, err));
    LL_TRY(
        ll_net_plot(set->stage, ll_output_file_name(name, "", mem), net, comm, mem, &drawn, err));
    return ll_output_commit(set, comm, err);
}
