#include "sim/config/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILE_B = 256 << 20, MAX_NAMES = 1024 };

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

static ll_status read_all(const ll_file *file, int fd, ll_text *out, ll_error *err)
{
    char part[65536];
    ssize_t n;
    size_t n_all = 0;
    while ((n = read(fd, part, sizeof part)) != 0) {
        struct pollfd pipe = {.fd = fd, .events = POLLIN};
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN && (poll(&pipe, 1, -1) > 0 || errno == EINTR)) continue;
        if (n < 0) return read_error(file, errno, err);
        n_all += (size_t)n;
        if (n_all > MAX_FILE_B)
            return ll_error_set(err, LL_ERR_CONFIG, "%s: larger than %d MiB", file->who,
                                MAX_FILE_B >> 20);
        ll_text_add_bytes(out, part, (size_t)n);
    }
    return LL_OK;
}

/* Opened without waiting: a pipe that has no writer would never open else. */
ll_status ll_file_read(ll_file *file, ll_text *out, ll_error *err)
{
    struct stat id;
    const size_t before = out->n;
    const int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return read_error(file, errno, err);
    ll_status status = LL_OK;
    if (fstat(fd, &id) != 0)
        status = read_error(file, errno, err);
    else if (S_ISDIR(id.st_mode))
        status = read_error(file, EISDIR, err);
    else
        status = read_all(file, fd, out, err);
    close(fd);
    LL_TRY(status);
    file->device = id.st_dev;
    file->inode = id.st_ino;
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
