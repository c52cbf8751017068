#!/usr/bin/env bash
# A private Slurm on this machine, for tests: no munge, systemd or cgroup. Needs root, slurmctld, slurmd.
#   minislurm.sh start DIR [NODES]     prints `export SLURM_CONF=...` when the nodes are idle
#   minislurm.sh stop DIR
# Each node is a slurmd with a host name of its own: MPI tells hosts apart by name.
set -eu
action=$1
dir=$(realpath -m "$2")
nodes=${3:-2}
export SLURM_CONF=$dir/slurm.conf

alive() { # any of these processes, zombies apart
    local pid state
    for pid in "$@"; do
        state=$(ps -o stat= -p "$pid" 2>/dev/null || true)
        case $state in '' | Z*) ;; *) return 0 ;; esac
    done
    return 1
}

stop() {
    local pids
    squeue -h -o %A 2>/dev/null | xargs -r scancel 2>/dev/null || true
    for _ in $(seq 50); do
        [ -z "$(squeue -h 2>/dev/null)" ] && break
        sleep 0.1
    done
    pids=$(cat "$dir"/run/*.pid 2>/dev/null || true)
    # shellcheck disable=SC2086  # a list of numbers
    kill $pids 2>/dev/null || true
    for _ in $(seq 50); do
        # shellcheck disable=SC2086
        alive $pids || return 0
        sleep 0.1
    done
}

configure() {
    local port=$((20000 + RANDOM % 8000)) cpus i
    cpus=$(nproc --all) # plain nproc obeys OMP_NUM_THREADS
    cat <<END
ClusterName=mini
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=5
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
TmpFS=$dir/tmp/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=pmix
ReturnToService=2
KillWait=2
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,sched_min_interval=0
END
    for i in $(seq "$nodes"); do
        echo "NodeName=n$i NodeHostname=n$i NodeAddr=127.0.0.1 Port=$((port + i)) CPUs=$cpus RealMemory=1024 State=UNKNOWN"
    done
    echo "PartitionName=all Nodes=n[1-$nodes] Default=YES MaxTime=INFINITE State=UP"
}

start() {
    local i
    mkdir -p "$dir"/{state,log,run,spool,tmp}
    configure >"$SLURM_CONF"
    slurmctld -c
    for i in $(seq "$nodes"); do
        mkdir -p "$dir/spool/n$i" "$dir/tmp/n$i"
        unshare --uts -- bash -c "hostname n$i; exec slurmd"
    done
    for _ in $(seq 100); do
        if [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" = "$nodes" ]; then
            echo "export SLURM_CONF=$SLURM_CONF"
            return 0
        fi
        sleep 0.1
    done
    tail -n 20 "$dir"/log/* >&2
    return 1
}

"$action"
