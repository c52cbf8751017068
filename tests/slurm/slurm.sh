#!/usr/bin/env bash
# slurm.sh LINELOSS: the job script of scripts/ on a private Slurm of two nodes. 77: not possible here.
set -eu
lineloss=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if ! command -v slurmctld slurmd sbatch squeue >/dev/null || [ "$(id -u)" != 0 ] ||
    ! unshare --uts true 2>/dev/null; then
    echo "needs root, slurmctld, slurmd and unshare: skipped"
    exit 77
fi
work=$(mktemp -d /tmp/llslurm.XXXXXX) # short, as paths of sockets have to be
trap '"$here/minislurm.sh" stop "$work" || true; rm -rf "$work"' EXIT
eval "$(timeout 60 "$here/minislurm.sh" start "$work" 2)"
# Settings of one host, and what the script itself has to see to.
unset OMPI_MCA_pml OMPI_MCA_btl OMPI_MCA_rmaps_base_oversubscribe OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
export LINELOSS=$lineloss
cd "$work"

sbatch --parsable -N 2 -n 2 -o one.log "$root/scripts/slurm.sh" nvl72 --engine closed >/dev/null
sbatch --parsable --array=0-1 -N 1 -n 1 -o 'array.%a.log' "$root/scripts/slurm.sh" \
    nvl72 atlas950_256 --set name=array --engine closed >/dev/null
OUT=out2 sbatch --parsable --array=2 -N 1 -n 1 -o 'bad.log' "$root/scripts/slurm.sh" nvl72 >/dev/null
OUT=variants sbatch --parsable --array=0-1 -N 1 -n 1 -o 'variant.%a.log' "$root/scripts/slurm.sh" \
    nvl72 --engine closed -- nvl72 --engine closed --set 'doc=a b' >/dev/null
OUT=variants sbatch --parsable --array=5-6 -N 1 -n 1 -o 'seed.%a.log' "$root/scripts/slurm.sh" \
    nvl72 --engine closed --seed '{}' >/dev/null
# A minute before its limit a job is stopped: this one would take much longer.
sbatch --parsable -N 1 -n 1 -t 2 --signal=B:TERM@118 -o limit.log "$root/scripts/slurm.sh" \
    supercluster --engine packet --set engine.packets_per_flow=0 >/dev/null
for _ in $(seq 600); do
    squeue -h >queue && [ ! -s queue ] && break # a squeue that fails says nothing of the queue
    sleep 0.2
done

check() { # file, text
    grep -q "$2" "$1" || { echo "$1 has no line '$2':" >&2; cat "$1" >&2; exit 1; }
}
check one.log 'lineloss result is VALID: nvl72'
check array.0.log '72 GB200'
check array.1.log '256 Ascend 950DT'
check bad.log 'task 2 has no study: --array=0-0'
check results/nvl72+engine.type=closed.json '"valid": true'
check results/nvl72+engine.type=closed.timing.json '"ranks": 2'
check one.log '^20..-..-..T..:..:..Z job [0-9]*: 2 ranks on n\[1-2\]: run nvl72 --engine closed$'
check variant.0.log 'VALID: nvl72'
check variant.1.log 'run nvl72 --engine closed --set doc=a'
for seed in 5 6; do check variants/nvl72+engine.type=closed+seed=$seed.json "\"seed\": $seed,"; done
[ "$(find variants -name 'nvl72+*.json' ! -name '*.timing.json' | wc -l)" = 4 ] || { ls variants >&2; cat variant.*.log >&2; exit 1; }
check limit.log 'the time limit is near, or the job is cancelled: stopped'
[ -z "$(find results -name 'supercluster*')" ] || { echo "a stopped run left files" >&2; exit 1; }
[ ! -e out2 ] || { echo "a task without a study wrote files" >&2; exit 1; }
echo "slurm: one job on two nodes, arrays of studies, variants and seeds, a wrong index, a time limit"
