#include "sim/work/serve_request.h"

#include "sim/base/csv.h"
#include "sim/base/rng.h"

#include <math.h>
#include <string.h>

enum { DRAW_PROMPT, DRAW_OUTPUT, DRAW_GAP };
enum { MAX_TOKENS = 100000000 }; /* of a request */

int32_t ll_lengths_shortest(const ll_lengths *l)
{
    const double least = ceil(l->spread * (double)l->longest - 1e-9);
    return least < 1 ? 1 : (int32_t)least;
}

double ll_lengths_mean(const ll_lengths *l)
{
    return 0.5 * ((double)ll_lengths_shortest(l) + (double)l->longest);
}

static int32_t length_draw(const ll_load *load, const ll_lengths *l, int64_t i, uint64_t draw)
{
    const int32_t least = ll_lengths_shortest(l);
    const double n = (double)(l->longest - least + 1);
    return n > 1 ? least + (int32_t)(n * ll_rng_u01(load->seed, (uint64_t)i, draw)) : least;
}

ll_serve_request *ll_load_draw(const ll_load *load, ll_arena *mem)
{
    ll_serve_request *r = ll_arena_array(mem, load->n_request, ll_serve_request);
    double at_s = 0;
    for (int64_t i = 0; i < load->n_request; i++) {
        r[i] = (ll_serve_request){.sent_s = -1,
                                  .first_s = -1,
                                  .end_s = -1,
                                  .prompt = length_draw(load, &load->prompt, i, DRAW_PROMPT),
                                  .output = length_draw(load, &load->output, i, DRAW_OUTPUT)};
        if (load->n_client > 0) continue;
        at_s += (1 + ll_rng_delay(load->seed, (uint64_t)i, DRAW_GAP)) / load->rate_per_s;
        r[i].sent_s = at_s;
    }
    return r;
}

ll_status ll_load_trace(const ll_text_file *file, ll_arena *mem, ll_serve_request **out, int64_t *n,
                        ll_error *err)
{
    static const char *const name[] = {"arrival_s", "prompt", "output"};
    ll_csv csv;
    int at[3];
    double value[3] = {0}, last_s = 0;
    LL_TRY(ll_csv_parse(file->name, file->text, strlen(file->text), mem, &csv, err));
    LL_TRY(ll_csv_find(&csv, &(ll_csv_columns){3, name, 7}, mem, at, err));
    if (csv.n_row == 0)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: a trace without requests", file->name);
    ll_serve_request *r = ll_arena_array(mem, csv.n_row, ll_serve_request);
    for (int i = 0; i < csv.n_row; i++) {
        for (int c = 0; c < 3; c++) {
            const bool ok = ll_csv_number(ll_csv_cell(&csv, i, at[c]), c ? 0 : -1e-300,
                                          c ? MAX_TOKENS : 1e9, &value[c]);
            if (!ok || (c && value[c] > floor(value[c])))
                ll_csv_fault(&csv, i, at[c],
                             c ? "a whole number of tokens from 1 to 100000000"
                               : "seconds since the first request, from 0",
                             err);
            else if (c == 0 && value[c] < last_s)
                ll_csv_fault(&csv, i, at[c], "a time that is not before that of the row above",
                             err);
        }
        last_s = value[0];
        r[i] = (ll_serve_request){.sent_s = value[0],
                                  .first_s = -1,
                                  .end_s = -1,
                                  .prompt = (int32_t)value[1],
                                  .output = (int32_t)value[2]};
    }
    if (err->status != LL_OK) return err->status;
    *out = r;
    *n = csv.n_row;
    return LL_OK;
}
