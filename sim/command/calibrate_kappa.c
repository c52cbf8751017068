/* lineloss calibrate kappa: engine flow beside engine packet, and the kappa that fits best. */
#include "sim/command/calibrate.h"
#include "sim/print/json.h"
#include "sim/report/report.h"
#include "sim/validate/calibrate.h"

#include <math.h>

/* The loads of a row's cases in percent: "10 25 50 100". */
static const char *loads(const ll_calibrate_case *c, ll_arena *mem)
{
    const char *text = "";
    for (int i = 0; i < LL_N_LOAD; i++)
        text = ll_arena_printf(mem, "%s%s%.0f", text, i ? " " : "", 100 * c[i].load_frac);
    return text;
}

static const ll_calibrate_case *row_of(const ll_calibration *c, int pattern, int fabric)
{
    return &c->one[(ptrdiff_t)(pattern * LL_N_FABRIC + fabric) * LL_N_LOAD];
}

/* Whether other patterns were run, to which kappa can be fitted. */
static bool has_others(const ll_calibration *c, int pattern)
{
    const int n_all = ll_calibrate_deviation(c, -1, -1, 0).n_flow;
    return ll_calibrate_deviation(c, pattern, -1, 0).n_flow < n_all;
}

static void deviation_set(ll_table *t, int column, const ll_deviation *d)
{
    ll_table_set(t, column, "%.2f", 100 * d->median_frac);
    ll_table_set(t, column + 1, "%.2f", 100 * d->worst_frac);
}

/* For people: one row for a pattern on a fabric, all its loads together. */
static ll_table *table_rows(const ll_calibration *c, ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "pattern"},
        {.name = "fabric"},
        {.name = "flows", .right = true},
        {.name = "loads %"},
        {.name = "median %", .right = true},
        {.name = "worst %", .right = true},
        {.name = "held-out median %", .right = true},
        {.name = "held-out worst %", .right = true},
        {.name = "cut error %", .right = true},
        {.name = "its bound %", .right = true},
    };
    ll_table *t = ll_table_create(mem, "", (int)(sizeof columns / sizeof *columns), columns);
    for (int p = 0; p < LL_N_CALIBRATED; p++)
        for (int f = 0; f < LL_N_FABRIC; f++) {
            const ll_calibrate_case *one = row_of(c, p, f);
            const ll_deviation d = ll_calibrate_deviation(c, p, f, 0);
            if (d.n_flow == 0) continue;
            const ll_deviation held = ll_calibrate_deviation(c, p, f, c->without[p]);
            const ll_calibrate_case *cut =
                one; /* where the bound is nearest to the error, or less */
            for (int i = 1; i < LL_N_LOAD; i++)
                if (one[i].cut_err_frac - one[i].cut_bound_frac >
                    cut->cut_err_frac - cut->cut_bound_frac)
                    cut = &one[i];
            ll_table_row(t);
            ll_table_set(t, 0, "%s", ll_synthetic_names[p]);
            ll_table_set(t, 1, "%s", ll_fabric_names[f]);
            ll_table_set(t, 2, "%lld", (long long)one->n_flow);
            ll_table_set(t, 3, "%s", loads(one, mem));
            deviation_set(t, 4, &d);
            if (has_others(c, p))
                deviation_set(t, 6, &held);
            else
                for (int i = 6; i < 8; i++)
                    ll_table_set(t, i, "-");
            ll_table_set(t, 8, "%.3f", 100 * cut->cut_err_frac);
            ll_table_set(t, 9, "%.3f", 100 * cut->cut_bound_frac);
        }
    return t;
}

/* For programs: one row for a case. */
static ll_table *table_cases(const ll_calibration *c, ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "pattern"},
        {.name = "fabric"},
        {.name = "chips", .right = true},
        {.name = "window_bdp", .right = true},
        {.name = "flows", .right = true},
        {.name = "watched", .right = true},
        {.name = "load_frac", .right = true},
        {.name = "median_frac", .right = true},
        {.name = "worst_frac", .right = true},
        {.name = "simulated_frac", .right = true},
        {.name = "cut_err_frac", .right = true},
        {.name = "cut_bound_frac", .right = true},
        {.name = "packet_hops", .right = true},
    };
    ll_table *t = ll_table_create(mem, "", (int)(sizeof columns / sizeof *columns), columns);
    for (int i = 0; i < LL_N_CALIBRATE; i++) {
        const ll_calibrate_case *one = &c->one[i];
        const ll_deviation d = ll_calibrate_deviation_case(one, 0);
        if (d.n_flow == 0) continue;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", ll_synthetic_names[one->pattern]);
        ll_table_set(t, 1, "%s", ll_fabric_names[one->fabric]);
        ll_table_set(t, 2, "%lld", (long long)c->n_chip);
        ll_table_set(t, 3, "%g", ll_calibrate_window_bdp[one->load]);
        ll_table_set(t, 4, "%lld", (long long)one->n_flow);
        ll_table_set(t, 5, "%d", one->n_watch);
        ll_table_set(t, 6, "%.6f", one->load_frac);
        ll_table_set(t, 7, "%.6f", d.median_frac);
        ll_table_set(t, 8, "%.6f", d.worst_frac);
        ll_table_set(t, 9, "%.6f", one->simulated_frac);
        ll_table_set(t, 10, "%.6f", one->cut_err_frac);
        ll_table_set(t, 11, "%.6f", one->cut_bound_frac);
        ll_table_set(t, 12, "%lld", (long long)one->n_packet_hop);
    }
    return t;
}

/* Deviations with the given kappa, with the one fitted to all patterns, and of each pattern with
 * the one fitted to the others. */
static ll_table *table_fits(const ll_calibration *c, ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "deviation of"},
        {.name = "kappa", .right = true},
        {.name = "flows", .right = true},
        {.name = "mean %", .key = "mean_percent", .right = true},
        {.name = "median %", .key = "median_percent", .right = true},
        {.name = "P95 %", .key = "p95_percent", .right = true},
        {.name = "worst %", .key = "worst_percent", .right = true},
    };
    ll_table *t = ll_table_create(mem, "", (int)(sizeof columns / sizeof *columns), columns);
    for (int i = -2; i < LL_N_CALIBRATED; i++) {
        const double kappa = i == -2 ? 0 : i == -1 ? c->kappa : c->without[i];
        const ll_deviation d = ll_calibrate_deviation(c, i < 0 ? -1 : i, -1, kappa);
        if (d.n_flow == 0 || (i >= 0 && !has_others(c, i))) continue;
        ll_table_row(t);
        ll_table_set(
            t, 0, "%s%s",
            i == -2   ? "all, as set"
            : i == -1 ? "all, fitted"
                      : "",
            i < 0 ? "" : ll_arena_printf(mem, "%s, fitted to the others", ll_synthetic_names[i]));
        ll_table_set(t, 1, "%.4g", kappa > 0 ? kappa : c->wire.kappa);
        ll_table_set(t, 2, "%d", d.n_flow);
        ll_table_set(t, 3, "%.3f", 100 * d.mean_frac);
        ll_table_set(t, 4, "%.2f", 100 * d.median_frac);
        ll_table_set(t, 5, "%.2f", 100 * d.p95_frac);
        ll_table_set(t, 6, "%.2f", 100 * d.worst_frac);
    }
    return t;
}

static void print_json(const ll_calibration *c, ll_arena *mem, ll_text *out)
{
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_json_integer(&j, "chips", c->n_chip);
    ll_json_integer(&j, "length_windows", c->length);
    ll_json_integer(&j, "seed", c->seed);
    ll_json_number(&j, "packet_B", c->wire.packet_B);
    ll_json_number(&j, "kappa", c->wire.kappa);
    ll_json_number(&j, "fitted_kappa", c->kappa);
    ll_json_number(&j, "fitted_kappa_low", c->low);
    ll_json_number(&j, "fitted_kappa_high", c->high);
    ll_text part;
    ll_text_init(&part, mem);
    ll_table_print(table_fits(c, mem), LL_FORMAT_JSON, 0, &part);
    ll_json_raw(&j, "fits", part.s);
    ll_text_init(&part, mem);
    ll_table_print(table_cases(c, mem), LL_FORMAT_JSON, 0, &part);
    ll_json_raw(&j, "cases", part.s);
    ll_json_close(&j);
}

static void print_head(const ll_calibration *c, ll_text *out)
{
    ll_text_add(
        out,
        "# engine flow against packet on %lld chips, flow by flow: packet / flow - 1 in steady "
        "state\n"
        "# loads: of the busiest link in the packet run, with windows of",
        (long long)c->n_chip);
    for (int i = 0; i < LL_N_LOAD; i++)
        ll_text_add(out, " %g", ll_calibrate_window_bdp[i]);
    ll_text_add(out,
                " BDP\n# kappa %g, packets of %g B; held-out: kappa fitted to the other patterns\n"
                "# cut: extrapolated against all packets, where it comes nearest to its bound\n",
                c->wire.kappa, c->wire.packet_B);
}

static void print(const ll_calibration *c, ll_format format, int width, ll_arena *mem, ll_text *out)
{
    if (format == LL_FORMAT_JSON) {
        print_json(c, mem, out);
        return;
    }
    if (format == LL_FORMAT_CSV) {
        ll_table_print(table_cases(c, mem), format, 0, out);
        return;
    }
    if (format == LL_FORMAT_TEXT) print_head(c, out);
    ll_table_print(table_rows(c, mem), format, width, out);
    ll_text_add(out, "\n");
    ll_table_print(table_fits(c, mem), format, width, out);
    if (format == LL_FORMAT_TEXT)
        ll_text_add(out,
                    "\nfitted kappa %.4g; from %.2g to %.2g the mean deviation is at most 10 %% "
                    "larger\n",
                    c->kappa, c->low, c->high);
}

ll_status ll_calibrate_kappa(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    if (opt->n_arg > 1)
        return ll_error_set(err, LL_ERR_CONFIG, "calibrate kappa: '%s' is one argument too many",
                            opt->arg[1]);
    if (opt->value[LL_OPT_OUT])
        return ll_error_set(err, LL_ERR_CONFIG,
                            "calibrate kappa: writes no files; redirect its output");
    const char *chips = opt->value[LL_OPT_CHIPS];
    const char **set = ll_arena_array(mem, opt->n_set + 1, const char *);
    int n_set = 0;
    for (; n_set < opt->n_set; n_set++)
        set[n_set] = opt->set[n_set];
    if (chips) set[n_set++] = ll_arena_printf(mem, "chips=%s", chips);
    ll_calibration *c = ll_arena_new(mem, ll_calibration);
    LL_TRY(ll_calibrate(n_set, set, comm, mem, c, err));
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0) print(c, opt->format, ll_table_terminal_width(), mem, &text);
    return ll_command_print(comm, &text, err);
}
