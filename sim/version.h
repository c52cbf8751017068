/* Version and commit of lineloss, which each result contains. */
#ifndef LL_SIM_VERSION_H
#define LL_SIM_VERSION_H

const char *ll_version(void); /* "0.1.0" */
const char *ll_git(void); /* commit at build time, "-dirty" if the tree differed; or "unknown" */

#endif
