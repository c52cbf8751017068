/* The configurations that come with lineloss: chips, clusters, models, studies.
 *
 * They are looked for in $LINELOSS_CONFIGS, else in the source tree that the program was built from,
 * else where it was installed.
 */
#ifndef LL_CONFIG_SHIPPED_H
#define LL_CONFIG_SHIPPED_H

#include "sim/base/arena.h"

const char *ll_shipped_dir(void); /* never NULL; may not exist */

/* Path of "<dir>/<kind>/<name>.cfg" if there is such a file, else NULL. kind: "studies", ... */
const char *ll_shipped_find(const char *kind, const char *name, ll_arena *mem);

/* Names without ".cfg" of all files of a kind, sorted; returns how many. */
int ll_shipped_names(const char *kind, ll_arena *mem, const char *const **out);

/* "DIR/studies/../clusters/x.cfg:4: text" -> "clusters/x.cfg:4: text": without the directory of shipped
 * files, and without detours, so that results do not depend on where lineloss is installed. In mem. */
const char *ll_shipped_short(const char *origin, ll_arena *mem);

#endif
