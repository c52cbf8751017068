/* lineloss kernels CLUSTER FILE: measured kernels beside what the model says of them; without FILE,
 * the kernels of a study's layer. */
#include "sim/command/command.h"

#include "sim/report/kernels.h"
#include "sim/validate/kernel_report.h"

/* The tables that the chip brings; their own shapes are predicted without themselves. */
static ll_status own_tables(const ll_chip *chip, ll_arena *mem, ll_kernel_tables *out,
                            ll_error *err)
{
    const ll_timed **row;
    int n;
    LL_TRY(ll_kernel_tables_rows(chip, mem, &row, &n, err));
    ll_kernel_tables_make(chip, n, row, true, mem, out);
    return LL_OK;
}

static void print_report(const ll_options *opt, const ll_kernel_report *report, ll_arena *mem,
                         ll_text *out)
{
    if (opt->format == LL_FORMAT_JSON) {
        ll_kernel_json(report, mem, out);
        return;
    }
    const ll_table *t = opt->format == LL_FORMAT_CSV ? ll_kernel_rows_table(report, mem)
                                                     : ll_kernel_classes_table(report, mem);
    const int width = ll_table_terminal_width();
    if (opt->format == LL_FORMAT_TEXT) {
        ll_kernel_notes(report, out);
        ll_text_add(out, "\n");
        if (t->n_row == 0 && report->n > 0) t = ll_kernel_rows_table(report, mem);
    }
    if (t->n_row > 0 || opt->format != LL_FORMAT_TEXT) ll_table_print(t, opt->format, width, out);
}

static ll_status run_file(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_text *out,
                          ll_error *err)
{
    ll_study *s = ll_arena_new(mem, ll_study);
    ll_kernel_tables own;
    ll_timed_table table;
    ll_kernel_report report;
    const char *text;
    size_t n;
    LL_TRY(ll_study_load(&(ll_study_source){opt->arg[0], opt->n_set, opt->set, LL_STUDY_CLUSTER},
                         comm, mem, s, err));
    LL_TRY(ll_source_file(opt->arg[1], "a table of kernels", comm, mem, &text, &n, err));
    LL_TRY(ll_timed_parse(opt->arg[1], text, mem, &table, err));
    LL_TRY(own_tables(&s->cluster.chip, mem, &own, err));
    ll_kernel_predict(&s->cluster.chip, &own, &table, mem, &report);
    print_report(opt, &report, mem, out);
    return LL_OK;
}

/* roofline.svg and its like, and kernels.csv. */
static ll_status write_picture(const char *dir, const ll_layer_kernels *list, ll_comm *comm,
                               ll_arena *mem, ll_error *err)
{
    ll_plot_set *set = ll_arena_new(mem, ll_plot_set);
    *set = (ll_plot_set){
        .name = "roofline", .file = "kernels.csv", .table = ll_kernels_table(list, mem)};
    for (int form = 0; form < LL_N_FORM; form++)
        ll_draw_roofline(list, (ll_form)form, mem, &set->figure[form]);
    return ll_plot_set_write(dir, set, comm, mem, err);
}

static ll_status run_layer(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_text *out,
                           ll_error *err)
{
    ll_study *s = ll_arena_new(mem, ll_study);
    ll_layer_kernels list;
    LL_TRY(ll_study_load(&(ll_study_source){opt->arg[0], opt->n_set, opt->set, LL_STUDY_WHOLE},
                         comm, mem, s, err));
    LL_TRY(ll_layer_kernels_find(s, mem, &list, err));
    if (opt->format == LL_FORMAT_TEXT)
        ll_text_add(out, "A layer of %s on one %s, by %s.\n\n", s->name, s->cluster.chip.name,
                    ll_study_serves(s) ? "iteration" : "micro-batch");
    ll_table_print(ll_kernels_table(&list, mem), opt->format, ll_table_terminal_width(), out);
    return opt->value[LL_OPT_OUT] ? write_picture(opt->value[LL_OPT_OUT], &list, comm, mem, err)
                                  : LL_OK;
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_text text;
    ll_text_init(&text, mem);
    LL_TRY((opt->n_arg > 1 ? run_file : run_layer)(opt, comm, mem, &text, err));
    return ll_command_print(comm, &text, err);
}

const ll_command ll_command_kernels = {
    .name = "kernels",
    .doc = "measured kernels beside predicted ones, or the kernels of a layer",
    .usage = "CLUSTER [FILE]",
    .help =
        "Predicts the kernels of a table, alone on the cluster's chip, and prints the errors by\n"
        "kind, precision and length: median and P90 of the absolute errors, and the median with\n"
        "its sign. --format csv has a row for each kernel, json both. Rows of other chips are\n"
        "passed over and counted; so are kernels of which there is no model. A shape that the\n"
        "chip's own table has is predicted without it.\n"
        "FILE is comma-separated; its heading says which form it has:\n"
        "  m,n,k,precision[,time_us]                              products; without times they\n"
        "                                                         are predicted only\n"
        "  chip,dtype,n,k,m1_us,m4_us,...                         matrix products by rows\n"
        "  chip,attn_dtype,kv_dtype,heads,kv_heads,batch,s128_us,...   attention, heads of 128\n"
        "  chip,kv_dtype,heads,kv_heads,batch,ctx128_us,...       one query over a KV cache\n"
        "  chip,dtype,kv_dtype,heads,batch,s128_us,... | ctx128_us,...   MLA\n"
        "  chip,dtype,hidden,expert_ffn,topk,experts,tp|slots,ep,routing,t1_us,...   experts\n"
        "  chip,model,tp,tokens,NAME_event_us,NAME_kernel_us,...  a layer, operator by operator\n"
        "Products below 16 bits are linear layers fed with BF16, with the quantisation of their\n"
        "input.\n"
        "Without FILE, CLUSTER is a study: the kernels of one of its layers and what bounds them;\n"
        "-o DIR writes kernels.csv and roofline.svg.\n"
        "\n"
        "Examples:\n"
        "  lineloss kernels hgx_h100 products.csv\n"
        "  lineloss kernels hgx_b200 gemm.csv --format json\n"
        "  lineloss kernels nvl72 -o results",
    .options = LL_OPT_BIT(LL_OPT_SET) | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT),
    .min_arg = 1,
    .max_arg = 2,
    .missing_arg = "which cluster, and which table? Such as `lineloss kernels hgx_h100 gemm.csv`",
    .run = run,
};
