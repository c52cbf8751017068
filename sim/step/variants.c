#include "sim/step/variants.h"

#include "sim/base/text.h"
#include "sim/comm/progress.h"
#include "sim/step/account.h"
#include "sim/step/oracle.h"

#include <string.h>

uint64_t ll_variant_key(const ll_study *study, const ll_variant *v)
{
    static const char format[] = "lineloss variant 1";
    const uint64_t of[] = {ll_config_hash(study->config), v->extent};
    uint64_t h = ll_text_hash(LL_HASH_START, format, sizeof format);
    h = ll_text_hash(h, of, sizeof of);
    LL_ASSERT(!v->layout, "%s has no key", study->name);
    for (int i = 0; i < v->n_change; i++) {
        const ll_change *c = &v->change[i];
        const uint64_t from = c->text ? 0 : ll_config_hash(c->from);
        h = ll_text_hash(h, c->path, strlen(c->path) + 1);
        h = c->text ? ll_text_hash(h, c->text, strlen(c->text) + 1)
                    : ll_text_hash(h, &from, sizeof from);
    }
    return h;
}

/* ---- one variant ---- */

/* What the variants that a communicator runs have in common. */
typedef struct runner {
    const ll_study *study;
    ll_comm *comm;
    ll_arena *scratch; /* released after each variant */
    /* Of the study: by `closed`, and by its own engine. Made when a variant needs it; NULL: not
     * yet, or it cannot be made, which the variant itself then tells. */
    ll_pricer *closed, *real;
    bool tried_closed, tried_real;
    ll_arena *prices;
} runner;

/* The first message of an error without where it is: its file and line, which differ between
 * machines, or the setting that a change is read as. */
static void why_fill(const char *s, char *why, size_t cap)
{
    static const char set[] = "--set: ";
    const size_t n_place = strcspn(s, "\n");
    if (!strncmp(s, set, strlen(set))) s += strlen(set);
    for (size_t i = 1; i < n_place; i++) {
        const size_t n_digit = strspn(s + i, "0123456789");
        if (s[i - 1] == ':' && n_digit > 0 && !strncmp(s + i + n_digit, ": ", 2)) {
            s += i + n_digit + 2;
            break;
        }
    }
    const size_t n = strcspn(s, "\n");
    memcpy(why, s, n < cap ? n : cap - 1);
}

/* Whether the fabric of a variant is that of the study: topology, wire and software, which prices
 * are made of. */
static bool keeps_fabric(const ll_variant *v)
{
    static const char *const elsewhere[] = {"cluster.chip.", "cluster.jitter.", "model.", "job.",
                                            "server."};
    enum { N_ELSEWHERE = sizeof elsewhere / sizeof *elsewhere };
    for (int i = 0; i < v->n_change; i++) {
        bool known = false;
        for (int k = 0; k < N_ELSEWHERE && !known; k++)
            known = !strncmp(v->change[i].path, elsewhere[k], strlen(elsewhere[k]));
        if (!known) return false;
    }
    return true;
}

static ll_pricer *pricer_of(runner *r, const ll_variant *v)
{
    const bool real = v->extent == LL_EXTENT_REAL || v->extent == LL_EXTENT_LOSSES;
    ll_pricer **pricer = real ? &r->real : &r->closed;
    bool *tried = real ? &r->tried_real : &r->tried_closed;
    if (!keeps_fabric(v)) return NULL;
    if (!*tried) {
        ll_pricer *made = NULL;
        const ll_study *of = real ? r->study : ll_speed_study(r->study, false, r->prices);
        const ll_status status = ll_pricer_create(of, r->comm, r->prices, &made, NULL);
        *pricer = status == LL_OK ? made : NULL;
        *tried = true;
    }
    return *pricer;
}

/* The study of a variant, in scratch. */
static ll_status study_make(const runner *r, const ll_variant *v, ll_study *out, ll_error *err)
{
    if (!v->layout) return ll_study_vary(r->study, v->n_change, v->change, r->scratch, out, err);
    ll_faults *why = ll_arena_fill(r->scratch, 1, ll_faults);
    why->n = 0;
    if (ll_study_lay(r->study, v->layout, v->stack, r->scratch, out, why)) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG, "%s: %s", why->at[0].path, why->at[0].text);
}

static void losses_take(const ll_study *study, const ll_result *result, ll_found *out)
{
    for (int i = 0; i < result->n_loss; i++) {
        int cause = 0;
        while (study->workload->ladder[cause].removes != result->loss[i].removes)
            cause++;
        out->loss[out->n_loss++] = (ll_found_loss){cause, result->loss[i].chips};
    }
}

static ll_status losses_run(const runner *r, const ll_study *study, ll_pricer *pricer,
                            ll_found *out, ll_error *err)
{
    ll_result *result = ll_arena_new(r->scratch, ll_result);
    ll_ladder *ladder = ll_arena_new(r->scratch, ll_ladder);
    result->n_chip = study->cluster.topo->n_chip;
    LL_TRY(ll_ladder_make(study, pricer, r->comm, r->scratch, ladder, err));
    ll_account(ladder, result);
    out->speed.iteration_s = result->step_s;
    LL_TRY(
        ll_figures_find(study, pricer, result->step_s, r->comm, r->scratch, out->speed.value, err));
    out->speed.headline =
        out->speed.value[ll_workload_metric(study->workload, study->workload->headline)];
    out->effective_chips = result->effective_chips;
    losses_take(study, result, out);
    return LL_OK;
}

/* The same with a pricer of its own, if the study has another fabric than the others. */
static ll_status losses_find(runner *r, const ll_variant *v, const ll_study *study, ll_found *out,
                             ll_error *err)
{
    ll_pricer *shared = pricer_of(r, v), *own = shared;
    ll_status status = LL_OK;
    if (!shared) status = ll_pricer_create(study, r->comm, r->scratch, &own, err);
    if (status == LL_OK) status = losses_run(r, study, own, out, err);
    if (!shared) ll_pricer_destroy(own);
    return status;
}

static ll_status whole_run(const runner *r, const ll_study *study, ll_found *out, ll_error *err)
{
    ll_result *result = ll_arena_new(r->scratch, ll_result);
    LL_TRY(ll_run(study, r->comm, r->scratch, result, err));
    out->speed.iteration_s = result->step_s;
    memcpy(out->speed.value, result->metric_value, sizeof out->speed.value);
    out->speed.headline = ll_result_metric(result, ll_headline(study)->name);
    out->valid = result->valid;
    out->effective_chips = result->effective_chips;
    out->checksum = result->checksum;
    losses_take(study, result, out);
    return LL_OK;
}

static ll_status found_make(runner *r, const ll_variant *v, ll_found *out, ll_error *err)
{
    ll_study *study = ll_arena_new(r->scratch, ll_study);
    LL_TRY(study_make(r, v, study, err));
    const ll_layout *l = &study->layout;
    out->n_chip = study->cluster.topo->n_chip;
    out->memory_B = study->memory.total_B;
    out->tp = l->tp;
    out->cp = l->cp;
    out->pp = l->pp;
    out->dp = l->dp;
    out->global_batch = l->global_batch;
    if (v->extent == LL_EXTENT_WHOLE) return whole_run(r, study, out, err);
    if (v->extent == LL_EXTENT_LOSSES) return losses_find(r, v, study, out, err);
    if (v->extent == LL_EXTENT_REAL)
        return ll_speed_run(study, pricer_of(r, v), 0, r->comm, r->scratch, &out->speed, err);
    const ll_study *closed = ll_speed_study(study, v->extent == LL_EXTENT_JITTER, r->scratch);
    return ll_speed_run(closed, pricer_of(r, v), LL_SPEED_MAX_CHIP, r->comm, r->scratch,
                        &out->speed, err);
}

static void variant_run(runner *r, const ll_variant *v, ll_found *out)
{
    const ll_arena_mark mark = ll_arena_here(r->scratch);
    ll_error *err = ll_arena_fill(r->scratch, 1, ll_error);
    ll_error_init(err);
    memset(out, 0, sizeof *out); /* padding too: it is exchanged as bytes */
    if (found_make(r, v, out, err) != LL_OK) {
        memset(out, 0, sizeof *out);
        why_fill(err->text, out->why, sizeof out->why);
    }
    ll_arena_release(r->scratch, mark);
}

static runner runner_make(const ll_study *study, ll_comm *comm, ll_arena *scratch)
{
    return (runner){.study = study,
                    .comm = comm,
                    .scratch = scratch,
                    .prices = ll_arena_create("prices of variants")};
}

static void runner_end(runner *r)
{
    ll_pricer_destroy(r->closed);
    ll_pricer_destroy(r->real);
    ll_arena_destroy(r->prices);
}

/* ---- all of them ---- */

typedef struct batch {
    const ll_batch_how *how;
    ll_variant *variant;
    ll_comm *comm; /* of all ranks */
    ll_arena *scratch;
    runner own, all; /* of this rank alone; of all ranks together */
    ll_progress progress;
} batch;

/* Runs the variants index[n], dealt in turn: neighbours, which often take the same time, are on
 * different ranks. */
static void dealt_run(batch *b, int n, const int *index)
{
    const ll_arena_mark mark = ll_arena_here(b->scratch);
    const int rank = ll_comm_rank(b->comm), size = ll_comm_size(b->comm);
    ll_found *own = ll_arena_fill(b->scratch, n / size + 1, ll_found);
    size_t n_byte;
    int n_own = 0;
    for (int i = rank; i < n; i += size) {
        variant_run(&b->own, &b->variant[index[i]], &own[n_own++]);
        ll_progress_step(&b->progress, size);
    }
    const ll_found *all =
        ll_comm_gather(b->comm, b->scratch, own, (size_t)n_own * sizeof *own, &n_byte);
    LL_ASSERT(n_byte == (size_t)n * sizeof *all, "%zu bytes of %d variants", n_byte, n);
    for (int r = 0; r < size; r++)
        for (int i = r; i < n; i += size)
            b->variant[index[i]].found = *all++;
    ll_arena_release(b->scratch, mark);
}

/* Runs them one after the other, each on all ranks. */
static void together_run(batch *b, int n, const int *index)
{
    for (int i = 0; i < n; i++) {
        variant_run(&b->all, &b->variant[index[i]], &b->variant[index[i]].found);
        ll_progress_step(&b->progress, 1);
    }
}

static ll_status kept(const batch *b, int n, const int *index, ll_error *err)
{
    const ll_batch_store *store = b->how->store;
    for (int i = 0; store && i < n; i++) {
        const ll_variant *v = &b->variant[index[i]];
        LL_TRY(store->keep(store->self, ll_variant_key(b->own.study, v), &v->found, err));
    }
    return LL_OK;
}

/* Runs the variants index[n], in rounds if there is a store: it gets what is finished about once a
 * second. */
static ll_status some_run(batch *b, bool even, int n, const int *index, ll_error *err)
{
    static const double short_s = 0.5;
    const int size = ll_comm_size(b->comm);
    int n_round = b->how->store ? size : n;
    for (int done = 0; done < n;) {
        const double start_s = ll_progress_clock_s();
        const int here = n_round < n - done ? n_round : n - done;
        if (even || n >= size)
            dealt_run(b, here, index + done);
        else
            together_run(b, here, index + done);
        LL_TRY(kept(b, here, index + done, err));
        done += here;
        double round_s = ll_progress_clock_s() - start_s;
        if (done < n) ll_comm_max_f64(b->comm, 1, &round_s);
        if (round_s < short_s && n_round < n) n_round *= 2;
    }
    return LL_OK;
}

/* index[n] of the variants that no store has. */
static int missing_find(batch *b, int n, int *index)
{
    const ll_batch_store *store = b->how->store;
    int n_missing = 0;
    for (int i = 0; i < n; i++) {
        ll_variant *v = &b->variant[i];
        if (!store || !store->find(store->self, ll_variant_key(b->own.study, v), &v->found))
            index[n_missing++] = i;
    }
    return n_missing;
}

/* Those of index[n] that run by `closed` without jitter, or all others; returns how many. */
static int chosen(const batch *b, bool even, int n, const int *index, int *out)
{
    int n_out = 0;
    for (int i = 0; i < n; i++)
        if ((b->variant[index[i]].extent == LL_EXTENT_EVEN) == even) out[n_out++] = index[i];
    return n_out;
}

ll_status ll_variants_run(const ll_study *study, const ll_batch_how *how, int n,
                          ll_variant *variant, ll_comm *comm, ll_error *err)
{
    ll_arena *scratch = ll_arena_create("variants");
    ll_comm *self = ll_comm_self(scratch);
    batch b = {.how = how,
               .variant = variant,
               .comm = comm,
               .scratch = scratch,
               .own = runner_make(study, self, scratch),
               .all = runner_make(study, comm, scratch)};
    int *missing = ll_arena_array(scratch, n, int), *some = ll_arena_array(scratch, n, int);
    const int n_missing = missing_find(&b, n, missing);
    ll_status status = LL_OK;
    ll_progress_begin(&b.progress, comm, how->name, "of the variants", n_missing);
    ll_comm_progress_set(self, &b.progress);
    for (int even = 1; even >= 0 && status == LL_OK; even--) {
        const int n_some = chosen(&b, even, n_missing, missing, some);
        status = some_run(&b, even, n_some, some, err);
    }
    ll_progress_end(&b.progress);
    runner_end(&b.own);
    runner_end(&b.all);
    ll_comm_destroy(self);
    ll_arena_destroy(scratch);
    return status;
}
