/* configs/published: every study has a row in measured.csv and every row a study; rows have as many
 * chips as their sources say, the choices common to all rows, and a source. That they can be run is
 * checked by validation.recorded. */
#include "sim/comm/comm.h"
#include "sim/validate/validation.h"
#include "tests/support/check.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* Chips of the open rows, from the sources once more. */
static const struct {
    const char *id;
    int32_t n_chip;
} open20[] = {{"O01", 8},   {"O02", 64},   {"O03", 512},  {"O04", 3072}, {"O06", 768},
              {"O07", 384}, {"O08", 3360}, {"O09", 128},  {"O10", 128},  {"O12", 2048},
              {"O13", 512}, {"O14", 4608}, {"O15", 8192}, {"O16", 512},  {"O17", 512},
              {"O18", 512}, {"O19", 3072}, {"O22", 8192}, {"O23", 256}};

enum { N_OPEN = sizeof open20 / sizeof *open20 };

/* configs/published/<name> beside the folder of this file. */
static const char *published_path(ll_arena *mem, const char *name)
{
    const char *slash = strrchr(__FILE__, '/');
    return ll_arena_printf(mem, "%.*s/../../configs/published/%s", (int)(slash - __FILE__),
                           __FILE__, name);
}

static int settings_split(const ll_validation_row *row, ll_arena *mem, const char **set)
{
    int n = 0;
    for (const char *s = row->set; *s;) {
        const size_t length = strcspn(s, ";");
        set[n++] = ll_arena_strndup(mem, s, length);
        s += length + (s[length] == ';');
    }
    return n;
}

static void check_chips(const ll_validation_row *row, int32_t n_chip)
{
    const char *said = strstr(row->set, "|derived: ");
    const char *word = said && strstr(said, " chips") ? said + strlen("|derived: ") : NULL;
    if (word)
        CHECK(strtol(word, NULL, 10) == n_chip, "line %d: %d chips: %s", row->line, n_chip,
              row->set);
    if (strcmp(row->group, "open20") != 0 || row->quantity == LL_QUANTITY_BUSBW) return;
    int k = 0;
    while (k < N_OPEN && strcmp(open20[k].id, row->id) != 0)
        k++;
    CHECK(k < N_OPEN && open20[k].n_chip == n_chip, "line %d: %s has %d chips", row->line, row->id,
          n_chip);
}

static void check_row(ll_arena *mem, const ll_validation_row *row)
{
    const char *set[64];
    const bool collective = row->quantity == LL_QUANTITY_BUSBW;
    const bool memory = !strcmp(row->group, "memory");
    if (!strcmp(row->group, "not_modelled")) return;
    ll_study *s = ll_arena_new(mem, ll_study);
    ll_error *err = ll_arena_new(mem, ll_error);
    ll_error_init(err);
    const char *path = published_path(mem, ll_arena_printf(mem, "%s.cfg", row->study));
    const ll_status status =
        ll_study_load(&(ll_study_source){path, settings_split(row, mem, set), set,
                                         collective ? LL_STUDY_CLUSTER : LL_STUDY_WHOLE},
                      ll_comm_self(mem), mem, s, err);
    const bool misfit = status != LL_OK && s->memory.total_B > s->memory.capacity_B;
    CHECK(status == LL_OK || misfit, "line %d: %s", row->line, err->text);
    CHECK(*row->source && (memory || row->band_frac > 0), "line %d: no source, or no band",
          row->line);
    if (status != LL_OK && !misfit) return;
    check_chips(row, s->cluster.topo->n_chip);
    if (collective) return;
    CHECK(s->layout.precision == LL_PRECISION_BF16 || s->stack.grad_precision == 1,
          "line %d: gradients of 32 bits, but not as Megatron-LM has them for bf16", row->line);
    CHECK(!strcmp(s->name, row->study), "%s is named %s", path, s->name);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("published");
    ll_validation v;
    ll_error err;
    ll_error_init(&err);
    const ll_status status =
        ll_validation_read(published_path(mem, "measured.csv"), ll_comm_self(mem), mem, &v, &err);
    CHECK(status == LL_OK, "%s", err.text);
    for (int i = 0; i < v.n_row; i++) {
        ll_arena_mark mark = ll_arena_here(mem);
        check_row(mem, &v.row[i]);
        ll_arena_release(mem, mark);
    }
    DIR *dir = opendir(published_path(mem, "."));
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".cfg") != 0) continue;
        int i = 0;
        const size_t length = (size_t)(dot - entry->d_name);
        while (i < v.n_row && (strlen(v.row[i].study) != length ||
                               strncmp(v.row[i].study, entry->d_name, length) != 0))
            i++;
        CHECK(i < v.n_row, "%s has no row in measured.csv", entry->d_name);
    }
    CHECK(dir, "no folder of studies");
    if (dir) closedir(dir);
    for (int k = 0; k < N_OPEN; k++) {
        int n = 0;
        for (int i = 0; i < v.n_row; i++)
            n += !strcmp(v.row[i].group, "open20") && !strcmp(v.row[i].id, open20[k].id);
        CHECK(n == 1, "%s: %d open rows", open20[k].id, n);
    }
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
