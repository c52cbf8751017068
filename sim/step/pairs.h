/* Fused pairs: what the transfers of a forward and a backward pass cost that run together.
 *
 * The layers of both chunks are interleaved so that, while an exchange of one is on the wire, the
 * kernels of the other run (DeepSeek-V3 technical report, arXiv 2412.19437, section 3.2.1 and
 * figure 4). The compute stream runs the kernels of both, C, one after the other, and one stream
 * for communication all of their transfers, T:
 *
 *   pair = C + max(T - C, H) + what nothing hides
 *
 * H, as in sim/step/overlap.h, is how much longer kernels take because transfers hold cores and
 * memory bandwidth; copy engines hold no cores. All transfers within the passes are in T, whatever
 * they are hidden by in a pass that runs alone. Nothing hides the sharded weights of ZeRO-3 at the
 * ends of a chunk, nor beside a layer what its own kernels do not.
 *
 * Left out is that one stream waits for the other within a layer. In the pair of four layers that
 * was published (deepseek-ai/profile-data, training on H800) the phases of the compute stream fill
 * 126.4 ms and those of the other stream 115.1 ms of 129.0 ms: waits of 2 %. */
#ifndef LL_STEP_PAIRS_H
#define LL_STEP_PAIRS_H

#include "sim/step/overlap.h"

/* Exposed time of the transfers within a pair whose kernels take kernels_s. exposed: [n_pass], that
 * of whole passes that run alone. Not collective. */
ll_exposed ll_pair_exposed(const ll_view *view, const ll_op *pair, double kernels_s,
                           const ll_exposed *exposed);

#endif
