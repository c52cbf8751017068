#include "sim/validate/standing.h"

#include "sim/config/shipped.h"

#include <math.h>

static ll_published published_of(const ll_validation_stats *chip, double step_s)
{
    if (!chip) return (ll_published){0};
    const int64_t n_long = (int64_t)round(chip->share_positive * chip->n);
    const double error = chip->median_abs_err / 100;
    ll_published p = {chip->n, chip->n - n_long, error, 0};
    if (p.n_row >= LL_PUBLISHED_FEW && p.n_short == p.n_row && error < 1)
        p.alike_s = step_s / (1 - error);
    else if (p.n_row >= LL_PUBLISHED_FEW && p.n_short == 0)
        p.alike_s = step_s / (1 + error);
    return p;
}

const ll_record *ll_standing_record(ll_comm *comm, ll_arena *mem)
{
    const char *path = ll_arena_printf(mem, "%s/published/recorded.csv", ll_shipped_dir(comm, mem));
    ll_record *record = ll_arena_new(mem, ll_record);
    ll_error *err = ll_arena_new(mem, ll_error);
    ll_error_init(err);
    return ll_record_read(path, comm, mem, record, err) == LL_OK ? record : NULL;
}

const ll_standing *ll_standing_of(const ll_record *record, const ll_study *study,
                                  const ll_result *result, ll_arena *mem)
{
    ll_standing *out = ll_arena_new(mem, ll_standing);
    if (!record) {
        out->outside[out->n_outside++] = "the configurations have no record of a validation";
        return out;
    }
    out->n_outside = ll_record_outside(record, study, mem, out->outside);
    if (!ll_model_has_experts(&study->model) && !ll_study_serves(study))
        out->published =
            published_of(ll_record_chip(record, study->cluster.chip.name), result->step_s);
    return out;
}
