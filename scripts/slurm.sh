#!/usr/bin/env bash
#SBATCH --job-name=lineloss
#SBATCH --ntasks=2
#SBATCH --time=00:30:00
#SBATCH --output=lineloss-%j.log
# A study on Slurm, or an array job over several.
#
#   sbatch scripts/slurm.sh atlas950
#   sbatch -n 8 scripts/slurm.sh supercluster --fold off
#   sbatch --array=0-2 scripts/slurm.sh nvl72 atlas950 my.cfg      one study per task of the array
#
# Arguments that begin with "--" and what follows them go to `lineloss run`. LINELOSS names the program
# (default: lineloss in PATH, or build/release), OUT the directory of results (default: results).
set -euo pipefail
cd "${SLURM_SUBMIT_DIR:-.}"

studies=()
while [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; do studies+=("$1"); shift; done
if [ ${#studies[@]} -eq 0 ]; then
    echo "which study? Such as: sbatch scripts/slurm.sh nvl72" >&2
    exit 1
fi
if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
    if [ "$SLURM_ARRAY_TASK_ID" -ge ${#studies[@]} ]; then
        echo "task $SLURM_ARRAY_TASK_ID has no study: --array=0-$((${#studies[@]} - 1))" >&2
        exit 1
    fi
    studies=("${studies[SLURM_ARRAY_TASK_ID]}")
fi
program=${LINELOSS:-$(command -v lineloss || echo build/release/lineloss)}

# Ranks that wait must not spin, nor all sit on the first core where jobs share a node.
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none
for study in "${studies[@]}"; do
    mpirun "$program" run "$study" -o "${OUT:-results}" "$@" # takes nodes and ranks from Slurm
done
