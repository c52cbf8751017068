#include "sim/command/net_tokens.h"

#include "sim/base/units.h"

#include <stdlib.h>
#include <string.h>

static ll_status routing_fault(const char *word, ll_error *err)
{
    return ll_error_set(err, LL_ERR_CONFIG,
                        "--routing %s: expected K/EXPERTS, then perhaps balanced, uniform, "
                        "power:EXPONENT or groups:M/N, separated by commas, such as 8/256 or "
                        "8/256,power:1.2 or 8/256,groups:4/8",
                        word);
}

/* "8/256": two whole numbers, the first not above the second; *rest is what follows. */
static bool pair_parse(const char *word, int32_t *a, int32_t *b, const char **rest)
{
    char *end;
    const long x = strtol(word, &end, 10);
    if (end == word || *end != '/' || x < 1 || x > 1000000) return false;
    const char *second = end + 1;
    const long y = strtol(second, &end, 10);
    if (end == second || y < x || y > 1000000) return false;
    *a = (int32_t)x;
    *b = (int32_t)y;
    *rest = end;
    return true;
}

/* One word after the comma; *rest is what follows. */
static bool law_parse(const char *word, ll_routing *out, const char **rest)
{
    const size_t n = strcspn(word, ",:");
    char *end;
    *rest = word + n;
    if (n == strlen("groups") && !strncmp(word, "groups:", n + 1))
        return pair_parse(word + n + 1, &out->top_group, &out->n_group, rest);
    for (int law = 0; law < LL_N_ROUTING_LAW; law++)
        if (law != LL_ROUTING_GIVEN && strlen(ll_routing_names[law]) == n &&
            !strncmp(word, ll_routing_names[law], n)) {
            out->law = (ll_routing_law)law;
            if (law != LL_ROUTING_POWER) return word[n] != ':';
            if (word[n] != ':') return false;
            out->exponent = strtod(word + n + 1, &end);
            *rest = end;
            return end > word + n + 1 && out->exponent >= 0 && out->exponent <= 10;
        }
    return false;
}

ll_status ll_net_rows_parse(const ll_options *opt, bool combine, int32_t n_rank, uint64_t seed,
                            ll_arena *mem, ll_rows *out, ll_error *err)
{
    const char *word = opt->value[LL_OPT_ROUTING], *row = opt->value[LL_OPT_ROW];
    const char *rest = "";
    ll_routing *r = &out->routing;
    char why[256];
    *out = (ll_rows){.routing = {.n_expert = 256, .top_k = 8, .n_rank = n_rank, .seed = seed},
                     .row_B = combine ? 14336 : 7392};
    if (word && !pair_parse(word, &r->top_k, &r->n_expert, &rest)) return routing_fault(word, err);
    while (*rest == ',')
        if (!law_parse(rest + 1, r, &rest)) return routing_fault(word, err);
    if (*rest) return routing_fault(word, err);
    if (row && (ll_units_parse(LL_KIND_SIZE, row, &out->row_B, why, sizeof why) != LL_OK ||
                !(out->row_B > 0)))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--row %s: expected the bytes of a token, such as 14336B", row);
    const char *obstacle = ll_routing_obstacle(r, ll_arena_array(mem, LL_ROUTING_TEXT, char));
    return obstacle ? ll_error_set(err, LL_ERR_CONFIG,
                                   "--routing %s: %s; --group or --chips says how many ranks",
                                   word ? word : "8/256", obstacle)
                    : LL_OK;
}

const char *ll_net_routing_text(const ll_routing *r, ll_arena *mem)
{
    const char *text = ll_arena_printf(mem, "%d of %d experts, %s", r->top_k, r->n_expert,
                                       ll_routing_names[r->law]);
    if (r->law == LL_ROUTING_POWER) text = ll_arena_printf(mem, "%s %g", text, r->exponent);
    return r->n_group == 0
               ? text
               : ll_arena_printf(mem, "%s, within %d of %d groups", text, r->top_group, r->n_group);
}
