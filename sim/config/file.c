#include "sim/config/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_NAMES = 1024 };

static const double pipe_wait_s = 30; /* within which a pipe must end */

/* Configurations are written by hand, so short; tables and lists of links may come from programs.
 * */
static size_t max_B(const ll_file *file)
{
    return (size_t)(file->what ? LL_FILE_MAX_MIB : LL_FILE_CONFIG_MAX_MIB) << 20;
}

static double clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static ll_status read_error(const ll_file *file, int why, ll_error *err)
{
    struct stat link;
    const char *what = strerror(why);
    if (why == ENOENT || why == ENOTDIR) {
        bool dangling = lstat(file->path, &link) == 0 && S_ISLNK(link.st_mode);
        if (!dangling)
            return ll_error_set(err, LL_ERR_CONFIG, "%s: no such file%s", file->who,
                                file->hint ? file->hint : "");
        what = "a symbolic link to a file that does not exist";
    } else if (why == EACCES) {
        what = "permission denied; the file must be readable";
    } else if (why == EISDIR) {
        return ll_error_set(err, LL_ERR_CONFIG, "%s: a directory; expected a file of %s", file->who,
                            file->what ? file->what : "libconfig text");
    }
    return ll_error_set(err, LL_ERR_CONFIG, "%s: %s", file->who, what);
}

/* Sleep until there may be something to read; false: time end_s has come. */
static bool await(int fd, double end_s)
{
    struct pollfd pipe = {.fd = fd, .events = POLLIN};
    const double left_s = end_s - clock_s();
    return left_s > 0 && poll(&pipe, 1, 1 + (int)(1e3 * left_s)) != 0;
}

static ll_status read_all(const ll_file *file, int fd, ll_text *out, ll_error *err)
{
    char part[65536];
    ssize_t n;
    size_t n_all = 0;
    const double end_s = clock_s() + pipe_wait_s;
    while ((n = read(fd, part, sizeof part)) != 0) {
        if (n < 0 && errno != EINTR && errno != EAGAIN) return read_error(file, errno, err);
        if (n < 0 && !await(fd, end_s))
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s: did not end within %g s; expected a file, or a pipe whose "
                                "writer closes it",
                                file->who, pipe_wait_s);
        if (n < 0) continue;
        n_all += (size_t)n;
        if (n_all > max_B(file))
            return ll_error_set(err, LL_ERR_CONFIG, "%s: larger than %zu MiB, or without end",
                                file->who, max_B(file) >> 20);
        ll_text_add_bytes(out, part, (size_t)n);
    }
    return LL_OK;
}

/* Whether the file was written to while it was read, so that the text may be incomplete. */
static bool has_changed(int fd, const struct stat *before, size_t n)
{
    struct stat now;
    if (!S_ISREG(before->st_mode)) return false;
    return fstat(fd, &now) != 0 || now.st_size != before->st_size || (off_t)n != now.st_size ||
           now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

static ll_status read_open(ll_file *file, int fd, ll_text *out, ll_error *err)
{
    struct stat id;
    const size_t before = out->n;
    if (fstat(fd, &id) != 0) return read_error(file, errno, err);
    if (S_ISDIR(id.st_mode)) return read_error(file, EISDIR, err);
    if (S_ISREG(id.st_mode) && (size_t)id.st_size > max_B(file))
        return ll_error_set(err, LL_ERR_CONFIG, "%s: larger than %zu MiB", file->who,
                            max_B(file) >> 20);
    LL_TRY(read_all(file, fd, out, err));
    if (has_changed(fd, &id, out->n - before))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s: was written to while it was read; try again when it is complete",
                            file->who);
    file->device = id.st_dev;
    file->inode = id.st_ino;
    return LL_OK;
}

/* Opens without waiting, as a pipe without a writer would block. */
ll_status ll_file_read(ll_file *file, ll_text *out, ll_error *err)
{
    const size_t before = out->n;
    const int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return read_error(file, errno, err);
    const ll_status status = read_open(file, fd, out, err);
    close(fd);
    LL_TRY(status);
    return ll_file_check(file, out->s + before, out->n - before, err);
}

ll_status ll_file_check(const ll_file *file, const char *s, size_t n, ll_error *err)
{
    const char *who = file->who;
    const char *expected = file->what ? file->what : "libconfig text such as  name = \"x\";";
    int line = 1;
    bool blank = true;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '\n') line++;
        if ((c < ' ' && !strchr("\t\n\r\f", c)) || c == 0 || c == 127)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s: binary file (byte 0x%02x in line %d); expected %s", who, c,
                                line, expected);
        blank = blank && isspace(c);
    }
    if (blank)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: the file is empty; expected %s", who,
                            expected);
    return LL_OK;
}

bool ll_file_exists(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0;
}

bool ll_file_is_regular(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

bool ll_file_is_folder(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

bool ll_file_same(const char *a, const char *b)
{
    struct stat s, t;
    return stat(a, &s) == 0 && stat(b, &t) == 0 && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int ll_file_names(const char *folder, const char *suffix, ll_arena *mem, const char *const **out)
{
    const char **names = ll_arena_array(mem, MAX_NAMES, const char *);
    const size_t end = strlen(suffix);
    int n = 0;
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir && n < MAX_NAMES && (entry = readdir(dir))) {
        const size_t length = strlen(entry->d_name);
        if (length > end && entry->d_name[0] != '.' &&
            !strcmp(entry->d_name + length - end, suffix))
            names[n++] = ll_arena_strndup(mem, entry->d_name, length - end);
    }
    if (dir) closedir(dir);
    qsort(names, (size_t)n, sizeof *names, by_name);
    *out = names;
    return n;
}
