#!/usr/bin/env bash
# pbs.sh LINELOSS: the PBS job script of scripts/, under a stand-in for qsub (no PBS in Debian).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export LINELOSS=$1
work=$(mktemp -d -t llpbs.XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM # the script has to see to that
export ARGS="--engine closed"

check() { # file, text
    grep -q "$2" "$1" || { echo "$1 has no line '$2':" >&2; cat "$1" >&2; exit 1; }
}
"$here/qsub" -v STUDIES=nvl72 "$root/scripts/pbs.sh"
check job.o1 '^20..-..-..T..:..:..Z job 1.sim: 2 ranks on localhost: run nvl72 --engine closed$'
check job.o1 'lineloss result is VALID: nvl72'
check results/nvl72+engine.type=closed.timing.json '"ranks": 2'
"$here/qsub" -l select=1:mpiprocs=1 -v STUDIES="nvl72 atlas950_256" -J 0-2 "$root/scripts/pbs.sh"
check job.o1.0 '72 GB200'
check job.o1.1 '256 Ascend 950DT'
check job.o1.2 'task 2 has no study: -J 0-1'
check results/atlas950_256+engine.type=closed.timing.json '"ranks": 1'
ARGS="--engine closed --seed {}" "$here/qsub" -l select=1:mpiprocs=1 -v STUDIES=nvl72 -J 7-8 "$root/scripts/pbs.sh"
for seed in 7 8; do check results/nvl72+engine.type=closed+seed=$seed.json "\"seed\": $seed,"; done
ARGS="--seed {}" "$here/qsub" -v STUDIES=nvl72 "$root/scripts/pbs.sh"
check job.o1 'the number of a task'
echo "pbs: one job of two ranks, an array, a wrong index"
