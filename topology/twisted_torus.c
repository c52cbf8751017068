/* Twisted torus: a torus whose sizes are k and 2k, where once round a short dimension (k) leads to
 * the chip that is k on in every long one (2k). It is symmetric in all dimensions, so its links are
 * equally busy, where those of the short dimensions of a plain torus idle.
 *     2k x k         rectangular twisted torus (Camara et al., IEEE TPDS 21(12), 2010), diameter k
 *     2k x k x k     face-centred, 2k x 2k x k body-centred cubic lattice (Camarero, Martinez,
 *                    Beivide, 2014), diameter 3k/2; TPU v4 has them (Jouppi et al., ISCA 2023)
 *
 * Chips are numbered with x the fastest. Links: x up of all chips, y up ..., x down, y down ...
 * Routes are the shortest ways through the lattice, along x, then y ...; of several, a flow is
 * spread evenly over all. They depend on how far dst is ahead of src alone, and are found once for
 * every chip from chip 0. */
#include "topology/topology.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { TWISTED_MAX_DIM = 4, TWISTED_MAX_SIZE = 256, TWISTED_MAX_CHIP = 1 << 20 };
static const char *const twisted_names[TWISTED_MAX_DIM] = {"x", "y", "z", "w"};

typedef struct twisted_param {
    const char *sizes;
    int64_t links;
    double bandwidth_Bps, latency_s;
} twisted_param;

static const ll_key twisted_keys[] = {
    {"sizes", LL_KIND_STRING, LL_KEY_DESIGN, offsetof(twisted_param, sizes), NULL, 0, 0, NULL,
     "chips along x, y ...: 2 to 4 dimensions, each k or 2k, such as 8 x 4 x 4"},
    {"links", LL_KIND_COUNT, LL_KEY_DESIGN, offsetof(twisted_param, links), "1", 1, 1 << 16, NULL,
     "lanes to each neighbour, per direction"},
    {"bandwidth", LL_KIND_RATE, LL_KEY_FACT, offsetof(twisted_param, bandwidth_Bps), NULL, 1, 1e18,
     NULL, "bandwidth of one lane, per direction"},
    {"latency", LL_KIND_TIME, LL_KEY_FACT, offsetof(twisted_param, latency_s), NULL, 0, 1, NULL,
     "latency of one hop, chip to chip"},
    {0}};

/* Steps along each dimension, up or down. */
typedef struct steps {
    int16_t by[TWISTED_MAX_DIM];
} steps;

typedef struct twisted {
    twisted_param param;
    int n_dim;
    int32_t size[TWISTED_MAX_DIM], k; /* k: of the short dimensions */
    int32_t *first; /* [n_chip + 1] ways to a chip from chip 0: way[first[chip]] ... */
    steps *way;
} twisted;

/* The chip that is `by` steps on along dimension d. */
static int32_t moved(const twisted *t, int32_t chip, int d, int32_t by)
{
    int32_t coord[TWISTED_MAX_DIM], out = 0;
    for (int i = 0; i < t->n_dim; i++) {
        coord[i] = chip % t->size[i];
        chip /= t->size[i];
    }
    int32_t at = coord[d] + by, turns = 0;
    for (; at < 0; at += t->size[d])
        turns++;
    for (; at >= t->size[d]; at -= t->size[d])
        turns++;
    coord[d] = at;
    for (int i = t->n_dim - 1; i >= 0; i--) {
        const bool shifts = t->size[d] == t->k && t->size[i] == 2 * t->k && turns % 2 == 1;
        out = out * t->size[i] + (coord[i] + (shifts ? t->k : 0)) % t->size[i];
    }
    return out;
}

/* How far dst is ahead of src, as a chip. */
static int32_t ahead_of(const twisted *t, int32_t src, int32_t dst)
{
    int32_t at = dst;
    for (int d = 0; d < t->n_dim; d++) {
        at = moved(t, at, d, -(src % t->size[d]));
        src /= t->size[d];
    }
    return at;
}

static int32_t n_step(const twisted *t, const steps *s)
{
    int32_t n = 0;
    for (int d = 0; d < t->n_dim; d++)
        n += abs(s->by[d]);
    return n;
}

/* ---- Creation -------------------------------------------------------------------------------- */

/* All boxes of steps that are less than once round: least[chip] is how many a chip needs, and with
 * `way` the ways of so many are listed. Returns how many. */
static int64_t find_ways(const twisted *t, int32_t n_chip, int32_t *least, int32_t *count,
                         const int32_t *first, steps *way)
{
    int64_t n = 0, n_box = 1;
    for (int d = 0; d < t->n_dim; d++)
        n_box *= 2 * t->k + 1; /* -k .. k: half round a long dimension, once round a short one */
    for (int64_t box = 0; box < n_box; box++) {
        steps s = {{0}};
        int32_t chip = 0;
        int64_t rest = box;
        for (int d = 0; d < t->n_dim; d++) {
            s.by[d] = (int16_t)(rest % (2 * t->k + 1) - t->k);
            rest /= 2 * t->k + 1;
            chip = moved(t, chip, d, s.by[d]);
        }
        const int32_t n_hop = n_step(t, &s);
        if (first == NULL && n_hop < least[chip]) {
            least[chip] = n_hop;
            count[chip] = 0;
        }
        if (n_hop > least[chip]) continue;
        if (first != NULL) way[first[chip] + count[chip]] = s;
        count[chip]++;
    }
    for (int32_t chip = 0; chip < n_chip; chip++)
        n += count[chip];
    return n;
}

static int read_sizes(const char *text, int32_t *size)
{
    int n = 0;
    for (const char *s = text; n < TWISTED_MAX_DIM; n++) {
        char *end;
        s += strspn(s, " ");
        if (!isdigit((unsigned char)*s)) return 0;
        const long value = strtol(s, &end, 10);
        if (value < 2 || value > TWISTED_MAX_SIZE) return 0;
        size[n] = (int32_t)value;
        end += strspn(end, " ");
        if (!*end) return n + 1;
        if (!strchr("x*,", *end)) return 0;
        s = end + 1;
    }
    return 0;
}

static ll_status twisted_sizes(twisted *t, int64_t *n_chip, ll_error *err)
{
    t->n_dim = read_sizes(t->param.sizes, t->size);
    int32_t most = 0;
    int n_short = 0, n_long = 0;
    *n_chip = 1;
    for (int d = 0; d < t->n_dim; d++)
        most = t->size[d] > most ? t->size[d] : most;
    t->k = most / 2;
    for (int d = 0; d < t->n_dim; d++) {
        n_short += t->size[d] == t->k;
        n_long += t->size[d] == 2 * t->k;
        *n_chip *= t->size[d];
    }
    if (n_short == 0 || n_long == 0 || n_short + n_long != t->n_dim || *n_chip > TWISTED_MAX_CHIP)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "sizes = \"%.60s\": expected 2 to %d dimensions of k or 2k chips, at "
                            "least one of each and at most %d chips, such as \"8 x 4 x 4\"; "
                            "others are a plain torus",
                            t->param.sizes, TWISTED_MAX_DIM, TWISTED_MAX_CHIP);
    return LL_OK;
}

static ll_status twisted_create(const void *param, int n_child, const ll_topology *child,
                                ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child;
    int64_t n;
    twisted *t = ll_arena_new(mem, twisted);
    t->param = *(const twisted_param *)param;
    LL_TRY(twisted_sizes(t, &n, err));
    const int32_t n_chip = (int32_t)n;
    int32_t *least = ll_arena_array(mem, n, int32_t), *count = ll_arena_array(mem, n, int32_t);
    for (int32_t chip = 0; chip < n_chip; chip++)
        least[chip] = INT32_MAX;
    const int64_t n_way = find_ways(t, n_chip, least, count, NULL, NULL);
    t->way = ll_arena_array(mem, n_way, steps);
    t->first = ll_arena_array(mem, n + 1, int32_t);
    topo->max_path = 1;
    topo->max_hop = 0;
    for (int32_t chip = 0; chip < n_chip; chip++) {
        t->first[chip + 1] = t->first[chip] + count[chip];
        if (count[chip] > topo->max_path) topo->max_path = count[chip];
        if (least[chip] > topo->max_hop) topo->max_hop = least[chip];
        count[chip] = 0;
    }
    find_ways(t, n_chip, least, count, t->first, t->way);
    topo->n_chip = n_chip;
    topo->n_node = n;
    topo->n_link = (int64_t)2 * t->n_dim * n;
    topo->n_dim = t->n_dim;
    for (int d = 0; d < t->n_dim; d++)
        topo->dim[d] =
            (ll_dim){.name = twisted_names[d], .type = "twisted_torus", .size = t->size[d]};
    topo->state = t;
    return LL_OK;
}

/* ---- Slots ----------------------------------------------------------------------------------- */

static void twisted_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    const twisted *t = topo->state;
    const int way = (int)(link_id / topo->n_chip), d = way % t->n_dim;
    const int32_t from = (int32_t)(link_id % topo->n_chip);
    *out = (ll_link){.from = from,
                     .to = moved(t, from, d, way < t->n_dim ? 1 : -1),
                     .bw_Bps = t->param.bandwidth_Bps,
                     .latency_s = t->param.latency_s,
                     .width = (int32_t)t->param.links,
                     .dimension = d};
}

static int32_t twisted_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    const twisted *t = topo->state;
    const int32_t ahead = ahead_of(t, src, dst);
    return t->first[ahead + 1] - t->first[ahead];
}

static int twisted_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                         int64_t *link_id)
{
    const twisted *t = topo->state;
    const steps *way = &t->way[t->first[ahead_of(t, src, dst)] + path];
    const int32_t n_hop = n_step(t, way);
    int n = 0;
    if (n_hop > cap) return -1;
    for (int d = 0; d < t->n_dim; d++) {
        const int up = way->by[d] > 0;
        for (int32_t i = abs(way->by[d]); i > 0; i--) {
            link_id[n++] = (int64_t)(up ? d : t->n_dim + d) * topo->n_chip + src;
            src = moved(t, src, d, up ? 1 : -1);
        }
    }
    return n;
}

static bool is_whole(const ll_topology *topo, const int32_t *split)
{
    for (int d = 0; d < topo->n_dim; d++)
        if (split[d] < topo->dim[d].size) return false;
    return true;
}

/* Every chip can be shifted onto every other, if none is singled out. */
static int32_t twisted_chip_orbit(const ll_topology *topo, const int32_t *split, int32_t chip,
                                  int32_t *n_alike)
{
    if (!is_whole(topo, split)) return ll_topology_chip_alone(topo, split, chip, n_alike);
    *n_alike = topo->n_chip;
    return 0;
}

static int64_t twisted_link_orbit(const ll_topology *topo, const int32_t *split, int64_t link_id,
                                  int64_t *n_alike)
{
    if (!is_whole(topo, split)) return ll_topology_link_alone(topo, split, link_id, n_alike);
    *n_alike = topo->n_chip;
    return link_id / topo->n_chip * topo->n_chip;
}

const ll_topology_type ll_topology_twisted_torus = {
    .name = "twisted_torus",
    .doc = "a torus of k and 2k whose short rings are shifted along the long ones",
    .keys = twisted_keys,
    .param_size = sizeof(twisted_param),
    .composite = false,
    .create = twisted_create,
    .link = twisted_link,
    .n_path = twisted_n_path,
    .route = twisted_route,
    .chip_orbit = twisted_chip_orbit,
    .link_orbit = twisted_link_orbit};
