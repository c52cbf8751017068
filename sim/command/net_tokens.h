/* The part of `net`'s command line that says what tokens a dispatch or a combine carries. */
#ifndef LL_COMMAND_NET_TOKENS_H
#define LL_COMMAND_NET_TOKENS_H

#include "sim/command/options.h"
#include "sim/traffic/routing.h"

/* Read --routing "8/256,power:1.2" and --row into *out, for groups of n_rank; without them tokens
 * of DeepSeek-V3, of 7392 B there (FP8 with scales) and 14336 B back (BF16). Errors: LL_ERR_CONFIG,
 * with what is legal. Not collective. */
ll_status ll_net_rows_parse(const ll_options *opt, bool combine, int32_t n_rank, uint64_t seed,
                            ll_arena *mem, ll_rows *out, ll_error *err);

/* "8 of 256 experts, uniform". In mem. */
const char *ll_net_routing_text(const ll_routing *r, ll_arena *mem);

#endif
