#include "sim/step/jitter.h"

#include "sim/base/rng.h"

#include <math.h>

ll_crew ll_crew_make(const ll_study *study, int64_t n_lane, int64_t n_inner, ll_arena *mem)
{
    return (ll_crew){.study = study,
                     .n_lane = n_lane,
                     .n_inner = n_inner,
                     .chip = ll_arena_array(mem, n_lane * n_inner, int64_t),
                     .speed = ll_arena_array(mem, n_lane * n_inner, double),
                     .most_speed = ll_arena_array(mem, n_lane, double)};
}

void ll_crew_place(ll_crew *crew, int64_t replica)
{
    const ll_study *study = crew->study;
    const uint64_t seed = (uint64_t)study->seed;
    int64_t stride[LL_N_AXIS];
    ll_layout_strides(&study->layout, stride);
    for (int64_t lane = 0; lane < crew->n_lane; lane++) {
        crew->most_speed[lane] = 0;
        for (int64_t i = 0; i < crew->n_inner; i++) {
            const int64_t at = lane * crew->n_inner + i;
            crew->chip[at] = i % study->layout.tp * stride[LL_AXIS_TP] +
                             i / study->layout.tp * stride[LL_AXIS_CP] +
                             replica * stride[LL_AXIS_DP] + lane * stride[LL_AXIS_PP];
            crew->speed[at] = 1 + study->cluster.jitter.chip_frac *
                                      ll_rng_normal(seed, (uint64_t)crew->chip[at], 0);
            crew->most_speed[lane] = fmax(crew->most_speed[lane], crew->speed[at]);
        }
    }
}

/* A chip of the lane can be slower than `worst` only if the random number of its delay is below
 * this limit; above it, the logarithm need not be computed. The limit is a little high, so that
 * rounding cannot change the result. */
static double limit_of(double worst, double most_speed, double sigma)
{
    return exp(-(worst - most_speed) / sigma - 1) * (1 + 1e-9);
}

double ll_crew_slowest(const ll_crew *crew, int64_t lane, uint64_t draw)
{
    const uint64_t seed = (uint64_t)crew->study->seed;
    const double sigma = crew->study->cluster.jitter.op_frac;
    double worst = sigma > 0 ? 0 : crew->most_speed[lane], limit = 1;
    for (int64_t i = 0; i < crew->n_inner && sigma > 0; i++) {
        const int64_t at = lane * crew->n_inner + i;
        const double u = ll_rng_u01(seed, (uint64_t)crew->chip[at], draw);
        if (u > limit) continue;
        const double factor = crew->speed[at] + sigma * ll_rng_delay_of(u);
        if (factor <= worst) continue;
        worst = factor;
        limit = limit_of(worst, crew->most_speed[lane], sigma);
    }
    return fmax(worst, 0.5);
}

bool ll_jitter_is_none(const ll_jitter *jitter)
{
    return !(jitter->op_frac > 0 || jitter->chip_frac > 0);
}
