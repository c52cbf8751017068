#include "sim/command/net_job.h"

#include "sim/base/csv.h"
#include "sim/base/words.h"
#include "sim/command/net_tokens.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A size, or a number of tokens. */
static ll_status amount_parse(ll_option_id id, const char *word, size_t n, double *out,
                              ll_error *err)
{
    const char *option = ll_option_rows[id].name;
    char text[64], why[256];
    snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text - 1), word);
    if (id == LL_OPT_TOKENS)
        return ll_csv_number(text, 0, 1e9, out)
                   ? LL_OK
                   : ll_error_set(err, LL_ERR_CONFIG,
                                  "%s: '%s': expected a number of tokens, such as 4096", option,
                                  text);
    /* A space between number and unit is often left out on a command line: the parser takes both.
     * */
    if (ll_units_parse(LL_KIND_SIZE, text, out, why, sizeof why) != LL_OK)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: '%s': %s", option, text, why);
    return LL_OK;
}

ll_status ll_net_sizes_parse(ll_option_id id, const char *word, ll_net_job *job, ll_error *err)
{
    const char *option = ll_option_rows[id].name;
    const char *dots = strstr(word, ".."), *times = strrchr(word, 'x');
    const char *end = times ? times : word + strlen(word);
    double from, to, factor = 2;
    if (times) {
        char *rest;
        factor = strtod(times + 1, &rest);
        if (rest == times + 1 || *rest || !(factor > 1) || factor > 1e6)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s %s: expected a factor above 1 after the x, such as x2", option,
                                word);
    }
    LL_TRY(amount_parse(id, word, (size_t)((dots ? dots : end) - word), &from, err));
    to = from;
    if (dots) LL_TRY(amount_parse(id, dots + 2, (size_t)(end - dots - 2), &to, err));
    if (!(from >= 1) || to < from || to > 1e15)
        return ll_error_set(err, LL_ERR_CONFIG, "%s %s: expected 1%s <= from <= to <= %s", option,
                            word, id == LL_OPT_TOKENS ? "" : " B",
                            id == LL_OPT_TOKENS ? "1e9, such as 1..4096x4"
                                                : "1 PB, such as 8B..1GiBx2");
    /* Repeated multiplication is exact for the usual factors; the tolerance keeps the last. */
    double now = from;
    while (now <= to * (1 + 1e-12)) {
        if (job->n_size == LL_NET_SIZES)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s %s: more than %d of them; use a larger factor", option, word,
                                LL_NET_SIZES);
        job->size_B[job->n_size++] = floor(now);
        now *= factor;
    }
    return LL_OK;
}

/* What belongs to tokens alone, and to sizes alone, is not ignored. */
static ll_status options_check(const ll_options *opt, const ll_net_job *job, ll_error *err)
{
    static const ll_option_id tokens[] = {LL_OPT_TOKENS, LL_OPT_ROUTING, LL_OPT_ROW};
    const bool of_tokens = job->what[0] >= LL_N_OF_BYTES;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        if (opt->value[tokens[i]] && !of_tokens)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s: is for --collective dispatch and combine; others have --sizes",
                                ll_option_rows[tokens[i]].name);
    if (of_tokens && opt->value[LL_OPT_SIZES])
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--sizes: a %s has --tokens, such as --tokens 1..4096x4",
                            ll_collective_names[job->what[0]]);
    return LL_OK;
}

static ll_status amounts_parse(const ll_options *opt, const ll_study *study, ll_arena *mem,
                               ll_net_job *job, ll_error *err)
{
    const char *sizes = opt->value[LL_OPT_SIZES], *tokens = opt->value[LL_OPT_TOKENS];
    LL_TRY(options_check(opt, job, err));
    if (job->what[0] < LL_N_OF_BYTES)
        return ll_net_sizes_parse(LL_OPT_SIZES, sizes ? sizes : "8B..1GiBx2", job, err);
    LL_TRY(ll_net_rows_parse(opt, job->what[0] == LL_COMBINE, ll_group_size(&job->group),
                             (uint64_t)study->seed, mem, &job->rows, err));
    LL_TRY(ll_net_sizes_parse(LL_OPT_TOKENS, tokens ? tokens : "1..4096x4", job, err));
    for (int i = 0; i < job->n_size; i++)
        job->size_B[i] *= job->rows.row_B;
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

ll_status ll_net_chips_parse(const ll_options *opt, const ll_topology *topo, int32_t *out,
                             ll_error *err)
{
    const char *chips = opt->value[LL_OPT_CHIPS], *rest = "";
    *out = topo->n_chip;
    if (*out < 2)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "net: the cluster has one chip; expected two or more, as chips send to "
                            "one another");
    if (chips && (!count_parse(chips, *out, out, &rest) || *rest || *out < 2))
        return ll_error_set(err, LL_ERR_CONFIG, "--chips %s: expected a whole number from 2 to %d",
                            chips, topo->n_chip);
    return LL_OK;
}

static ll_status group_parse(const ll_options *opt, const ll_topology *topo, ll_group *out,
                             ll_error *err)
{
    const char *group = opt->value[LL_OPT_GROUP], *rest = "";
    int32_t n, stride = 1;
    if (opt->value[LL_OPT_CHIPS] && group)
        return ll_error_set(
            err, LL_ERR_CONFIG,
            "--chips and --group: give only one of them; --chips 8 is the first 8 chips "
            "alone, --group 8 is all groups of 8 chips at the same time");
    LL_TRY(ll_net_chips_parse(opt, topo, &n, err));
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

/* all: those that a size alone describes. */
static ll_status collectives_parse(const char *word, ll_net_job *job, ll_error *err)
{
    const char *names[LL_N_COLLECTIVE + 1];
    int id;
    for (int c = 0; c < LL_N_COLLECTIVE; c++)
        names[c] = ll_collective_names[c];
    names[LL_N_COLLECTIVE] = "all";
    LL_TRY(ll_words_pick(&(ll_words){LL_N_COLLECTIVE + 1, names, NULL}, word, &id, err,
                         "--collective %s: ", word));
    for (int c = 0; c < LL_N_COLLECTIVE; c++)
        if (id == c || (id == LL_N_COLLECTIVE && c < LL_N_OF_BYTES))
            job->what[job->n_what++] = (ll_collective)c;
    return LL_OK;
}

ll_status ll_net_job_parse(const ll_options *opt, const ll_study *study, ll_arena *mem,
                           ll_net_job *job, ll_error *err)
{
    const char *what = opt->value[LL_OPT_COLLECTIVE], *how = opt->value[LL_OPT_ALGORITHM];
    const ll_words ways = {LL_N_ALGORITHM, ll_algorithm_names, NULL};
    int id;
    *job = (ll_net_job){0};
    how = how ? how : "auto";
    LL_TRY(collectives_parse(what ? what : "all_reduce", job, err));
    LL_TRY(ll_words_pick(&ways, how, &id, err, "--algorithm %s: ", how));
    job->algorithm = (ll_algorithm)id;
    if (job->what[0] >= LL_N_OF_BYTES && job->algorithm != LL_ALGORITHM_AUTO)
        return ll_error_set(
            err, LL_ERR_CONFIG,
            "--algorithm %s: a %s goes the way of cluster.dispatcher; leave it out, "
            "or set that one",
            how, ll_collective_names[job->what[0]]);
    LL_TRY(group_parse(opt, study->cluster.topo, &job->group, err));
    if (opt->value[LL_OPT_BESIDE])
        LL_TRY(ll_engine_list_parse(opt->value[LL_OPT_BESIDE], &job->beside, err));
    job->timing = opt->value[LL_OPT_TIMING] != NULL;
    if (job->timing && job->beside.n == 0)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--timing: needs --beside, such as --beside closed");
    return amounts_parse(opt, study, mem, job, err);
}
