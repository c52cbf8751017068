#!/usr/bin/env bash
# layers.sh: who may call MPI, PETSc, libconfig and malloc, who may touch files and the environment, and how long a
# file may be. Which folder may include which is held by the compiler: see ll_layer in CMakeLists.txt.
set -u
cd "$(dirname "$0")/../.." || exit 1
failed=0
complain() {
    echo "$*" >&2
    failed=1
}

# Only these files may have `what` (an extended regular expression) in their code.
only() { # what, sentence, file...
    local what=$1 sentence=$2 file
    shift 2
    while IFS=: read -r file _; do
        [[ " $* " == *" $file "* ]] || complain "$file: $sentence: $*"
    done < <(grep -rnE "$what" sim topology --include='*.[ch]' | grep -vE '^[^:]*:[0-9]+: *(/?\*|//)' | cut -d: -f1 | sort -u | sed 's/$/:/')
}

n_file=0
while read -r file; do
    n_file=$((n_file + 1))
    lines=$(wc -l <"$file")
    [ "$lines" -le 400 ] || complain "$file: $lines lines, at most 400"
done < <(find sim topology -name '*.[ch]' | sort)
[ "$n_file" -gt 20 ] || complain "only $n_file files were found"

only '#include <mpi\.h>' 'MPI is for' sim/comm/comm.c sim/engine/flow/equations.c sim/engine/packet/exchange.c sim/main.c
only '#include <petsc' 'PETSc is for' sim/engine/flow/equations.c sim/engine/flow/solver_options.c sim/main.c
only '#include <libconfig\.h>' 'libconfig is for' sim/config/config.c
only '#include <jansson\.h>' 'JSON is read in' sim/print/fields_read.c sim/validate/measured_json.c
only 'MPI_COMM_WORLD' 'the world communicator is for' sim/main.c
only '(^|[^_[:alnum:]])(malloc|calloc|realloc|free|strdup|strndup|alloca)\(' 'memory is for' sim/base/arena.c
only '(^|[^_[:alnum:]])(rand|srand|random|drand48)\(' 'random numbers come from' sim/base/rng.c
# Rank 0 alone reads files, through the first of these, and writes them, through the second; plot.c looks for gnuplot.
only '(^|[^_[:alnum:]])(f?open|openat|freopen|fdopen|l?stat|fstatat|opendir|readdir|scandir|glob|popen|mmap)\(' \
    'files are read and written in' sim/config/file.c sim/print/output.c sim/print/journal.c
only '(^|[^_[:alnum:]])(access|mkdir|rename|unlink|remove|mkstemp|chdir)\(' 'the file system is for' sim/print/output.c sim/report/plot.c
only '(^|[^_[:alnum:]])getenv\(' 'the environment is for' sim/main.c sim/command/agree.c sim/config/shipped.c sim/report/plot.c
only '(^|[^_[:alnum:]])(unsetenv|setenv|putenv)\(' 'the environment is changed in' sim/main.c
only '#include <assert\.h>' 'assertions come from' sim/base/status.h
only '(^|[^_[:alnum:]])exit\(' 'only this ends the program' sim/main.c

[ $failed = 0 ] && echo "$n_file files keep to the rules"
exit $failed
