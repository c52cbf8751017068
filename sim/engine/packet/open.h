/* Open loop: packets leave their chips at random times, whatever the network does, and the latency
 * of each is measured.
 *
 * Load. At load 1 a chip sends, on average, a packet in the time that a link of reference needs for
 * one. This *packet time* is a slot. In each slot (at loads above 1, in each of `part` equal parts
 * of it) a chip sends a packet with probability load / part, at a time drawn evenly from it: nearly
 * a Poisson process, as in other simulators of open loops. The destination is drawn among the flows
 * that a list has for the chip, evenly; a flow from a chip to itself is a packet that takes no
 * link. Every draw is a function of (seed, chip, part of a slot), so it does not depend on ranks.
 *
 * A chip's queue has no limit, so that a network that is too slow lets it grow: nothing is refused,
 * and no overload is hidden. There are no windows and no acknowledgements.
 *
 * Time runs through n_warm slots, which are not measured, n_measure slots in n_batch batches, and a
 * cool-down, in which the last measured packets arrive while the load goes on:
 *   accepted  packets that land in a batch, per sending chip and slot
 *   latency   of packets released in a batch, from release to last byte; of those that take a link
 *
 * A measured packet is *late* if it needs more than `patience` slots above the time of the longest
 * path without queues, and a load is *sustained* if at most one packet in 10,000 is late. Queues
 * are bounded below saturation; at saturation they grow as the square root of time, and beyond it
 * in proportion to time. So the patience is chosen near the root of the number of slots: then a
 * load that is a per cent too high is told from one that is a few per cent below saturation. */
#ifndef LL_SIM_ENGINE_PACKET_OPEN_H
#define LL_SIM_ENGINE_PACKET_OPEN_H

#include "sim/engine/engine.h"

#include <stdbool.h>

enum { LL_OPEN_BATCHES = 32 };

typedef struct ll_open_load {
    double load;
    double link_Bps;                     /* of reference */
    int64_t n_warm, n_measure, patience; /* slots */
    int n_batch;                         /* 2 .. LL_OPEN_BATCHES */
    uint64_t seed;
} ll_open_load;

/* Loads are packets per slot, of each chip that sends. */
typedef struct ll_open_result {
    double slot_s;
    double offered, accepted;                /* offered: as drawn, in the measured slots */
    double accepted_batch[LL_OPEN_BATCHES];  /* [n_batch] */
    double latency_batch_s[LL_OPEN_BATCHES]; /* [n_batch] mean of the batch */
    double mean_s, p50_s, p99_s, max_s;      /* of packets that landed; quantiles to 0.4 % */
    double longest_s;                        /* the longest path without queues, at most */
    uint64_t n_measured, n_late;             /* packets on links */
    uint64_t n_packet_hop;
    bool sustained;
} ll_open_result;

/* A traffic on a topology, for any number of loads. */
typedef struct ll_open ll_open;

/* t: a LIST without times, of which only source and destination count; borrowed, as are problem
 * (without phases) and param, the keys of engine packet. Errors: LL_ERR_RUN if there are too many
 * flows for the memory, or if links damage or drop packets. Collective. */
ll_status ll_open_create(const ll_problem *problem, const void *param, const ll_traffic *t,
                         ll_comm *comm, ll_arena *mem, ll_open **out, ll_error *err);

/* Error LL_ERR_RUN: too many slots, or a deadlock. Collective. */
ll_status ll_open_run(ll_open *open, const ll_open_load *load, ll_open_result *out, ll_error *err);

#endif
