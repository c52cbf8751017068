/* Validation: the statistics by hand, the conventions of counting work, the record. */
#include "sim/validate/validation_record.h"
#include "tests/support/check.h"

#include <string.h>

enum { N = 8 };

/* Errors: A +20, B +5 and -15, C -20 and +0 (a series), D memory, E does not fit. */
static void example(ll_validation *v, ll_validation_row *row, ll_validation_outcome *o)
{
    static const struct {
        const char *id, *group, *series;
        double measured, predicted, work_flop;
        int64_t n_chip;
    } line[N] = {{"A", "open20", "", 10, 12, 1000, 8},   {"B", "open20", "", 20, 21, 1000, 64},
                 {"B", "open20", "", 20, 17, 1000, 64},  {"C", "series", "s", 10, 8, 1000, 8},
                 {"C", "series", "s", 10, 10, 2000, 16}, {"D", "memory", "", 1, 0, 0, 8},
                 {"E", "extra", "", 1, 0, 0, 8},         {"F", "not_modelled", "", 0, 0, 0, 0}};
    for (int i = 0; i < N; i++) {
        row[i] = (ll_validation_row){.id = line[i].id,
                                     .group = line[i].group,
                                     .series = line[i].series,
                                     .what = "w",
                                     .band_frac = 0.16};
        o[i] = (ll_validation_outcome){.i_row = i,
                                       .n_chip = line[i].n_chip,
                                       .tp = i + 1,
                                       .measured = line[i].measured,
                                       .predicted = line[i].predicted,
                                       .work_flop = line[i].work_flop,
                                       .precision = "bf16"};
        strcpy(o[i].chip, i < 3 ? "X" : "Y");
        strcpy(o[i].family, i == 4 ? "fsdp" : "replicas");
    }
    o[6].state = LL_VALIDATION_MISFIT;
    o[7].state = LL_VALIDATION_NOT_MODELLED;
    *v = (ll_validation){.path = "t.csv", .n_row = N, .row = row, .outcome = o};
}

static const ll_validation_stats *stats(const ll_validation *v, const char *scope, const char *name)
{
    for (int i = 0; i < v->n_stats; i++)
        if (!strcmp(v->stats[i].scope, scope) && !strcmp(v->stats[i].name, name))
            return &v->stats[i];
    static const ll_validation_stats none = {.n = -1, .worst_row = "", .precisions = ""};
    CHECK(false, "no statistics of %s %s", scope, name);
    return &none;
}

static void test_statistics(ll_arena *mem)
{
    ll_validation v;
    ll_validation_row row[N];
    ll_validation_outcome o[N];
    example(&v, row, o);
    ll_validation_count(&v, mem);
    /* A: +20. B: the median of 5 and 15 is 10; one of its two lines is positive, not most: -10. */
    const ll_validation_stats *s = stats(&v, "open20", "all");
    CHECK(s->n == 2 && s == v.stats, "%d", s->n);
    CHECK_NEAR(s->median_abs_err, 15, 1e-12);
    CHECK_NEAR(s->p90_abs_err, 19, 1e-12); /* 0.9 of the way from 10 to 20 */
    CHECK_NEAR(s->worst, 20, 1e-12);
    CHECK_NEAR(s->share_positive, 0.5, 1e-12);
    CHECK_NEAR(s->share_in_band, 0.5, 1e-12);
    CHECK(!strcmp(s->worst_row, "A"), "%s", s->worst_row);
    /* 0, 5, 15, 20, 20 over all: the median is the third, P90 lies between the last two. */
    s = stats(&v, "all", "all");
    CHECK(s->n == 5 && s->max_chip == 64 && s->max_tp == 5, "%d", s->n);
    CHECK_NEAR(s->median_abs_err, 15, 1e-12);
    CHECK_NEAR(s->p90_abs_err, 20, 1e-12);
    CHECK_NEAR(s->mean_err, -2, 1e-12);
    CHECK_NEAR(s->share_positive, 0.4, 1e-12);
    CHECK(stats(&v, "chip", "X")->n == 3 && stats(&v, "chip", "Y")->n == 2, "by chip");
    CHECK(stats(&v, "family", "fsdp")->n == 1 && stats(&v, "family", "replicas")->n == 4, "family");
    /* 1000 / (8 x 10) and 2000 / (16 x 10): no loss measured. 1000 / (8 x 8) against 12.5: 20 %. */
    CHECK(v.n_series == 1 && v.series[0].from_chip == 8 && v.series[0].to_chip == 16, "series");
    CHECK(fabs(v.series[0].measured_loss) < 1e-12, "%g", v.series[0].measured_loss);
    CHECK_NEAR(v.series[0].predicted_loss, 20, 1e-12);
}

/* A is +20 or +10 by what its source leaves open, B -10. C takes 10 and 12.5 s with the same open
 * setting: 12.5 and 10 FLOP/s and chip, a fifth less; settings that differ say nothing of a series.
 */
static void test_otherwise(ll_arena *mem)
{
    ll_validation v;
    ll_validation_row row[N];
    ll_validation_outcome o[N];
    example(&v, row, o);
    static const int open[] = {0, 3, 4};
    static const double predicted[] = {11, 10, 12.5};
    for (int i = 0; i < 3; i++) {
        row[open[i]].n_other = 1;
        row[open[i]].other[0] = "a=1";
        o[open[i]].other_measured[0] = 10;
        o[open[i]].other_predicted[0] = predicted[i];
    }
    ll_validation_count(&v, mem);
    const ll_validation_stats *s = stats(&v, "open20", "all");
    CHECK(s->n_open == 1, "%d", s->n_open);
    CHECK_NEAR(s->median_abs_err, 15, 1e-12);
    CHECK_NEAR(s->median_best, 10, 1e-12);
    CHECK_NEAR(s->median_worst, 15, 1e-12);
    CHECK_NEAR(s->p90_best, 10, 1e-12);
    CHECK_NEAR(s->p90_worst, 19, 1e-12);
    CHECK(v.n_series == 1 && v.series[0].n_other == 1, "series");
    CHECK_NEAR(v.series[0].other_loss[0], 20, 1e-12);
    row[1].n_other = 1; /* B has two lines */
    row[1].other[0] = "a=1";
    o[1].other_measured[0] = 1;
    o[1].other_predicted[0] = 100;
    row[4].other[0] = "a=2";
    ll_validation_count(&v, mem);
    CHECK(v.series[0].n_other == 0, "%d", v.series[0].n_other);
    CHECK(v.stats[0].n_open == 1, "%d", v.stats[0].n_open);
    CHECK_NEAR(v.stats[0].p90_worst, 19, 1e-12);
}

/* Written, read again, and compared with a version that is worse. */
static void test_record(ll_arena *mem)
{
    ll_validation v;
    ll_validation_row row[N];
    ll_validation_outcome o[N];
    ll_record was;
    ll_error err;
    ll_text text;
    const char *worse[64], *path = "ll_recorded.csv";
    example(&v, row, o);
    ll_validation_count(&v, mem);
    ll_text_init(&text, mem);
    ll_record_write(&v, &text);
    FILE *f = fopen(path, "w");
    CHECK(f && fputs(text.s, f) >= 0 && !fclose(f), "%s", path);
    ll_error_init(&err);
    CHECK(ll_record_read(path, ll_comm_self(mem), mem, &was, &err) == LL_OK, "%s", err.text);
    remove(path);
    CHECK(was.n == v.n_stats, "%d of %d", was.n, v.n_stats);
    CHECK(ll_record_compare(&was, &v, mem, worse) == 0, "%s", worse[0]);
    o[0].predicted =
        12.5; /* +25: open20's median 17.5, P90 23.5; chip X's P90 too, not its median */
    ll_validation_count(&v, mem);
    int n = ll_record_compare(&was, &v, mem, worse);
    CHECK(n >= 3, "%d", n);
    CHECK(!strcmp(worse[0], "open20 all: median error 17.50 %, recorded 15.00 %"), "%s", worse[0]);
    o[0].predicted = 12;
    v.n_row = 3; /* chip Y is gone, and with it rows of "all" */
    ll_validation_count(&v, mem);
    n = ll_record_compare(&was, &v, mem, worse);
    CHECK(n == 2, "%d", n);
    CHECK(!strcmp(worse[0], "all all: 5 rows were recorded, now there are 3"), "%s", worse[0]);
    CHECK(!strcmp(worse[1], "chip Y: 2 rows were recorded, now there are 0"), "%s", worse[1]);
    CHECK(!strcmp(ll_record_path("a/b/rows.csv", mem), "a/b/recorded.csv"), "path");
    CHECK(!strcmp(ll_record_path("rows.csv", mem), "recorded.csv"), "path without a folder");
}

/* Narayanan et al. 2021, equation 3, with its own letters: B sequences of s tokens, l layers of
 * width h. */
static void test_work(void)
{
    const double B = 3072, s = 2048, l = 128, h = 25600, V = 51200;
    const ll_attention_param attention = {.n_head = 160, .n_kv_head = 160, .head_dim = 160};
    const ll_ffn_param ffn = {.ffn = 102400};
    const ll_vocab_param vocab = {.vocab = 51200};
    const ll_study study = {.model = ll_model_dense("m", 128, 25600, &attention, &ffn, &vocab),
                            .layout = {.seq = 2048, .global_batch = 3072}};
    const double eq3 = 96 * B * s * l * h * h * (1 + s / (6 * h) + V / (16 * l * h));
    CHECK_NEAR(ll_validation_work_flop(&study, LL_QUANTITY_FULL_RECOMPUTE), eq3, 1e-12);
    /* 6 FLOP per weight and token, 12 l s h per token for all scores, half of that for a triangle.
     */
    const double weights = 12 * l * h * h + V * h;
    CHECK_NEAR(ll_validation_work_flop(&study, LL_QUANTITY_FULL),
               B * s * (6 * weights + 12 * l * s * h), 1e-12);
    CHECK_NEAR(ll_validation_work_flop(&study, LL_QUANTITY_CAUSAL),
               B * s * (6 * weights + 6 * l * s * h), 1e-12);
}

static void test_classes(void)
{
    ll_study study = {.layout = {.tp = 1, .cp = 1, .pp = 1}, .stack = {.zero = 1}};
    CHECK(!strcmp(ll_validation_family(&study), "replicas"), "replicas");
    study.layout.cp = 2;
    CHECK(!strcmp(ll_validation_family(&study), "tp-cp-pp"), "context");
    study.stack.zero = 3;
    CHECK(!strcmp(ll_validation_family(&study), "fsdp"), "sharded");
    ll_validation_param p = {.evidence = LL_EVIDENCE_DERIVED, .source = "arithmetic"};
    CHECK(ll_validation_param_class(&p) == LL_VALIDATION_STATED, "derived");
    strcpy(p.source, "fit above");
    CHECK(ll_validation_param_class(&p) == LL_VALIDATION_FITTED, "fit");
    strcpy(p.source, "fit to the step times of two rows");
    CHECK(ll_validation_param_class(&p) == LL_VALIDATION_STEP, "fit to steps");
    p.evidence = LL_EVIDENCE_MEASURED;
    CHECK(ll_validation_param_class(&p) == LL_VALIDATION_STEP, "however it is called");
    strcpy(p.source, "fit to a table");
    CHECK(ll_validation_param_class(&p) == LL_VALIDATION_FITTED, "fit to measurements");
    strcpy(p.source, "a table");
    CHECK(ll_validation_param_class(&p) == LL_VALIDATION_MEASURED, "measured");
    p.evidence = LL_EVIDENCE_UNSTATED;
    CHECK(ll_validation_param_class(&p) == LL_VALIDATION_ASSUMED, "unstated");
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_statistics(mem);
    test_otherwise(mem);
    test_record(mem);
    test_work();
    test_classes();
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
