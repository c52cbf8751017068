/* What HCCL Test prints, the maker's tool on Ascend:
 *     data_size(Bytes): | aveg_time(us): | alg_bandwidth(GB/s): | check_result:
 *     8192              | 16.04          | 0.51086              | success
 * data_size is what nccl-tests calls size, for every collective: the tool makes the parts of a
 * gather or a scatter as data_size / n, and alg_bandwidth = data_size / time
 * (hccl_allgather_rootinfo_test.cc of Ascend's hccl_test). The ranks are not in it. */
#include "sim/validate/measured.h"

#include <ctype.h>
#include <string.h>

enum { N_HCCL = 4 };

/* Fields of the heading, from its words, in any order; the tool writes aveg, its manual avg. */
typedef struct heading {
    int n, size, time, rate, result; /* n 0: not seen yet */
} heading;

static bool hccl_is(const char *text) { return strstr(text, "data_size(Bytes)") != NULL; }

static int field_find(const char *const *field, int n, const char *word)
{
    for (int i = 0; i < n; i++)
        if (strstr(field[i], word)) return i;
    return -1;
}

static ll_status heading_read(const ll_measured *m, int line, const char *const *field, int n,
                              heading *out, ll_error *err)
{
    *out = (heading){n, field_find(field, n, "data_size(Bytes)"), field_find(field, n, "time(us)"),
                     field_find(field, n, "alg_bandwidth(GB/s)"),
                     field_find(field, n, "check_result")};
    if (out->size >= 0 && out->time >= 0 && out->rate >= 0) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s:%d: a heading of HCCL Test; expected data_size(Bytes), aveg_time(us) "
                        "and alg_bandwidth(GB/s)",
                        m->file, line);
}

static ll_status row_read(ll_measured *m, int line, const heading *h, const char *const *field,
                          int n, ll_error *err)
{
    ll_said size;
    ll_measured_row row = {.line = line};
    if (n < h->n || !ll_said_parse(field[h->size], &size) ||
        !ll_said_parse(field[h->time], &row.time_us) ||
        !ll_said_parse(field[h->rate], &row.algbw_GBps) || row.time_us.value <= 0)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s:%d: a row of HCCL Test; expected a size, microseconds and GB/s "
                            "between '|'",
                            m->file, line);
    row.size_B = size.value;
    row.busbw_GBps = (ll_said){-1, 0};
    row.n_wrong = h->result >= 0 && strstr(field[h->result], "fail") ? 1 : 0;
    if (row.size_B > 0) ll_measured_row_add(m, &row);
    return LL_OK;
}

static ll_status hccl_read(ll_measured *m, ll_error *err)
{
    heading h = {0};
    int line = 0;
    for (const char *text = m->text; *text;) {
        const char *field[2 * N_HCCL], *content = ll_measured_line(m, &text, &line);
        const int n = ll_measured_split(content, '|', 2 * N_HCCL, m->mem, field);
        if (strstr(content, "_test")) ll_measured_collective(&m->run, content);
        if (strstr(content, "check result failed")) m->run.failed = line;
        if (hccl_is(content)) {
            LL_TRY(ll_measured_run_end(m, err));
            LL_TRY(heading_read(m, line, field, n, &h, err));
        } else if (h.n && n > 1 && n > h.size && isdigit((unsigned char)field[h.size][0])) {
            LL_TRY(row_read(m, line, &h, field, n, err));
        }
    }
    return ll_measured_run_end(m, err);
}

const ll_measured_form ll_measured_hccl = {"HCCL Test", hccl_is, hccl_read};
