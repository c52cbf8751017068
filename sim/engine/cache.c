/* The cache of an engine's prices, by the content of phases: ll_engine of engine.h.
 *
 *   phase --hash--> slots (open addressing, at most half full) --> known: copies of phase and price
 *                         | equal to the bit            | new
 *                         v                             v
 *                   copy the price           the engine, with all new phases of the call at once
 *
 * A hit costs a hash of the few words that describe a phase, one comparison, and a copy. The size
 * of the cache is bounded: beyond MOST_B it is emptied at the start of the next call, on every rank
 * alike. */
#include "sim/base/index_map.h"
#include "sim/engine/ask.h"

enum { FIRST_SLOTS = 64, MOST_B = 64 << 20 };

typedef struct known {
    uint64_t hash;
    ll_phase phase; /* a deep copy, with flow_end_s if it was asked for */
    ll_price *price;
} known;

struct ll_engine {
    const ll_engine_type *type;
    void *state;
    ll_arena *own;    /* of the state */
    ll_arena *memory; /* of all that follows */
    int32_t *slot_1;  /* [mask + 1] index into known + 1; 0 is empty */
    uint64_t mask;
    known *known; /* [n_known] of [cap_known] */
    int32_t n_known, cap_known;
    double used_B; /* approximate size of all copies */
    ll_engine_use use;
};

static void forget(ll_engine *e)
{
    ll_arena_reset(e->memory);
    e->slot_1 = ll_arena_array(e->memory, FIRST_SLOTS, int32_t);
    e->mask = FIRST_SLOTS - 1;
    e->known = NULL;
    e->n_known = e->cap_known = 0;
    e->used_B = 0;
}

ll_status ll_engine_create(const ll_engine_type *type, const ll_topology *topo, const ll_wire *wire,
                           const void *param, ll_comm *comm, ll_engine **out, ll_error *err)
{
    ll_arena *own = ll_arena_create("engine");
    ll_engine *e = ll_arena_new(own, ll_engine);
    *e = (ll_engine){.type = type, .own = own, .memory = ll_arena_create("prices")};
    void *copy = ll_arena_alloc(e->own, 1, type->param_size + 1);
    if (type->param_size > 0) memcpy(copy, param, type->param_size);
    forget(e);
    const ll_status status = type->create(topo, wire, copy, comm, e->own, &e->state, err);
    if (status == LL_OK)
        *out = e;
    else
        ll_engine_destroy(e);
    return status;
}

void ll_engine_destroy(ll_engine *engine)
{
    if (engine == NULL) return;
    if (engine->state != NULL) engine->type->destroy(engine->state);
    ll_arena_destroy(engine->memory);
    ll_arena_destroy(engine->own); // the engine itself is in it
}

ll_engine_use ll_engine_use_of(const ll_engine *engine) { return engine->use; }

static uint64_t hash_of(const ll_phase *p)
{
    uint64_t h = (uint64_t)p->n_traffic << 1 | (p->flow_end_s != NULL);
    for (int i = 0; i < p->n_traffic; i++)
        h = ll_traffic_hash(h, &p->traffic[i]);
    return h;
}

static bool equal(const ll_phase *a, const ll_phase *b)
{
    if (a->n_traffic != b->n_traffic || (a->flow_end_s == NULL) != (b->flow_end_s == NULL))
        return false;
    for (int i = 0; i < a->n_traffic; i++)
        if (!ll_traffic_equal(&a->traffic[i], &b->traffic[i])) return false;
    return true;
}

static int64_t flows_of(const ll_phase *p)
{
    int64_t n = 0;
    for (int i = 0; i < p->n_traffic; i++)
        n += ll_traffic_n_flow(&p->traffic[i]);
    return n;
}

static void slots_grow(ll_engine *e)
{
    e->mask = 4 * e->mask + 3;
    e->slot_1 = ll_arena_array(e->memory, e->mask + 1, int32_t);
    for (int32_t k = 0; k < e->n_known; k++) {
        uint64_t at = e->known[k].hash & e->mask;
        while (e->slot_1[at] != 0)
            at = (at + 1) & e->mask;
        e->slot_1[at] = k + 1;
    }
}

/* Makes an entry for a new phase, whose price is filled in later. */
static known learn(ll_engine *e, uint64_t hash, const ll_phase *phase)
{
    known k = {.hash = hash, .phase = *phase, .price = ll_arena_new(e->memory, ll_price)};
    ll_traffic *traffic = ll_arena_array(e->memory, phase->n_traffic, ll_traffic);
    for (int i = 0; i < phase->n_traffic; i++) {
        traffic[i] = ll_traffic_copy(&phase->traffic[i], e->memory);
        e->used_B += traffic[i].pattern == LL_PATTERN_LIST ? 40.0 * (double)traffic[i].n_list : 0;
    }
    k.phase.traffic = traffic;
    e->used_B += sizeof k + sizeof(ll_price) + (double)phase->n_traffic * sizeof *traffic;
    if (phase->flow_end_s == NULL) return k;
    const int64_t n = flows_of(phase);
    k.phase.flow_end_s = ll_arena_array(e->memory, n, double);
    e->used_B += 8.0 * (double)n;
    return k;
}

/* Index of the phase's entry; a new one is appended. */
static int32_t place_of(ll_engine *e, const ll_phase *phase)
{
    const uint64_t hash = hash_of(phase);
    uint64_t at = hash & e->mask;
    for (; e->slot_1[at] != 0; at = (at + 1) & e->mask) {
        const known *k = &e->known[e->slot_1[at] - 1];
        if (k->hash == hash && equal(&k->phase, phase)) return e->slot_1[at] - 1;
    }
    if (e->n_known == e->cap_known) {
        e->cap_known = 2 * e->cap_known + 32;
        e->known = ll_arena_grown(e->memory, e->known, e->n_known, e->cap_known, sizeof *e->known);
    }
    e->known[e->n_known++] = learn(e, hash, phase);
    e->slot_1[at] = e->n_known;
    if ((uint64_t)e->n_known * 2 > e->mask) slots_grow(e);
    return e->n_known - 1;
}

static void answer(const known *k, const ll_phase *phase, ll_price *price)
{
    *price = *k->price;
    if (phase->flow_end_s == NULL) return;
    memcpy(phase->flow_end_s, k->phase.flow_end_s, (size_t)flows_of(phase) * sizeof(double));
}

/* Prices the entries from `first` on. Collective. */
static ll_status price_new(ll_engine *e, int32_t first, ll_error *err)
{
    const int n = e->n_known - first;
    if (n == 0) return LL_OK;
    const ll_arena_mark mark = ll_arena_here(e->memory);
    ll_phase *phase = ll_arena_array(e->memory, n, ll_phase);
    ll_price *price = ll_arena_array(e->memory, n, ll_price);
    for (int i = 0; i < n; i++)
        phase[i] = e->known[first + i].phase;
    const ll_status status = e->type->price(e->state, n, phase, price, err);
    for (int i = 0; i < n && status == LL_OK; i++)
        *e->known[first + i].price = price[i];
    ll_arena_release(e->memory, mark);
    return status;
}

static ll_status price_all(ll_engine *e, int n, const ll_phase *phase, ll_price *price,
                           int32_t *place, ll_error *err)
{
    const int32_t first = e->n_known;
    for (int i = 0; i < n; i++)
        place[i] = place_of(e, &phase[i]);
    e->use.n_phase += n;
    e->use.n_hit += n - (e->n_known - first);
    const ll_status status = price_new(e, first, err);
    for (int i = 0; i < n && status == LL_OK; i++)
        answer(&e->known[place[i]], &phase[i], &price[i]);
    if (status != LL_OK) forget(e);
    return status;
}

ll_status ll_engine_price(ll_engine *engine, int n, const ll_phase *phase, ll_price *price,
                          ll_error *err)
{
    enum { FEW = 64 };
    int32_t few[FEW];
    for (int i = 0; i < n; i++)
        LL_TRY(ll_engine_may(engine->type, &phase[i], err));
    if (engine->used_B > MOST_B) forget(engine);
    for (int i = 0; i < n; i += FEW) {
        const int part = n - i < FEW ? n - i : FEW;
        LL_TRY(price_all(engine, part, phase + i, price + i, few, err));
    }
    return LL_OK;
}
