/* Kernels as engines of inference run them: each alone and from captured graphs, so that tables of
 * kernels timed alone (timed_tables.h) say how long they take; by their roofline with its floors
 * where the chip has no such table.
 *
 *   GEMM      its row; below 16 bits without the quantisation of its input, which engines fuse
 *             into the kernel before, or run as one of its own
 *   batched   products of the heads of latent attention: floor + GEMM of kernel.h, as no table
 *             has them
 *   prompts   their row without what prepares queries, keys and values, which is a kernel of its
 *             own here; of tokens from..to: full(to) - full(from), and no less than the floor. A
 *             prompt with a window is like more and shorter prompts with as many tokens and scores
 *   decode    keys and values are read once for all new tokens of a request (drafts), whose FLOP
 *             add up; latent attention works on them as on more heads
 *   heads     narrower than 128 are fewer heads of 128
 *   experts   their row. If tp chips share an expert, the ratio of the row whose ranks hold as
 *             many bytes as whole experts (ep * tp)
 *
 * Published serving rows were looked at when some of this was chosen, so it is no prediction of
 * those: ll_served_rules lists what, with the evidence. */
#ifndef LL_MACHINE_SERVED_H
#define LL_MACHINE_SERVED_H

#include "sim/machine/kernel.h"

/* What was chosen with published serving rows in view, a line each; ended by NULL. */
extern const char *const ll_served_rules[];

/* Time of a kernel in seconds on a chip that has `tables`, without its launch; 0 if there is no
 * such model of its kind. Same arguments, same result; not thread-safe. */
double ll_kernel_served_s(const ll_chip *chip, const ll_kernel *kernel);

#endif
