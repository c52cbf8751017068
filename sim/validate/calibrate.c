#include "sim/validate/calibrate.h"

#include "sim/base/text.h"
#include "sim/comm/progress.h"
#include "sim/engine/packet/net.h"
#include "sim/machine/fabric.h"
#include "sim/machine/wire.h"

#include <math.h>
#include <string.h>

const char *const ll_fabric_names[] = {"switch", "mesh", "clos", "torus", NULL};
const double ll_calibrate_window_bdp[LL_N_LOAD] = {0.1, 0.25, 0.5, 0.75, 0.9, 1, 2, 4};

/* Packets are small, so that the smallest window of an all-to-all is still more than one packet;
 * acknowledgements are small, because the equations have none. */
static const char setup[] =
    "wire : { packet = \"512 B | assumed: small beside a window\"; window_packets = 1; };\n"
    "packet : { ack = \"2 B\"; };\n"
    "flow : { batch_frac = 0; };\n";

static const char link[] = "bandwidth = \"50 GB/s\"; latency = \"500 ns\";";

typedef struct setting {
    int64_t chips, length, seed;
    int pattern; /* ll_synthetic, or LL_N_CALIBRATED for all */
} setting;

static const char *const pattern_choices[] = {"permutation", "all_to_all",   "incast",
                                              "ring",        "hierarchical", "uniform",
                                              "hot_spot",    "all",          NULL};

static const ll_key keys[] = {
    {.name = "chips",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(setting, chips),
     .def = "16",
     .min = 16,
     .max = 4096,
     .doc = "of every fabric; a square"},
    {.name = "length",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(setting, length),
     .def = "64",
     .min = 4,
     .max = 1 << 20,
     .doc = "number of windows that every flow sends"},
    {.name = "seed",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(setting, seed),
     .def = "1",
     .min = 0,
     .max = 9e15,
     .doc = "of the random patterns"},
    {.name = "pattern",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(setting, pattern),
     .def = "all",
     .choices = pattern_choices,
     .doc = "the only pattern to run; then none can be left out of the fit"},
    {0}};

typedef struct env {
    setting set;
    ll_wire wire;
    ll_topology topo[LL_N_FABRIC];
    const void *flow, *packet, *cut; /* parameters of engines; cut: packet as set, with its cut */
    ll_comm *self;
    ll_arena *mem; /* reset for each case */
} env;

/* ---- Cases and fabrics ----------------------------------------------------------------------- */

static const char *config_text(int64_t side, ll_arena *mem)
{
    const int n = (int)(side * side), s = (int)side;
    return ll_arena_printf(
        mem,
        "%s"
        "switch : { type = \"switch\"; size = %d; %s };\n"
        "mesh : { type = \"mesh\"; size = %d; %s };\n"
        "clos : { type = \"clos\"; size = %d; hosts_per_leaf = %d; uplinks = %d; routing = "
        "\"ecmp\"; %s uplink_bandwidth = \"50 GB/s\"; uplink_latency = \"500 ns\"; };\n"
        "torus : { type = \"product\"; dimensions = ( { type = \"ring\"; name = \"x\"; size = %d; "
        "%s }, { type = \"ring\"; name = \"y\"; size = %d; %s } ); };\n",
        setup, n, link, n, link, n, s, s, link, s, link, s, link);
}

static ll_status engine_param(ll_config *cfg, const ll_engine_type *type, ll_arena *mem,
                              const void **out, ll_error *err)
{
    void *param = ll_arena_alloc(mem, 1, type->param_size);
    *out = param;
    return ll_config_fill(cfg, type->name, type->keys, param, err);
}

static ll_status config_parse(const char *text, int n_set, const char *const *set, ll_arena *mem,
                              ll_config **out, ll_error *err)
{
    ll_source source;
    LL_TRY(ll_source_text("calibrate", text, mem, &source, err));
    return ll_config_parse(source, n_set, set, mem, out, err);
}

/* Reads the number of chips, which the text of the fabrics needs; so the text is parsed twice. */
static ll_status chips_read(int n_set, const char *const *set, ll_arena *mem, setting *out,
                            ll_error *err)
{
    ll_config *cfg;
    LL_TRY(config_parse(setup, n_set, set, mem, &cfg, err));
    LL_TRY(ll_config_fill(cfg, "", keys, out, err));
    const double side = round(sqrt((double)out->chips));
    if ((int64_t)(side * side) != out->chips)
        return ll_config_fault(cfg, "chips", err,
                               "a Clos and a torus need a square, such as 16, 64 or 256");
    return LL_OK;
}

/* The engines' parameters, and those of `packet` without extrapolation. */
static ll_status engines_read(ll_config *cfg, ll_arena *mem, env *out, ll_error *err)
{
    LL_TRY(engine_param(cfg, &ll_engine_flow, mem, &out->flow, err));
    LL_TRY(engine_param(cfg, &ll_engine_packet, mem, &out->cut, err));
    ll_packet_param *whole = ll_arena_new(mem, ll_packet_param);
    *whole = *(const ll_packet_param *)out->cut;
    whole->packets_per_flow = 0;
    out->packet = whole;
    return LL_OK;
}

static ll_status env_read(int n_set, const char *const *set, ll_arena *mem, env *out, ll_error *err)
{
    LL_TRY(chips_read(n_set, set, mem, &out->set, err));
    ll_config *cfg;
    const int64_t side = (int64_t)round(sqrt((double)out->set.chips));
    LL_TRY(config_parse(config_text(side, mem), n_set, set, mem, &cfg, err));
    LL_TRY(ll_config_fill(cfg, "", keys, &out->set, err));
    LL_TRY(ll_config_fill(cfg, "wire", ll_wire_keys, &out->wire, err));
    LL_TRY(engines_read(cfg, mem, out, err));
    for (int f = 0; f < LL_N_FABRIC; f++)
        LL_TRY(ll_fabric_topology(cfg, ll_fabric_names[f], mem, &out->topo[f], err));
    return ll_config_finish(cfg, err);
}

/* ---- One case -------------------------------------------------------------------------------- */

/* The flows of a case as traffics: n_watch - 1 traffics of one flow, and one with all other flows
 * (or one more flow). Watched flows are spread over the list. */
static int watch(const ll_traffic *all, ll_traffic *one, ll_arena *mem)
{
    const int64_t n = all->n_list, n_alone = n < LL_MAX_TRAFFIC ? n : LL_MAX_TRAFFIC - 1;
    int32_t *src = ll_arena_array(mem, n, int32_t), *dst = ll_arena_array(mem, n, int32_t);
    int64_t n_rest = 0;
    int n_one = 0;
    for (int64_t i = 0; i < n; i++) {
        const bool alone = n_one < n_alone && i == n_one * n / n_alone;
        if (alone) {
            one[n_one] = *all;
            one[n_one].n_list = 1;
            one[n_one].src += i;
            one[n_one++].dst += i;
        } else {
            src[n_rest] = all->src[i];
            dst[n_rest++] = all->dst[i];
        }
    }
    if (n_rest == 0) return n_one;
    one[n_one] = *all;
    one[n_one].n_list = n_rest;
    one[n_one].src = src;
    one[n_one].dst = dst;
    return n_one + 1;
}

typedef struct trial {
    env *e;
    const ll_topology *topo;
    int n;
    ll_traffic traffic[LL_MAX_TRAFFIC];
    ll_wire wire;
} trial;

static void resize(trial *t, const ll_synthetic pattern, double size_B)
{
    const env *e = t->e;
    const ll_traffic all =
        ll_synthetic_traffic(pattern, (int32_t)e->set.chips, size_B, (uint64_t)e->set.seed, e->mem);
    t->n = watch(&all, t->traffic, e->mem);
}

static ll_status price(const trial *t, const ll_engine_type *engine, const void *param,
                       ll_price *out, ll_error *err)
{
    const ll_phase phase = {.n_traffic = t->n, .traffic = t->traffic};
    const ll_problem problem = {t->topo, t->wire, 1, &phase};
    return ll_engine_solve(engine, &problem, param, t->e->self, t->e->mem, out, err);
}

/* Times without latency at one kappa. out: [n] */
static ll_status flow_times(trial *t, double kappa, double *out, ll_error *err)
{
    ll_price p;
    t->wire.kappa = kappa;
    LL_TRY(price(t, &ll_engine_flow, t->e->flow, &p, err));
    for (int i = 0; i < t->n; i++)
        out[i] = p.end_s[i] - p.latency_s[i];
    return LL_OK;
}

/* Bytes of the largest window, so that the bytes of a flow can be whole windows. */
static ll_status window_size(trial *t, ll_synthetic pattern, double *out, ll_error *err)
{
    ll_packet_net net;
    resize(t, pattern, 1e6);
    const ll_phase phase = {.n_traffic = t->n, .traffic = t->traffic};
    const ll_problem problem = {t->topo, t->wire, 1, &phase};
    const ll_packet_place alone = {0, 1, 1, NULL};
    LL_TRY(ll_packet_net_create(&problem, &phase, t->e->packet, &alone, t->e->mem, &net, err));
    *out = 0;
    for (ll_packet_flow *f = ll_packet_first(&net); f != NULL; f = ll_packet_next(&net, f))
        *out = fmax(*out, (double)f->window * f->packet_B);
    return LL_OK;
}

static ll_status packet_times(trial *t, ll_synthetic pattern, double size_B, ll_calibrate_case *out,
                              ll_error *err)
{
    ll_price half, all, cut;
    resize(t, pattern, size_B / 2);
    LL_TRY(price(t, &ll_engine_packet, t->e->packet, &half, err));
    resize(t, pattern, size_B);
    LL_TRY(price(t, &ll_engine_packet, t->e->packet, &all, err));
    LL_TRY(price(t, &ll_engine_packet, t->e->cut, &cut, err));
    out->n_watch = t->n;
    out->n_flow = (int64_t)ll_price_fact(&all, "n_flow");
    out->n_packet_hop =
        (int64_t)(ll_price_fact(&half, "n_packet_hop") + ll_price_fact(&all, "n_packet_hop") +
                  ll_price_fact(&cut, "n_packet_hop"));
    out->load_frac = ll_price_fact(&all, "max_util_frac");
    out->simulated_frac = ll_price_fact(&cut, "simulated_frac");
    out->cut_bound_frac = ll_price_fact(&cut, "batch_err_frac");
    for (int i = 0; i < t->n; i++) {
        out->packet_s[i] = 2 * (all.end_s[i] - half.end_s[i]);
        out->cut_err_frac = fmax(out->cut_err_frac, fabs(cut.end_s[i] / all.end_s[i] - 1));
    }
    return LL_OK;
}

static ll_status run_case(env *e, ll_calibrate_case *out, ll_error *err)
{
    trial t = {.e = e, .topo = &e->topo[out->fabric], .wire = e->wire};
    double window_B;
    ll_arena_reset(e->mem);
    t.wire.window_bdp = ll_calibrate_window_bdp[out->load];
    LL_TRY(window_size(&t, out->pattern, &window_B, err));
    LL_TRY(packet_times(&t, out->pattern, (double)e->set.length * window_B, out, err));
    LL_TRY(flow_times(&t, e->wire.kappa, out->flow_s, err));
    for (int k = 0; k < LL_N_KAPPA; k++)
        LL_TRY(flow_times(&t, ll_calibrate_grid(k), out->grid_s[k], err));
    return LL_OK;
}

/* Rank i mod size runs case i; then all ranks get all cases. */
static ll_status run_cases(env *e, ll_comm *comm, ll_arena *mem, ll_calibration *out, ll_error *err)
{
    const int rank = ll_comm_rank(comm), size = ll_comm_size(comm);
    ll_calibrate_case *mine = ll_arena_array(mem, LL_N_CALIBRATE / size + 1, ll_calibrate_case);
    ll_progress progress;
    ll_status status = LL_OK;
    size_t n_mine = 0, n_all_B;
    ll_progress_begin(&progress, comm, "calibrate", "of the cases", LL_N_CALIBRATE);
    ll_progress_piece(&progress, size);
    ll_comm_progress_set(e->self, &progress);
    for (int i = rank; i < LL_N_CALIBRATE && status == LL_OK; i += size) {
        mine[n_mine] = (ll_calibrate_case){
            .pattern = (ll_synthetic)(i / LL_N_LOAD / LL_N_FABRIC),
            .fabric = i / LL_N_LOAD % LL_N_FABRIC,
            .load = i % LL_N_LOAD,
        };
        const ll_synthetic pattern = mine[n_mine].pattern;
        if (e->set.pattern == LL_N_CALIBRATED || (int)pattern == e->set.pattern)
            status = run_case(e, &mine[n_mine], err);
        n_mine++;
        ll_progress_step(&progress, size);
    }
    ll_progress_end(&progress);
    LL_TRY(ll_comm_agree(comm, status, err));
    const ll_calibrate_case *all = ll_comm_gather(comm, mem, mine, n_mine * sizeof *mine, &n_all_B);
    out->one = ll_arena_array(mem, LL_N_CALIBRATE, ll_calibrate_case);
    for (size_t i = 0; i < n_all_B / sizeof *all; i++)
        out->one[((int)all[i].pattern * LL_N_FABRIC + all[i].fabric) * LL_N_LOAD + all[i].load] =
            all[i];
    return LL_OK;
}

ll_status ll_calibrate(int n_set, const char *const *set, ll_comm *comm, ll_arena *mem,
                       ll_calibration *out, ll_error *err)
{
    env e = {0};
    *out = (ll_calibration){0};
    LL_TRY(env_read(n_set, set, mem, &e, err));
    e.self = ll_comm_self(mem);
    e.mem = ll_arena_create("case");
    const ll_status status = run_cases(&e, comm, mem, out, err);
    ll_arena_destroy(e.mem);
    ll_comm_destroy(e.self);
    LL_TRY(status);
    out->n_chip = e.set.chips;
    out->length = e.set.length;
    out->seed = e.set.seed;
    out->wire = e.wire;
    ll_calibrate_fit(out);
    return LL_OK;
}
