#include "sim/config/shipped.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_NAMES = 1024 };

static int is_dir(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

const char *ll_shipped_dir(void)
{
    const char *wish = getenv("LINELOSS_CONFIGS");
    if (wish && *wish) return wish;
    return is_dir(LL_CONFIG_DIR) ? LL_CONFIG_DIR : LL_CONFIG_DIR_INSTALLED;
}

const char *ll_shipped_find(const char *kind, const char *name, ll_arena *mem)
{
    struct stat s;
    const char *path = ll_arena_printf(mem, "%s/%s/%s.cfg", ll_shipped_dir(), kind, name);
    return !strchr(name, '/') && stat(path, &s) == 0 && S_ISREG(s.st_mode) ? path : NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int ll_shipped_names(const char *kind, ll_arena *mem, const char *const **out)
{
    const char **names = ll_arena_array(mem, MAX_NAMES, const char *);
    int n = 0;
    DIR *dir = opendir(ll_arena_printf(mem, "%s/%s", ll_shipped_dir(), kind));
    const struct dirent *entry;
    while (dir && n < MAX_NAMES && (entry = readdir(dir))) {
        size_t length = strlen(entry->d_name);
        if (length > 4 && entry->d_name[0] != '.' && !strcmp(entry->d_name + length - 4, ".cfg"))
            names[n++] = ll_arena_strndup(mem, entry->d_name, length - 4);
    }
    if (dir) closedir(dir);
    qsort(names, (size_t)n, sizeof *names, by_name);
    *out = names;
    return n;
}

const char *ll_shipped_short(const char *origin, ll_arena *mem)
{
    const char *dir = ll_shipped_dir();
    size_t n = strlen(dir);
    if (!strncmp(origin, dir, n) && origin[n] == '/') origin += n + 1;
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
