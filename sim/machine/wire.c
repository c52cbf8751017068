#include "sim/machine/wire.h"

#include <math.h>

const ll_key ll_wire_keys[] = {
    {.name = "packet",
     .kind = LL_KIND_SIZE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_wire, packet_B),
     .def = "4096 B",
     .min = 1,
     .max = 1e9,
     .doc = "size of a packet: the unit that a link serves"},
    {.name = "kappa",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_wire, kappa),
     .def = "0.0015",
     .min = 1e-4,
     .max = 10,
     .doc = "burstiness of arrivals in the throughput equations, fitted to engine packet by "
            "`lineloss calibrate kappa`; 0.5 is M/D/1"},
    {.name = "window_bdp",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_wire, window_bdp),
     .def = "2",
     .min = 0,
     .max = 1e6,
     .doc = "window of a flow in bandwidth-delay products of its share of the link; 0: use "
            "window"},
    {.name = "window_packets",
     .kind = LL_KIND_RATIO,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_wire, window_packets),
     .def = "4",
     .min = 0,
     .max = 1e6,
     .doc = "smallest window with window_bdp, in packets"},
    {.name = "window",
     .kind = LL_KIND_SIZE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_wire, window_B),
     .def = "0 B",
     .min = 0,
     .max = 1e15,
     .doc = "window of each flow if window_bdp is 0"},
    {0}};

ll_status ll_wire_read(ll_config *cfg, ll_wire *out, ll_error *err)
{
    LL_TRY(ll_config_fill(cfg, "cluster.wire", ll_wire_keys, out, err));
    if (out->window_bdp <= 0 && out->window_B <= 0)
        ll_config_fault(cfg, "cluster.wire.window", err,
                        "window_bdp is 0, so write a window, such as \"256 kB\"");
    return err->status;
}

/* What is within a millionth of a whole number of packets is that number: engines that add
 * latencies up in another order have the same window. */
double ll_wire_window_packets(const ll_wire *wire, double share_Bps, double trip_s)
{
    const double window_B =
        wire->window_bdp > 0 ? wire->window_bdp * share_Bps * trip_s : wire->window_B;
    const double least = wire->window_bdp > 0 ? ceil(wire->window_packets) : 1;
    return fmax(ceil(window_B / wire->packet_B * (1 - 1e-6)), fmax(least, 1));
}
