#include "sim/base/arena.h"

#include "sim/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Under AddressSanitizer what is not allocated is poisoned, with a gap after each allocation.
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
enum { GAP_B = 32 };
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
enum { GAP_B = 0 };
#define POISON(p, n)   ((void)(p))
#define UNPOISON(p, n) ((void)(p))
#endif

enum { LINE_B = 64, FIRST_BLOCK_B = 32768, EXTRA_B = 128 /* header, and to align it */ };

typedef struct block {
    struct block *prev; /* older block */
    size_t cap;         /* bytes after the header */
    size_t clean;       /* those from here on were never handed out: as the system gave them, 0 */
    void *whole;        /* what the system gave, to be given back */
} block;

/* The header takes a whole cache line, so that the bytes after it are aligned to one. */
_Static_assert(sizeof(block) <= LINE_B, "block header must fit its line");

struct ll_arena {
    const char *name;
    block *top;   /* block in use, NULL at first */
    block *spare; /* largest block that was given back, kept for the next need */
    size_t used;  /* bytes of top in use */
};

// Accounting over all arenas; the program has one thread.
static size_t balance_B, peak_B;

/* Zeroed. The system does so for large memory when it is touched first, so that what is never used
 * costs nothing. */
static void *system_take(const char *name, size_t size)
{
    void *p = calloc(1, size);
    if (p == NULL) {
        fflush(stdout);
        fprintf(stderr,
                "lineloss: out of memory: %zu bytes more for '%s', %zu bytes in use by this rank\n",
                size, name, balance_B);
        ll_stop(LL_ERR_RUN);
    }
    balance_B += size;
    if (balance_B > peak_B) peak_B = balance_B;
    return p;
}

static void system_give(void *p, size_t size)
{
    balance_B -= size;
    free(p);
}

static char *block_bytes(block *b) { return (char *)b + LINE_B; }

static void block_give(block *b)
{
    if (!b) return;
    UNPOISON(block_bytes(b), b->cap);
    system_give(b->whole, EXTRA_B + b->cap);
}

/* Take the top block away; the largest one is kept as the spare. */
static void block_pop(ll_arena *mem)
{
    block *b = mem->top;
    mem->top = b->prev;
    POISON(block_bytes(b), b->cap);
    if (mem->spare && mem->spare->cap >= b->cap) {
        block_give(b);
        return;
    }
    block_give(mem->spare);
    mem->spare = b;
}

static void block_push(ll_arena *mem, size_t need)
{
    block *b = mem->spare;
    if (b && b->cap >= need) {
        mem->spare = NULL;
    } else {
        size_t cap = mem->top ? 2 * mem->top->cap : FIRST_BLOCK_B - EXTRA_B;
        if (cap < need) cap = need;
        char *whole = system_take(mem->name, EXTRA_B + cap);
        b = (block *)(void *)(whole + LINE_B - (uintptr_t)whole % LINE_B);
        *b = (block){.cap = cap, .whole = whole};
        POISON(block_bytes(b), b->cap);
    }
    b->prev = mem->top;
    mem->top = b;
    mem->used = 0;
}

ll_arena *ll_arena_create(const char *name)
{
    ll_arena *mem = system_take(name, sizeof *mem);
    *mem = (ll_arena){.name = name};
    return mem;
}

void ll_arena_destroy(ll_arena *mem)
{
    if (!mem) return;
    ll_arena_reset(mem);
    block_give(mem->spare);
    system_give(mem, sizeof *mem);
}

void ll_arena_reset(ll_arena *mem) { ll_arena_release(mem, (ll_arena_mark){NULL, 0}); }

ll_arena_mark ll_arena_here(const ll_arena *mem)
{
    return (ll_arena_mark){mem->top, mem->top ? mem->used : 0};
}

void ll_arena_release(ll_arena *mem, ll_arena_mark mark)
{
    while (mem->top != mark.block) {
        LL_ASSERT(mem->top, "arena '%s': mark is not from here, or was released before", mem->name);
        block_pop(mem);
    }
    mem->used = mark.used;
    if (mem->top) POISON(block_bytes(mem->top) + mark.used, mem->top->cap - mark.used);
}

static size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

/* Room for n * size bytes; *clean: those from here on are 0. */
static char *room(ll_arena *mem, size_t n, size_t size, size_t *clean)
{
    size_t limit = SIZE_MAX / 4; // keeps every sum below from wrapping
    if (size != 0 && n > limit / size) {
        fflush(stdout);
        fprintf(stderr, "lineloss: out of memory: %zu objects of %zu bytes for '%s'\n", n, size,
                mem->name);
        ll_stop(LL_ERR_RUN);
    }
    size_t bytes = n * size;
    size_t align = bytes >= LINE_B ? LINE_B : 16;
    size_t at = round_up(mem->used, align);
    if (!mem->top || at + bytes + GAP_B > mem->top->cap) {
        block_push(mem, bytes + GAP_B);
        at = 0;
    }
    char *p = block_bytes(mem->top) + at;
    const size_t used = mem->top->clean > at ? mem->top->clean - at : 0;
    *clean = used < bytes ? used : bytes;
    mem->used = at + bytes + GAP_B;
    if (mem->top->clean < mem->used) mem->top->clean = mem->used;
    UNPOISON(p, bytes);
    return p;
}

void *ll_arena_alloc(ll_arena *mem, size_t n, size_t size)
{
    size_t clean;
    char *p = room(mem, n, size, &clean);
    return memset(p, 0, clean);
}

void *ll_arena_raw(ll_arena *mem, size_t n, size_t size)
{
    size_t clean;
    return room(mem, n, size, &clean);
}

char *ll_arena_strndup(ll_arena *mem, const char *s, size_t n)
{
    char *copy = ll_arena_alloc(mem, n + 1, 1);
    memcpy(copy, s, n);
    return copy;
}

void *ll_arena_grown(ll_arena *mem, const void *old, int64_t n_old, int64_t n, size_t size)
{
    void *array = ll_arena_alloc(mem, (size_t)n, size);
    if (n_old > 0) memcpy(array, old, (size_t)n_old * size);
    return array;
}

char *ll_arena_strdup(ll_arena *mem, const char *s) { return ll_arena_strndup(mem, s, strlen(s)); }

char *ll_arena_printf(ll_arena *mem, const char *fmt, ...)
{
    LL_ASSERT(fmt, "%s", mem->name);
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    LL_ASSERT(n >= 0, "format \"%s\"", fmt);
    char *s = ll_arena_alloc(mem, (size_t)n + 1, 1);
    vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    return s;
}

size_t ll_arena_peak_B(void) { return peak_B; }

void ll_arena_peak_restart(void) { peak_B = balance_B; }

int64_t ll_arena_balance_B(void) { return (int64_t)balance_B; }

double ll_arena_machine_B(void)
{
    return (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}
