/* The communication library: the time that it adds to the wire, for each dimension of the topology.
 */
#ifndef LL_MACHINE_SOFTWARE_H
#define LL_MACHINE_SOFTWARE_H

#include "sim/config/config.h"
#include "topology/topology.h"

#include <stdbool.h>

typedef enum ll_collective {
    LL_ALL_REDUCE,
    LL_ALL_GATHER,
    LL_REDUCE_SCATTER,
    LL_ALL_TO_ALL,
    LL_BROADCAST,
    LL_SEND,
    LL_DISPATCH, /* tokens to the ranks of their experts: sim/traffic/routing.h */
    LL_COMBINE,  /* their results back */
    LL_N_COLLECTIVE,
    LL_N_OF_BYTES = LL_DISPATCH /* those before it need no more than a size */
} ll_collective;

extern const char *const ll_collective_names[]; /* "all_reduce", ...; ended by NULL */

/* Algorithms of collectives; sim/collective/collective.h describes them. */
typedef enum ll_algorithm {
    LL_ALGORITHM_AUTO, /* the one predicted to be the fastest: sim/collective/choose.c */
    LL_ALGORITHM_RING,
    LL_ALGORITHM_DIRECT,
    LL_ALGORITHM_HALVING,
    LL_ALGORITHM_TREE,
    LL_ALGORITHM_IN_NETWORK,
    LL_ALGORITHM_HIERARCHICAL,
    LL_ALGORITHM_IN_NETWORK_TREE, /* NVLSTree: see sim/collective/collective.h */
    LL_ALGORITHM_ONE_SHOT,        /* of inference engines: sim/machine/shots.h */
    LL_ALGORITHM_TWO_SHOT,
    LL_N_ALGORITHM
} ll_algorithm;

extern const char *const ll_algorithm_names[]; /* "auto", "ring", ...; ended by NULL */

/* Protocols of NCCL. Low latency (LL): data and flags are written together, without a memory fence;
 * half of the bytes are flags. LL128: the same in lines of 128 bytes, of which 120 are data.
 * Simple: chunks through buffers with a fence each: the full rate, but the slowest steps. A library
 * without such a choice has LL_PROTOCOL_SIMPLE alone. */
typedef enum ll_protocol {
    LL_PROTOCOL_LL,
    LL_PROTOCOL_LL128, /* not for all_to_all and send: NCCL has none there */
    LL_PROTOCOL_SIMPLE,
    LL_N_PROTOCOL
} ll_protocol;

extern const char *const ll_protocol_names[]; /* "ll", ...; ended by NULL */

/* The library's tuning model: the time that it predicts for a collective of S bytes among n members
 * when it chooses algorithm and protocol (NCCL's tuning.cc; rings have 2(n-1) steps for an
 * all_reduce, n-1 for a gather or a scatter):
 *     by a ring in protocol p: base_p + steps * step_p + S * steps / n / rate_p
 *     by the switches:         in_network_s + S / min(n * member_Bps, in_network_Bps)
 * Messages of all_to_all and send are LL up to pairs_ll_B, Simple beyond. Where this prediction is
 * wrong the library does not take the fastest, and neither does the simulation. */
typedef struct ll_guess {
    double base_s[LL_N_PROTOCOL], step_s[LL_N_PROTOCOL];
    /* bus bandwidth; 0: the protocol is never taken; of SIMPLE 0: no tuning model, the fastest is
     * taken */
    double rate_Bps[LL_N_PROTOCOL];
    double in_network_s, member_Bps, in_network_Bps; /* in_network_Bps 0: never taken */
    double pairs_ll_B;
} ll_guess;

/* Who chooses among the library's algorithms for groups that span several domains (nodes, or racks
 * that share one NVLink): sim/collective/tuner.c. */
typedef enum ll_tuner {
    LL_TUNER_NONE, /* the one predicted to be the fastest */
    LL_TUNER_NCCL_2_20,
    LL_TUNER_NCCL_2_28,
    LL_TUNER_NCCL_2_29,
    LL_TUNER_NCCL_2_30,
    LL_TUNER_TABLE /* a plug-in: sizes up to which trees and switches are taken */
} ll_tuner;

/* What a library adds between domains, N of them with G members each (sim/collective/domains.c has
 * the traffic, tree_cost.c the formulas). S bytes:
 *     tree             launch + 2 (G-1) inner steps + 2 log2 N hops + bytes
 *     in_network_tree  launch + 2 G slots of the switches + 2 log2 N (hop + half a loop) + bytes
 *     ring             launch + (steps^p + bytes^p)^(1/p), p = step_power
 * A hop is step_tree of the protocol and the wire's latency. */
typedef struct ll_between {
    int tuner; /* ll_tuner */
    /* NICs of a domain that one collective uses (not all_to_all, send); 0: all */
    int64_t nics;
    double step_tree_s[LL_N_PROTOCOL]; /* of a hop between domains, in addition to the wire */
    /* LL, LL128: rate at which bytes pass the whole chain of hops; 0: that of the wire */
    double tree_Bps[LL_N_PROTOCOL];
    double tree_frac;   /* rate of trees over the link rate; 0: no figures of trees over domains */
    double beside_frac; /* in_network_tree: rate of the switches over that in one domain alone */
    double step_power;  /* p; 0: each step with its bytes, the root of the sum of squares */
    double step_inside_s; /* of a ring's steps inside domains; 0: those of the inner dimension */
    /* LL_TUNER_TABLE: bytes per member up to which trees are taken, bytes per domain up to which
     * in_network_tree is, and the most domains for which it is */
    double tree_most_B, switch_most_B;
    double ring_most_B; /* bytes per member beyond which rings are in Simple; 0: the fastest */
    int64_t switch_domains;
} ll_between;

/* The software of one dimension. A collective takes
 *     T = launch + steps + (wire + own) / (rate_frac * frac_p)
 * in the protocol p that the library takes. `steps` of n serial steps of part_B bytes each, w =
 * wire time of a part:
 *     LL      n * (step_ll + fill_ll * min(1, part_B / 4 KiB)): larger parts use more threads,
 *             whose barriers take longer
 *     LL128   n * step_ll128
 *     Simple  n * (hypot(step, w) - w): the slices of a long part hide the latency of its step
 *     pairs   all_to_all, send: step_ll + fill_pairs_ll * part_B / 16 KiB, or step_pairs in Simple
 * own: out of place, each member copies its own part (own_*, in steps); and in Simple the pipeline
 * drains at the end: half of the last part, at most tail_B (pairs: half of all parts, at most half
 * of tail_B, as their chunks are half as long).
 *
 * An in_network all_reduce (NVLS) among n members moves the buffer of S bytes in slots of
 * channels_in_network chunks of 16 to 128 KiB each, by NCCL's rule. The pipeline fills with 2 n
 * slots (without slots: 2 n steps), or with as many as the buffer has, but at least 16, those of 8
 * members: a small buffer then takes about the 25 us that NCCL's tuning model has for any n
 * (tuning.cc):
 *     T = launch + (S / slot + min(2 n, max(S / slot, 16)))
 *                  * (step_in_network + slot / rate_in_network) */
typedef struct ll_software {
    const char *dimension;             /* name of the dimension */
    double launch_s[LL_N_COLLECTIVE];  /* per collective, in addition to its steps */
    double rate_frac[LL_N_COLLECTIVE]; /* rate of long messages over the link rate */
    double rate_frac_in_network;       /* the same for in_network all_reduce */
    double step_in_network_s;          /* per slot of an in_network all_reduce */
    int64_t channels_in_network;       /* chunks per slot; 0: no slots, the buffer is streamed */
    const char *algorithms;            /* that `auto` may take, separated by spaces, or "all" */
    double step_s[LL_N_PROTOCOL];      /* per serial step, in addition to the wire's latency */
    /* Rate of the protocol over that of SIMPLE (1); 0: the library does not have it. */
    double protocol_frac[LL_N_PROTOCOL];
    double own_ring, own_all_to_all;                         /* self-copy: ring steps; messages */
    double fill_ll_s, fill_pairs_ll_s, step_pairs_s, tail_B; /* see above */
    ll_guess guess;
    ll_between between; /* groups that span several domains */
    /* Of the chips' generation the number by which NCCL's tables are indexed (compute capability,
     * 90: H100); 0: not known. Whether hosts have Arm processors. */
    int64_t generation;
    bool arm;
    /* How much longer overlapped kernels take, over the time of the transfer (sim/step/overlap.h).
     */
    double held_frac;
    /* stages of a hierarchical collective on this and on other dimensions overlap */
    bool pipelined;
} ll_software;

extern const ll_key ll_software_keys[];

/* Read the list "cluster.software": each dimension of the topology gets the entry that names it, or
 * that of "*". out: [topo->n_dim]. Errors (LL_ERR_CONFIG) are added to err. Not collective. */
ll_status ll_software_read(ll_config *cfg, const ll_topology *topo, ll_arena *mem, ll_software *out,
                           ll_error *err);

#endif
