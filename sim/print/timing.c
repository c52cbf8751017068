#include "sim/print/timing.h"

#include "sim/comm/progress.h"
#include "sim/print/fields.h"
#include "sim/version.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

typedef struct timing_json {
    double wall_s, cpu_s, rank_B, memory_B;
    int n_rank;
    const char *host, *date, *version, *git;
} timing_json;

#define FIELD(name_, type_, member_, unit_, doc_) \
    LL_FIELD(name_, type_, timing_json, member_, unit_, doc_)
static const ll_field fields[] = {
    FIELD("wall_s", LL_FIELD_NUMBER, wall_s, "s", "since the command began"),
    FIELD("cpu_s", LL_FIELD_NUMBER, cpu_s, "s", "of all ranks, since they began"),
    FIELD("peak_memory_per_rank_B", LL_FIELD_NUMBER, rank_B, "B", "of the largest rank"),
    FIELD("peak_memory_B", LL_FIELD_NUMBER, memory_B, "B", "of all ranks"),
    FIELD("ranks", LL_FIELD_INT, n_rank, "", "of MPI"),
    FIELD("host", LL_FIELD_STRING, host, "", "of rank 0"),
    FIELD("date", LL_FIELD_STRING, date, "", "when the command began, UTC"),
    FIELD("version", LL_FIELD_STRING, version, "", "of lineloss"),
    FIELD("git", LL_FIELD_STRING, git, "", "commit of lineloss"),
    {0}};

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
    const timing_json d = {wall_s,         1e-6 * (double)sum[0], rank_B,
                           (double)sum[1], ll_comm_size(comm),    host,
                           t->date,        ll_version(),          ll_git()};
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_fields_json(fields, &d, &j);
    ll_json_close(&j);
}

void ll_timing_fields_add(const char *prefix, ll_table *t)
{
    ll_fields_list_add(fields, prefix, t);
}
