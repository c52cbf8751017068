#include "sim/traffic/routing.h"

#include "sim/base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ll_routing_names[] = {"uniform", "balanced", "power", "given", NULL};

static bool same_number(double a, double b) { return !(a < b) && !(a > b); }

static bool same_routing(const ll_routing *a, const ll_routing *b)
{
    const size_t share_B = sizeof(double) * (size_t)a->n_expert;
    return a->law == b->law && same_number(a->exponent, b->exponent) && a->seed == b->seed &&
           a->n_expert == b->n_expert && a->top_k == b->top_k && a->n_rank == b->n_rank &&
           a->n_group == b->n_group && a->top_group == b->top_group &&
           (a->share == b->share ||
            (a->share != NULL && b->share != NULL && !memcmp(a->share, b->share, share_B)));
}

bool ll_rows_equal(const ll_rows *a, const ll_rows *b)
{
    return same_number(a->row_B, b->row_B) && same_routing(&a->routing, &b->routing);
}

const char *ll_routing_obstacle(const ll_routing *r, char *out)
{
    const bool no_ranks = r->n_rank < 1 || r->n_expert < r->n_rank || r->n_expert % r->n_rank;
    const int share = r->n_group > 0 ? r->n_expert / r->n_group : 0; /* experts of a group */
    *out = 0;
    if (no_ranks)
        snprintf(out, LL_ROUTING_TEXT, "%d ranks do not divide %d experts", r->n_rank, r->n_expert);
    else if (r->top_k < 1 || r->top_k > r->n_expert)
        snprintf(out, LL_ROUTING_TEXT, "a token cannot pick %d of %d experts", r->top_k,
                 r->n_expert);
    else if (r->n_group == 0)
        return NULL;
    else if (r->n_group < 0 || r->n_expert % r->n_group)
        snprintf(out, LL_ROUTING_TEXT, "%d groups do not divide %d experts", r->n_group,
                 r->n_expert);
    else if (r->top_group < 1 || r->top_group > r->n_group || r->top_k > share * r->top_group)
        snprintf(out, LL_ROUTING_TEXT, "%d of %d groups do not have %d experts to pick",
                 r->top_group, r->n_group, r->top_k);
    else if (r->law == LL_ROUTING_POWER || r->law == LL_ROUTING_GIVEN)
        return "node-limited routing is modelled for uniform and balanced picks only";
    return *out ? out : NULL;
}

/* ---- In the mean ----------------------------------------------------------------------------- */

/* C(n - m, k) / C(n, k): the chance that k different picks of n miss m of them. */
static double miss(double n, double m, double k)
{
    double out = 1;
    for (int i = 0; i < m && out > 0; i++)
        out *= fmax(0, 1 - k / (n - i));
    return out;
}

/* C(n, k), as a product. */
static double choose(double n, double k)
{
    double out = 1;
    for (int i = 0; i < k; i++)
        out *= (n - i) / (i + 1);
    return n < k ? 0 : out;
}

/* Chance of reaching a part of `size` experts that begins at a border of groups, or lies in one. */
static double reach_limited(const ll_routing *r, double size)
{
    const double group = (double)r->n_expert / r->n_group, within = group * r->top_group;
    const double n_in = fmax(1, size / group); /* groups that the part has a share in */
    double out = 0;
    for (int j = 1; j <= n_in && j <= r->top_group; j++) {
        const double chance = choose(n_in, j) * choose(r->n_group - n_in, r->top_group - j) /
                              choose(r->n_group, r->top_group);
        out += chance * (1 - miss(within, j * fmin(size, group), r->top_k));
    }
    return out;
}

double ll_routing_reach(const ll_routing *r, int32_t n_part)
{
    const double size = (double)r->n_expert / n_part;
    const bool limited = r->n_group > 0 && r->top_group < r->n_group;
    if (r->law == LL_ROUTING_BALANCED) {
        const double most = limited ? ceil((double)n_part * r->top_group / r->n_group) : n_part;
        return fmin(r->top_k, most);
    }
    if (size < 1) return r->top_k;
    return n_part * (limited ? reach_limited(r, size) : 1 - miss(r->n_expert, size, r->top_k));
}

/* ---- One draw -------------------------------------------------------------------------------- */

/* Pareto law of density x^-a on [lo, hi], by the inverse of its distribution. */
static double pareto(double a, double lo, double hi, double u)
{
    const double e = 1 - a;
    if (fabs(e) < 1e-9) return lo * pow(hi / lo, u);
    return pow(pow(lo, e) + u * (pow(hi, e) - pow(lo, e)), 1 / e);
}

/* Cuts picks above `most` and gives them to the experts that have the least, which all rise to one
 * level. pick: [n], sum at most n * most. */
static void spread_excess(double *pick, int32_t n, double most)
{
    double excess = 0;
    for (int32_t e = 0; e < n; e++) {
        excess += fmax(0, pick[e] - most);
        pick[e] = fmin(pick[e], most);
    }
    if (!(excess > 0)) return;
    double lo = 0, hi = most; /* the level, by bisection */
    for (int i = 0; i < 100; i++) {
        const double level = (lo + hi) / 2;
        double need = 0;
        for (int32_t e = 0; e < n; e++)
            need += fmax(0, level - pick[e]);
        *(need > excess ? &hi : &lo) = level;
    }
    for (int32_t e = 0; e < n; e++)
        pick[e] = fmax(pick[e], lo);
}

static int falling(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* pick: [n_expert] picks of each expert by `tokens` tokens; within each of n_part parts the most
 * popular first, so that the order in which they were given changes nothing. */
static void picks_of(const ll_routing *r, int32_t n_part, double tokens, double *pick)
{
    const size_t size = (size_t)(r->n_expert / n_part);
    const double all = tokens * r->top_k;
    const bool many = all > r->n_expert;
    double sum = 0;
    for (int32_t e = 0; e < r->n_expert; e++) {
        pick[e] = 1;
        if (r->law == LL_ROUTING_GIVEN) pick[e] = r->share[e];
        if (r->law == LL_ROUTING_POWER)
            pick[e] = pareto(r->exponent, many ? 1 : 0.01, many ? fmax(1, 0.8 * tokens) : 2,
                             ll_rng_u01(r->seed, (uint64_t)e, 0));
    }
    for (size_t p = 0; p < (size_t)n_part; p++)
        qsort(pick + p * size, size, sizeof *pick, falling);
    for (int32_t e = 0; e < r->n_expert; e++)
        sum += pick[e];
    for (int32_t e = 0; e < r->n_expert; e++)
        pick[e] *= all / sum;
    spread_excess(pick, r->n_expert, tokens);
}

/* Tokens that pick any of n experts, the most popular first: the formula of routing.h. */
static double reached(const double *pick, int32_t n, double tokens, double top_k)
{
    double before = 0, miss_frac = 1;
    for (int32_t e = 0; e < n && miss_frac > 0; e++) {
        const double q = pick[e] / tokens, left = top_k - before;
        miss_frac *= left > 0 ? fmax(0, 1 - fmin(1, q * top_k / left)) : 0;
        before += q;
    }
    return tokens * (1 - miss_frac);
}

void ll_routing_draw(const ll_routing *r, int32_t n_part, double tokens, ll_arena *mem,
                     ll_routed *out)
{
    const int32_t size = r->n_expert / n_part;
    const bool drawn = r->law == LL_ROUTING_POWER || r->law == LL_ROUTING_GIVEN;
    const double even = ll_routing_reach(r, n_part) * tokens / n_part;
    *out = (ll_routed){.n_part = n_part,
                       .copies = ll_arena_array(mem, n_part, double),
                       .rows = ll_arena_array(mem, n_part, double),
                       .mean_copies = tokens * r->top_k / n_part};
    double *pick = ll_arena_array(mem, r->n_expert, double), all = 0;
    picks_of(r, n_part, tokens, pick);
    for (int32_t p = 0; p < n_part; p++) {
        for (int32_t e = p * size; e < (p + 1) * size; e++)
            out->copies[p] += pick[e];
        out->rows[p] =
            drawn ? reached(pick + (size_t)p * (size_t)size, size, tokens, r->top_k) : even;
        all += out->rows[p];
        if (out->copies[p] > out->copies[out->fullest]) out->fullest = p;
    }
    out->max_copies = out->copies[out->fullest];
    out->reach = all / tokens;
}
