/* configs/published: every study has a row in measured.csv and every row a study; each is legal or
 * known not to fit; and the work by which published rates become times is what the source's formula
 * gives. */
#include "sim/comm.h"
#include "sim/study.h"
#include "tests/check.h"

#include <dirent.h>
#include <string.h>

typedef struct row {
    char study[32], unit[16];
    double measured, work_flop, band_pct;
    int32_t n_chip; /* as the source says */
} row;

enum { MAX_ROW = 64 };

/* Chips of the published runs. A new study needs a line. */
static const struct {
    const char *study;
    int32_t n_chip;
} sizes[] = {{"o01", 8},         {"o01_full", 8},    {"o02", 64},       {"o02_full", 64},
             {"o03", 512},       {"o03_full", 512},  {"o04", 3072},     {"o06_768", 768},
             {"o06_1536", 1536}, {"o07", 384},       {"o08", 3360},     {"o09_30b", 128},
             {"o09_70b", 64},    {"o10_8", 8},       {"o10_8_fp8", 8},  {"o10_128", 128},
             {"o12_64", 64},     {"o12_2048", 2048}, {"o13_bf16", 512}, {"o13_fp8", 512},
             {"o14_96", 96},     {"o14_4608", 4608}, {"o15", 8192},     {"o16_512", 512},
             {"o16_2048", 2048}, {"o17", 512},       {"o18", 512},      {"o19_256", 256},
             {"o19_3072", 3072}, {"o22", 8192}};

/* Known not to fit with the common choices; see the README there. */
static const char *const misfits[] = {"o15"};

static bool misfit(const char *study)
{
    for (size_t i = 0; i < sizeof misfits / sizeof *misfits; i++)
        if (!strcmp(misfits[i], study)) return true;
    return false;
}

/* configs/published/<name> beside the folder of this file. */
static const char *published_path(ll_arena *mem, const char *name)
{
    const char *slash = strrchr(__FILE__, '/');
    return ll_arena_printf(mem, "%.*s/../../configs/published/%s", (int)(slash - __FILE__),
                           __FILE__, name);
}

static int rows_read(ll_arena *mem, row *rows)
{
    const char *path = published_path(mem, "measured.csv");
    FILE *file = fopen(path, "r");
    CHECK(file, "cannot open %s", path);
    char line[512];
    int n = 0;
    bool head = file && fgets(line, sizeof line, file);
    CHECK(head && !strcmp(line, "id,study,what,measured,unit,work_flop,band_pct,source\n"), "%s",
          line);
    while (head && n < MAX_ROW && fgets(line, sizeof line, file)) {
        row *r = &rows[n++];
        *r = (row){0};
        char work[32] = "";
        int got = sscanf(line, "%*[^,],%31[^,],%*[^,],%lf,%15[^,],%31[^,],%lf", r->study,
                         &r->measured, r->unit, work, &r->band_pct);
        if (got == 3) /* no work */
            got = 1 + sscanf(line, "%*[^,],%31[^,],%*[^,],%lf,%15[^,],,%lf", r->study, &r->measured,
                             r->unit, &r->band_pct);
        CHECK(got == 5, "%s: %d fields of %s", path, got, line);
        CHECK(work[0] == '\0' || sscanf(work, "%lf", &r->work_flop) == 1, "%s", work);
        CHECK(r->measured > 0 && r->band_pct > 0, "%s", line);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            if (!strcmp(sizes[i].study, r->study)) r->n_chip = sizes[i].n_chip;
        CHECK(r->n_chip, "%s is not in the table of this test", r->study);
    }
    if (file) fclose(file);
    return n;
}

/* The work as the sources count it, for the batch and sequence of the study. */
static double work_flop(const char *study, const ll_study *s)
{
    double b = (double)s->job.global_batch, seq = (double)s->job.seq;
    double l = (double)s->model.n_layer, h = (double)s->model.hidden, v = (double)s->model.vocab;
    ll_model full = s->model;
    full.attention = LL_ATTENTION_FULL;
    if (!strncmp(study, "o04", 3) || !strncmp(study, "o06", 3)) /* Narayanan et al. 2021, eq. 3 */
        return 96 * b * seq * l * h * h * (1 + seq / (6 * h) + v / (16 * l * h));
    if (!strncmp(study, "o14", 3)) /* Megatron-LM counts all scores, nothing that is recomputed */
        return b * ll_model_flop_per_sequence(&full, seq);
    return b * ll_model_flop_per_sequence(&s->model, seq);
}

static void check_row(ll_arena *mem, const row *r)
{
    ll_study s;
    ll_error err;
    ll_error_init(&err);
    const char *path = published_path(mem, ll_arena_printf(mem, "%s.cfg", r->study));
    ll_status status =
        ll_study_load(path, 0, NULL, LL_STUDY_WHOLE, ll_comm_self(mem), mem, &s, &err);
    if (misfit(r->study)) {
        CHECK(status != LL_OK && strstr(err.text, "GB are missing"), "%s fits now: %s", r->study,
              err.text);
    } else {
        CHECK(status == LL_OK, "%s: %s", r->study, err.text);
        if (status != LL_OK) return;
        CHECK(!strcmp(s.name, r->study), "%s is named %s", path, s.name);
    }
    CHECK(s.cluster.topo->n_chip == r->n_chip, "%s: %d chips, want %d", r->study,
          s.cluster.topo->n_chip, r->n_chip);
    CHECK(s.job.grad_precision == 1 && !s.job.overlap_tp, "%s: not the common choices", r->study);
    bool rate = !strcmp(r->unit, "TFLOP/s/chip");
    CHECK(rate || !strcmp(r->unit, "s") || !strcmp(r->unit, "tokens/s/chip"), "%s: %s", r->study,
          r->unit);
    CHECK(rate == (r->work_flop > 0), "%s: work %g, unit %s", r->study, r->work_flop, r->unit);
    if (rate) CHECK_NEAR(r->work_flop, work_flop(r->study, &s), 1e-6);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("published");
    row rows[MAX_ROW];
    int n = rows_read(mem, rows), n_file = 0;
    for (int i = 0; i < n; i++) {
        ll_arena_mark mark = ll_arena_here(mem);
        check_row(mem, &rows[i]);
        ll_arena_release(mem, mark);
    }
    DIR *dir = opendir(published_path(mem, "."));
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".cfg") != 0) continue;
        int i = 0;
        size_t length = (size_t)(dot - entry->d_name);
        while (i < n && (strlen(rows[i].study) != length ||
                         strncmp(rows[i].study, entry->d_name, length) != 0))
            i++;
        CHECK(i < n, "%s has no row in measured.csv", entry->d_name);
        n_file++;
    }
    if (dir) closedir(dir);
    CHECK(n_file == n && n > 0, "%d studies, %d rows", n_file, n);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
