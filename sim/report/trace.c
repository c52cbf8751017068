#include "sim/report/trace.h"

#include "sim/print/json.h"

static const char *const stream_names[LL_N_STREAM] = {"compute", "tp", "cp", "pp", "dp", "ep"};

/* Names a process (a stage), or a thread of it (a stream). */
static void name_print(ll_json *j, const char *what, int64_t stage, int stream, const char *name)
{
    ll_json_open(j, NULL, '{');
    ll_json_string(j, "ph", "M");
    ll_json_string(j, "name", what);
    ll_json_integer(j, "pid", stage);
    ll_json_integer(j, "tid", stream);
    ll_json_open(j, "args", '{');
    ll_json_string(j, "name", name);
    ll_json_close(j);
    ll_json_close(j);
}

static void names_print(ll_json *j, const ll_timeline *t, ll_arena *mem)
{
    unsigned char *has = ll_arena_array(mem, t->n_stage * LL_N_STREAM, unsigned char);
    for (int32_t i = 0; i < t->n_interval; i++)
        has[(int64_t)t->interval[i].stage * LL_N_STREAM + t->interval[i].stream] = 1;
    for (int64_t stage = 0; stage < t->n_stage; stage++) {
        name_print(j, "process_name", stage, 0,
                   ll_arena_printf(mem, "stage %lld", (long long)stage));
        for (int s = 0; s < LL_N_STREAM; s++)
            if (has[stage * LL_N_STREAM + s])
                name_print(j, "thread_name", stage, s, stream_names[s]);
    }
}

void ll_trace_print(const ll_report *report, ll_text *out)
{
    const ll_timeline *t = report->timeline;
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_json_string(&j, "displayTimeUnit", "ms");
    ll_json_open(&j, "otherData", '{');
    ll_json_string(&j, "study", report->label);
    ll_json_string(&j, "of", "one replica, without jitter");
    ll_json_integer(&j, "events_left_out", t->n_left);
    ll_json_close(&j);
    ll_json_open(&j, "traceEvents", '[');
    names_print(&j, t, out->mem);
    for (int32_t i = 0; i < t->n_interval; i++) {
        const ll_interval *b = &t->interval[i];
        ll_json_raw(&j, NULL,
                    ll_arena_printf(out->mem,
                                    "{\"ph\": \"X\", \"name\": \"%s\", \"pid\": %d, \"tid\": %d, "
                                    "\"ts\": %.6f, \"dur\": %.6f, \"args\": {\"number\": %d}}",
                                    ll_interval_names[b->kind], (int)b->stage, (int)b->stream,
                                    1e6 * b->start_s, 1e6 * (b->end_s - b->start_s),
                                    (int)b->number));
    }
    ll_json_close(&j);
    ll_json_close(&j);
}
