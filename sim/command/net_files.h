/* What `net` writes: rows as they come, the whole result in every format, and its files. */
#ifndef LL_COMMAND_NET_FILES_H
#define LL_COMMAND_NET_FILES_H

#include "sim/command/options.h"
#include "sim/print/output.h"
#include "sim/print/timing.h"
#include "sim/report/net.h"

/* The rows from `first` on, with what stands above the first and below the last. n_all: rows that
 * there will be. */
void ll_net_text_add(const ll_net *net, int first, int n_all, int width, ll_text *out);

void ll_net_print(const ll_net *net, ll_format format, ll_arena *mem, ll_text *out);

/* "net-nvl72+collective=all": options are part of the name of a result. In mem. */
const char *ll_net_name(const ll_options *opt, ll_arena *mem);

/* Prints a result, which the writer of it knows the type of. */
typedef void ll_net_printer(const void *result, ll_format format, ll_arena *mem, ll_text *out);

/* A result as texts, and how long it took. */
typedef struct ll_net_texts {
    ll_net_printer *print;
    const void *result;
    const ll_timing *timing;
} ll_net_texts;

/* <name>.json, .txt, .csv and .timing.json, into the stage of a set. Collective. */
ll_status ll_net_texts_write(const ll_output *set, const char *name, const ll_net_texts *texts,
                             ll_comm *comm, ll_arena *mem, ll_error *err);

/* All files of a result, as a set. Collective. */
ll_status ll_net_files_write(ll_output *set, const char *name, const ll_net *net,
                             const ll_timing *timing, ll_comm *comm, ll_arena *mem, ll_error *err);

#endif
