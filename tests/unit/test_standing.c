/* What a step will take if it is off as the published ones of its chip are. */
#include "sim/validate/standing.h"
#include "tests/support/check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Errors are predicted over measured, less 1, so that measured = predicted / (1 + error). Of a step
 * of 3 s:
 *
 *   chip    rows   error (median)   predictions that are too long   the step will take
 *   short   6      20 %             none: each is 0.8 of measured   3 / 0.8 = 3.75 s
 *   long    6      20 %             all: each is 1.2 of measured    3 / 1.2 = 2.5 s
 *   mixed   6      20 %             half                            not said
 *   few     4      20 %             none, but fewer than 5          not said */
static const char record[] = "scope,name,rows,median_abs_err,p90_abs_err,worst,share_positive,max_"
                             "chips,max_tp,max_cp,max_pp,"
                             "max_sequence,precisions\n"
                             "all,all,22,20,20,20,0.5,8,1,1,1,1024,bf16\n"
                             "chip,short,6,20,20,20,0,8,1,1,1,1024,bf16\n"
                             "chip,long,6,20,20,20,1,8,1,1,1,1024,bf16\n"
                             "chip,mixed,6,20,20,20,0.5,8,1,1,1,1024,bf16\n"
                             "chip,few,4,20,20,20,0,8,1,1,1,1024,bf16\n";

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    char dir[] = "/tmp/ll_standing_XXXXXX";
    CHECK(mkdtemp(dir) && !setenv("LINELOSS_CONFIGS", dir, 1), "%s", dir);
    const char *folder = ll_arena_printf(mem, "%s/published", dir);
    const char *path = ll_arena_printf(mem, "%s/recorded.csv", folder);
    FILE *file = mkdir(folder, 0700) ? NULL : fopen(path, "w");
    CHECK(file && fputs(record, file) >= 0 && !fclose(file), "%s", path);
    static const struct {
        const char *chip;
        double alike_s;
    } rows[] = {{"short", 3.75}, {"long", 2.5}, {"mixed", 0}, {"few", 0}};
    ll_topology topo = {.n_chip = 8};
    ll_comm *self = ll_comm_self(mem);
    const ll_record *recorded = ll_standing_record(self, mem);
    CHECK(recorded, "%s", path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const ll_study study = {
            .cluster = {.chip = {.name = rows[i].chip}, .topo = &topo},
            .layout = {
                .precision = LL_PRECISION_BF16, .tp = 1, .cp = 1, .pp = 1, .dp = 8, .seq = 1024}};
        const ll_result result = {.step_s = 3};
        const ll_standing *at = ll_standing_of(recorded, &study, &result, mem);
        CHECK(fabs(at->published.alike_s - rows[i].alike_s) < 1e-12, "%s: %g s, want %g s",
              rows[i].chip, at->published.alike_s, rows[i].alike_s);
    }
    unlink(path);
    rmdir(folder);
    rmdir(dir);
    ll_comm_destroy(self);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
