/* How long a kernel takes alone, as tables time it (timed.h), by a roofline of its kind with
 * parameters of the chip (chip.h):
 *
 *   gemm      floor + GEMM of kernel.h; below 16 bits also the quantisation of its input:
 *             quantise + bytes / (0.7 memory bandwidth) (5 per element with one scale per
 *             tensor, of which the maximum is found first; 3 with scales of blocks; 4.5 in FP4,
 *             which has both)
 *   prefill   floor + two floors of small kernels + FLOP as in kernel.h, of a causal half
 *             + 2 bytes / memory rate, for what prepares queries, keys and values
 *   decode    floor + bytes of keys and values / memory rate
 *   MLA       prefill the same without the last term; in decode both FLOP and bytes count, as all
 *             heads share one cache
 *   small     floor + bytes / rate of kernels that compute as they stream
 *   experts   floor + hypot( FLOP of the busiest rank / rate, bytes of touched weights / memory
 *             rate )
 *
 * What tables say beyond that: timed_tables.h. */
#ifndef LL_MACHINE_TIMED_MODEL_H
#define LL_MACHINE_TIMED_MODEL_H

#include "sim/machine/chip.h"
#include "sim/machine/timed.h"

/* Whether a table's word for a chip means this one: letter case and signs do not matter; NULL does.
 */
bool ll_timed_is_chip(const ll_chip *chip, const char *word);

/* The ll_precision whose peak counts. */
int ll_timed_width(ll_timed_precision precision);

/* Bytes of a weight of experts, with its scales. */
double ll_timed_weight_B(ll_timed_precision precision);

/* Of a gemm: the quantisation of its input, and the floor with it. */
double ll_timed_quantise_s(const ll_chip *chip, const ll_timed *t);
double ll_timed_extra_s(const ll_chip *chip, const ll_timed *t);

/* Of attention of prompts: what prepares queries, keys and values. */
double ll_timed_prepare_s(const ll_chip *chip, const ll_timed *t);

/* Of experts: bytes that the busiest rank moves. */
double ll_timed_experts_B(const ll_timed *t);

/* Whether kernels of its kind and precision have a roofline. */
bool ll_timed_has_model(const ll_timed *t);

/* By the roofline; 0 if there is no model of it, or the chip has no such peak. Pure. */
double ll_timed_roofline_s(const ll_chip *chip, const ll_timed *t);

#endif
