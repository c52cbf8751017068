/* The JSON of nccl-tests (-J, since 2.17): `results` has the rows, `config` the ranks, `args` the
 * name of the program. */
#include "sim/validate/measured.h"

#include <jansson.h>
#include <string.h>

static bool json_is(const char *text) { return text[strspn(text, " \t\r\n")] == '{'; }

/* Member `key` of an object as a number, or `other`. */
static double number(const json_t *object, const char *key, double other)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : other;
}

/* A process has a device in the list, and nthreads * ngpus ranks. */
static void ranks_read(ll_run *run, const json_t *config)
{
    const json_t *devices = json_object_get(config, "devices");
    const double each = number(config, "nthreads", 1) * number(config, "ngpus", 1);
    const double n = number(config, "nranks", each * (double)json_array_size(devices));
    for (int i = 0; i < (int)n; i++) {
        const json_t *device = json_array_get(devices, (size_t)(i / (each < 1 ? 1 : (int)each)));
        const int group = (int)number(device, "group", 0);
        ll_measured_rank(run, 1, i, group < 0 ? 0 : group);
    }
}

/* An option of a collective by name: args[0] is the program. */
static void collective_read(ll_run *run, const json_t *root)
{
    const json_t *program = json_array_get(json_object_get(root, "args"), 0);
    if (json_is_string(program)) ll_measured_collective(run, json_string_value(program));
}

/* Row i, from 1; rows have no lines of their own. */
static ll_status row_read(ll_measured *m, const json_t *result, int i, ll_error *err)
{
    const double digit = 0.005; /* of the text, which has two */
    const json_t *at = json_object_get(result, "out_of_place");
    ll_measured_row row = {.line = i, .size_B = number(result, "size", 0)};
    if (row.size_B <= 0 || json_is_null(at)) return LL_OK;
    row.time_us = (ll_said){number(at, "time", -1), digit};
    row.algbw_GBps = (ll_said){number(at, "alg_bw", -1), digit};
    row.busbw_GBps = (ll_said){number(at, "bus_bw", -1), digit};
    row.n_wrong = number(at, "nwrong", 0);
    if (row.time_us.value > 0 && row.algbw_GBps.value >= 0 && row.busbw_GBps.value >= 0) {
        ll_measured_row_add(m, &row);
        return LL_OK;
    }
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s: result %d: expected time, alg_bw and bus_bw in out_of_place%s",
                        m->file, i,
                        json_object_get(at, "cpu_time")
                            ? "; run nccl-tests without -C, which times the call and not the "
                              "collective"
                            : "");
}

static ll_status results_read(ll_measured *m, const json_t *root, ll_error *err)
{
    const json_t *results = json_object_get(root, "results");
    collective_read(&m->run, root);
    ranks_read(&m->run, json_object_get(root, "config"));
    for (size_t i = 0; i < json_array_size(results); i++)
        LL_TRY(row_read(m, json_array_get(results, i), (int)i + 1, err));
    return ll_measured_run_end(m, err);
}

static ll_status json_read(ll_measured *m, ll_error *err)
{
    json_error_t why;
    json_t *root = json_loads(m->text, 0, &why);
    if (!root)
        return ll_error_set(err, LL_ERR_CONFIG, "%s:%d: no JSON: %s", m->file, why.line, why.text);
    const ll_status status = results_read(m, root, err);
    json_decref(root);
    return status;
}

const ll_measured_form ll_measured_json = {"JSON of nccl-tests", json_is, json_read};
