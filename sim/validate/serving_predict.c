/* Predicts published serving runs. Rows with the same settings are one *engine*: one study, one
 * pricer and one oracle, so that an iteration that two rows ask for is priced once. */
#include "sim/base/index_map.h"
#include "sim/comm/progress.h"
#include "sim/step/oracle.h"
#include "sim/validate/serving.h"
#include "sim/work/serve_param.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SET = 512 };

/* What is read from files for rows of a chip that name the same tables: the study of the chip, with
 * all parts that settings of its rows name ("path=@part"). */
typedef struct base {
    const char *chip, *tables; /* tables: "cluster.chip.experts_file=x;" */
    const char *path;
    ll_source source;
} base;

typedef struct job {
    ll_serving *v;
    int n_set;
    const char *const *set; /* [n_set] over all rows */
    int n_base;
    base *base;   /* [n_base] */
    int *base_of; /* [n_row] */
    int n_engine;
    int *engine_of; /* [n_row]; -1: the row is not predicted */
    ll_comm *alone;
    ll_arena *mem;
} job;

/* Rows of models and layouts that cannot be run at all. */
static bool possible(const ll_serving_row *row)
{
    return strncmp(row->excluded, "model", 5) != 0 && strncmp(row->excluded, "kernels", 7) != 0 &&
           strncmp(row->excluded, "layout", 6) != 0;
}

/* Splits "a=1;b=2" into out[n..]; returns the new n. */
static int settings_split(const char *text, int n, const char **out, ll_arena *mem)
{
    while (*text && n < MAX_SET) {
        const size_t length = strcspn(text, ";");
        if (length) out[n++] = ll_arena_strndup(mem, text, length);
        text += length + (text[length] == ';');
    }
    return n;
}

static bool listed(const char *const *list, int n, const char *text)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(list[i], text)) return true;
    return false;
}

/* The settings of a row that name tables of kernels, each followed by ';'. */
static const char *tables_of(const ll_serving_row *row, ll_arena *mem)
{
    const char *set[MAX_SET];
    const int n = settings_split(row->set, 0, set, mem);
    ll_text text;
    ll_text_init(&text, mem);
    ll_text_add(&text, "%s", "");
    for (int k = 0; k < n; k++)
        if (strstr(set[k], "_file=")) ll_text_add(&text, "%s;", set[k]);
    return text.s;
}

/* Reads the files of a base. Collective. */
static ll_status base_read(job *j, base *b, ll_comm *comm, ll_error *err)
{
    const char *slash = strrchr(j->v->path, '/'), *file[MAX_SET], *set[MAX_SET];
    int n_file = settings_split(b->tables, 0, file, j->mem);
    for (int i = 0; i < j->v->n_row; i++) {
        if (strcmp(j->v->row[i].word[LL_SERVING_CHIP], b->chip) != 0) continue;
        const int n = settings_split(j->v->row[i].set, 0, set, j->mem);
        for (int k = 0; k < n; k++)
            if (strstr(set[k], "=@") && !listed(file, n_file, set[k]) && n_file < MAX_SET)
                file[n_file++] = set[k];
    }
    for (int k = 0; k < j->n_set && n_file < MAX_SET; k++)
        file[n_file++] = j->set[k];
    b->path = ll_arena_printf(j->mem, "%.*s%s.cfg", slash ? (int)(slash - j->v->path + 1) : 0,
                              j->v->path, b->chip);
    return ll_source_read(b->path, n_file, file, comm, j->mem, &b->source, err);
}

static ll_status bases_read(job *j, ll_comm *comm, ll_error *err)
{
    ll_index_map map;
    ll_index_map_init(&map, j->mem);
    j->base = ll_arena_array(j->mem, j->v->n_row + 1, base);
    j->base_of = ll_arena_array(j->mem, j->v->n_row + 1, int);
    for (int i = 0; i < j->v->n_row; i++) {
        const char *chip = j->v->row[i].word[LL_SERVING_CHIP];
        const char *tables = tables_of(&j->v->row[i], j->mem);
        uint64_t hash = ll_text_hash(LL_HASH_START, chip, strlen(chip) + 1);
        hash = ll_text_hash(hash, tables, strlen(tables));
        j->base_of[i] = (int)ll_index_map_of(&map, hash);
        if (j->base_of[i] < j->n_base) continue;
        base *b = &j->base[j->n_base++];
        *b = (base){.chip = chip, .tables = tables};
        LL_TRY(base_read(j, b, comm, err));
    }
    return LL_OK;
}

/* Numbers the engines: rows of one chip with the same settings. */
static void engines_number(job *j)
{
    ll_index_map map;
    ll_index_map_init(&map, j->mem);
    j->engine_of = ll_arena_array(j->mem, j->v->n_row, int);
    for (int i = 0; i < j->v->n_row; i++) {
        const ll_serving_row *row = &j->v->row[i];
        const char *chip = row->word[LL_SERVING_CHIP];
        uint64_t hash = ll_text_hash(LL_HASH_START, chip, strlen(chip) + 1);
        hash = ll_text_hash(hash, row->set, strlen(row->set));
        j->engine_of[i] = possible(row) ? (int)ll_index_map_of(&map, hash) : -1;
        if (j->engine_of[i] >= j->n_engine) j->n_engine = j->engine_of[i] + 1;
    }
}

/* ---- an engine ---- */

typedef struct engine {
    ll_study study;
    ll_pricer *pricer;
    ll_answers *answers;
} engine;

static ll_status engine_open(const job *j, int i_row, ll_arena *mem, engine *e, ll_error *err)
{
    const char **set = ll_arena_array(mem, MAX_SET, const char *);
    const base *b = &j->base[j->base_of[i_row]];
    ll_study *study = ll_arena_new(mem, ll_study);
    int n = settings_split(j->v->row[i_row].set, 0, set, mem);
    for (int k = 0; k < j->n_set && n < MAX_SET; k++)
        set[n++] = j->set[k];
    ll_study_source *from = ll_arena_new(mem, ll_study_source);
    *from = (ll_study_source){b->path, n, set, LL_STUDY_WHOLE};
    LL_TRY(ll_study_parse(from, b->source, mem, study, err));
    if (strcmp(study->workload->name, "serve") != 0)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: job.type = \"%s\"; expected \"serve\"",
                            b->path, study->workload->name);
    e->study = ll_study_with_engine(study, &ll_engine_closed, mem);
    LL_TRY(ll_pricer_create(&e->study, j->alone, mem, &e->pricer, err));
    e->answers = ll_answers_create(&e->study, e->pricer, 0, j->alone, mem);
    return LL_OK;
}

static ll_status row_predict(const engine *e, const ll_serving_row *row, ll_arena *mem,
                             ll_serving_outcome *out, ll_error *err)
{
    ll_study study = e->study;
    ll_serve_param p = *(const ll_serve_param *)e->study.workload_param;
    const ll_oracle oracle = ll_answers_oracle(e->answers);
    ll_outcome outcome = {.n_chip = study.cluster.topo->n_chip};
    double value[LL_MAX_METRIC];
    p.prompt = row->count[LL_SERVING_ISL];
    p.output = row->count[LL_SERVING_OSL];
    p.concurrency = row->count[LL_SERVING_CONCURRENCY];
    study.workload_param = &p;
    study.workload->lay(&study);
    LL_TRY(study.workload->clock(&study, &oracle, mem, &outcome, err));
    study.workload->metrics(&study, &outcome, value);
    out->ttft_s = value[ll_workload_metric(study.workload, "ttft_s")];
    out->tpot_s = value[ll_workload_metric(study.workload, "tpot_s")];
    return LL_OK;
}

static void fault_keep(ll_serving_outcome *out, const ll_error *err)
{
    snprintf(out->reason, sizeof out->reason, "%.*s", (int)strcspn(err->text, "\n"), err->text);
}

/* Predicts the rows of an engine into found[]; returns how many. By one rank alone. */
static int engine_run(const job *j, int i_engine, ll_serving_outcome *found)
{
    ll_arena *mem = ll_arena_create("serving engine"), *scratch = ll_arena_create("serving row");
    ll_error *err = ll_arena_new(mem, ll_error);
    engine *e = ll_arena_new(mem, engine);
    bool open = false;
    int n = 0;
    ll_error_init(err);
    for (int i = 0; i < j->v->n_row; i++) {
        if (j->engine_of[i] != i_engine) continue;
        ll_serving_outcome *out = &found[n++];
        *out = (ll_serving_outcome){.i_row = i};
        if (!open && err->status == LL_OK) open = engine_open(j, i, mem, e, err) == LL_OK;
        if (open) {
            ll_error_init(err);
            row_predict(e, &j->v->row[i], scratch, out, err);
        }
        if (err->status != LL_OK) fault_keep(out, err);
        ll_arena_reset(scratch);
    }
    if (open) ll_answers_destroy(e->answers);
    ll_pricer_destroy(e->pricer);
    ll_arena_destroy(scratch);
    ll_arena_destroy(mem);
    return n;
}

ll_status ll_serving_run(ll_serving *v, int n_set, const char *const *set, ll_comm *comm,
                         ll_arena *mem, ll_error *err)
{
    job j = {.v = v, .n_set = n_set, .set = set, .alone = ll_comm_self(mem), .mem = mem};
    const int rank = ll_comm_rank(comm), size = ll_comm_size(comm);
    LL_TRY(bases_read(&j, comm, err));
    engines_number(&j);
    ll_serving_outcome *mine = ll_arena_array(mem, v->n_row, ll_serving_outcome);
    int n_mine = 0;
    ll_progress progress;
    ll_progress_begin(&progress, comm, "validate", "of the engines", j.n_engine);
    ll_progress_piece(&progress, size);
    for (int i = rank; i < j.n_engine; i += size) {
        n_mine += engine_run(&j, i, mine + n_mine);
        ll_progress_step(&progress, size);
    }
    ll_progress_end(&progress);
    ll_comm_destroy(j.alone);
    size_t n_byte;
    const ll_serving_outcome *all =
        ll_comm_gather(comm, mem, mine, (size_t)n_mine * sizeof *mine, &n_byte);
    v->outcome = ll_arena_array(mem, v->n_row, ll_serving_outcome);
    for (int i = 0; i < v->n_row; i++)
        v->outcome[i] = (ll_serving_outcome){.i_row = i, .reason = "not modelled"};
    for (size_t i = 0; i < n_byte / sizeof *all; i++)
        v->outcome[all[i].i_row] = all[i];
    return LL_OK;
}
