#!/usr/bin/env bash
#PBS -N lineloss
#PBS -l select=1:mpiprocs=2
#PBS -l walltime=00:30:00
#PBS -j oe
# A study on PBS Pro or OpenPBS, or an array job over several.
#
#   qsub -v STUDIES="atlas950" scripts/pbs.sh
#   qsub -v STUDIES="nvl72 atlas950 my.cfg" -J 0-2 scripts/pbs.sh     one study per task of the array
#
# ARGS are further arguments of `lineloss run`, LINELOSS names the program (default: lineloss in PATH, or
# build/release), OUT the directory of results (default: results).
set -euo pipefail
cd "${PBS_O_WORKDIR:-.}"

read -r -a studies <<<"${STUDIES:-}"
read -r -a args <<<"${ARGS:-}"
if [ ${#studies[@]} -eq 0 ]; then
    echo 'which study? Such as: qsub -v STUDIES="nvl72" scripts/pbs.sh' >&2
    exit 1
fi
index=${PBS_ARRAY_INDEX:-${PBS_ARRAYID:-}} # Torque has the other name
if [ -n "$index" ]; then
    if [ "$index" -ge ${#studies[@]} ]; then
        echo "task $index has no study: -J 0-$((${#studies[@]} - 1))" >&2
        exit 1
    fi
    studies=("${studies[index]}")
fi
program=${LINELOSS:-$(command -v lineloss || echo build/release/lineloss)}

# Ranks that wait must not spin, nor all sit on the first core where jobs share a node. Open MPI as
# packaged does not know PBS: the node file says where the ranks go.
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none
hosts=()
[ -z "${PBS_NODEFILE:-}" ] || hosts=(--hostfile "$PBS_NODEFILE" -n "$(wc -l <"$PBS_NODEFILE")")
for study in "${studies[@]}"; do
    mpirun "${hosts[@]}" "$program" run "$study" -o "${OUT:-results}" ${args[@]+"${args[@]}"}
done
