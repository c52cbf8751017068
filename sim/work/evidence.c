#include "sim/work/evidence.h"

#include <stdlib.h>
#include <string.h>

static bool starts(const char *text, const char *with)
{
    return !strncmp(text, with, strlen(with));
}

/* The key's last part if it is in the group at `path`, else NULL. */
static const char *key_in(const ll_config_entry *e, const char *path)
{
    return starts(e->path, path) && starts(e->key->name, e->path + strlen(path)) ? e->key->name
                                                                                 : NULL;
}

static bool precision_counts(const ll_study *s, const char *key)
{
    const char *name = strrchr(key, '_') + 1;
    bool wide = !strcmp(name, "bf16") ||
                (!strcmp(name, "fp16") && s->layout.precision == LL_PRECISION_FP16);
    return wide || !strcmp(name, ll_precision_names[s->layout.precision]);
}

/* launch_<collective>, rate_frac_<collective>, rate_frac_in_network count if the study has a
 * transfer of that collective. */
static bool collective_counts(const ll_study *s, const char *name)
{
    if (!strcmp(name, "in_network")) name = ll_collective_names[LL_ALL_REDUCE];
    for (int c = 0; c < LL_N_COLLECTIVE; c++)
        if (!strcmp(name, ll_collective_names[c])) return s->collectives >> c & 1;
    return true;
}

/* Those of the library that exchanges tokens, if any are exchanged. */
static bool dispatcher_counts(const ll_study *s, const char *path)
{
    const ll_dispatchers *all = &s->cluster.dispatchers;
    const long i = strtol(path + strlen("cluster.dispatchers["), NULL, 10);
    const char *chosen = *all->chosen || all->n == 0 ? all->chosen : all->at[0].library;
    const bool any = s->collectives & (1u << LL_DISPATCH | 1u << LL_COMBINE);
    return any && i < all->n && !strcmp(all->at[i].library, chosen);
}

/* Those of the chosen library, if anything is reduced. */
static bool shot_counts(const ll_study *s, const char *path)
{
    const ll_shots *all = &s->cluster.shots;
    const long i = strtol(path + strlen("cluster.custom_all_reduces["), NULL, 10);
    return s->collectives & 1u << LL_ALL_REDUCE && i < all->n &&
           !strcmp(all->at[i].library, all->chosen);
}

bool ll_evidence_counts(const ll_study *study, const ll_config_entry *entry)
{
    const char *key = key_in(entry, "cluster.chip.");
    if (entry->evidence == LL_EVIDENCE_NONE || entry->kind == LL_KIND_STRING) return false;
    if (key && (starts(key, "peak_") || starts(key, "gemm_frac_")))
        return precision_counts(study, key);
    if (key && !strcmp(key, "power")) return study->cluster.chip.power_W > 0;
    if (key && !strcmp(key, "host_call")) return study->stack.gather_lists;
    if (key && starts(key, "attention_")) return study->stack.fused_attention;
    if (starts(entry->path, "cluster.software[")) {
        key = entry->key->name;
        if (starts(key, "launch_")) return collective_counts(study, key + strlen("launch_"));
        if (starts(key, "rate_frac_")) return collective_counts(study, key + strlen("rate_frac_"));
    }
    if (starts(entry->path, "cluster.dispatchers[")) return dispatcher_counts(study, entry->path);
    if (starts(entry->path, "cluster.custom_all_reduces[")) return shot_counts(study, entry->path);
    key = key_in(entry, "cluster.wire.");
    if (key && !strcmp(key, "window")) return study->cluster.wire.window_bdp <= 0;
    if (key && !strcmp(key, "window_packets")) return study->cluster.wire.window_bdp > 0;
    return true;
}

ll_evidence ll_evidence_weakest(const ll_study *study)
{
    ll_evidence weakest = LL_EVIDENCE_NONE;
    for (int i = 0; i < ll_config_n_entry(study->config); i++) {
        const ll_config_entry *e = ll_config_entry_at(study->config, i);
        if (ll_evidence_counts(study, e) && e->evidence > weakest) weakest = e->evidence;
    }
    return weakest;
}
