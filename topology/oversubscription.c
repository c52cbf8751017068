#include "topology/oversubscription.h"

#include <math.h>
#include <stdbool.h>

double ll_oversubscription_of(const ll_oversubscription *o)
{
    return o->host_Bps / ((double)o->uplinks * o->uplink_Bps);
}

/* Refuses a leaf of which neither the uplinks nor the ratio is given, or both are. */
static ll_status check(const ll_oversubscription *o, ll_error *err)
{
    const bool asked = o->ratio > 0;
    if (!o->uplinks && !asked)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "neither uplinks nor oversubscription is given; write for example: "
                            "oversubscription = \"2:1\";");
    if (o->uplinks && asked)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "uplinks = %lld makes %.4g:1; give uplinks or oversubscription, not "
                            "both",
                            (long long)o->uplinks, ll_oversubscription_of(o));
    return LL_OK;
}

ll_status ll_oversubscription_solve(ll_oversubscription *o, ll_error *err)
{
    enum { MAX_UPLINKS = 1 << 16 };
    LL_TRY(check(o, err));
    if (o->uplinks) return LL_OK;
    const double want = o->host_Bps / o->uplink_Bps / o->ratio;
    if (want > MAX_UPLINKS)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "oversubscription %.4g:1 takes %.4g uplinks; at most %d are possible",
                            o->ratio, want, MAX_UPLINKS);
    o->uplinks = (int64_t)(want + 0.5);
    if (o->uplinks && fabs(want - (double)o->uplinks) <= 1e-9 * want) return LL_OK;
    o->uplinks = (int64_t)want + 1;
    return ll_error_set(
        err, LL_ERR_CONFIG,
        "oversubscription %.4g:1 takes %.4g uplinks of %.4g GB/s, which is no whole "
        "number; write uplinks = %lld, which is %.4g:1, or another ratio",
        o->ratio, want, o->uplink_Bps / 1e9, (long long)o->uplinks, ll_oversubscription_of(o));
}
