#include "sim/validate/curve.h"

#include "sim/machine/timed_model.h"
#include "sim/validate/measured.h"

#include <string.h>
#include <strings.h>

/* The first that knows the text; the last one takes any. */
static const ll_measured_form *const forms[] = {
    &ll_measured_json,    &ll_measured_tokens, &ll_measured_hccl, &ll_measured_comm,
    &ll_measured_kernels, &ll_measured_csv,    &ll_measured_lines};

ll_status ll_curve_parse(const char *file, const char *text, const ll_curve_given *given,
                         ll_arena *mem, ll_points *io, ll_error *err)
{
    const char *slash = strrchr(file, '/');
    const int n_before = io->n;
    const ll_measured_form *const *form = forms;
    ll_measured m = {.file = file, .text = text, .mem = mem, .given = given, .points = io};
    ll_measured_collective(&m.run, slash ? slash + 1 : file);
    while (!(*form)->is(text))
        form++;
    LL_TRY((*form)->read(&m, err));
    if (io->n > n_before) return LL_OK;
    return ll_error_add(
        err, LL_ERR_CONFIG,
        "%s: no table of measured collectives; expected what nccl-tests, rccl-tests "
        "or HCCL Test print, the JSON of nccl-tests, or comma-separated values with "
        "the columns op,n,bytes,time_us",
        file);
}

ll_status ll_curve_read(int n_file, const char *const *file, const ll_curve_given *given,
                        ll_comm *comm, ll_arena *mem, ll_points *out, ll_error *err)
{
    *out = (ll_points){0};
    for (int i = 0; i < n_file; i++) {
        const char *text;
        size_t n;
        LL_TRY(ll_source_file(file[i], "a table of collectives", comm, mem, &text, &n, err));
        LL_TRY(ll_curve_parse(file[i], text, given, mem, out, err));
    }
    return LL_OK;
}

/* Whether a word of `device`, such as A100 of "NVIDIA A100-SXM4-80GB", is the first part of a name
 * of the chip, such as a100_sxm. Cards of other forms (PCIe, NVL) are other chips. */
static bool is_device(const ll_chip *chip, const char *device)
{
    bool any = false;
    for (const char *word = device; *word;) {
        const size_t n = strcspn(word, " -");
        if ((n == 4 && !strncasecmp(word, "PCIe", n)) || (n == 3 && !strncasecmp(word, "NVL", n)))
            return false;
        for (const char *name = chip->measured_as; *name && n > 0;) {
            any = any || (strcspn(name, " _") == n && !strncasecmp(name, word, n));
            name += strcspn(name, " ");
            name += *name == ' ';
        }
        word += n;
        word += *word != '\0';
    }
    return any;
}

ll_status ll_curve_of_chip(const ll_chip *chip, ll_points *io, ll_error *err)
{
    const ll_point *other = NULL;
    int n = 0;
    for (int i = 0; i < io->n; i++) {
        const ll_point *p = &io->point[i];
        if (!p->chip || ll_timed_is_chip(chip, p->chip) || is_device(chip, p->chip))
            io->point[n++] = *p;
        else if (io->n_other_chip++ == 0)
            other = p;
    }
    if (n == 0 && other != NULL)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s:%d: chip = '%s'; no row is of %s, which such tables call '%s' "
                            "(cluster.chip.measured_as)",
                            other->file, other->line, other->chip, chip->name, chip->measured_as);
    io->n = n;
    return LL_OK;
}

/* The cluster with the custom all-reduce of a point. */
static ll_status with_kernel(const ll_cluster *cluster, const ll_point *p, ll_arena *mem,
                             const ll_cluster **out, ll_error *err)
{
    if (!ll_shots_have(&cluster->shots, p->library))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s:%d: all_reduce by '%s', which cluster.custom_all_reduces of %s "
                            "has no entry for; `lineloss list parts` has those that were measured",
                            p->file, p->line, p->library, cluster->name);
    ll_cluster *own = ll_arena_new(mem, ll_cluster);
    *own = *cluster;
    own->shots.chosen = p->library;
    *out = own;
    return LL_OK;
}

ll_status ll_curve_cluster(const ll_cluster *cluster, const ll_point *p, ll_arena *mem,
                           const ll_cluster **out, ll_error *err)
{
    *out = cluster;
    if (p->kernel != NULL) return with_kernel(cluster, p, mem, out, err);
    if (p->collective < LL_N_OF_BYTES) return LL_OK;
    if (!ll_dispatchers_have(&cluster->dispatchers, p->library))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s:%d: tokens sent by '%s', which cluster.dispatchers of %s has no "
                            "entry for; `lineloss list parts` has those that were measured",
                            p->file, p->line, p->library, cluster->name);
    ll_cluster *own = ll_arena_new(mem, ll_cluster);
    ll_dispatcher *at = ll_arena_array(mem, cluster->dispatchers.n, ll_dispatcher);
    *own = *cluster;
    for (int i = 0; i < own->dispatchers.n; i++) {
        at[i] = own->dispatchers.at[i];
        if (p->n_multiprocessor > 0) at[i].n_multiprocessor = p->n_multiprocessor;
    }
    own->dispatchers.at = at;
    own->dispatchers.chosen = p->library;
    *out = own;
    return LL_OK;
}

ll_status ll_curve_request(const ll_cluster *cluster, const ll_point *p, ll_request *out,
                           ll_error *err)
{
    const int32_t n_chip = cluster->topo->n_chip;
    if (p->n > n_chip)
        return ll_error_set(err, LL_ERR_CONFIG, "%s:%d: n = '%d'; %s has %d chips", p->file,
                            p->line, p->n, cluster->name, n_chip);
    *out = (ll_request){.collective = p->collective,
                        .algorithm = p->algorithm,
                        .group = {.n_chip = p->n, .n_digit = 1},
                        .size_B = p->size_B,
                        .rows = p->rows};
    out->group.size[0] = p->n;
    out->group.stride[0] = 1;
    return LL_OK;
}
