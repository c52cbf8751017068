#include "sim/step/price.h"

#include "sim/base/text.h"
#include "sim/comm/progress.h"

#include <math.h>

/* ---- plans ---- */

/* Tied embeddings: the first and the last stage of every pipeline all-reduce their copies, as two
 * exchanges of half the matrix each way. The pairs do not cover all chips, so they are no ll_group
 * and are listed. */
static void plan_ends(const ll_transfer *t, int dimension, ll_arena *mem, ll_plan *out)
{
    const int64_t n_pair = ll_group_count(&t->group);
    const int32_t last = ll_group_size(&t->group) - 1;
    int32_t *src = ll_arena_array(mem, 2 * n_pair, int32_t);
    int32_t *dst = ll_arena_array(mem, 2 * n_pair, int32_t);
    double *list_B = ll_arena_array(mem, 2 * n_pair, double);
    for (int64_t i = 0; i < n_pair; i++) {
        src[2 * i] = dst[2 * i + 1] = ll_group_member(&t->group, (int32_t)i, 0);
        dst[2 * i] = src[2 * i + 1] = ll_group_member(&t->group, (int32_t)i, last);
        list_B[2 * i] = list_B[2 * i + 1] = t->size_B / 2;
    }
    *out = (ll_plan){.collective = LL_ALL_REDUCE,
                     .algorithm = LL_ALGORITHM_DIRECT,
                     .size_B = t->size_B,
                     .group_size = 2,
                     .dimension = dimension,
                     .n_round = 1,
                     .round = ll_arena_new(mem, ll_round)};
    out->round[0] = (ll_round){.traffic = {.pattern = LL_PATTERN_LIST,
                                           .n_list = 2 * n_pair,
                                           .src = src,
                                           .dst = dst,
                                           .list_B = list_B},
                               .collective = LL_ALL_REDUCE,
                               .repeat = 2,
                               .dimension = dimension};
}

/* ---- each alone on the wire ---- */

enum { N_BUCKET = 256 };

typedef struct entry {
    ll_priced priced;
    bool waits;         /* planned, but not priced by the study's engine yet */
    struct entry *next; /* of the same bucket */
} entry;

/* Hashes of phases that are priced or queued: they take no time when they come again. */
typedef struct seen {
    int n, cap;
    uint64_t *hash; /* [n] */
} seen;

struct ll_pricer {
    const ll_study *study;
    ll_comm *comm;
    ll_arena *own;
    ll_chooser *chooser;
    seen seen;
    ll_progress *progress; /* NULL unless a slow engine is pricing */
    ll_engine
        *engine[LL_N_PRICING]; /* CLEAN: NULL without link errors; REAL is ALONE for `closed` */
    entry *bucket[N_BUCKET];
};

static ll_status engine_make(ll_pricer *p, const ll_engine_type *type, const void *param,
                             ll_pricing how, ll_comm *comm, ll_error *err)
{
    const ll_cluster *c = &p->study->cluster;
    return ll_engine_create(type, c->topo, &c->wire, param, comm, &p->engine[how], err);
}

ll_status ll_pricer_create(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_pricer **out,
                           ll_error *err)
{
    ll_pricer *p = *out = ll_arena_new(mem, ll_pricer);
    p->study = study;
    p->comm = comm;
    p->own = ll_arena_create("pricer");
    p->chooser = ll_chooser_create(&study->cluster, p->own);
    LL_TRY(engine_make(p, &ll_engine_closed, NULL, LL_PRICING_ALONE, comm, err));
    p->engine[LL_PRICING_REAL] = p->engine[LL_PRICING_ALONE];
    if (study->engine != &ll_engine_closed)
        LL_TRY(engine_make(p, study->engine, study->engine_param, LL_PRICING_REAL, comm, err));
    void *clean = ll_arena_alloc(p->own, 1, study->engine->param_size + 1);
    if (!study->engine->error_free(study->engine_param, clean)) return LL_OK;
    return engine_make(p, study->engine, clean, LL_PRICING_CLEAN, comm, err);
}

void ll_pricer_destroy(ll_pricer *p)
{
    if (!p) return;
    if (p->engine[LL_PRICING_REAL] != p->engine[LL_PRICING_ALONE])
        ll_engine_destroy(p->engine[LL_PRICING_REAL]);
    ll_engine_destroy(p->engine[LL_PRICING_ALONE]);
    ll_engine_destroy(p->engine[LL_PRICING_CLEAN]);
    ll_arena_destroy(p->own);
}

static double effort_of(const ll_pricer *p, const ll_phase *phase)
{
    const ll_study *s = p->study;
    return s->engine->effort(s->cluster.topo, &s->cluster.wire, s->engine_param, phase);
}

/* Price one phase. The facts that the engine reports count once, however often the phase comes
 * again. */
static ll_status price_phase(ll_pricer *p, ll_pricing how, const ll_phase *phase, ll_price *price,
                             ll_prices *out, ll_error *err)
{
    ll_engine *engine = p->engine[how];
    const int64_t n_hit = ll_engine_use_of(engine).n_hit;
    const double effort = p->progress ? effort_of(p, phase) : 0;
    if (p->progress) ll_progress_piece(p->progress, effort);
    LL_TRY(ll_engine_price(engine, 1, phase, price, err));
    if (ll_engine_use_of(engine).n_hit > n_hit) return LL_OK;
    if (p->progress) ll_progress_step(p->progress, effort);
    if (engine != p->engine[LL_PRICING_REAL]) return LL_OK;
    ll_price_merge(&out->work, price);
    out->n_phase++;
    return LL_OK;
}

/* The round with the largest wire time, all its repetitions together. */
static void longest_find(ll_priced *t, const ll_price *price)
{
    double most_s = 0;
    t->longest_round = 0;
    t->longest_s = 0;
    for (int r = 0; r < t->plan.n_round; r++) {
        const double all_s = t->plan.round[r].repeat * (price[r].end_s[0] - price[r].latency_s[0]);
        if (all_s <= most_s) continue;
        most_s = all_s;
        t->longest_round = r;
        t->longest_s = all_s / t->plan.round[r].repeat;
    }
}

static ll_status price_one(ll_pricer *p, ll_priced *t, ll_pricing how, ll_prices *out,
                           ll_error *err)
{
    const ll_arena_mark mark = ll_arena_here(p->own);
    ll_price *price = ll_arena_fill(p->own, t->plan.n_round, ll_price);
    ll_status status = LL_OK;
    for (int r = 0; r < t->plan.n_round && status == LL_OK; r++) {
        const ll_phase phase = {.n_traffic = 1, .traffic = &t->plan.round[r].traffic};
        status = price_phase(p, how, &phase, &price[r], out, err);
    }
    if (status == LL_OK) {
        ll_collective_cost(p->study->cluster.software, &t->plan, price, &t->cost[how]);
        if (how == LL_PRICING_ALONE) longest_find(t, price);
    }
    ll_arena_release(p->own, mark);
    return status;
}

/* Estimated effort of engine REAL for the phase; 0 if it is in its cache. */
static double effort_left(ll_pricer *p, const ll_phase *phase)
{
    uint64_t hash = LL_HASH_START;
    seen *s = &p->seen;
    for (int i = 0; i < phase->n_traffic; i++)
        hash = ll_traffic_hash(hash, &phase->traffic[i]);
    for (int i = 0; i < s->n; i++)
        if (s->hash[i] == hash) return 0;
    if (s->n == s->cap) {
        s->cap = 2 * s->cap + 64;
        s->hash = ll_arena_grown(p->own, s->hash, s->n, s->cap, sizeof *s->hash);
    }
    s->hash[s->n++] = hash;
    return effort_of(p, phase);
}

/* Number of engines that take long: all but `closed`. */
static int n_slow_engine(const ll_pricer *p)
{
    return (p->engine[LL_PRICING_REAL] != p->engine[LL_PRICING_ALONE]) +
           (p->engine[LL_PRICING_CLEAN] != NULL);
}

/* Choose the algorithm, plan the transfer, and price it by engine `closed`. */
static ll_status plan_make(ll_pricer *p, ll_priced *t, ll_prices *out, ll_error *err)
{
    const ll_transfer *transfer = &t->transfer;
    const ll_request request = {.collective = transfer->collective,
                                .group = transfer->group,
                                .size_B = transfer->size_B,
                                .rows = transfer->rows};
    t->dimension = ll_collective_dimension(p->study->cluster.topo, &transfer->group);
    if (transfer->pair_of_ends)
        plan_ends(transfer, t->dimension, p->own, &t->plan);
    else
        LL_TRY(ll_chooser_choose(p->chooser, &request, p->own, &t->plan, err));
    return price_one(p, t, LL_PRICING_ALONE, out, err);
}

static ll_status real_price(ll_pricer *p, ll_priced *t, ll_prices *out, ll_error *err)
{
    t->cost[LL_PRICING_REAL] = t->cost[LL_PRICING_ALONE];
    if (p->engine[LL_PRICING_REAL] != p->engine[LL_PRICING_ALONE])
        LL_TRY(price_one(p, t, LL_PRICING_REAL, out, err));
    t->cost[LL_PRICING_CLEAN] = t->cost[LL_PRICING_REAL];
    return p->engine[LL_PRICING_CLEAN] ? price_one(p, t, LL_PRICING_CLEAN, out, err) : LL_OK;
}

static uint64_t hash_of(const ll_transfer *t)
{
    uint64_t h = ll_text_hash(LL_HASH_START, &t->size_B, sizeof t->size_B);
    h = ll_text_hash(h, &t->collective, sizeof t->collective);
    return ll_text_hash(h, t->group.stride, (size_t)t->group.n_digit * sizeof *t->group.stride);
}

static bool same_transfer(const ll_transfer *a, const ll_transfer *b)
{
    bool same = a->collective == b->collective && a->pair_of_ends == b->pair_of_ends &&
                ll_rows_equal(&a->rows, &b->rows) && !(a->size_B < b->size_B) &&
                !(a->size_B > b->size_B) && a->group.n_chip == b->group.n_chip &&
                a->group.n_digit == b->group.n_digit;
    for (int d = 0; d < a->group.n_digit && same; d++)
        same = a->group.size[d] == b->group.size[d] && a->group.stride[d] == b->group.stride[d];
    return same;
}

/* The entry of a transfer; a new one is planned first. */
static ll_status transfer_find(ll_pricer *p, const ll_transfer *t, ll_prices *out, entry **found,
                               ll_error *err)
{
    entry **bucket = &p->bucket[hash_of(t) % N_BUCKET];
    for (entry *e = *bucket; e; e = e->next)
        if (same_transfer(&e->priced.transfer, t)) {
            *found = e;
            return LL_OK;
        }
    entry *new = *found = ll_arena_new(p->own, entry);
    new->priced.transfer = *t;
    new->waits = true;
    LL_TRY(plan_make(p, &new->priced, out, err));
    new->next = *bucket;
    *bucket = new;
    return LL_OK;
}

static double entry_effort(ll_pricer *p, const entry *e)
{
    double effort = 0;
    for (int r = 0; r < e->priced.plan.n_round && e->waits; r++)
        effort +=
            effort_of(p, &(ll_phase){.n_traffic = 1, .traffic = &e->priced.plan.round[r].traffic});
    return effort;
}

/* ---- together ---- */

/* Whether any two streams of a set use the same dimension of the topology. Dimensions have separate
 * links, so else none of them slows another down. */
static bool share_links(const ll_pricer *p, const ll_graph *graph, unsigned set)
{
    unsigned used = 0;
    for (int s = 0; s < LL_N_STREAM; s++) {
        if (!(set >> s & 1)) continue;
        const ll_group *group = &graph->transfer[graph->on_wire[s]].group;
        const unsigned mine = ll_collective_dimensions(p->study->cluster.topo, group);
        if (mine & used) return true;
        used |= mine;
    }
    return false;
}

/* The streams of a set: priced all in one phase, then each by itself. */
typedef struct together {
    int n;
    ll_traffic traffic[LL_N_STREAM];
    ll_stream stream[LL_N_STREAM];
    ll_phase phase[1 + LL_N_STREAM];
} together;

/* Scales the rounds so that each takes as long alone as that of the set's last stream. If one takes
 * no time on the wire the set is empty: nothing slows down. */
static void set_make(const ll_graph *graph, unsigned set, const ll_prices *prices, together *out)
{
    double wire_s[LL_N_STREAM];
    int n = 0;
    out->n = 0;
    for (int s = 0; s < LL_N_STREAM; s++) {
        if (!(set >> s & 1)) continue;
        const ll_priced *t = prices->at[graph->on_wire[s]];
        wire_s[n] = t->longest_s;
        if (!(wire_s[n] > 0)) return;
        out->traffic[n] = t->plan.round[t->longest_round].traffic;
        out->stream[n++] = (ll_stream)s;
    }
    out->n = n;
    out->phase[0] = (ll_phase){.n_traffic = n, .traffic = out->traffic};
    for (int i = 0; i < n; i++) {
        if (i + 1 < n) out->traffic[i].size_B *= wire_s[n - 1] / wire_s[i];
        out->phase[1 + i] = (ll_phase){.n_traffic = 1, .traffic = &out->traffic[i]};
    }
}

static ll_status price_set(ll_pricer *p, const together *t, ll_pricing how, unsigned set,
                           ll_prices *out, ll_error *err)
{
    ll_price price[1 + LL_N_STREAM];
    if (t->n == 0) return LL_OK;
    for (int i = 0; i <= t->n; i++)
        LL_TRY(price_phase(p, how, &t->phase[i], &price[i], out, err));
    for (int i = 0; i < t->n; i++) {
        const double both_s = price[0].end_s[i] - price[0].latency_s[i];
        const double one_s = price[1 + i].end_s[0] - price[1 + i].latency_s[0];
        const double slow = one_s > 0 ? fmax(1, both_s / one_s) : 1;
        out->slow[how][set][t->stream[i]] = fmin(slow, t->n);
    }
    return LL_OK;
}

static double set_effort(ll_pricer *p, const ll_graph *graph, unsigned set, const ll_prices *out)
{
    double effort = 0;
    together t;
    if (!share_links(p, graph, set)) return 0;
    set_make(graph, set, out, &t);
    for (int i = 0; i <= t.n && t.n > 0; i++)
        effort += effort_left(p, &t.phase[i]);
    return effort;
}

static ll_status set_price(ll_pricer *p, const ll_graph *graph, unsigned set, ll_prices *out,
                           ll_error *err)
{
    together t;
    for (int s = 0; s < LL_N_STREAM; s++)
        out->slow[LL_PRICING_REAL][set][s] = out->slow[LL_PRICING_CLEAN][set][s] = 1;
    if (!share_links(p, graph, set)) return LL_OK;
    set_make(graph, set, out, &t);
    LL_TRY(price_set(p, &t, LL_PRICING_REAL, set, out, err));
    if (out->link_errors) LL_TRY(price_set(p, &t, LL_PRICING_CLEAN, set, out, err));
    for (int s = 0; s < LL_N_STREAM && !out->link_errors; s++)
        out->slow[LL_PRICING_CLEAN][set][s] = out->slow[LL_PRICING_REAL][set][s];
    return LL_OK;
}

/* ---- all of a graph ---- */

static ll_status wait_price(ll_pricer *p, const ll_graph *graph, entry *const *found,
                            ll_prices *out, ll_error *err)
{
    for (int i = 0; i < out->n; i++) {
        if (found[i]->waits) LL_TRY(real_price(p, &found[i]->priced, out, err));
        found[i]->waits = false;
    }
    for (int i = 0; i < graph->n_together; i++)
        LL_TRY(set_price(p, graph, graph->together[i], out, err));
    return LL_OK;
}

/* Price all transfers that are not priced yet, with a progress line. */
static ll_status progress_price(ll_pricer *p, const ll_graph *graph, entry *const *found,
                                ll_prices *out, ll_error *err)
{
    double effort = 0;
    for (int i = 0; i < out->n; i++)
        effort += n_slow_engine(p) * entry_effort(p, found[i]);
    for (int i = 0; i < graph->n_together; i++)
        effort += n_slow_engine(p) * set_effort(p, graph, graph->together[i], out);
    ll_progress progress;
    p->progress = &progress;
    ll_progress_begin(&progress, p->comm, p->study->engine->name, "of the traffic",
                      fmax(effort, 1));
    const ll_status status = wait_price(p, graph, found, out, err);
    ll_progress_end(&progress);
    p->progress = NULL;
    return status;
}

ll_status ll_prices_make(ll_pricer *p, const ll_graph *graph, ll_arena *mem, ll_prices *out,
                         ll_error *err)
{
    out->n = graph->n_transfer;
    out->at = ll_arena_fill(mem, out->n, const ll_priced *);
    out->link_errors = p->engine[LL_PRICING_CLEAN] != NULL;
    out->n_phase = 0;
    out->work.n_fact = 0;
    entry **found = ll_arena_array(mem, out->n, entry *);
    for (int i = 0; i < out->n; i++) {
        LL_TRY(transfer_find(p, &graph->transfer[i], out, &found[i], err));
        out->at[i] = &found[i]->priced;
    }
    return n_slow_engine(p) > 0 ? progress_price(p, graph, found, out, err)
                                : wait_price(p, graph, found, out, err);
}
