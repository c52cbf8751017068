/* Every configuration that is shipped: it must read without a fault, state where each figure comes
 * from, and add up to the totals that its vendor prints. A new cluster needs a line in `clusters`.
 */
#include "sim/config/config.h"
#include "sim/machine/cluster.h"
#include "sim/model/model.h"
#include "tests/support/check.h"

#include <dirent.h>
#include <string.h>

typedef struct expected {
    const char *file;
    int32_t n_chip;
    double out_GBps; /* that one chip can send at once, over all its links */
} expected;

/* NVLink: 12 x 25, 18 x 25, 18 x 50, 36 x 50 GB/s; NIC 200, 400, 800 Gb/s = 25, 50, 100 GB/s.
 * Atlas 950: 7 + 7 + 4 = 18 ports of 56 = 1008; UB-Mesh: 392 + 392 + 3 x 28 + 3 x 28 + 56 = 1008;
 * product page 840; 960: 1100; SuperCluster: 1008 + 2 x 50.
 * CloudMatrix384: 14 x 28 = 392 per package; per die 7 x 28 + 270 to the other one.
 * Atlas 900 A2: 7 x 28 + 25. TPU: 6 x 50, 6 x 100. */
static const expected clusters[] = {{"atlas900_a2", 8 * 1024, 221},
                                    {"atlas950_1024", 1024, 840},
                                    {"atlas950_4dfm", 8192, 1008},
                                    {"atlas950_8192", 8192, 1008},
                                    {"atlas950_supercluster", 524288, 1108},
                                    {"atlas960_15488", 15488, 1100},
                                    {"cloudmatrix384", 2 * 384, 466},
                                    {"cloudmatrix384_npu", 384, 392},
                                    {"example_dragonfly", 1056, 450},
                                    {"example_edge_list", 8, 200},
                                    {"example_fat_tree", 1024, 450},
                                    {"example_mesh", 1024, 450.12}, /* 1023 x 0.44 */
                                    {"example_torus", 1024, 450},
                                    {"gb200_nvl64_x128", 8192, 950},
                                    {"gb200_nvl72", 72, 900},
                                    {"gb200_nvl72_pods", 8 * 72, 950},
                                    {"gb300_nvl64_x128", 8192, 1000},
                                    {"gb300_nvl72", 72, 900},
                                    {"gb300_nvl72_pods", 8 * 72, 1000},
                                    {"hgx_a100", 8 * 384, 325},
                                    {"hgx_a100_40", 8 * 384, 325},
                                    {"hgx_b200", 8192, 950},
                                    {"hgx_b300", 8192, 1000},
                                    {"hgx_h100", 8192, 500},
                                    {"hgx_h100_roce", 8192, 500},
                                    {"hgx_h200", 8192, 500},
                                    {"hgx_h20", 8 * 128, 475},
                                    {"mi300x_node", 8, 448}, /* 7 x 64 */
                                    {"mi325x_node", 8, 448},
                                    {"mi355x_node", 8, 535.5}, /* 7 x 76.5 */
                                    {"mi355x_pollara", 8 * 128, 585.5},
                                    {"tpu_v4_pod", 4096, 300},
                                    {"tpu_v5e_256", 256, 200}, /* 1600 Gb/s per chip */
                                    {"tpu_v5p_pod", 8960, 600},
                                    {"tpu_v7_pod", 9216, 600},
                                    {"vr_nvl72", 72, 1800},
                                    {NULL, 0, 0}};

/* configs/<sub> beside the folder of this file. */
static const char *config_path(ll_arena *mem, const char *sub)
{
    const char *slash = strrchr(__FILE__, '/');
    return ll_arena_printf(mem, "%.*s/../../configs/%s", (int)(slash - __FILE__), __FILE__, sub);
}

static ll_config *load(ll_arena *mem, const char *path, ll_error *err)
{
    ll_source source;
    ll_config *cfg = NULL;
    ll_error_init(err);
    if (ll_source_read(path, 0, NULL, ll_comm_self(mem), mem, &source, err) == LL_OK)
        ll_config_parse(source, 0, NULL, mem, &cfg, err);
    CHECK(err->status == LL_OK, "%s: %s", path, err->text);
    return cfg;
}

/* Every fact that the file sets carries an evidence word and says where it is from. None is a
 * choice: that word is the user's, and would make shipped results look better than they are. */
static void check_evidence(const ll_config *cfg, const char *path)
{
    for (int i = 0; i < ll_config_n_entry(cfg); i++) {
        const ll_config_entry *e = ll_config_entry_at(cfg, i);
        if (!(e->key->flags & LL_KEY_FACT) || !strcmp(e->origin, "default")) continue;
        CHECK(e->evidence >= LL_EVIDENCE_MEASURED && e->evidence < LL_EVIDENCE_UNSTATED,
              "%s: %s = %s has no evidence", path, e->path, e->text);
        CHECK(strlen(e->source) > 0, "%s: %s = %s names no source", path, e->path, e->text);
    }
}

static bool cluster_load(ll_arena *mem, const char *name, ll_cluster *out)
{
    ll_error err;
    const char *path = config_path(mem, ll_arena_printf(mem, "clusters/%s.cfg", name));
    ll_config *cfg = load(mem, path, &err);
    if (!cfg) return false;
    ll_cluster_read(cfg, NULL, mem, out, &err);
    ll_config_finish(cfg, &err);
    CHECK(err.status == LL_OK, "%s", err.text);
    if (err.status == LL_OK) check_evidence(cfg, path);
    return err.status == LL_OK;
}

/* What `chip` can send at once, over the links of the dimensions first .. last. */
static double chip_out_Bps(const ll_topology *topo, int32_t chip, int first, int last)
{
    double sum_Bps = 0;
    for (int64_t i = 0; i < topo->n_link; i++) {
        ll_link link;
        topo->type->link(topo, i, &link);
        if (link.from == chip && link.dimension >= first && link.dimension <= last)
            sum_Bps += ll_link_capacity_Bps(&link);
    }
    return sum_Bps;
}

static const expected *expected_find(const char *name)
{
    for (const expected *e = clusters; e->file; e++)
        if (!strcmp(e->file, name)) return e;
    return NULL;
}

/* "a/b/nvl72.cfg" without the ending, or NULL if it is no configuration file. */
static const char *stem(ll_arena *mem, const char *file)
{
    const char *dot = strrchr(file, '.');
    return dot && !strcmp(dot, ".cfg") ? ll_arena_strndup(mem, file, (size_t)(dot - file)) : NULL;
}

static void check_cluster(ll_arena *mem, const char *name)
{
    const expected *e = expected_find(name);
    CHECK(e, "clusters/%s.cfg is not in the table of this test", name);
    ll_cluster c = {0};
    if (!e || !cluster_load(mem, name, &c)) return;
    CHECK(c.topo->n_chip == e->n_chip, "%s: %d chips, want %d", name, c.topo->n_chip, e->n_chip);
    /* 46.67 and 42.78 GB/s per link are rounded in the files: 1e-3. */
    CHECK_NEAR(chip_out_Bps(c.topo, 0, 0, LL_MAX_DIM), e->out_GBps * 1e9, 1e-3);
    CHECK_NEAR(chip_out_Bps(c.topo, e->n_chip - 1, 0, LL_MAX_DIM), e->out_GBps * 1e9, 1e-3);
    CHECK(c.doc[0], "%s has no doc line", name);
}

static void check_chip(ll_arena *mem, const char *name)
{
    ll_error err;
    ll_chip chip = {0};
    const char *path = config_path(mem, ll_arena_printf(mem, "chips/%s.cfg", name));
    ll_config *cfg = load(mem, path, &err);
    if (!cfg) return;
    ll_chip_read(cfg, "", &chip, &err);
    ll_config_finish(cfg, &err);
    CHECK(err.status == LL_OK, "%s", err.text);
    if (err.status != LL_OK) return;
    check_evidence(cfg, path);
    /* A narrower format is never slower. */
    double fp4 = chip.peak_flop_per_s[LL_PRECISION_FP4],
           fp8 = chip.peak_flop_per_s[LL_PRECISION_FP8];
    double bf16 = chip.peak_flop_per_s[LL_PRECISION_BF16];
    CHECK(bf16 > 0 && (fp8 == 0 || fp8 >= bf16) && (fp4 == 0 || fp4 >= fp8),
          "%s: fp4 %g, fp8 %g, bf16 %g", name, fp4, fp8, bf16);
}

/* Mixtures of experts: weights in all and those that a token uses, in billions, as their makers
 * print them, to 1.5 % and 3 %. What a token uses is counted with both vocabulary
 * matrices (GPT-OSS: with one of them, says its model card, section 2). */
typedef struct mixture {
    const char *file;
    double all, active;
} mixture;
static const mixture mixtures[] = {{"deepseek_v3", 671, 37},       /* arXiv 2412.19437, abstract */
                                   {"gpt_oss_120b", 116.83, 5.13}, /* arXiv 2508.10925, table 1 */
                                   {"gpt_oss_20b", 20.91, 3.61},   /* the same */
                                   {"grok1", 314, 0},              /* README of xai-org/grok-1 */
                                   {"kimi_k2", 1040, 32}, /* arXiv 2507.20534, table 2: 1.04 T */
                                   {"llama4_maverick", 400, 17},  /* model card */
                                   {"llama4_scout", 109, 17},     /* model card */
                                   {"mixtral_8x22b", 141, 39},    /* mistral.ai, 17 April 2024 */
                                   {"mixtral_8x7b", 46.7, 12.9},  /* mistral.ai, 11 December 2023 */
                                   {"nemotron3_nano", 31.6, 3.6}, /* arXiv 2512.20848 */
                                   {"nemotron3_super", 120, 0},   /* model card; active: rounded */
                                   {"qwen3_235b", 235, 22},       /* model card */
                                   {"minimax_m2_5", 230, 0},      /* model card; active: rounded */
                                   {"qwen3_30b", 30.5, 3.3},      /* model card */
                                   {"qwen3_coder_480b", 480, 35}, /* model card */
                                   {NULL, 0, 0}};

static bool check_mixture(const char *name, const ll_model *model)
{
    const mixture *m = mixtures;
    while (m->file && strcmp(m->file, name))
        m++;
    if (!m->file) return false;
    CHECK_NEAR(ll_model_param(model) / 1e9, m->all, 0.015);
    double active = ll_model_active_param(model);
    if (!strncmp(name, "gpt_oss", 7)) active -= ll_model_embedding_param(model);
    if (m->active > 0) CHECK_NEAR(active / 1e9, m->active, 0.03);
    return true;
}

static void check_model(ll_arena *mem, const char *name)
{
    ll_error err;
    ll_model model = {0};
    const char *path = config_path(mem, ll_arena_printf(mem, "models/%s.cfg", name));
    ll_config *cfg = load(mem, path, &err);
    if (!cfg) return;
    ll_model_read(cfg, "model", mem, &model, &err);
    ll_config_finish(cfg, &err);
    CHECK(err.status == LL_OK, "%s", err.text);
    if (err.status != LL_OK) return;
    check_evidence(cfg, path);
    if (check_mixture(name, &model)) return;
    /* The file's name ends in its size: 405b, 1t, 8b, as rounded by its authors. MPT rounds up
     * freely: "70b" is 64.8, "7b" 6.6 billion. */
    double size = 0;
    char unit = 0;
    CHECK(sscanf(strrchr(name, '_') + 1, "%lf%c", &size, &unit) == 2, "%s has no size", name);
    double want = size * (unit == 't' ? 1e12 : 1e9);
    CHECK_NEAR(ll_model_param(&model), want, strncmp(name, "mpt_", 4) ? 0.05 : 0.08);
}

/* Every file of a folder; at least `least` of them. */
static void each(const char *folder, int least, void (*check)(ll_arena *mem, const char *name))
{
    ll_arena *mem = ll_arena_create("configs");
    const char *path = config_path(mem, folder);
    DIR *dir = opendir(path);
    CHECK(dir, "cannot open %s", path);
    int n = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        ll_arena_mark mark = ll_arena_here(mem);
        const char *name = stem(mem, entry->d_name);
        if (name) n++, check(mem, name);
        ll_arena_release(mem, mark);
    }
    if (dir) closedir(dir);
    CHECK(n >= least, "%d files in %s, want at least %d", n, path, least);
    ll_arena_destroy(mem);
}

/* Totals that the vendors print, in both directions. */
static void test_totals(void)
{
    ll_arena *mem = ll_arena_create("totals");
    ll_cluster c = {0};
    /* NVL72: 130 TB/s (72 x 1.8 = 129.6). */
    if (cluster_load(mem, "gb200_nvl72", &c))
        CHECK_NEAR(2 * 72 * chip_out_Bps(c.topo, 5, 0, 0), 130e12, 0.005);
    /* Vera Rubin NVL72: 260 TB/s (72 x 3.6 = 259.2). */
    if (cluster_load(mem, "vr_nvl72", &c))
        CHECK_NEAR(2 * 72 * chip_out_Bps(c.topo, 5, 0, 0), 260e12, 0.005);
    /* CloudMatrix384: 301 TB/s (384 x 784). */
    if (cluster_load(mem, "cloudmatrix384_npu", &c))
        CHECK_NEAR(2 * 384 * chip_out_Bps(c.topo, 5, 0, 0), 301e12, 0.005);
    /* Atlas 950: 16.3 PB/s are 8192 x 2 TB/s; 18 ports of 56 GB/s are 2.016, 1.3 % more. In the
     * rack 14 ports, out of it 4: 784 and 224 GB/s, 3.5 to 1. */
    if (cluster_load(mem, "atlas950_8192", &c)) {
        CHECK_NEAR(2 * 8192 * chip_out_Bps(c.topo, 4711, 0, 2), 16.3e15, 0.015);
        CHECK_NEAR(chip_out_Bps(c.topo, 4711, 0, 1), 784e9, 1e-12);
        CHECK_NEAR(chip_out_Bps(c.topo, 4711, 2, 2), 224e9, 1e-12);
    }
    /* Product page: 1.72 PB/s (1024 x 1.68 TB/s). */
    if (cluster_load(mem, "atlas950_1024", &c))
        CHECK_NEAR(2 * 1024 * chip_out_Bps(c.topo, 1000, 0, 2), 1.72e15, 0.005);
    /* UB-Mesh: 392, 392, 168 over two dimensions, 56 (arXiv 2503.20377). */
    if (cluster_load(mem, "atlas950_4dfm", &c)) {
        CHECK_NEAR(chip_out_Bps(c.topo, 77, 2, 3), 168e9, 1e-12);
        CHECK_NEAR(chip_out_Bps(c.topo, 77, 4, 4), 56e9, 1e-12);
    }
    /* Atlas 960: 34 PB/s (15488 x 2.2 TB/s). */
    if (cluster_load(mem, "atlas960_15488", &c))
        CHECK_NEAR(2 * 15488 * chip_out_Bps(c.topo, 15000, 0, 2), 34e15, 0.005);
    ll_arena_destroy(mem);
}

/* Capacity of all links by what they join: chip to switch, and switch to switch upwards. The two
 * are equal where a fabric is not oversubscribed. */
static void test_oversubscription(void)
{
    static const struct {
        const char *file;
        int dim;
        double ratio;
    } cases[] = {{"cloudmatrix384_npu", 0, 1}, /* 8 x 14 lanes into a node's switches, 7 x 16 up */
                 {"hgx_h100", 1, 1},           /* 32 down, 32 up */
                 {"hgx_h100_roce", 1, 1}};     /* rack: 2 down, 2 up, then 384 over 54 */
    ll_arena *mem = ll_arena_create("oversubscription");
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ll_cluster c = {0};
        if (!cluster_load(mem, cases[k].file, &c)) continue;
        double host_Bps = 0, other_Bps = 0;
        for (int64_t i = 0; i < c.topo->n_link; i++) {
            ll_link link;
            c.topo->type->link(c.topo, i, &link);
            if (link.dimension != cases[k].dim) continue;
            bool host = link.from < c.topo->n_chip || link.to < c.topo->n_chip;
            *(host ? &host_Bps : &other_Bps) += ll_link_capacity_Bps(&link);
        }
        /* RoCE: 1024 / 384 pods round up to 3, each with 54 lanes to the cores: of 8 rails, per
         * rail 1024 lanes leaf to spine and 3 x 54 spine to core, against 1024 of hosts. */
        double want = !strcmp(cases[k].file, "hgx_h100_roce") ? (1024.0 + 3 * 54) / 1024 : 1;
        CHECK_NEAR(other_Bps / host_Bps, want, 1e-12);
    }
    ll_arena_destroy(mem);
}

/* Latencies that the files say they add up to. */
static void test_latencies(void)
{
    ll_arena *mem = ll_arena_create("latencies");
    ll_cluster c = {0};
    /* One way: half of the reads that were measured, 1.2 us in a node of 8, 1.9 us between nodes.
     */
    if (cluster_load(mem, "cloudmatrix384_npu", &c)) {
        CHECK_NEAR(ll_topology_latency_s(c.topo, 0, 7), 0.6e-6, 1e-9);
        CHECK_NEAR(ll_topology_latency_s(c.topo, 0, 8), 0.95e-6, 1e-9);
    }
    /* InfiniBand: 2.8 us in one leaf (nodes 0 to 31), 3.7 us across; chip 8 k is in node k. */
    if (cluster_load(mem, "hgx_h100", &c)) {
        CHECK_NEAR(ll_topology_latency_s(c.topo, 0, 8), 2.8e-6, 1e-9);
        CHECK_NEAR(ll_topology_latency_s(c.topo, 0, 8 * 32), 3.7e-6, 1e-9);
    }
    /* RoCE: 3.6 us in one rack of 2 nodes, 5.6 us across racks. */
    if (cluster_load(mem, "hgx_h100_roce", &c)) {
        CHECK_NEAR(ll_topology_latency_s(c.topo, 0, 8), 3.6e-6, 1e-9);
        CHECK_NEAR(ll_topology_latency_s(c.topo, 0, 16), 5.6e-6, 1e-9);
    }
    /* Atlas 950: half of 3 us there and back, between the farthest chips. */
    if (cluster_load(mem, "atlas950_8192", &c))
        CHECK_NEAR(ll_topology_latency_s(c.topo, 0, 8191), 1.5e-6, 1e-9);
    ll_arena_destroy(mem);
}

int main(void)
{
    each("chips", 21, check_chip);
    each("clusters", (int)(sizeof clusters / sizeof clusters[0]) - 1, check_cluster);
    each("models", 8, check_model);
    test_totals();
    test_oversubscription();
    test_latencies();
    return LL_CHECK_RESULT;
}
