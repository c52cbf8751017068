#include "sim/print/output.h"

#include "sim/comm/progress.h"
#include "sim/print/json.h"
#include "sim/version.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_CAP = 4096 };

/* The one piece of state outside of structs: a signal handler has no argument to find it by. */
static char pending_path[PATH_CAP];
static volatile sig_atomic_t pending;

void ll_output_abandon(void)
{
    if (pending) unlink(pending_path);
}

static ll_status directory_make(const char *dir, ll_error *err)
{
    char path[PATH_CAP];
    size_t n = strlen(dir);
    if (n + 64 > sizeof path)
        return ll_error_set(err, LL_ERR_CONFIG, "-o: the name of the directory is too long");
    for (size_t i = 1; i <= n; i++) {
        if (dir[i] != '/' && dir[i]) continue;
        memcpy(path, dir, i);
        path[i] = '\0';
        struct stat what;
        if (mkdir(path, 0777) == 0) continue;
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

ll_status ll_output_prepare(const char *dir, ll_comm *comm, ll_error *err)
{
    ll_status status = LL_OK;
    if (ll_comm_rank(comm) == 0) {
        status = directory_make(dir, err);
        if (status == LL_OK) {
            FILE *f = hidden_open(dir, "lineloss");
            if (!f)
                status = ll_error_set(err, LL_ERR_CONFIG,
                                      "-o %s: cannot write there: %s; choose another directory",
                                      dir, strerror(errno));
            else
                fclose(f);
            ll_output_abandon();
            pending = 0;
        }
    }
    return ll_comm_agree(comm, status, err);
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
    if (!ok) ll_output_abandon();
    pending = 0;
    return ok ? LL_OK : ll_error_set(err, LL_ERR_RUN, "%s: cannot write: %s", path, strerror(why));
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
        if (!isalnum((unsigned char)*c) && !strchr("._-", *c)) *c = '_';
    if (*s == '.') *s = '_';
    return s;
}

void ll_timing_start(ll_timing *t)
{
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    t->start_s = ll_progress_clock_s();
    strftime(t->date, sizeof t->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

void ll_timing_report(const ll_timing *t, ll_comm *comm, ll_text *out)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    double wall_s = ll_progress_clock_s() - t->start_s;
    double rank_B = 1024.0 * (double)use.ru_maxrss; /* Linux counts in KiB */
    uint64_t sum[2] = {(uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000u +
                           (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec),
                       1024u * (uint64_t)use.ru_maxrss};
    ll_comm_max_f64(comm, 1, &wall_s);
    ll_comm_max_f64(comm, 1, &rank_B);
    ll_comm_sum_u64(comm, 2, sum);
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_json_number(&j, "wall_s", wall_s);
    ll_json_number(&j, "cpu_s", 1e-6 * (double)sum[0]);
    ll_json_number(&j, "peak_memory_per_rank_B", rank_B);
    ll_json_number(&j, "peak_memory_B", (double)sum[1]);
    ll_json_integer(&j, "ranks", ll_comm_size(comm));
    ll_json_string(&j, "host", host);
    ll_json_string(&j, "date", t->date);
    ll_json_string(&j, "version", ll_version());
    ll_json_string(&j, "git", ll_git());
    ll_json_close(&j);
}
