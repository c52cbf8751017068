#include "sim/machine/cluster.h"

#include "sim/machine/fabric.h"

const ll_key ll_cluster_keys[] = {
    {.name = "name", .kind = LL_KIND_STRING, .offset = offsetof(ll_cluster, name), .doc = "name"},
    {.name = "doc",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_cluster, doc),
     .def = "",
     .doc = "one line for lists and reports"},
    {.name = "link_rates",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_cluster, link_rates),
     .def = "",
     .doc =
         "links that are slow or down, LINK:FRACTION of the bandwidth (0, or 1e-6 to 1), such as "
         "12:0.5 40:0"},
    {.name = "dispatcher",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_cluster, dispatchers.chosen),
     .def = "",
     .doc = "library of `dispatchers` that exchanges tokens of experts; empty: the first; "
            "all_to_all: the collective library, with a copy for each expert"},
    {.name = "custom_all_reduce",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_cluster, shots.chosen),
     .def = "",
     .doc =
         "library of `custom_all_reduces` (an inference engine) that reduces small buffers inside "
         "a node; empty: none, the collective library does"},
    {0}};

const ll_key ll_jitter_keys[] = {
    {.name = "op",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_jitter, op_frac),
     .def = "0",
     .min = 0,
     .max = 1,
     .doc = "jitter of a task's time: standard deviation over mean of its exponential delay"},
    {.name = "chip",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_jitter, chip_frac),
     .def = "0",
     .min = 0,
     .max = 1,
     .doc = "jitter between chips: relative standard deviation of their speed, normal, fixed for "
            "the run"},
    {0}};

/* The libraries beside the collective library. */
static ll_status libraries_read(ll_config *cfg, ll_arena *mem, ll_cluster *out, ll_error *err)
{
    LL_TRY(ll_dispatchers_read(cfg, out->topo, mem, &out->dispatchers, err));
    return ll_shots_read(cfg, out->topo, mem, &out->shots, err);
}

ll_status ll_cluster_read(ll_config *cfg, const ll_topology *known, ll_arena *mem, ll_cluster *out,
                          ll_error *err)
{
    LL_TRY(ll_config_fill(cfg, "cluster", ll_cluster_keys, out, err));
    if (ll_config_has(cfg, "cluster.chip[0]"))
        return ll_config_fault(
            cfg, "cluster.chip", err,
            "a list, but all chips of a cluster are of one kind; write one group "
            "{ ... }, that of the slower chips for a step that waits for them");
    LL_TRY(ll_chip_read(cfg, "cluster.chip", &out->chip, err));
    LL_TRY(ll_fabric_read(cfg, out->link_rates, known, mem, &out->topo, err));
    LL_TRY(ll_software_read(cfg, out->topo, mem, out->software, err));
    LL_TRY(libraries_read(cfg, mem, out, err));
    ll_status wire = ll_wire_read(cfg, &out->wire, err);
    ll_status jitter = ll_config_fill(cfg, "cluster.jitter", ll_jitter_keys, &out->jitter, err);
    return wire == LL_OK ? jitter : wire;
}
