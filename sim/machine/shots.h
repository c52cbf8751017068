/* Custom all-reduces: the kernels by which inference engines (vLLM, TensorRT-LLM) reduce small
 * buffers among the chips of a node, beside the collectives of `software`. Chips read each other's
 * memory directly, n members, S bytes:
 *     one-shot   each reads the buffers of all others and adds them up: S (n-1) bytes arrive
 *     two-shot   each does so for a share of S/n, then reads the sums of the others:
 *                2 S (n-1)/n bytes arrive, after a second wait for all
 *
 * A cluster may list several; `cluster.custom_all_reduce` names the one that is used, without it
 * all_reduces are the collective library's. Entries of one library and dimension are different
 * kernels: the first that takes a size has it, below sizes that depend on the members. What none
 * takes is left to the collective library.
 *
 *     T = floor + member (n-2) + fill (n-1) min(1, S / 8 KiB)
 *           + latency + max(wire / rate_frac_one_shot, S / peer_rate)         one-shot
 *           + step + step_member (n-2) + 2 latencies + wire / rate_frac_two_shot    two-shot
 *
 * wire: time of these bytes at the rate of the links, contention included. Times are those inside a
 * CUDA graph: a launch by the host costs more. The form was chosen on 14 published tables of 2 to 8
 * chips (configs/published/custom_allreduce.csv). */
#ifndef LL_MACHINE_SHOTS_H
#define LL_MACHINE_SHOTS_H

#include "sim/config/config.h"
#include "topology/topology.h"

#include <stdbool.h>

typedef enum ll_shot_way { LL_ONE_SHOT, LL_TWO_SHOT, LL_N_SHOT } ll_shot_way;

enum { LL_N_SHOT_MEMBERS = 3 }; /* limits of 2, of 3 and 4, of 5 to 8 members */

typedef struct ll_shot {
    const char *library, *dimension; /* "*": all dimensions without an entry of this library */
    double floor_s, member_s, fill_s;
    double step_s, step_member_s;
    double peer_Bps;             /* 0: no limit */
    double rate_frac[LL_N_SHOT]; /* of the links; 0: the kernels have no such way */
    double below_B[LL_N_SHOT][LL_N_SHOT_MEMBERS];
} ll_shot;

extern const ll_key ll_shot_keys[];

typedef struct ll_shots {
    const char *chosen; /* library; "": none */
    int n;
    const ll_shot *at; /* [n] */
} ll_shots;

/* Read the list "cluster.custom_all_reduces" and the choice "cluster.custom_all_reduce", which is
 * in out already. Errors (LL_ERR_CONFIG) are added to err. Not collective. */
ll_status ll_shots_read(ll_config *cfg, const ll_topology *topo, ll_arena *mem, ll_shots *out,
                        ll_error *err);

bool ll_shots_have(const ll_shots *all, const char *library);

/* The kernel of the chosen library that takes an all_reduce among n chips of a dimension, and its
 * way; NULL: none does. */
const ll_shot *ll_shots_take(const ll_shots *all, const char *dimension, int32_t n, double size_B,
                             ll_shot_way *way);

/* The kernel for a way that is asked for: of the chosen library, else of the first; one that takes
 * the size, else the first that has the way. NULL: none has it. */
const ll_shot *ll_shots_by(const ll_shots *all, const char *dimension, ll_shot_way way, int32_t n,
                           double size_B);

/* What the kernel adds to its bytes and to latencies, in seconds. */
double ll_shot_fixed_s(const ll_shot *shot, ll_shot_way way, int32_t n, double size_B);

/* Time of its bytes. wire_s: what the links need for all of them. */
double ll_shot_bytes_s(const ll_shot *shot, ll_shot_way way, double size_B, double wire_s);

#endif
