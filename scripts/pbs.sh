#!/usr/bin/env bash
#PBS -N lineloss
#PBS -l select=1:mpiprocs=2
#PBS -l walltime=00:30:00
#PBS -j oe
# A study on PBS Pro or OpenPBS, or an array job over studies, settings or seeds.
#
#   qsub -v STUDIES="atlas950" scripts/pbs.sh
#   qsub -v STUDIES="nvl72 atlas950 my.cfg" -J 0-2 scripts/pbs.sh            one study per task
#   qsub -v STUDIES="nvl72",ARGS="--seed {}" -J 1-5 scripts/pbs.sh           {} is the number of the task
#
# ARGS are further arguments of `lineloss run`, LINELOSS names the program (default: lineloss in PATH, or
# build/release), OUT the folder of results (default: results). A result is called by its study and its settings,
# so tasks write side by side into one folder. Afterwards:
#   lineloss compare results/*.json
set -euo pipefail
cd "${PBS_O_WORKDIR:-.}"

read -r -a studies <<<"${STUDIES:-}"
read -r -a args <<<"${ARGS:-}"
if [ ${#studies[@]} -eq 0 ]; then
    echo 'which study? Such as: qsub -v STUDIES="nvl72" scripts/pbs.sh' >&2
    exit 1
fi
index=${PBS_ARRAY_INDEX:-${PBS_ARRAYID:-}} # Torque has the other name
if [[ "${studies[*]} ${args[*]-}" == *"{}"* ]]; then
    [ -n "$index" ] || { echo "{} is the number of a task: qsub -J 1-5" >&2 && exit 1; }
    studies=("${studies[@]//"{}"/"$index"}")
    args=(${args[@]+"${args[@]//"{}"/"$index"}"})
elif [ -n "$index" ]; then
    if [ "$index" -ge ${#studies[@]} ]; then
        echo "task $index has no study: -J 0-$((${#studies[@]} - 1))" >&2
        exit 1
    fi
    studies=("${studies[index]}")
fi
program=${LINELOSS:-$(command -v lineloss || echo build/release/lineloss)}

# Ranks that wait must not spin, nor all sit on the first core where jobs share a node. Root is allowed: in
# containers there is nobody else. Open MPI as packaged does not know PBS: the node file says where the ranks go.
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none
[ "$(id -u)" -ne 0 ] || export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
hosts=() ranks=1 nodes="this machine"
if [ -n "${PBS_NODEFILE:-}" ]; then
    ranks=$(wc -l <"$PBS_NODEFILE")
    nodes=$(sort -u "$PBS_NODEFILE" | paste -sd ' ')
    hosts=(--hostfile "$PBS_NODEFILE" -n "$ranks")
fi
for study in "${studies[@]}"; do
    echo "$(date -u +%FT%TZ) job ${PBS_JOBID:-}${index:+, task $index}: $ranks ranks on $nodes: run $study ${args[*]-}"
    mpirun "${hosts[@]}" "$program" run "$study" -o "${OUT:-results}" ${args[@]+"${args[@]}"}
done
