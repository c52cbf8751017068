#include "sim/command/variant_store.h"

#include "sim/print/journal.h"
#include "sim/version.h"

#include <string.h>

typedef struct kept {
    ll_journal *journal;
    uint64_t version; /* hash of it: a part of each key */
    int n_found;
    ll_arena *mem;
} kept;

static bool find(void *self, uint64_t key, ll_found *out)
{
    kept *k = self;
    const char *text = ll_journal_find(k->journal, key ^ k->version);
    const bool found = text && ll_found_read(text, out);
    k->n_found += found;
    return found;
}

static ll_status keep(void *self, uint64_t key, const ll_found *found, ll_error *err)
{
    kept *k = self;
    const ll_arena_mark mark = ll_arena_here(k->mem);
    ll_text text;
    ll_text_init(&text, k->mem);
    ll_found_write(found, &text);
    const ll_status status = ll_journal_add(k->journal, key ^ k->version, text.s, err);
    ll_arena_release(k->mem, mark);
    return status;
}

ll_status ll_variant_store_open(const char *dir, const char *name, ll_comm *comm, ll_arena *mem,
                                ll_batch_store *out, ll_error *err)
{
    kept *k = ll_arena_new(mem, kept);
    const uint64_t h = ll_text_hash(LL_HASH_START, ll_version(), strlen(ll_version()));
    k->version = ll_text_hash(h, ll_git(), strlen(ll_git()));
    k->mem = mem;
    *out = (ll_batch_store){k, find, keep};
    return ll_journal_open(dir, name, comm, mem, &k->journal, err);
}

int ll_variant_store_n_found(const ll_batch_store *store) { return ((kept *)store->self)->n_found; }
