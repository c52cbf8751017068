#include "sim/print/output.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_CAP = 4096, NAME_CAP = 120 };

/* State outside of structs, because a signal handler has no argument to find it by. Each path is
 * valid while its flag is set. */
static char pending_path[PATH_CAP]; /* the file that is being written */
static char stage_path[PATH_CAP];   /* the folder of a set that is not complete */
static char made_path[PATH_CAP];    /* the directory that this process made */
static DIR *stage_files;
static volatile sig_atomic_t pending, staged, made; /* made: how many levels of it */
static volatile sig_atomic_t n_complete;            /* files that are where they belong */

/* Called by signal handlers: glibc's readdir allocates nothing, and nothing else reads this
 * directory stream. */
static void stage_remove(void)
{
    rewinddir(stage_files);
    for (struct dirent *file; (file = readdir(stage_files)) != NULL;)
        unlinkat(dirfd(stage_files), file->d_name, 0);
    rmdir(stage_path);
}

int ll_output_abandon(void)
{
    if (pending) unlink(pending_path);
    if (staged) stage_remove();
    for (; made > 0 && rmdir(made_path) == 0; made--) {
        char *slash = strrchr(made_path, '/');
        if (slash) *slash = '\0';
    }
    pending = staged = made = 0;
    return n_complete;
}

/* ---- Directories ----------------------------------------------------------------------------- */

static ll_status directory_make(const char *dir, ll_error *err)
{
    char path[PATH_CAP];
    size_t n = strlen(dir);
    if (n + 2 * (size_t)NAME_CAP > sizeof path)
        return ll_error_set(err, LL_ERR_CONFIG, "-o: the name of the directory is too long");
    for (size_t i = 1; i <= n; i++) {
        if (dir[i] != '/' && dir[i]) continue;
        memcpy(path, dir, i);
        path[i] = '\0';
        struct stat what;
        if (mkdir(path, 0777) == 0) {
            memcpy(made_path, path, i + 1);
            made++;
            continue;
        }
        int why = errno;
        if (stat(path, &what) != 0)
            return ll_error_set(err, LL_ERR_CONFIG, "-o %s: cannot make the directory %s: %s", dir,
                                path, strerror(why));
        if (!S_ISDIR(what.st_mode))
            return ll_error_set(err, LL_ERR_CONFIG, "-o %s: %s is a file, not a directory", dir,
                                path);
    }
    return LL_OK;
}

/* Opens a hidden file beside dir/name and marks it as pending. */
static FILE *hidden_open(const char *dir, const char *name)
{
    snprintf(pending_path, sizeof pending_path, "%s/.%s.%ld", dir, name, (long)getpid());
    FILE *f = fopen(pending_path, "w");
    pending = f != NULL;
    return f;
}

static ll_status directory_prepare(const char *dir, ll_error *err)
{
    LL_TRY(directory_make(dir, err));
    FILE *f = hidden_open(dir, "lineloss");
    if (!f)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "-o %s: cannot write there: %s; choose another directory", dir,
                            strerror(errno));
    fclose(f);
    unlink(pending_path);
    pending = 0;
    return LL_OK;
}

ll_status ll_output_prepare(const char *dir, ll_comm *comm, ll_error *err)
{
    ll_status status = LL_OK;
    if (ll_comm_rank(comm) == 0) status = directory_prepare(dir, err);
    return ll_comm_agree(comm, status, err);
}

/* ---- One file -------------------------------------------------------------------------------- */

/* Length of the part of `dir` where its files will be in the end: the stage's parent folder, if
 * `dir` is the stage. */
static int final_length(const char *dir)
{
    return (int)(staged && !strcmp(dir, stage_path) ? strrchr(dir, '/') - dir : (long)strlen(dir));
}

static ll_status file_write(const char *dir, const char *name, const ll_text *text, ll_error *err)
{
    char path[PATH_CAP];
    if (strlen(dir) + strlen(name) + 64 > sizeof path)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: the name is too long", dir);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = hidden_open(dir, name);
    bool ok =
        f && fwrite(text->s, 1, text->n, f) == text->n && fflush(f) == 0 && fsync(fileno(f)) == 0;
    if (f) ok = fclose(f) == 0 && ok;
    ok = ok && rename(pending_path, path) == 0;
    int why = errno;
    if (!ok && pending) unlink(pending_path);
    pending = 0;
    n_complete += ok && !(staged && !strcmp(dir, stage_path));
    return ok ? LL_OK
              : ll_error_set(err, LL_ERR_RUN, "%.*s/%s: cannot write: %s", final_length(dir), dir,
                             name, strerror(why));
}

ll_status ll_output_write(const char *dir, const char *name, const ll_text *text, ll_comm *comm,
                          ll_error *err)
{
    ll_status status = LL_OK;
    if (ll_comm_rank(comm) == 0) status = file_write(dir, name, text, err);
    return ll_comm_agree(comm, status, err);
}

const char *ll_output_file_name(const char *name, const char *suffix, ll_arena *mem)
{
    char *s = ll_arena_printf(mem, "%s%s", name, suffix);
    for (char *c = s; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-+=", *c)) *c = '_';
    if (*s == '.') *s = '_';
    return s;
}

/* ---- A set of files -------------------------------------------------------------------------- */

const char *ll_output_identity(uint64_t config_hash, ll_arena *mem)
{
    return ll_arena_printf(mem, "\"config_hash\": \"%016llx\"", (unsigned long long)config_hash);
}

const char *ll_output_variant(const char *name, int n_set, const char *const *set, ll_arena *mem)
{
    uint64_t hash = LL_HASH_START;
    const char *all = name;
    bool plain = true;
    for (int i = 0; i < n_set; i++) {
        const char *s = set[i]; /* "seed=7" of "--seed seed=7" and of "seed=7 | assumed" */
        if (!strncmp(s, "--", 2)) s += strcspn(s, " ");
        s += strspn(s, " ");
        size_t n = strcspn(s, "|");
        while (n > 0 && s[n - 1] == ' ')
            n--;
        const char *text = ll_arena_strndup(mem, s, n);
        if (!strncmp(text, "name=", 5)) continue; /* it is in the name */
        hash = ll_text_hash(hash, text, strlen(text) + 1);
        plain = plain && !strcmp(text, ll_output_file_name(text, "", mem));
        all = ll_arena_printf(mem, "%s+%s", all, text);
    }
    if (all == name || strlen(name) > NAME_CAP || (plain && strlen(all) <= NAME_CAP)) return all;
    return ll_arena_printf(mem, "%.*s-%08x", NAME_CAP, all, (unsigned)(hash >> 32));
}

typedef enum standing { NOTHING, SAME_CONFIGURATION, OTHER_CONFIGURATION } standing;

/* What is where the main file will be written, and since when. */
static standing standing_of(const ll_output *set, char date[32])
{
    char path[PATH_CAP], line[PATH_CAP];
    struct stat what;
    struct tm utc;
    bool same = set->identity == NULL;
    snprintf(path, sizeof path, "%s/%s", set->dir, set->main);
    FILE *f = fopen(path, "r");
    if (!f) return NOTHING;
    fstat(fileno(f), &what);
    gmtime_r(&what.st_mtime, &utc);
    strftime(date, 32, "%Y-%m-%d %H:%M UTC", &utc);
    while (!same && fgets(line, sizeof line, f))
        same = strstr(line, set->identity) != NULL;
    fclose(f);
    return same ? SAME_CONFIGURATION : OTHER_CONFIGURATION;
}

static ll_status set_check(const ll_output *set, ll_error *err)
{
    char date[32];
    if (strlen(set->main) > NAME_CAP + 40)
        return ll_error_set(err, LL_ERR_CONFIG, "-o: '%s' is too long for the name of a file",
                            set->main);
    LL_TRY(directory_prepare(set->dir, err));
    if (set->force || standing_of(set, date) != OTHER_CONFIGURATION) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "-o %s: %s/%s of %s is the result of another configuration; choose another "
                        "directory, or replace it with --force",
                        set->dir, set->dir, set->main, date);
}

ll_status ll_output_check(const ll_output *set, ll_comm *comm, ll_error *err)
{
    ll_status status = LL_OK;
    if (ll_comm_rank(comm) == 0) status = set_check(set, err);
    return ll_comm_agree(comm, status, err);
}

/* Makes a hidden folder whose name no other process uses, on this machine or another one. */
static ll_status stage_make(const ll_output *set, ll_error *err)
{
    enum { TRIES = 1000 };
    LL_TRY(directory_make(set->dir, err)); /* another process that failed may have removed it */
    for (int i = 0; i < TRIES; i++) {
        snprintf(stage_path, sizeof stage_path, "%s/.%s.%ld.%d", set->dir, set->main,
                 (long)getpid(), i);
        if (mkdir(stage_path, 0777) == 0) {
            stage_files = opendir(stage_path);
            staged = stage_files != NULL;
            if (staged) return LL_OK;
        }
        if (errno != EEXIST) break;
    }
    return ll_error_set(err, LL_ERR_RUN, "%s: cannot make a folder: %s", set->dir, strerror(errno));
}

ll_status ll_output_begin(ll_output *set, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_status status = LL_OK;
    if (ll_comm_rank(comm) == 0) status = stage_make(set, err);
    set->stage = ll_comm_rank(comm) == 0 ? ll_arena_strdup(mem, stage_path) : "";
    return ll_comm_agree(comm, status, err);
}

static bool files_equal(const char *a, const char *b)
{
    FILE *f = fopen(a, "r"), *g = fopen(b, "r");
    bool equal = f && g;
    for (int c = 0; equal && c != EOF;) {
        c = fgetc(f);
        equal = c == fgetc(g);
    }
    if (f) fclose(f);
    if (g) fclose(g);
    return equal;
}

static ll_status file_move(const ll_output *set, const char *name, ll_error *err)
{
    char from[PATH_CAP], to[PATH_CAP];
    snprintf(from, sizeof from, "%s/%s", set->stage, name);
    snprintf(to, sizeof to, "%s/%s", set->dir, name);
    if (rename(from, to) != 0)
        return ll_error_set(err, LL_ERR_RUN, "%s: cannot write: %s", to, strerror(errno));
    n_complete++;
    return LL_OK;
}

/* Moves the main file last: if it is there, all files of the set are. */
static ll_status set_move(const ll_output *set, ll_error *err)
{
    char date[32], path[PATH_CAP], was[PATH_CAP];
    snprintf(path, sizeof path, "%s/%s", set->stage, set->main);
    snprintf(was, sizeof was, "%s/%s", set->dir, set->main);
    const bool changes = standing_of(set, date) != NOTHING && !files_equal(path, was);
    rewinddir(stage_files);
    for (struct dirent *file; (file = readdir(stage_files)) != NULL;)
        if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0 &&
            strcmp(file->d_name, set->main) != 0)
            LL_TRY(file_move(set, file->d_name, err));
    LL_TRY(file_move(set, set->main, err));
    rmdir(set->stage);
    if (changes) fprintf(stderr, "lineloss: replaces %s of %s\n", was, date);
    return LL_OK;
}

/* Keeps the whole stage as a folder of its own. */
static ll_status set_move_aside(const ll_output *set, ll_error *err)
{
    enum { TRIES = 1000 };
    char path[PATH_CAP];
    const char *dot = strrchr(set->main, '.');
    const int n = (int)(dot ? (size_t)(dot - set->main) : strlen(set->main));
    for (int i = 2; i < TRIES; i++) {
        snprintf(path, sizeof path, "%s/%.*s-%d", set->dir, n, set->main, i);
        if (rename(set->stage, path) == 0) {
            n_complete++;
            fprintf(stderr,
                    "lineloss: %s/%s now belongs to another configuration; this result is in %s/\n",
                    set->dir, set->main, path);
            return LL_OK;
        }
        if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR) break;
    }
    return ll_error_set(err, LL_ERR_RUN, "%s: cannot write: %s", path, strerror(errno));
}

/* One process at a time, unless the file system has no locks; signals wait. */
static ll_status set_commit(const ll_output *set, ll_error *err)
{
    char date[32];
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    const int dir = open(set->dir, O_RDONLY | O_DIRECTORY);
    if (dir >= 0) flock(dir, LOCK_EX);
    const bool aside = !set->force && standing_of(set, date) == OTHER_CONFIGURATION;
    const ll_status status = aside ? set_move_aside(set, err) : set_move(set, err);
    if (status == LL_OK) staged = made = 0;
    if (dir >= 0) {
        fsync(dir);
        close(dir);
    }
    if (status != LL_OK) ll_output_abandon();
    if (stage_files) closedir(stage_files);
    stage_files = NULL;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

ll_status ll_output_commit(const ll_output *set, ll_comm *comm, ll_error *err)
{
    ll_status status = LL_OK;
    if (ll_comm_rank(comm) == 0) status = set_commit(set, err);
    return ll_comm_agree(comm, status, err);
}
