/* The configurations that come with lineloss: chips, clusters, models, studies.
 *
 * They are looked for in $LINELOSS_CONFIGS, else in the source tree that the program was built
 * from, else where it was installed. Rank 0 looks; the other ranks are told. */
#ifndef LL_CONFIG_SHIPPED_H
#define LL_CONFIG_SHIPPED_H

#include "sim/comm/comm.h"

/* Their folder; never NULL, may not exist. Collective. */
const char *ll_shipped_dir(ll_comm *comm, ll_arena *mem);

/* Names without ".cfg" of all files of a kind ("studies", ...), sorted; returns how many.
 * Collective. */
int ll_shipped_names(const char *kind, ll_comm *comm, ll_arena *mem, const char *const **out);

/* Where the file lies that the user means: `path` itself, or else the study or cluster of that
 * name among those that are shipped. For rank 0 alone, like file.h. */
ll_status ll_shipped_find(const char *path, ll_arena *mem, const char **out, ll_error *err);

/* Error if LINELOSS_CONFIGS names no folder. Collective. */
ll_status ll_shipped_check(ll_comm *comm, ll_error *err);

/* The shipped file that `name` means: "parts/jitter.cfg", or "jitter" alone; NULL if there is
 * none. For rank 0 alone. */
const char *ll_shipped_file(const char *name, ll_arena *mem);

/* "; nor is it shipped in DIR; did you mean "parts/jitter.cfg"?", about a name that
 * ll_shipped_file does not find. For rank 0 alone. */
const char *ll_shipped_hint(const char *name, ll_arena *mem);

/* "DIR/studies/../clusters/x.cfg:4: text" -> "clusters/x.cfg:4: text": without the directory of
 * shipped files, and without detours, so that results do not depend on where lineloss is installed.
 * In mem. Looks at no file. */
const char *ll_shipped_short(const char *origin, ll_arena *mem);

#endif
