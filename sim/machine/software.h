/* The communication library that drives the links: the time that it adds to the wire, for each
 * dimension of the topology. */
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
    LL_N_COLLECTIVE
} ll_collective;

extern const char *const ll_collective_names[]; /* "all_reduce", ...; ended by NULL */

/* How a collective is done: sim/collective/collective.h. */
typedef enum ll_algorithm {
    LL_ALGORITHM_AUTO, /* the fastest as predicted: sim/collective/choose.c */
    LL_ALGORITHM_RING,
    LL_ALGORITHM_DIRECT,
    LL_ALGORITHM_HALVING,
    LL_ALGORITHM_TREE,
    LL_ALGORITHM_IN_NETWORK,
    LL_ALGORITHM_HIERARCHICAL,
    LL_N_ALGORITHM
} ll_algorithm;

extern const char *const ll_algorithm_names[]; /* "auto", "ring", ...; ended by NULL */

/* How a library moves a message, after NCCL. Low latency (LL): data and flags travel together,
 * nobody waits for a fence, and half of the bytes are flags. LL128: the same in 128-byte lines,
 * 120 of them data. Simple: chunks through buffers with a fence each: the full rate, at the
 * longest steps. A library without such a choice has LL_PROTOCOL_SIMPLE alone. */
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
 * Messages of all_to_all and send are LL up to pairs_ll_B, Simple beyond. Where the prediction is
 * wrong, the library does not take the fastest, and neither does the simulation. */
typedef struct ll_guess {
    double base_s[LL_N_PROTOCOL], step_s[LL_N_PROTOCOL];
    /* 0: the protocol is never taken; SIMPLE 0: no tuning model, the fastest is taken */
    double rate_Bps[LL_N_PROTOCOL];
    double in_network_s, member_Bps, in_network_Bps; /* in_network_Bps 0: never taken */
    double pairs_ll_B;
} ll_guess;

/* The software of one dimension. A collective takes
 *     T = launch + steps + (wire + own) / (rate_frac * frac_p)
 * in protocol p, which the library takes. `steps` of n serial steps of part_B bytes each, w = wire
 * time of a part:
 *     LL      n * (step_ll + fill_ll * min(1, part_B / 4 KiB)): larger parts use more threads,
 *             whose barriers take longer
 *     LL128   n * step_ll128
 *     Simple  n * (hypot(step, w) - w): a long part hides the latency of its own slices
 *     pairs   all_to_all, send: step_ll + fill_pairs_ll * part_B / 16 KiB, or step_pairs in Simple
 * own: the out-of-place self-copy of a member's own part, in steps; and, in Simple, the drain of
 * the pipeline: half of the last part, at most tail_B (pairs: half of all parts, at most half of
 * tail_B; their chunks are half as long).
 *
 * An all_reduce by the switches (in_network) among n members moves the buffer of S bytes in slots
 * of channels_in_network chunks of 16 to 128 KiB, by NCCL's rule. Up to 2 n slots are in flight
 * (without slots: 2 n steps), as many as the buffer has, but at least 16, those of 8 members: a
 * small buffer then takes about the 25 us that NCCL's tuning model has for any n (tuning.cc):
 *     T = launch + (S / slot + min(2 n, max(S / slot, 16)))
 *                  * (step_in_network + slot / rate_in_network) */
typedef struct ll_software {
    const char *dimension;             /* name of the dimension of the topology */
    double launch_s[LL_N_COLLECTIVE];  /* of one collective, in addition to its steps */
    double rate_frac[LL_N_COLLECTIVE]; /* rate of long transfers over the link rate */
    double rate_frac_in_network;       /* the same for all_reduce by the switches */
    double step_in_network_s;          /* of each slot of an all_reduce by the switches */
    int64_t channels_in_network;       /* chunks per slot; 0: no slots, the buffer is streamed */
    const char *algorithms;            /* algorithms that `auto` may take, by spaces, or "all" */
    double step_s[LL_N_PROTOCOL];      /* of each serial step, in addition to the wire's latency */
    /* Rate over that of SIMPLE, whose own is 1; 0: the library does not have the protocol. */
    double protocol_frac[LL_N_PROTOCOL];
    double own_ring, own_all_to_all; /* self-copy, in steps and in messages */
    double fill_ll_s, fill_pairs_ll_s, step_pairs_s, tail_B; /* see above */
    ll_guess guess;
    /* How much longer overlapped kernels take, over the transfer's time (sim/step/overlap.h). */
    double held_frac;
    /* stages of a hierarchical collective on this and on other dimensions overlap */
    bool pipelined;
} ll_software;

extern const ll_key ll_software_keys[];

/* Each dimension of the topology gets the entry of the list "cluster.software" that names it. out:
 * [topo->n_dim]. Not collective. */
ll_status ll_software_read(ll_config *cfg, const ll_topology *topo, ll_arena *mem, ll_software *out,
                           ll_error *err);

#endif
