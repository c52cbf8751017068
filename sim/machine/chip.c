#include "sim/machine/chip.h"

const char *const ll_precision_names[] = {"fp4", "fp8", "bf16", "fp16", NULL};

double ll_precision_B(ll_precision p)
{
    static const double bytes_B[LL_N_PRECISION] = {0.5, 1, 2, 2};
    return bytes_B[p];
}

#define PEAK(precision, name_, doc_)                                                 \
    {                                                                                \
        .name = (name_), .kind = LL_KIND_COMPUTE, .flags = LL_KEY_FACT,              \
        .offset = offsetof(ll_chip, peak_flop_per_s) + (precision) * sizeof(double), \
        .def = "0 FLOP/s", .min = 0, .max = 1e19, .doc = (doc_)                      \
    }
#define FRAC(field, name_, def_, doc_)                                                   \
    {                                                                                    \
        .name = (name_), .kind = LL_KIND_RATIO, .flags = LL_KEY_FACT, .offset = (field), \
        .def = (def_), .min = 0.01, .max = 1, .doc = (doc_)                              \
    }
#define TIME(field, name_, def_, doc_)                                                  \
    {                                                                                   \
        .name = (name_), .kind = LL_KIND_TIME, .flags = LL_KEY_FACT, .offset = (field), \
        .def = (def_), .min = 0, .max = 1, .doc = (doc_)                                \
    }
#define QUANTISE(precision, name_, text_)                                            \
    TIME(offsetof(ll_chip, quantise_s) + (precision) * sizeof(double), name_, "0 s", \
         "time of quantising the input of a linear layer to " text_                  \
         ", where that is timed alone, beside its traffic")
#define TABLE(kind_, name_, doc_)                                                       \
    {                                                                                   \
        .name = (name_), .kind = LL_KIND_STRING, .flags = LL_KEY_FACT | LL_KEY_PATH,    \
        .offset = offsetof(ll_chip, table) + (kind_) * sizeof(ll_text_file), .def = "", \
        .doc = (doc_)                                                                   \
    }
#define SHARE(field, name_, doc_)                                                           \
    {                                                                                       \
        .name = (name_), .kind = LL_KIND_RATIO, .flags = LL_KEY_FACT,                       \
        .offset = offsetof(ll_chip, field), .def = "0", .min = 0, .max = 1e5, .doc = (doc_) \
    }
#define GEMM(precision, name_, def_)                                               \
    FRAC(offsetof(ll_chip, gemm_frac) + (precision) * sizeof(double), name_, def_, \
         "fraction of that peak that the best GEMM reaches")

const ll_key ll_chip_keys[] = {
    {.name = "name", .kind = LL_KIND_STRING, .offset = offsetof(ll_chip, name), .doc = "name"},
    PEAK(LL_PRECISION_FP4, "peak_fp4", "dense FP4 peak; 0: the chip has none"),
    PEAK(LL_PRECISION_FP8, "peak_fp8", "dense FP8 peak; 0: the chip has none"),
    PEAK(LL_PRECISION_BF16, "peak_bf16", "dense BF16 peak; 0: the chip has none"),
    PEAK(LL_PRECISION_FP16, "peak_fp16", "dense FP16 peak; 0: the chip has none"),
    GEMM(LL_PRECISION_FP4, "gemm_frac_fp4", "0.7"),
    GEMM(LL_PRECISION_FP8, "gemm_frac_fp8", "0.7"),
    GEMM(LL_PRECISION_BF16, "gemm_frac_bf16", "0.7"),
    GEMM(LL_PRECISION_FP16, "gemm_frac_fp16", "0.7"),
    FRAC(offsetof(ll_chip, gemm_sustained), "gemm_sustained", "1",
         "fraction of that rate which products keep when they go on for seconds, at the power "
         "limit"),
    {.name = "multiprocessors",
     .kind = LL_KIND_COUNT,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_chip, n_multiprocessor),
     .def = "0",
     .min = 0,
     .max = 100000,
     .doc = "SMs or cores, each computing one GEMM tile at a time; 0: not known, no wave "
            "quantisation"},
    FRAC(offsetof(ll_chip, attention_frac), "attention_frac", "0.5",
         "fraction of the 16-bit peak that fused attention reaches with 4096 keys a row and heads "
         "of 128, forward"),
    FRAC(offsetof(ll_chip, attention_backward_frac), "attention_backward_frac", "0.4",
         "fraction of the 16-bit peak that fused attention reaches with 4096 keys a row and heads "
         "of 128, backward"),
    SHARE(attention_ramp, "attention_ramp",
          "start-up cost of fused attention, forward, in keys added to each row of scores"),
    SHARE(attention_backward_ramp, "attention_backward_ramp", "the same, backward"),
    SHARE(attention_width, "attention_width",
          "cost of the softmax of a score, in values added to the width of a head"),
    TIME(offsetof(ll_chip, topk_row_s), "topk_row", "36 ns",
         "time per token of the top-k by which a router spreads tokens over experts"),
    {.name = "memory",
     .kind = LL_KIND_SIZE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_chip, memory_B),
     .min = 1e6,
     .max = 1e15,
     .doc = "memory capacity of the package (HBM)"},
    {.name = "memory_reserved",
     .kind = LL_KIND_SIZE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_chip, memory_reserved_B),
     .def = "5 GB",
     .min = 0,
     .max = 1e12,
     .doc = "memory that no model can use: context, communication buffers, fragmentation"},
    {.name = "memory_bandwidth",
     .kind = LL_KIND_RATE,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_chip, memory_Bps),
     .min = 1e6,
     .max = 1e16,
     .doc = "peak memory bandwidth"},
    {.name = "tile_fill",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_chip, tile_fill_s),
     .def = "0 s",
     .min = 0,
     .max = 1,
     .doc = "start-up time of each wave of GEMM tiles, until its first operands arrive"},
    FRAC(offsetof(ll_chip, memory_frac), "memory_frac", "0.8",
         "fraction of the memory bandwidth that the best streaming kernel reaches"),
    FRAC(offsetof(ll_chip, stream_frac), "stream_frac", "1",
         "fraction of that rate which kernels reach that compute as they stream: norms, "
         "activations, rotary embeddings, casts"),
    {.name = "kernel_launch",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_chip, launch_s),
     .def = "2 us",
     .min = 0,
     .max = 1,
     .doc = "gap between two kernels: the exposed part of a launch"},
    /* The defaults of the floors are those of configs/parts/kernels.cfg, which says from which
     * measured tables of configs/kernels they are derived. */
    TIME(offsetof(ll_chip, kernel_floor_s), "kernel_floor", "2.5 us",
         "the shortest kernel in a CUDA graph, for `lineloss kernels`"),
    TIME(offsetof(ll_chip, attention_floor_s), "attention_floor", "11 us",
         "the shortest attention in a CUDA graph, for `lineloss kernels`"),
    TIME(offsetof(ll_chip, experts_floor_s), "experts_floor", "36 us",
         "the shortest layer of experts in a CUDA graph, for `lineloss kernels`"),
    QUANTISE(LL_TIMED_FP4, "quantise_fp4", "FP4"),
    QUANTISE(LL_TIMED_FP8, "quantise_fp8", "FP8"),
    QUANTISE(LL_TIMED_FP8_BLOCK, "quantise_fp8_block", "FP8 with a scale for each block"),
    TABLE(LL_TIMED_GEMM, "gemm_file",
          "table of measured GEMMs; `lineloss help kernels` has its columns"),
    TABLE(LL_TIMED_PREFILL, "prefill_file", "table of measured attention over whole prompts"),
    TABLE(LL_TIMED_DECODE, "decode_file", "table of measured attention over a KV cache"),
    TABLE(LL_TIMED_MLA_PREFILL, "mla_prefill_file", "table of measured MLA of whole prompts"),
    TABLE(LL_TIMED_MLA_DECODE, "mla_decode_file", "table of measured MLA over a cache"),
    TABLE(LL_TIMED_EXPERTS, "experts_file", "table of measured layers of experts"),
    {.name = "measured_as",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_chip, measured_as),
     .def = "",
     .doc = "what tables of measured kernels call the chip, such as \"h100_sxm h800\""},
    {.name = "host_call",
     .kind = LL_KIND_TIME,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_chip, host_call_s),
     .def = "5 us",
     .min = 0,
     .max = 1,
     .doc = "host time per call that launches a kernel; used with gather_lists only"},
    {.name = "power",
     .kind = LL_KIND_POWER,
     .flags = LL_KEY_FACT,
     .offset = offsetof(ll_chip, power_W),
     .def = "0 W",
     .min = 0,
     .max = 1e6,
     .doc = "thermal design power; 0: not known"},
    {0}};

ll_status ll_chip_read(ll_config *cfg, const char *path, ll_chip *out, ll_error *err)
{
    LL_TRY(ll_config_fill(cfg, path, ll_chip_keys, out, err));
    for (int p = 0; p < LL_N_PRECISION; p++)
        if (out->peak_flop_per_s[p] > 0) return LL_OK;
    return ll_config_fault(
        cfg, path, err,
        "no peak is given; write at least one of peak_fp4, peak_fp8, peak_bf16, "
        "peak_fp16, for example peak_bf16 = \"989 TFLOP/s | vendor: data sheet\"");
}
