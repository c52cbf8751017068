#include "sim/engine/flow/fold.h"

#include "sim/engine/flow/refine.h"

#include <string.h>

static void quotient_links(const ll_incidence *inc, const ll_partition *p, double kappa,
                           ll_arena *mem, ll_system *out)
{
    double *cap = ll_arena_array(mem, p->n_link_class, double);
    double *mean = ll_arena_array(mem, p->n_link_class, double);
    for (int64_t k = 0; k < p->n_link_class; k++) {
        const ll_link_kind *kind = &inc->link_kinds[inc->link_kind[p->first_link[k]]];
        cap[k] = kind->cap_Bps * (double)p->n_link_member[k];
        mean[k] = kappa * kind->service_s;
    }
    out->n_link = out->link_hi = p->n_link_class;
    out->link_lo = 0;
    out->cap_Bps = cap;
    out->mean_s = mean;
}

/* Room for n rows with n_entry entries. */
typedef struct row_space {
    int64_t *first;
    int32_t *link, *traffic;
    double *share, *window, *tau, *mult, *size, *latency;
    int64_t *node;
} row_space;

static row_space rows_create(int64_t n, int64_t n_entry, ll_arena *mem, ll_rows *out)
{
    const row_space r = {ll_arena_array(mem, n + 1, int64_t), ll_arena_array(mem, n_entry, int32_t),
                         ll_arena_array(mem, n, int32_t),     ll_arena_array(mem, n_entry, double),
                         ll_arena_array(mem, n, double),      ll_arena_array(mem, n, double),
                         ll_arena_array(mem, n, double),      ll_arena_array(mem, n, double),
                         ll_arena_array(mem, n, double),      ll_arena_array(mem, n, int64_t)};
    out->system.n_row = n;
    out->system.first = r.first;
    out->system.link = r.link;
    out->system.share = r.share;
    out->system.window_B = r.window;
    out->system.tau_s = r.tau;
    out->mult = r.mult;
    out->size_B = r.size;
    out->latency_s = r.latency;
    out->traffic = r.traffic;
    out->node = r.node;
    return r;
}

static void row_set(const row_space *r, int64_t i, const ll_flow_kind *kind, double mult)
{
    r->window[i] = kind->window_B;
    r->tau[i] = kind->tau_s;
    r->mult[i] = mult;
    r->size[i] = kind->size_B;
    r->latency[i] = kind->latency_s;
    r->traffic[i] = kind->traffic;
    r->node[i] = kind->node;
}

static void quotient_rows(const ll_partition *p, ll_arena *mem, ll_rows *out)
{
    int64_t n_pair = 0;
    for (int64_t k = 0; k < p->n_class; k++)
        n_pair += p->flow_class[k]->n_pair;
    const row_space r = rows_create(p->n_class, n_pair, mem, out);
    int64_t at = 0;
    for (int64_t k = 0; k < p->n_class; k++) {
        const ll_flow_class *c = p->flow_class[k];
        row_set(&r, k, &c->kind, (double)p->n_member[k]);
        for (int64_t e = 0; e < c->n_pair; e++, at++) {
            r.link[at] = ll_class_pairs(c)[e].link_class;
            r.share[at] = (double)ll_class_pairs(c)[e].n_entry / c->kind.n_path;
        }
        r.first[k + 1] = at;
    }
}

ll_status ll_fold(const ll_incidence *inc, double kappa, int colour_bits, ll_comm *comm,
                  ll_arena *mem, ll_rows *out, ll_error *err)
{
    ll_partition classes;
    LL_TRY(ll_refine(inc, colour_bits, comm, mem, &classes, err));
    quotient_links(inc, &classes, kappa, mem, &out->system);
    quotient_rows(&classes, mem, out);
    out->row_of = classes.class_of;
    return LL_OK;
}

void ll_fold_not(const ll_incidence *inc, double kappa, ll_comm *comm, ll_arena *mem, ll_rows *out)
{
    ll_system *s = &out->system;
    s->n_link = inc->n_link;
    ll_comm_slice(comm, inc->n_link, &s->link_lo, &s->link_hi);
    double *cap = ll_arena_array(mem, s->link_hi - s->link_lo, double);
    double *mean = ll_arena_array(mem, s->link_hi - s->link_lo, double);
    for (int64_t l = s->link_lo; l < s->link_hi; l++) {
        const ll_link_kind *kind = &inc->link_kinds[inc->link_kind[l]];
        cap[l - s->link_lo] = kind->cap_Bps;
        mean[l - s->link_lo] = kappa * kind->service_s;
    }
    s->cap_Bps = cap;
    s->mean_s = mean;
    const row_space r = rows_create(inc->n_flow, inc->n_entry, mem, out);
    int64_t at = 0;
    for (ll_flow_cursor c = ll_flow_first(inc); c.i < inc->n_flow; ll_flow_next(&c)) {
        const ll_flow_kind *kind = ll_flow_kind_of(&c);
        row_set(&r, c.i, kind, 1);
        memcpy(r.link + at, ll_flow_link(&c), (size_t)c.n * sizeof *r.link);
        for (int64_t e = 0; e < c.n; e++)
            r.share[at++] = 1.0 / kind->n_path;
        r.first[c.i + 1] = at;
    }
    if (inc->number == NULL) return;
    int64_t *row = ll_arena_array(mem, inc->n_flow, int64_t);
    for (int64_t i = 0; i < inc->n_flow; i++)
        row[i] = i;
    out->row_of = row;
}
