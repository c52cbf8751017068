#include "sim/print/journal.h"

#include "sim/base/index_map.h"
#include "sim/print/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ll_journal {
    ll_comm *comm;
    const char *path;
    bool torn;          /* the last line has no end: the next one begins with it */
    ll_index_map index; /* key to its place in: */
    int64_t cap;
    const char **text; /* [index.n] */
};

/* Bytes of the file, on rank 0; a file that is not there is empty. */
static ll_status file_read(const char *path, ll_text *out, ll_error *err)
{
    char part[1 << 16];
    size_t n;
    errno = 0;
    FILE *f = fopen(path, "r");
    if (!f && errno == ENOENT) return LL_OK;
    if (!f) return ll_error_set(err, LL_ERR_CONFIG, "%s: cannot read: %s", path, strerror(errno));
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        ll_text_add_bytes(out, part, n);
    const bool bad = ferror(f);
    fclose(f);
    return bad ? ll_error_set(err, LL_ERR_CONFIG, "%s: cannot read: %s", path, strerror(errno))
               : LL_OK;
}

/* A line of n bytes: remembered if its hash fits. */
static void line_take(ll_journal *j, const char *line, size_t n, ll_arena *mem)
{
    enum { HEAD = 2 * 17 };
    char *end;
    if (n < HEAD || line[16] != ' ' || line[HEAD - 1] != ' ') return;
    const uint64_t key = strtoull(line, &end, 16);
    if (end != line + 16) return;
    const uint64_t hash = strtoull(line + 17, &end, 16);
    if (end != line + HEAD - 1 || hash != ll_text_hash(LL_HASH_START, line + HEAD, n - HEAD))
        return;
    const int64_t i = ll_index_map_of(&j->index, ll_mix(key));
    if (i == j->cap) {
        const int64_t cap = 2 * j->cap + 64;
        j->text = ll_arena_grown(mem, j->text, j->cap, cap, sizeof *j->text);
        j->cap = cap;
    }
    j->text[i] = ll_arena_strndup(mem, line + HEAD, n - HEAD);
}

ll_status ll_journal_open(const char *dir, const char *name, ll_comm *comm, ll_arena *mem,
                          ll_journal **out, ll_error *err)
{
    ll_journal *j = *out = ll_arena_new(mem, ll_journal);
    ll_text text;
    ll_status status = LL_OK;
    j->comm = comm;
    j->path = ll_arena_printf(mem, "%s/%s", dir, name);
    ll_index_map_init(&j->index, mem);
    ll_text_init(&text, mem);
    LL_TRY(ll_output_prepare(dir, comm, err));
    if (ll_comm_rank(comm) == 0) status = file_read(j->path, &text, err);
    LL_TRY(ll_comm_agree(comm, status, err));
    const char *bytes = text.s;
    size_t n = text.n;
    ll_comm_bcast(comm, mem, &bytes, &n);
    for (size_t at = 0; at < n;) {
        const char *end = memchr(bytes + at, '\n', n - at);
        const size_t length = end ? (size_t)(end - bytes) - at : n - at;
        j->torn = !end;
        if (end) line_take(j, bytes + at, length, mem);
        at += length + 1;
    }
    return LL_OK;
}

/* ll_index_map_of adds keys that it does not have, so that a search goes by itself. */
const char *ll_journal_find(const ll_journal *j, uint64_t key)
{
    const ll_index_map *map = &j->index;
    const uint64_t mixed = ll_mix(key);
    for (uint64_t at = mixed & map->mask; map->slot[at].index_1; at = (at + 1) & map->mask)
        if (map->slot[at].key == mixed) return j->text[map->slot[at].index_1 - 1];
    return NULL;
}

static ll_status line_write(ll_journal *j, uint64_t key, const char *text, ll_error *err)
{
    const size_t n = strlen(text);
    FILE *f = fopen(j->path, "a");
    bool ok = f != NULL;
    if (ok) {
        ok = fprintf(f, "%s%016llx %016llx %s\n", j->torn ? "\n" : "", (unsigned long long)key,
                     (unsigned long long)ll_text_hash(LL_HASH_START, text, n), text) > 0;
        j->torn = false;
        ok = fclose(f) == 0 && ok;
    }
    return ok ? LL_OK
              : ll_error_set(err, LL_ERR_RUN, "%s: cannot write: %s", j->path, strerror(errno));
}

ll_status ll_journal_add(ll_journal *j, uint64_t key, const char *text, ll_error *err)
{
    ll_status status = LL_OK;
    if (ll_comm_rank(j->comm) == 0) status = line_write(j, key, text, err);
    return ll_comm_agree(j->comm, status, err);
}

int ll_journal_count(const ll_journal *j) { return (int)j->index.n; }
