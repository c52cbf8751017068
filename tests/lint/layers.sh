#!/usr/bin/env bash
# layers.sh: which file may include which, and who may call MPI, PETSc, libconfig and malloc.
#
# A file may include headers of its own layer and of those above it in this list, never of those below:
layers='
0 sim/base/*
1 topology/*
2 sim/config/* sim/comm.* sim/traffic.* sim/synthetic.* sim/version.* sim/progress.*
3 sim/engine/* sim/chip.* sim/model.* sim/job.* sim/cluster.* sim/kernel.* sim/kernel_gemm.* sim/stage.*
4 sim/study.* sim/collective.* sim/collective_choose.* sim/collective_guess.* sim/result.* sim/program.* sim/durations.* sim/exposed.*
4 sim/beside.* sim/replay.* sim/budget.* sim/run.* sim/evidence.* sim/validate/* sim/robust.*
5 sim/report/*
6 sim/command/*
7 sim/main.c
'
set -u
cd "$(dirname "$0")/../.." || exit 1
failed=0
complain() {
    echo "$*" >&2
    failed=1
}

layer_of() { # path -> number, or nothing
    local number patterns pattern
    while read -r number patterns; do
        for pattern in $patterns; do
            # shellcheck disable=SC2053  # a pattern, on purpose
            [[ $1 == $pattern ]] && echo "$number" && return
        done
    done <<<"$layers"
}

# Only these files may have `what` (an extended regular expression) in their code.
only() { # what, sentence, file...
    local what=$1 sentence=$2 file
    shift 2
    while IFS=: read -r file _; do
        [[ " $* " == *" $file "* ]] || complain "$file: $sentence: $*"
    done < <(grep -rnE "$what" sim topology --include='*.[ch]' | grep -vE '^[^:]*:[0-9]+: *(/?\*|//)' | cut -d: -f1 | sort -u | sed 's/$/:/')
}

set -f # the patterns of the list are not file names
n_file=0
while read -r file; do
    n_file=$((n_file + 1))
    own=$(layer_of "$file")
    [ -n "$own" ] || { complain "$file: in no layer; add it to tests/lint/layers.sh"; continue; }
    while read -r header; do
        theirs=$(layer_of "$header")
        [ -n "$theirs" ] && [ "$theirs" -le "$own" ] || complain "$file (layer $own) includes $header (layer ${theirs:-none})"
    done < <(sed -nE 's/^ *# *include *"([^"]*\/[^"]*)".*/\1/p' "$file")
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || complain "$file: $lines lines, at most 600"
done < <(find sim topology -name '*.[ch]' | sort)
[ "$n_file" -gt 20 ] || complain "only $n_file files were found"

only '#include <mpi\.h>' 'MPI is for' sim/comm.c sim/engine/equations.c sim/engine/packet_exchange.c sim/main.c
only '#include <petsc' 'PETSc is for' sim/engine/equations.c sim/main.c
only '#include <libconfig\.h>' 'libconfig is for' sim/config/config.c
only 'MPI_COMM_WORLD' 'the world communicator is for' sim/main.c
only '(^|[^_[:alnum:]])(malloc|calloc|realloc|free|strdup|strndup|alloca)\(' 'memory is for' sim/base/arena.c
only '(^|[^_[:alnum:]])(rand|srand|random|drand48)\(' 'random numbers come from' sim/base/rng.c
only '#include <assert\.h>' 'assertions come from' sim/base/status.h
only '(^|[^_[:alnum:]])exit\(' 'only this ends the program' sim/main.c

[ $failed = 0 ] && echo "$n_file files keep to their layers"
exit $failed
