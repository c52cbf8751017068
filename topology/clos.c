/* Clos network (fat tree) of two or three levels; its chips are host ports (NICs).
 *
 *                 cores            spine s of every pod is wired to cores (s, 0 .. core_uplinks-1)
 *             /           \
 *      spines of pod 0   spines of pod 1      each leaf is wired to all spines (of its pod)
 *       /    |    \
 *   leaf 0 leaf 1 leaf 2                      hosts_per_leaf hosts each, the last may have fewer
 *
 * Oversubscription is hosts_per_leaf * links * bandwidth over uplinks * uplink_bandwidth;
 * it follows from uplinks, or uplinks from it.
 *
 * routing = spray spreads every flow evenly over all spines and cores. By symmetry, all lanes from
 * a leaf then carry the same load, and so do all lanes from a pod: the spines of a pod are one node
 * and the cores are one node, with bundles of lanes. This is exact, and it is the same graph with
 * one spine and one core. ecmp and dmodk choose one spine and one core, so these exist one by one:
 *   ecmp   by a hash of source, destination and path number;
 *   dmodk  by the destination: spine = slot mod spines, core = (slot / spines) mod core_uplinks,
 *          slot counting the ports leaf by leaf (Zahavi, "D-Mod-K routing", 2010; as InfiniBand fat
 *          trees).
 *
 * rails = R: host e is NIC e mod R of node e / R; hosts_per_leaf nodes are a unit, which has R
 * leaves, and NIC r of each of its nodes goes to leaf r of the unit. R = 1: hosts fill the leaves
 * in order.
 *
 * Nodes are numbered from the hosts up: hosts, leaves, the spines of one pod after another, cores.
 * So are links: those of hosts, of leaves and of spines, in each level first up and then down. */
#include "sim/base/mix.h"
#include "topology/divide.h"
#include "topology/oversubscription.h"
#include "topology/topology.h"

enum { CLOS_SPRAY, CLOS_ECMP, CLOS_DMODK };
static const char *const clos_routings[] = {"spray", "ecmp", "dmodk", NULL};

typedef struct clos_param {
    int64_t size, levels, links, hosts_per_leaf, uplinks, spines, leaves_per_pod, core_uplinks;
    int64_t rails, ecmp_paths;
    double oversubscription;
    double bandwidth_Bps, uplink_bandwidth_Bps, core_bandwidth_Bps;
    double latency_s, uplink_latency_s, core_latency_s, switch_latency_s;
    const char *name;
    int routing;
    bool in_network;
} clos_param;

#define CLOS_COUNT(key) #key, LL_KIND_COUNT, LL_KEY_DESIGN, offsetof(clos_param, key)
#define CLOS_RATE(key)  #key, LL_KIND_RATE, LL_KEY_FACT, offsetof(clos_param, key##_Bps)
#define CLOS_TIME(key)  #key, LL_KIND_TIME, LL_KEY_FACT, offsetof(clos_param, key##_s)

static const ll_key clos_keys[] = {
    {CLOS_COUNT(size), NULL, 1, 1 << 24, NULL, "number of host ports"},
    {CLOS_COUNT(levels), "2", 2, 3, NULL, "levels of switches"},
    {CLOS_COUNT(links), "1", 1, 1 << 16, NULL,
     "lanes from each host port to its leaf, per direction"},
    {CLOS_RATE(bandwidth), NULL, 1, 1e18, NULL, "bandwidth of one host lane, per direction"},
    {CLOS_TIME(latency), NULL, 0, 1, NULL, "latency of one hop between host and leaf"},
    {CLOS_COUNT(hosts_per_leaf), NULL, 1, 1 << 16, NULL, "host ports of each leaf"},
    {CLOS_COUNT(uplinks), "0", 0, 1 << 16, NULL,
     "lanes up from each leaf, over all its spines; 0: as many as oversubscription says"},
    {"oversubscription", LL_KIND_RATIO, 0, offsetof(clos_param, oversubscription), "0", 0, 1e4,
     NULL,
     "host bandwidth of a full leaf over its uplink bandwidth, instead of uplinks, such as 2:1"},
    {CLOS_RATE(uplink_bandwidth), NULL, 1, 1e18, NULL,
     "bandwidth of one uplink lane, per direction"},
    {CLOS_TIME(uplink_latency), NULL, 0, 1, NULL, "latency of one hop between leaf and spine"},
    {CLOS_COUNT(spines), "0", 0, 4096, NULL,
     "spines that each leaf is wired to; 0: one per uplink"},
    {CLOS_COUNT(leaves_per_pod), "0", 0, 1 << 16, NULL, "3 levels only: leaves of each pod"},
    {CLOS_COUNT(core_uplinks), "0", 0, 4096, NULL,
     "3 levels only: lanes up from each spine, one per core"},
    {CLOS_RATE(core_bandwidth), "0 B/s", 0, 1e18, NULL,
     "3 levels only: bandwidth of one core lane"},
    {CLOS_TIME(core_latency), "0 s", 0, 1, NULL, "3 levels only: latency of a hop to a core"},
    {CLOS_TIME(switch_latency), "0 s", 0, 1, NULL,
     "latency of a switch; counts on each link that leaves it"},
    {CLOS_COUNT(rails), "1", 1, 256, NULL,
     "NICs per node, each wired to a leaf of its own (rails); 1: hosts in order"},
    {"routing", LL_KIND_CHOICE, 0, offsetof(clos_param, routing), "spray", 0, 0, clos_routings,
     "packets are sprayed over all spines, or take one by hash (ecmp) or by destination (dmodk)"},
    {CLOS_COUNT(ecmp_paths), "1", 1, 1 << 16, NULL,
     "ecmp only: number of hashed paths (queue pairs) for each pair of hosts"},
    {"in_network", LL_KIND_BOOL, LL_KEY_FACT, offsetof(clos_param, in_network), "false", 0, 0, NULL,
     "the switches can reduce (all_reduce in the network)"},
    {"name", LL_KIND_STRING, 0, offsetof(clos_param, name), "clos", 0, 0, NULL,
     "name of the dimension"},
    {0}};

enum { CLOS_HOST_UP, CLOS_HOST_DOWN, CLOS_LEAF_UP, CLOS_LEAF_DOWN, CLOS_CORE_UP, CLOS_CORE_DOWN };

typedef struct clos_state {
    clos_param param;
    ll_divisor rails, hosts_per_leaf, leaves_per_pod;
    ll_divisor spines, cores; /* as routes see them: per pod, and per spine; 1 and 1 for spray */
    int64_t section[CLOS_CORE_DOWN + 2]; /* first link id of each section, then n_link */
    int64_t leaf_id, spine_id, core_id;  /* first node of each kind */
} clos_state;

static ll_oversubscription clos_oversubscription(const clos_param *p)
{
    return (ll_oversubscription){(double)(p->hosts_per_leaf * p->links) * p->bandwidth_Bps,
                                 p->uplink_bandwidth_Bps, p->oversubscription, p->uplinks};
}

static ll_status clos_check(const clos_param *p, ll_error *err)
{
    if (p->levels == 2 && (p->leaves_per_pod || p->core_uplinks || p->core_bandwidth_Bps > 0 ||
                           p->core_latency_s > 0))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "leaves_per_pod and core_* need levels = 3; leave them out");
    if (p->levels == 3 && !(p->leaves_per_pod && p->core_uplinks && p->core_bandwidth_Bps > 0))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "levels = 3 needs leaves_per_pod, core_uplinks and core_bandwidth");
    if (p->uplinks % p->spines)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "uplinks = %lld cannot be shared equally by spines = %lld",
                            (long long)p->uplinks, (long long)p->spines);
    if (p->size % p->rails)
        return ll_error_set(err, LL_ERR_CONFIG, "size = %lld is not a multiple of rails = %lld",
                            (long long)p->size, (long long)p->rails);
    if (p->ecmp_paths > 1 && p->routing != CLOS_ECMP)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "ecmp_paths needs routing = \"ecmp\"; leave it out");
    return LL_OK;
}

/* Leaves are numbered unit by unit. (No product here leaves 31 bits: see the keys' limits.) */
static inline int32_t clos_leaf(const clos_state *state, int32_t host)
{
    int32_t node = ll_quotient(host, &state->rails), rail = host - node * state->rails.by;
    return ll_quotient(node, &state->hosts_per_leaf) * state->rails.by + rail;
}

/* A note for reports of what the oversubscription comes to; NULL if there is none and none was
 * asked for. */
static const char *clos_note(const clos_param *p, int32_t n_leaf, int32_t n_pod, ll_arena *mem)
{
    const ll_oversubscription o = clos_oversubscription(p);
    const double leaf = ll_oversubscription_of(&o);
    const double pod_Bps = (double)(p->leaves_per_pod * p->uplinks) * p->uplink_bandwidth_Bps;
    const double core_Bps = (double)(p->spines * p->core_uplinks) * p->core_bandwidth_Bps;
    const bool at_leaf = p->oversubscription > 0 || leaf > 1.001;
    const bool at_pod = n_pod > 1 && pod_Bps > 1.001 * core_Bps;
    const char *note = NULL;
    if (at_leaf) note = ll_arena_printf(mem, "%.3g:1 at the leaf", leaf);
    if (at_leaf && n_leaf <= p->rails)
        note = ll_arena_printf(mem, "one leaf%s, so %.3g:1 has no effect",
                               p->rails > 1 ? " a rail" : "", leaf);
    if (at_pod)
        note = ll_arena_printf(mem, "%s%s%.3g:1 above a pod", note ? note : "", note ? ", " : "",
                               pod_Bps / core_Bps);
    return note;
}

static ll_status clos_create(const void *param, int n_child, const ll_topology *child,
                             ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child;
    clos_param p = *(const clos_param *)param;
    ll_oversubscription o = clos_oversubscription(&p);
    LL_TRY(ll_oversubscription_solve(&o, err));
    p.uplinks = o.uplinks;
    if (!p.spines) p.spines = p.uplinks;
    LL_TRY(clos_check(&p, err));
    clos_state *state = ll_arena_new(mem, clos_state);
    int64_t n_spine = p.routing == CLOS_SPRAY ? 1 : p.spines;                  // per pod
    int64_t n_core = p.routing == CLOS_SPRAY ? p.levels == 3 : p.core_uplinks; // per spine
    state->param = p;
    state->rails = ll_divisor_of((int32_t)p.rails);
    state->hosts_per_leaf = ll_divisor_of((int32_t)p.hosts_per_leaf);
    int32_t n_leaf = clos_leaf(state, (int32_t)p.size - 1) + 1;
    state->leaves_per_pod = ll_divisor_of(p.levels == 2 ? n_leaf : (int32_t)p.leaves_per_pod);
    int32_t n_pod = ll_quotient(n_leaf - 1, &state->leaves_per_pod) + 1;
    state->spines = ll_divisor_of((int32_t)n_spine);
    state->cores = ll_divisor_of(n_core ? (int32_t)n_core : 1);
    int64_t count[] = {p.size, n_leaf * n_spine, n_pod * n_spine * n_core};
    for (int i = 0; i <= CLOS_CORE_DOWN; i++)
        state->section[i + 1] = state->section[i] + count[i / 2];
    state->leaf_id = p.size;
    state->spine_id = state->leaf_id + n_leaf;
    state->core_id = state->spine_id + n_pod * n_spine;

    topo->n_chip = (int32_t)p.size;
    topo->n_node = state->core_id + n_spine * n_core;
    topo->n_link = state->section[CLOS_CORE_DOWN + 1];
    topo->max_path = (int32_t)p.ecmp_paths;
    topo->max_hop = n_pod > 1 ? 6 : n_leaf > 1 ? 4 : 2;
    topo->n_dim = 1;
    topo->dim[0] = (ll_dim){.name = p.name,
                            .type = "clos",
                            .size = topo->n_chip,
                            .note = clos_note(&p, n_leaf, n_pod, mem),
                            .reduces = p.in_network};
    topo->state = state;
    return LL_OK;
}

/* The two ends of link `i` of the sections of one level: low is nearer to the hosts. */
static void clos_ends(const clos_state *state, int level, int64_t i, int64_t *low, int64_t *high)
{
    int64_t n_spine = state->spines.by, n_core = state->cores.by;
    if (level == 0) {
        *low = i;
        *high = state->leaf_id + clos_leaf(state, (int32_t)i);
    } else if (level == 1) { // i = leaf * n_spine + spine
        int64_t leaf = i / n_spine, spine = i - leaf * n_spine;
        *low = state->leaf_id + leaf;
        *high = state->spine_id + leaf / state->leaves_per_pod.by * n_spine + spine;
    } else { // i = (pod * n_spine + spine) * n_core + core
        *low = state->spine_id + i / n_core;
        *high = state->core_id + i % (n_spine * n_core);
    }
}

static void clos_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    const clos_state *state = topo->state;
    const clos_param *p = &state->param;
    const double bw_Bps[] = {p->bandwidth_Bps, p->uplink_bandwidth_Bps, p->core_bandwidth_Bps};
    const double latency_s[] = {p->latency_s, p->uplink_latency_s, p->core_latency_s};
    const int64_t width[] = {p->links, p->uplinks / state->spines.by,
                             p->spines * p->core_uplinks / state->spines.by / state->cores.by};
    int section = CLOS_HOST_UP;
    while (link_id >= state->section[section + 1])
        section++;
    int level = section / 2, up = section % 2 == 0;
    int64_t low, high;
    clos_ends(state, level, link_id - state->section[section], &low, &high);
    out->from = up ? low : high;
    out->to = up ? high : low;
    out->bw_Bps = bw_Bps[level];
    out->latency_s = latency_s[level] + (section == CLOS_HOST_UP ? 0 : p->switch_latency_s);
    out->width = (int32_t)width[level];
    out->dimension = 0;
}

static int32_t clos_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    const clos_state *state = topo->state;
    if (topo->max_path == 1 || clos_leaf(state, src) == clos_leaf(state, dst)) return 1;
    return topo->max_path;
}

/* 64 well-mixed bits of a pair and a path number. */
static inline uint64_t clos_hash(int32_t src, int32_t dst, int32_t path)
{
    return ll_mix(((uint64_t)(uint32_t)src << 32 | (uint32_t)dst) +
                  ((uint64_t)(uint32_t)path + 1) * LL_MIX_GOLDEN);
}

/* The spine, and the core of that spine, that a path takes. */
static void clos_choose(const clos_state *state, int32_t src, int32_t dst, int32_t path,
                        int32_t *spine, int32_t *core)
{
    *spine = *core = 0; // spray
    if (state->param.routing == CLOS_ECMP) {
        uint64_t hash = clos_hash(src, dst, path); // multiply-shift maps 32 bits to 0 .. n-1
        *spine = (int32_t)(((hash >> 32) * (uint64_t)state->spines.by) >> 32);
        *core = (int32_t)(((hash & 0xffffffffU) * (uint64_t)state->cores.by) >> 32);
    } else if (state->param.routing == CLOS_DMODK) {
        int32_t in_leaf = ll_remainder(ll_quotient(dst, &state->rails), &state->hosts_per_leaf);
        int32_t slot = clos_leaf(state, dst) * state->hosts_per_leaf.by + in_leaf;
        int32_t turn = ll_quotient(slot, &state->spines);
        *spine = slot - turn * state->spines.by;
        *core = ll_remainder(turn, &state->cores);
    }
}

static int clos_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                      int64_t *link_id)
{
    const clos_state *state = topo->state;
    if (src == dst) return 0;
    int32_t src_leaf = clos_leaf(state, src), dst_leaf = clos_leaf(state, dst);
    int32_t src_pod = ll_quotient(src_leaf, &state->leaves_per_pod);
    int32_t dst_pod = ll_quotient(dst_leaf, &state->leaves_per_pod);
    int n_hop = src_leaf == dst_leaf ? 2 : src_pod == dst_pod ? 4 : 6;
    if (n_hop > cap) return -1;
    link_id[0] = state->section[CLOS_HOST_UP] + src;
    link_id[n_hop - 1] = state->section[CLOS_HOST_DOWN] + dst;
    if (n_hop == 2) return 2;
    int32_t spine, core;
    clos_choose(state, src, dst, path, &spine, &core);
    int64_t n_spine = state->spines.by, n_core = state->cores.by;
    link_id[1] = state->section[CLOS_LEAF_UP] + src_leaf * n_spine + spine;
    link_id[n_hop - 2] = state->section[CLOS_LEAF_DOWN] + dst_leaf * n_spine + spine;
    if (n_hop == 4) return 4;
    link_id[2] = state->section[CLOS_CORE_UP] + (src_pod * n_spine + spine) * n_core + core;
    link_id[3] = state->section[CLOS_CORE_DOWN] + (dst_pod * n_spine + spine) * n_core + core;
    return 6;
}

/* Leaves, or pods, that are alike, one after another. */
typedef struct clos_run {
    int32_t first, n;
} clos_run;

/* Sprayed, hosts of a leaf may change places, and so may full leaves of a pod on one side of the
 * split, and pods of such leaves alone. Each leaf of the unit with the split, and of a last unit
 * that is not full, is alone. Leaves: [0, below), [above, full). */
static void clos_sides(const ll_topology *topo, int32_t split, int32_t *below, int32_t *above,
                       int32_t *full)
{
    const clos_state *s = topo->state;
    const int32_t unit = s->hosts_per_leaf.by * s->rails.by;
    *full = topo->n_chip / unit * s->rails.by;
    *below = split < topo->n_chip ? split / unit * s->rails.by : *full;
    *above = *below + s->rails.by < *full ? *below + s->rails.by : *full;
}

static clos_run clos_pods(const ll_topology *topo, int32_t split, int32_t pod)
{
    const int32_t per_pod = ((const clos_state *)topo->state)->leaves_per_pod.by;
    int32_t below, above, full;
    clos_sides(topo, split, &below, &above, &full);
    const int32_t first = (above + per_pod - 1) / per_pod;
    if (pod < below / per_pod) return (clos_run){0, below / per_pod};
    return pod >= first && pod < full / per_pod ? (clos_run){first, full / per_pod - first}
                                                : (clos_run){pod, 1};
}

static clos_run clos_leaves(const ll_topology *topo, int32_t split, int32_t leaf)
{
    const int32_t per_pod = ((const clos_state *)topo->state)->leaves_per_pod.by;
    int32_t below, above, full;
    clos_sides(topo, split, &below, &above, &full);
    if (leaf >= full || (leaf >= below && leaf < above)) return (clos_run){leaf, 1};
    const clos_run pods = clos_pods(topo, split, leaf / per_pod);
    int32_t first = pods.first * per_pod, end = (pods.first + pods.n) * per_pod;
    if (leaf < below && end > below) end = below;
    if (leaf >= above && first < above) first = above;
    if (end > full) end = full;
    return (clos_run){first, end - first};
}

static int32_t clos_chip_orbit(const ll_topology *topo, const int32_t *split, int32_t chip,
                               int32_t *n_alike)
{
    const clos_state *s = topo->state;
    if (s->param.routing != CLOS_SPRAY) return ll_topology_chip_alone(topo, split, chip, n_alike);
    const int32_t rails = s->rails.by, unit = s->hosts_per_leaf.by * rails;
    const clos_run leaves = clos_leaves(topo, split[0], clos_leaf(s, chip));
    const int32_t host = leaves.first / rails * unit + leaves.first % rails; /* its first */
    const int32_t left = (topo->n_chip - host + rails - 1) / rails;
    const int32_t n_host = left < s->hosts_per_leaf.by ? left : s->hosts_per_leaf.by;
    if (leaves.n > 1 || split[0] < host || split[0] >= host + n_host * rails) {
        *n_alike = leaves.n * n_host;
        return host;
    }
    /* The split lies within the leaf, or between two of its hosts. */
    const int32_t below = (split[0] - host + rails - 1) / rails;
    const int32_t at = (split[0] - host) % rails == 0;
    const bool low = chip < split[0];
    *n_alike = low ? below : chip == split[0] ? 1 : n_host - below - at;
    return low ? host : chip == split[0] ? chip : host + (below + at) * rails;
}

static int64_t clos_link_orbit(const ll_topology *topo, const int32_t *split, int64_t link_id,
                               int64_t *n_alike)
{
    const clos_state *s = topo->state;
    if (s->param.routing != CLOS_SPRAY)
        return ll_topology_link_alone(topo, split, link_id, n_alike);
    int section = CLOS_HOST_UP;
    while (link_id >= s->section[section + 1])
        section++;
    const int64_t first = s->section[section];
    const int32_t i = (int32_t)(link_id - first); /* of the host, the leaf, the pod */
    if (section <= CLOS_HOST_DOWN) {
        int32_t n;
        const int32_t chip = clos_chip_orbit(topo, split, i, &n);
        *n_alike = n;
        return first + chip;
    }
    const clos_run run =
        section <= CLOS_LEAF_DOWN ? clos_leaves(topo, split[0], i) : clos_pods(topo, split[0], i);
    *n_alike = run.n;
    return first + run.first;
}

#define CLOS_TYPE(name_, doc_)                                                               \
    {                                                                                        \
        .name = (name_), .doc = (doc_), .keys = clos_keys, .param_size = sizeof(clos_param), \
        .composite = false, .create = clos_create, .link = clos_link, .n_path = clos_n_path, \
        .route = clos_route, .chip_orbit = clos_chip_orbit, .link_orbit = clos_link_orbit    \
    }

const ll_topology_type ll_topology_clos =
    CLOS_TYPE("clos", "leaves and spines, 2 or 3 levels; rails");
const ll_topology_type ll_topology_fat_tree = CLOS_TYPE("fat_tree", "another name of clos");
