/* The configuration: from text files to checked structs, with a record of the effective values.
 *
 *   files ──ll_source_read──> ll_source ──ll_config_parse──> ll_config ──ll_config_fill──> structs
 *   (rank 0 reads, @include expanded)  (every rank parses the same bytes)
 *
 * A file is libconfig text. It is extended by three things: - `@include "x"` on a line of its own
 * is relative to the including file and may stand in a group. - Physical quantities are strings
 * with units, and may carry evidence after a bar:
 *       memory_bandwidth = "3.35 TB/s | vendor: H100 data sheet";
 *   The word before the colon is one of choice, measured, vendor, derived, press, unverified,
 *   assumed (strongest first). A fact (LL_KEY_FACT) that is set without a word is "unstated", and
 *   one left at its default is "assumed"; a design (LL_KEY_DESIGN) that --set sets without a word
 *   is a "choice".
 * - `set = [ "cluster.chip.memory = 80 GB | assumed: ...", ... ]` at the top level, and --set on
 *   the command line after it, override values by path; list elements as in `dimensions[2].size`.
 *   They may set keys that no file wrote. "cluster.chip = @chips/h100.cfg" replaces a whole group
 *   by the keys of a file, or of its only group if that has the same name ("model =
 *   @models/x.cfg"). Paths are relative to the file that names them; on the command line to the
 *   current directory.
 *
 * A key that no key table has is an error (ll_config_finish), with the nearest legal spelling.
 */
#ifndef LL_CONFIG_CONFIG_H
#define LL_CONFIG_CONFIG_H

#include "sim/base/arena.h"
#include "sim/base/key.h"
#include "sim/base/status.h"
#include "sim/comm/comm.h"

#include <stdbool.h>

/* Kinds of evidence, weakest last. The evidence of a result is the weakest one of its values. */
typedef enum ll_evidence {
    LL_EVIDENCE_NONE,   /* not a fact: a setting (layout, seed, ...) */
    LL_EVIDENCE_CHOICE, /* the user's choice, such as the number of racks in question */
    LL_EVIDENCE_MEASURED,
    LL_EVIDENCE_VENDOR,
    LL_EVIDENCE_DERIVED,
    LL_EVIDENCE_PRESS,
    LL_EVIDENCE_UNVERIFIED,
    LL_EVIDENCE_ASSUMED,
    LL_EVIDENCE_UNSTATED
} ll_evidence;

const char *ll_evidence_name(ll_evidence e);

/* One blob of text with a map from its lines to files and lines; contiguous, so that it can be sent
 * to other ranks as bytes. */
typedef struct ll_source {
    const char *bytes;
    size_t n_byte;
} ll_source;

/* Read `path` (a file, or the name of a study or cluster that is shipped), everything it
 * includes, and the files named by set strings "path=@file" (of the list `set` in the file, and
 * set[n_set]), and those named by keys (LL_KEY_PATH; an error in one of them is reported when its
 * key is filled). Errors: missing, unreadable, a directory, empty, binary, include missing or
 * nested too deep (with the including file and line). Rank 0 reads, and every rank gets the same
 * bytes or the same error; other ranks need not see the files. Collective. */
ll_status ll_source_read(const char *path, int n_set, const char *const *set, ll_comm *comm,
                         ll_arena *mem, ll_source *out, ll_error *err);

/* The text of one file, ended by 0. `what` is what messages expect, such as "a table". Rank 0
 * reads, with the same errors. Collective. */
ll_status ll_source_file(const char *path, const char *what, ll_comm *comm, ll_arena *mem,
                         const char **text, size_t *n, ll_error *err);

/* A source from text in memory, for tests; `name` stands for the file in messages. */
ll_status ll_source_text(const char *name, const char *text, ll_arena *mem, ll_source *out,
                         ll_error *err);

/* Add the text of a file that a key of such a source names by `value`, as if it had been read. */
void ll_source_attach(const char *name, const char *value, const char *text, ll_arena *mem,
                      ll_source *source);

typedef struct ll_config ll_config;
typedef struct ll_node ll_node; /* a group, list or value of the tree */

/* set: [n_set] "path=value", applied after the file's own `set` list. The setting of a shorthand
 * option begins with the option, so that messages and origins name what was typed: "--seed seed=7".
 * Everything lives in mem. */
ll_status ll_config_parse(ll_source source, int n_set, const char *const *set, ll_arena *mem,
                          ll_config **out, ll_error *err);

/* Replace the value, list or group at `path` by that of `from`; what `from` leaves at its default,
 * or does not have, becomes so in cfg. Call it before any other function reads cfg; `from` must
 * outlive cfg. Error LL_ERR_CONFIG if the path cannot be in cfg (beyond the end of a list). */
ll_status ll_config_take(ll_config *cfg, const ll_config *from, const char *path, ll_error *err);

/* The group at `path` ("cluster.chip"; "" is the root). A missing group counts as empty, so that
 * its required keys are reported by name; *out is never NULL on success. Error if it is not a
 * group. */
ll_status ll_config_group(ll_config *cfg, const char *path, const ll_node **out, ll_error *err);
bool ll_config_has(const ll_config *cfg, const char *path);

/* Number of groups in the list at `path`; 0 if it is missing. Element i is the group "path[i]". */
ll_status ll_config_list(ll_config *cfg, const char *path, int *n, ll_error *err);

/* Fill `param` from the group at `path` by the table of keys. Every fault is added to err (up to
 * 20), and the other keys are filled. Several tables may read one group. Strings live as long as
 * cfg. */
ll_status ll_config_fill(ll_config *cfg, const char *path, const ll_key *keys, void *param,
                         ll_error *err);

/* Fill `param`, which ll_config_fill has filled, with what the files have, without what settings
 * (--set, the list `set`) and changes (ll_config_take) put in place of single values; a value that
 * only they gave becomes its default, if there is one. */
void ll_config_fill_filed(ll_config *cfg, const char *path, const ll_key *keys, void *param);

/* Add a message about the value at `path` (at any depth), prefixed by "file:line: path = value: ".
 * For checks that involve several keys: layout against chips, memory, a topology's create(). */
ll_status ll_config_fault(const ll_config *cfg, const char *path, ll_error *err, const char *fmt,
                          ...) __attribute__((format(printf, 4, 5)));

/* Add an error for each key and group that no table has. Returns LL_ERR_CONFIG if err has any error
 * by now. */
ll_status ll_config_finish(ll_config *cfg, ll_error *err);

/* The effective configuration: one entry for each key that was filled, in that order. */
typedef struct ll_config_entry {
    const char *path; /* "cluster.topology.dimensions[0].bandwidth" */
    const char *text; /* as typed, without evidence: "900 GB/s" */
    ll_kind kind;
    double value;       /* SI; 0 for BOOL, STRING, CHOICE */
    const char *origin; /* "configs/x.cfg:12", "--set" (or "--seed", ...), "default" */
    ll_evidence evidence;
    const char *source; /* the text after the evidence word; "" if there is none */
    const ll_key *key;
} ll_config_entry;

int ll_config_n_entry(const ll_config *cfg);
const ll_config_entry *ll_config_entry_at(const ll_config *cfg, int i);

/* A file that a value of the effective configuration names, such as an edge list. */
typedef struct ll_config_file {
    const char *path; /* of the key: "cluster.topology.file" */
    const char *name; /* as in the value, so the same wherever the configurations are installed */
    const char *text; /* all of it */
} ll_config_file;

/* All of them, [n] in the order of the entries; returns n. */
int ll_config_files(const ll_config *cfg, ll_arena *mem, const ll_config_file **out);

/* 64-bit FNV-1a hash of the effective configuration: paths and values as typed, and the text of the
 * files that keys name. Origins and evidence are not part of it. */
uint64_t ll_config_hash(const ll_config *cfg);

#endif
