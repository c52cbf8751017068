#include "sim/engine/packet_fault.h"

#include <errno.h>
#include <stdlib.h>

/* One "ID:FRACTION" at *at, which moves behind it. */
static bool read_one(const char **at, int64_t n_link, ll_link_rate *out)
{
    char *end;
    errno = 0;
    out->id = strtoll(*at, &end, 10);
    if (end == *at || *end != ':' || errno != 0 || out->id < 0 || out->id >= n_link) return false;
    *at = end + 1;
    out->frac = strtod(*at, &end);
    if (end == *at || !(out->frac >= 0 && out->frac <= 1)) return false;
    *at = end;
    return *end == 0 || *end == ' ';
}

ll_status ll_link_rates_read(const char *text, int64_t n_link, ll_arena *mem, ll_link_rates *out,
                             ll_error *err)
{
    int n = 0;
    for (const char *c = text; *c; c++)
        n += *c == ':';
    *out = (ll_link_rates){0, ll_arena_array(mem, n + 1, ll_link_rate)};
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        const char *const word = at;
        if (!read_one(&at, n_link, &out->rate[out->n]))
            return ll_error_set(err, LL_ERR_CONFIG,
                                "engine.link_rates: '%.*s': expected LINK:FRACTION such as "
                                "12:0.5, with a link of 0 .. %lld and a fraction of 0 (down) .. 1",
                                (int)strcspn(word, " "), word, (long long)n_link - 1);
        out->n++;
    }
    return LL_OK;
}
