/* Lists of flows as files, of two forms.
 *
 * Lines "SRC DST BYTES [START] [after=N,N...]":
 *     # chips count from 0
 *     0 1 1 MiB                 at time 0
 *     1 2 65536 5 us            5 us later; numbers without a unit are bytes and seconds
 *     2 3 1MiB after=0,1        when flows 0 and 1 of the file have ended
 * Flows are numbered from 0 in the order of the file, and may wait for later ones. With a start and
 * predecessors, a flow starts at the later of the two (timing.h).
 *
 * Connection matrices of htsim (.cm), which begin with "Nodes N":
 *     Nodes 16
 *     Connections 3
 *     Triggers 1
 *     0->3 id 1 start 0 size 2000000 send_done_trigger 1
 *     5->3 id 2 start 10000000 size 2000000 send_done_trigger 1
 *     3->7 id 3 trigger 1 size 2000000
 *     trigger id 1 barrier count 2
 * Starts are picoseconds there. A flow with a trigger waits for the flows that fire it: for all of
 * them, so one shot needs one flow, and a barrier as many as it counts. Where htsim fires
 * send_done_trigger when the source has the last acknowledgement, here it fires when the last byte
 * has landed, as recv_done_trigger does. Priorities have no meaning here; other than the default
 * they are an error, as are failures, triggers that fire several times, and background traffic. */
#ifndef LL_TRAFFIC_FLOW_FILE_H
#define LL_TRAFFIC_FLOW_FILE_H

#include "sim/base/status.h"
#include "sim/traffic/traffic.h"

/* text: of the file, ended by 0. *out: a LIST in mem, in the order of the file, timed if any flow
 * has a start or a predecessor. Error LL_ERR_CONFIG, with the line, what was read and what is
 * legal. Not collective. */
ll_status ll_flow_file_parse(const char *name, const char *text, int32_t n_chip, ll_arena *mem,
                             ll_traffic *out, ll_error *err);

#endif
