#include "sim/step/engines.h"

#include "sim/base/words.h"

#include <math.h>
#include <string.h>

static ll_status name_find(const char *name, const ll_engine_type **out, ll_error *err)
{
    const char *names[LL_MAX_BESIDE];
    ll_words words = {0, names, "expected a list such as closed,packet"};
    int i = 0;
    for (; ll_engine_types[words.n] && words.n < LL_MAX_BESIDE; words.n++)
        names[words.n] = ll_engine_types[words.n]->name;
    LL_TRY(ll_words_pick(&words, name, &i, err, "--beside: no engine is called '%s'; ", name));
    *out = ll_engine_types[i];
    return LL_OK;
}

ll_status ll_engine_list_parse(const char *names, ll_engine_list *out, ll_error *err)
{
    *out = (ll_engine_list){0};
    for (const char *at = names;; at++) {
        char name[32] = "";
        const size_t n = strcspn(at, ",");
        memcpy(name, at, n < sizeof name ? n : sizeof name - 1);
        const ll_engine_type *engine;
        LL_TRY(name_find(name, &engine, err));
        for (int i = 0; i < out->n; i++)
            if (out->engine[i] == engine)
                return ll_error_set(err, LL_ERR_CONFIG, "--beside %s: '%s' is given twice", names,
                                    name);
        out->engine[out->n++] = engine; /* no engine twice, so there is room */
        at += n;
        if (!*at) return LL_OK;
    }
}

ll_status ll_engine_list_other(const ll_engine_list *list, const ll_engine_type *own, ll_error *err)
{
    if (list->n != 1 || list->engine[0] != own) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "--beside %s: %s is the study's own engine; name another one", own->name,
                        own->name);
}

/* The transfer whose time differs most between the engines, all its calls of a step together. */
static void compare(const ll_result *result, const ll_result *other, ll_other_engine *out)
{
    out->step_s = other->step_s;
    out->diff_frac = other->step_s / result->step_s - 1;
    double most_s = -1;
    for (int i = 0; i < result->n_transfer && i < other->n_transfer; i++) {
        const ll_transfer_row *a = &result->transfer[i], *b = &other->transfer[i];
        const double all_s = a->calls * fabs(b->total_s - a->total_s);
        if (all_s <= most_s) continue;
        most_s = all_s;
        out->transfer = a->name;
        out->transfer_s = b->total_s;
        out->result_transfer_s = a->total_s;
        out->transfer_diff_frac = b->total_s / a->total_s - 1;
    }
}

ll_status ll_beside_run(const ll_study *study, const ll_engine_list *list, ll_comm *comm,
                        ll_arena *mem, ll_result *result, ll_error *err)
{
    ll_result *other = ll_arena_new(mem, ll_result);
    for (int i = 0; i < list->n; i++) {
        const ll_study again = ll_study_with_engine(study, list->engine[i], mem);
        *other = *result;
        if (list->engine[i] != study->engine) LL_TRY(ll_run(&again, comm, mem, other, err));
        ll_other_engine *one = &result->beside[result->n_beside++];
        *one = (ll_other_engine){.engine = list->engine[i]->name};
        compare(result, other, one);
    }
    return LL_OK;
}
