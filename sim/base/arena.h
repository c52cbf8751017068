/* Memory: arenas with a stated lifetime, and the only malloc and free of the program.
 *
 *      block 0            block 1 (larger)
 *     +-----------------+---------------------------------+
 *     | a | b |  c  |...| d        | e |      free        |
 *     +-----------------+---------------------------------+
 *                                      ^ the next allocation; blocks double in size
 *
 * Nothing is freed one by one: a whole arena is reset or destroyed, or taken back to a mark.
 */
#ifndef LL_BASE_ARENA_H
#define LL_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

typedef struct ll_arena ll_arena;

typedef struct ll_arena_mark {
    void *block;
    size_t used;
} ll_arena_mark;

ll_arena *ll_arena_create(const char *name); /* `name` is borrowed, for messages */
void ll_arena_destroy(ll_arena *mem);
void ll_arena_reset(ll_arena *mem);

/* n objects of `size` bytes, zeroed, aligned to 64 bytes if that large, else 16. n = 0 gives a
 * valid pointer. Out of memory, or n * size too large: the program stops with a message, exit code
 * 2. */
void *ll_arena_alloc(ll_arena *mem, size_t n, size_t size);
/* The same, whatever stood there before: for arrays that are filled at once. */
void *ll_arena_raw(ll_arena *mem, size_t n, size_t size);
#define ll_arena_fill(mem, n, type)  ((type *)ll_arena_raw((mem), (size_t)(n), sizeof(type)))
#define ll_arena_array(mem, n, type) ((type *)ll_arena_alloc((mem), (size_t)(n), sizeof(type)))
#define ll_arena_new(mem, type)      ((type *)ll_arena_alloc((mem), 1, sizeof(type)))

/* n >= n_old objects of `size` bytes, the first n_old copied from `old` (which may be NULL if n_old
 * is 0), the rest zeroed. The old ones stay until the arena goes, so grow by a factor. */
void *ll_arena_grown(ll_arena *mem, const void *old, int64_t n_old, int64_t n, size_t size);

char *ll_arena_strdup(ll_arena *mem, const char *s);
char *ll_arena_strndup(ll_arena *mem, const char *s, size_t n);
char *ll_arena_printf(ll_arena *mem, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Scratch use: everything that was allocated after the mark goes at ll_arena_release. */
ll_arena_mark ll_arena_here(const ll_arena *mem);
void ll_arena_release(ll_arena *mem, ll_arena_mark mark);

size_t ll_arena_peak_B(void);     /* largest sum over all arenas so far */
void ll_arena_peak_restart(void); /* from here on: the peak is what is in use now */
double ll_arena_machine_B(void);  /* memory of this machine */
int64_t ll_arena_balance_B(void); /* bytes taken from the system and not yet returned */

#endif
