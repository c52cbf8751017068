#include "sim/command/net_job.h"

#include "sim/base/words.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ll_status size_parse(const char *word, size_t n, double *out, ll_error *err)
{
    char text[64], why[256];
    snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text - 1), word);
    /* A space between number and unit is often left out on a command line: the parser takes both.
     * */
    if (ll_units_parse(LL_KIND_SIZE, text, out, why, sizeof why) != LL_OK)
        return ll_error_set(err, LL_ERR_CONFIG, "--sizes: '%s': %s", text, why);
    return LL_OK;
}

/* "8B..1GiBx2": from, to, factor; ".." and "x" may be left out. */
static ll_status sizes_parse(const char *word, ll_net_job *job, ll_error *err)
{
    const char *dots = strstr(word, ".."), *times = strrchr(word, 'x');
    const char *end = times ? times : word + strlen(word);
    double from_B, to_B, factor = 2;
    if (times) {
        char *rest;
        factor = strtod(times + 1, &rest);
        if (rest == times + 1 || *rest || !(factor > 1) || factor > 1e6)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "--sizes %s: expected a factor above 1 after the x, such as x2",
                                word);
    }
    LL_TRY(size_parse(word, (size_t)((dots ? dots : end) - word), &from_B, err));
    to_B = from_B;
    if (dots) LL_TRY(size_parse(dots + 2, (size_t)(end - dots - 2), &to_B, err));
    if (!(from_B >= 1) || to_B < from_B || to_B > 1e15)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--sizes %s: expected 1 B <= from <= to <= 1 PB, such as 8B..1GiBx2",
                            word);
    /* Repeated multiplication is exact for the usual factors; the tolerance keeps the last size. */
    double size_B = from_B;
    while (size_B <= to_B * (1 + 1e-12)) {
        if (job->n_size == LL_NET_SIZES)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "--sizes %s: more than %d sizes; use a larger factor", word,
                                LL_NET_SIZES);
        job->size_B[job->n_size++] = floor(size_B);
        size_B *= factor;
    }
    return LL_OK;
}

/* Whole number of 1 .. max at `word`; *rest is what follows. */
static bool count_parse(const char *word, int64_t max, int32_t *out, const char **rest)
{
    char *end;
    errno = 0;
    long long x = strtoll(word, &end, 10);
    if (end == word || errno || x < 1 || x > max) return false;
    *out = (int32_t)x;
    *rest = end;
    return true;
}

static ll_status group_parse(const ll_options *opt, const ll_topology *topo, ll_group *out,
                             ll_error *err)
{
    const char *chips = opt->value[LL_OPT_CHIPS], *group = opt->value[LL_OPT_GROUP], *rest = "";
    int32_t n = topo->n_chip, stride = 1;
    if (n < 2)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "net: the cluster has one chip; expected two or more, as chips send to "
                            "one another");
    if (chips && group)
        return ll_error_set(
            err, LL_ERR_CONFIG,
            "--chips and --group: give only one of them; --chips 8 is the first 8 chips "
            "alone, --group 8 is all groups of 8 chips at the same time");
    if (chips && (!count_parse(chips, n, &n, &rest) || *rest || n < 2))
        return ll_error_set(err, LL_ERR_CONFIG, "--chips %s: expected a whole number from 2 to %d",
                            chips, topo->n_chip);
    *out = (ll_group){.n_chip = n, .n_digit = 1, .size = {n}, .stride = {1}};
    if (!group) return LL_OK;
    bool ok = count_parse(group, topo->n_chip, &n, &rest) && n >= 2;
    if (ok && *rest == ':') ok = count_parse(rest + 1, topo->n_chip, &stride, &rest);
    if (!ok || *rest)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--group %s: expected N or N:STRIDE, such as 8 or 16:72", group);
    if (topo->n_chip % ((int64_t)n * stride))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--group %s: %d x %d does not divide the cluster's %d chips", group, n,
                            stride, topo->n_chip);
    out->size[0] = n;
    out->stride[0] = stride;
    return LL_OK;
}

ll_status ll_net_job_parse(const ll_options *opt, const ll_topology *topo, ll_net_job *job,
                           ll_error *err)
{
    const char *what = opt->value[LL_OPT_COLLECTIVE], *how = opt->value[LL_OPT_ALGORITHM];
    const char *sizes = opt->value[LL_OPT_SIZES];
    const ll_words ways = {LL_N_ALGORITHM, ll_algorithm_names, NULL};
    const char *names[LL_N_OF_BYTES + 1];
    int id;
    *job = (ll_net_job){0};
    for (int c = 0; c < LL_N_OF_BYTES; c++)
        names[c] = ll_collective_names[c];
    names[LL_N_OF_BYTES] = "all";
    what = what ? what : "all_reduce";
    how = how ? how : "auto";
    LL_TRY(ll_words_pick(&(ll_words){LL_N_OF_BYTES + 1, names, NULL}, what, &id, err,
                         "--collective %s: ", what));
    for (int c = 0; c < LL_N_OF_BYTES; c++)
        if (id == c || id == LL_N_OF_BYTES) job->what[job->n_what++] = (ll_collective)c;
    LL_TRY(ll_words_pick(&ways, how, &id, err, "--algorithm %s: ", how));
    job->algorithm = (ll_algorithm)id;
    LL_TRY(group_parse(opt, topo, &job->group, err));
    if (opt->value[LL_OPT_BESIDE])
        LL_TRY(ll_engine_list_parse(opt->value[LL_OPT_BESIDE], &job->beside, err));
    job->timing = opt->value[LL_OPT_TIMING] != NULL;
    if (job->timing && job->beside.n == 0)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--timing: needs --beside, such as --beside closed");
    return sizes_parse(sizes ? sizes : "8B..1GiBx2", job, err);
}
