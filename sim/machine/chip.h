/* A chip: one accelerator package, and how much of its data sheet kernels reach.
 *
 * Kernel time is a roofline per kernel (kernel.h): peak times an achievable fraction per
 * kernel class, memory bandwidth times a fraction, and a launch time. There is no global
 * utilisation knob. */
#ifndef LL_MACHINE_CHIP_H
#define LL_MACHINE_CHIP_H

#include "sim/config/config.h"
#include "sim/machine/timed.h"

typedef enum ll_precision {
    LL_PRECISION_FP4,
    LL_PRECISION_FP8,
    LL_PRECISION_BF16,
    LL_PRECISION_FP16,
    LL_N_PRECISION
} ll_precision;

extern const char *const ll_precision_names[]; /* "fp4", ...; ended by NULL */
double ll_precision_B(ll_precision p);         /* bytes per element: 0.5, 1, 2, 2 */

struct ll_kernel_tables;

typedef struct ll_chip {
    const char *name;
    double peak_flop_per_s[LL_N_PRECISION]; /* dense; 0: the chip has no such precision */
    double gemm_frac[LL_N_PRECISION];       /* of the peak, reached by the best GEMM */
    double gemm_sustained;                  /* of that rate, in GEMMs that go on for seconds */
    int64_t n_multiprocessor;               /* SMs or cores that compute GEMM tiles; 0: not known */
    double tile_fill_s;                 /* start-up of each wave of tiles, until operands arrive */
    double attention_frac;              /* of the 16-bit peak, fused attention, forward */
    double attention_backward_frac;     /* the same, backward */
    double attention_ramp;              /* start-up cost of a row of scores, in keys, forward */
    double attention_backward_ramp;     /* the same, backward */
    double attention_width;             /* softmax of a score, in values of a head */
    double topk_row_s;                  /* top-k of a router, per token */
    double memory_B, memory_reserved_B; /* reserved: context, communication buffers */
    double memory_Bps;
    double memory_frac; /* of memory_Bps, reached by a large copy */
    double stream_frac; /* of memory_Bps * memory_frac, reached by norms, activations, casts */
    double launch_s;    /* per kernel, exposed */
    /* Of kernels that are timed alone, see timed_model.h. */
    double kernel_floor_s, attention_floor_s, experts_floor_s; /* the shortest of them */
    double quantise_s[LL_N_TIMED_PRECISION]; /* of a linear layer's input, beside the traffic */
    const char *measured_as;                 /* its names in tables, separated by blanks */
    ll_text_file table[LL_N_TIMED];          /* measured kernels; "": none */
    double host_call_s;                      /* host time per call that launches a kernel */
    double power_W;                          /* 0: not known */
    /* Kernels are as engines of inference run them (served.h): alone, by floors and tables. NULL:
     * as in training. Set by ll_kernel_tables_load. */
    const struct ll_kernel_tables *tables;
} ll_chip;

extern const ll_key ll_chip_keys[];

/* Read the chip from the group at `path`. Errors (LL_ERR_CONFIG) are added to err. Not collective.
 */
ll_status ll_chip_read(ll_config *cfg, const char *path, ll_chip *out, ll_error *err);

#endif
