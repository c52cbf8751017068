#include "sim/version.h"

#include "ll_version.h"

const char *ll_version(void) { return LL_VERSION; }

const char *ll_git(void) { return LL_GIT; }
