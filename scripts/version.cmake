# Writes ll_version.h, only if it changed. Called at each build with -DSRC -DOUT -DVER.
execute_process(COMMAND git -C ${SRC} describe --always --dirty --abbrev=12
                OUTPUT_VARIABLE git OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT git)
  set(git "unknown")
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "#define LL_VERSION \"${VER}\"\n#define LL_GIT \"${git}\"\n" @ONLY)
