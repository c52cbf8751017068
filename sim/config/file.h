/* Files on disk. Every file that lineloss reads is read here, and nowhere else.
 *
 * Ranks may see other files under the same name, or none, and have other working directories. So
 * only rank 0 calls these functions, from source.c and shipped.c, which send the result to all
 * ranks.
 */
#ifndef LL_CONFIG_FILE_H
#define LL_CONFIG_FILE_H

#include "sim/base/status.h"
#include "sim/base/text.h"

#include <stdbool.h>
#include <sys/types.h>

/* A file to read, and its names in messages. */
typedef struct ll_file {
    const char *path;
    const char *who;  /* beginning of messages: what names the file */
    const char *what; /* expected kind of file; NULL: libconfig text */
    const char *hint; /* text after "no such file"; NULL: none */
    dev_t device;     /* with inode: identifies the file once it is read */
    ino_t inode;
} ll_file;

/* Bounds of a file: of configurations, with all that they include, and of anything else. */
enum { LL_FILE_CONFIG_MAX_MIB = 16, LL_FILE_MAX_MIB = 64 };

/* Add its text to `out`, in bounded time. Errors: missing, unreadable, a folder, empty, binary, too
 * large, written to while it is read, a pipe that has not ended after 30 s. A pipe that nobody
 * writes into is empty. */
ll_status ll_file_read(ll_file *file, ll_text *out, ll_error *err);

/* Error if the text is empty or has control bytes. */
ll_status ll_file_check(const ll_file *file, const char *s, size_t n, ll_error *err);

bool ll_file_exists(const char *path);
bool ll_file_is_regular(const char *path);
bool ll_file_is_folder(const char *path);
bool ll_file_same(const char *a, const char *b); /* both are there, and are one file */

/* Names in `folder` that end in `suffix` and do not begin with a dot, without it, sorted;
 * returns how many, 0 if there is no such folder. */
int ll_file_names(const char *folder, const char *suffix, ll_arena *mem, const char *const **out);

#endif
