#include "sim/config/shipped.h"

#include "sim/base/text.h"
#include "sim/config/file.h"

#include <stdlib.h>
#include <string.h>

/* The directory that the environment names, or NULL. All ranks have the same (command/agree.h). */
static const char *wished_dir(void)
{
    const char *wish = getenv("LINELOSS_CONFIGS");
    return wish && *wish ? wish : NULL;
}

static const char *dir_here(void)
{
    const char *wish = wished_dir();
    if (wish) return wish;
    return ll_file_is_folder(LL_CONFIG_DIR) ? LL_CONFIG_DIR : LL_CONFIG_DIR_INSTALLED;
}

const char *ll_shipped_dir(ll_comm *comm, ll_arena *mem)
{
    const char *dir = ll_comm_rank(comm) == 0 ? dir_here() : "";
    size_t n = strlen(dir) + 1;
    ll_comm_bcast(comm, mem, &dir, &n);
    return dir;
}

static const char *find_of(const char *kind, const char *name, ll_arena *mem)
{
    const char *path = ll_arena_printf(mem, "%s/%s/%s.cfg", dir_here(), kind, name);
    return ll_file_is_regular(path) ? path : NULL;
}

static int names_here(const char *kind, ll_arena *mem, const char *const **out)
{
    return ll_file_names(ll_arena_printf(mem, "%s/%s", dir_here(), kind), ".cfg", mem, out);
}

static const char *const folders[] = {"parts",   "chips",   "clusters", "models",
                                      "servers", "studies", NULL};

/* "../parts/jitter.cfg" as "jitter". */
static const char *stem_of(const char *name, ll_arena *mem)
{
    const char *slash = strrchr(name, '/');
    if (slash) name = slash + 1;
    const size_t n = strlen(name);
    return ll_arena_strndup(mem, name, n > 4 && !strcmp(name + n - 4, ".cfg") ? n - 4 : n);
}

const char *ll_shipped_file(const char *name, ll_arena *mem)
{
    const char *stem = stem_of(name, mem), *slash = strchr(name, '/');
    const size_t n_folder = slash ? (size_t)(slash - name) : 0;
    if (slash && strchr(slash + 1, '/')) return NULL;
    for (int i = 0; folders[i]; i++) {
        if (slash && (strncmp(folders[i], name, n_folder) != 0 || folders[i][n_folder])) continue;
        const char *path = find_of(folders[i], stem, mem);
        if (path) return path;
    }
    return NULL;
}

const char *ll_shipped_hint(const char *name, ll_arena *mem)
{
    const char *stem = stem_of(name, mem), *best = NULL;
    for (int i = 0; folders[i]; i++) {
        const char *const *names;
        const int n = names_here(folders[i], mem, &names), near = ll_text_nearest(stem, n, names);
        if (near < 0) continue;
        if (best &&
            ll_text_distance(stem, names[near]) >= ll_text_distance(stem, stem_of(best, mem)))
            continue;
        best = ll_arena_printf(mem, "%s/%s.cfg", folders[i], names[near]);
    }
    return ll_arena_printf(mem, "; nor is it shipped in %s%s", dir_here(),
                           best
                               ? ll_arena_printf(mem, "; did you mean \"%s\"?", best)
                               : ", which has parts, chips, clusters, models, servers and studies");
}

/* Error if LINELOSS_CONFIGS names no directory; `who` begins the message. */
static ll_status check_dir(const char *who, ll_error *err)
{
    const char *wish = wished_dir();
    if (!wish || ll_file_is_folder(wish)) return LL_OK;
    return ll_error_set(
        err, LL_ERR_CONFIG,
        "%sthe environment has LINELOSS_CONFIGS=%s, which is not a directory; unset "
        "it to use the configurations that are shipped",
        who, wish);
}

ll_status ll_shipped_check(ll_comm *comm, ll_error *err)
{
    const ll_status status = ll_comm_rank(comm) == 0 ? check_dir("", err) : LL_OK;
    return ll_comm_agree(comm, status, err);
}

/* What a name is, if it is neither a study nor a cluster; NULL if nothing has it. */
static const char *meaning_of(const char *name, ll_arena *mem)
{
    static const char *const part[][2] = {
        {"chips", "a chip, which a cluster includes: `lineloss list clusters` shows them"},
        {"models", "a model, which a study includes: `lineloss list studies` shows them"},
        {"parts", "a part of a cluster: `lineloss list clusters` shows them"},
        {"servers",
         "an inference engine, which a study includes: `lineloss list servers` shows them"}};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (find_of(part[i][0], name, mem)) return part[i][1];
    return NULL;
}

ll_status ll_shipped_find(const char *path, ll_arena *mem, const char **out, ll_error *err)
{
    *out = path;
    if (!*path)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "the name of the file is empty; `lineloss list studies` shows names");
    if (!strcmp(path, "-"))
        return ll_error_set(err, LL_ERR_CONFIG, "-: for standard input, write /dev/stdin");
    if (ll_file_exists(path) || strchr(path, '/') || strchr(path, '.')) return LL_OK;
    LL_TRY(check_dir(ll_arena_printf(mem, "%s: ", path), err));
    const char *study = find_of("studies", path, mem);
    *out = study ? study : find_of("clusters", path, mem);
    if (!*out) *out = find_of("nets", path, mem);
    if (*out) return LL_OK;
    const char *meaning = meaning_of(path, mem);
    if (meaning) return ll_error_set(err, LL_ERR_CONFIG, "%s is %s", path, meaning);
    const char *const *names;
    const int n = names_here("studies", mem, &names), near = ll_text_nearest(path, n, names);
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s: no such file, nor a study or cluster of that name; %s", path,
                        near < 0 ? "`lineloss list studies` shows them"
                                 : ll_arena_printf(mem, "did you mean '%s'?", names[near]));
}

/* They travel as one text, each ended by 0. */
int ll_shipped_names(const char *kind, ll_comm *comm, ll_arena *mem, const char *const **out)
{
    ll_text all;
    ll_text_init(&all, mem);
    if (ll_comm_rank(comm) == 0) {
        const char *const *names;
        const int n = names_here(kind, mem, &names);
        for (int i = 0; i < n; i++)
            ll_text_add_bytes(&all, names[i], strlen(names[i]) + 1);
    }
    const char *bytes = all.s;
    size_t n_byte = all.n;
    ll_comm_bcast(comm, mem, &bytes, &n_byte);
    int n = 0;
    for (size_t i = 0; i < n_byte; i++)
        n += bytes[i] == '\0';
    const char **names = ll_arena_array(mem, n, const char *);
    for (int i = 0; i < n; i++, bytes += strlen(bytes) + 1)
        names[i] = bytes;
    *out = names;
    return n;
}

/* Whether `origin` lies in the folder; what is left of it then. */
static const char *inside(const char *origin, const char *dir)
{
    const size_t n = strlen(dir);
    return !strncmp(origin, dir, n) && origin[n] == '/' ? origin + n + 1 : origin;
}

const char *ll_shipped_short(const char *origin, ll_arena *mem)
{
    const char *wish = wished_dir(), *all = origin;
    origin = inside(all, wish ? wish : LL_CONFIG_DIR);
    if (!wish && origin == all) origin = inside(all, LL_CONFIG_DIR_INSTALLED);
    char *out = ll_arena_strdup(mem, origin);
    char *detour;
    while ((detour = strstr(out, "/../")) != NULL && detour != out) {
        char *start = detour; /* of the folder that the detour goes back from */
        while (start > out && start[-1] != '/')
            start--;
        if (!strncmp(start, "..", 2) || strcspn(out, ": ") < (size_t)(detour - out)) break;
        memmove(start, detour + 4, strlen(detour + 4) + 1);
    }
    return out;
}
