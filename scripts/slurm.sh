#!/usr/bin/env bash
#SBATCH --job-name=lineloss
#SBATCH --ntasks=2
#SBATCH --time=00:30:00
#SBATCH --signal=B:TERM@60
# A study on Slurm, or an array job over studies, variants or seeds.
#
#   sbatch scripts/slurm.sh atlas950
#   sbatch -n 8 scripts/slurm.sh supercluster --fold off
#   sbatch --array=0-2 scripts/slurm.sh nvl72 atlas950 my.cfg                one study per task
#   sbatch --array=0-1 scripts/slurm.sh nvl72 -- nvl72 --set job.zero=3      one variant per task
#   sbatch --array=1-5 scripts/slurm.sh nvl72 --seed {}                      {} is the number of the task
#
# Options belong to `lineloss run`; what follows `--` is the next variant, with options of its own. A result is
# called by its study and its settings, so tasks write side by side into one folder. Afterwards:
#   lineloss compare results/*.json
# LINELOSS names the program (default: lineloss in PATH, or build/release), OUT the folder of results (default:
# results). A minute before the time limit the run is stopped; what it has finished by then is complete.
set -euo pipefail
cd "${SLURM_SUBMIT_DIR:-.}"
program=${LINELOSS:-$(command -v lineloss || echo build/release/lineloss)}
task=${SLURM_ARRAY_TASK_ID:-}

# Runs, one a line: the study, then its options, quoted for eval.
runs=()
part() { # the words of one part: studies, then options
    local studies=() study
    while [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; do studies+=("$1") && shift; done
    for study in ${studies[@]+"${studies[@]}"}; do runs+=("$(printf '%q ' "$study" "$@")"); done
}
words=() numbered=
for word in "$@" --; do
    [[ $word != *"{}"* ]] || numbered=yes
    if [ "$word" = -- ]; then
        part ${words[@]+"${words[@]}"}
        words=()
    else
        words+=("${word//"{}"/"$task"}")
    fi
done
if [ ${#runs[@]} -eq 0 ]; then
    echo "which study? Such as: sbatch scripts/slurm.sh nvl72" >&2
    exit 1
fi
if [ -z "$task" ] && [ -n "$numbered" ]; then
    echo "{} is the number of a task: sbatch --array=1-5 scripts/slurm.sh $*" >&2
    exit 1
fi
if [ -n "$task" ] && [ -z "$numbered" ]; then
    if [ "$task" -ge ${#runs[@]} ]; then
        echo "task $task has no study: --array=0-$((${#runs[@]} - 1))" >&2
        exit 1
    fi
    runs=("${runs[task]}")
fi

# Ranks that wait must not spin, nor all sit on the first core where jobs share a node. Root is allowed: in
# containers there is nobody else.
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none
[ "$(id -u)" -ne 0 ] || export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

mpirun= # its process, while it runs
stop() {
    echo "$(date -u +%FT%TZ) the time limit is near, or the job is cancelled: stopped"
    [ -z "$mpirun" ] || kill -TERM "$mpirun" 2>/dev/null || true
    wait || true
    exit 143
}
trap stop TERM
for run in "${runs[@]}"; do
    echo "$(date -u +%FT%TZ) job ${SLURM_ARRAY_JOB_ID:-${SLURM_JOB_ID:-}}${task:+, task $task}:" \
        "${SLURM_NTASKS:-1} ranks on ${SLURM_JOB_NODELIST:-this machine}: run ${run% }"
    arguments=()
    eval "arguments=($run)"
    mpirun "$program" run "${arguments[@]}" -o "${OUT:-results}" & # takes nodes and ranks from Slurm
    mpirun=$!
    wait "$mpirun"
    mpirun=
done
