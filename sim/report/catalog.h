/* Tables of the shipped chips, clusters, models, servers and studies. A file that cannot be read is
 * a row with its first error. Collective, as reading studies is; the same on every rank. */
#ifndef LL_REPORT_CATALOG_H
#define LL_REPORT_CATALOG_H

#include "sim/comm/comm.h"
#include "sim/print/table.h"

ll_table *ll_catalog_chips(ll_comm *comm, ll_arena *mem);
ll_table *ll_catalog_clusters(ll_comm *comm, ll_arena *mem);
ll_table *ll_catalog_parts(ll_comm *comm, ll_arena *mem);
ll_table *ll_catalog_servers(ll_comm *comm, ll_arena *mem);
ll_table *ll_catalog_models(ll_comm *comm, ll_arena *mem);
ll_table *ll_catalog_studies(ll_comm *comm, ll_arena *mem);

#endif
