/* Files as they lie on disk. Every file that lineloss reads is read here, and nowhere else.
 *
 * Ranks may see other files under the same name, or none, and have other working folders. So
 * nothing here is asked on any rank but the first: source.c and shipped.c call it there, and
 * hand on what was found.
 */
#ifndef LL_CONFIG_FILE_H
#define LL_CONFIG_FILE_H

#include "sim/base/status.h"
#include "sim/base/text.h"

#include <stdbool.h>
#include <sys/types.h>

/* A file that is asked for, and how messages speak of it. */
typedef struct ll_file {
    const char *path;
    const char *who;  /* begin of messages: who asked for it */
    const char *what; /* that is expected; NULL: libconfig text */
    const char *hint; /* behind "no such file"; NULL: nothing */
    dev_t device;     /* with inode: which file it was, once it is read */
    ino_t inode;
} ll_file;

/* Bounds of a file: of configurations, with all that they include, and of anything else. */
enum { LL_FILE_CONFIG_MAX_MIB = 16, LL_FILE_MAX_MIB = 64 };

/* Add its text to `out`, in bounded time. Errors: missing, unreadable, a folder, empty, binary, too
 * large, written to while it is read, a pipe that has not ended after 30 s. A pipe that nobody
 * writes into is empty. */
ll_status ll_file_read(ll_file *file, ll_text *out, ll_error *err);

/* Refuse text that no one wrote by hand: empty, or with control bytes. */
ll_status ll_file_check(const ll_file *file, const char *s, size_t n, ll_error *err);

bool ll_file_exists(const char *path);
bool ll_file_is_regular(const char *path);
bool ll_file_is_folder(const char *path);
bool ll_file_same(const char *a, const char *b); /* both are there, and are one file */

/* Names in `folder` that end in `suffix` and do not begin with a dot, without it, sorted;
 * returns how many, 0 if there is no such folder. */
int ll_file_names(const char *folder, const char *suffix, ll_arena *mem, const char *const **out);

#endif
