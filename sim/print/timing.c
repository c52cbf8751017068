#include "sim/print/timing.h"

#include "sim/comm/progress.h"
#include "sim/print/json.h"
#include "sim/version.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

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
