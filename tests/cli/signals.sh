#!/usr/bin/env bash
# A run that is stopped says so, leaves the files of the run before it, and nothing half-written.
. "$(dirname "$0")/common.sh"

# Start a long run, send the signal once it reads and runs, and wait: exit code in `code`.
stop() { # signal, folder of the results
    local signal=$1 i
    rm -f err
    LINELOSS_PROGRESS=1 env --default-signal=INT "$LINELOSS" run supercluster --fold off -o "$2" \
        >out 2>err </dev/null &
    for ((i = 0; i < 600; i++)); do
        [ -d out_dir ] && [ "$i" -gt 8 ] && break # the folder is made when the study is read
        sleep 0.1
    done
    kill -"$signal" $!
    wait $! 2>/dev/null
    code=$?
}

for case in 'INT 130' 'TERM 143' 'HUP 129'; do
    read -r signal expected <<<"$case"
    stop "$signal" out_dir/deep/er
    [ "$code" = "$expected" ] || complain "SIG$signal: exit code $code, expected $expected"
    has err '^lineloss: interrupted after [0-9]+ s; nothing was written to out_dir/deep/er$'
    [ ! -e out_dir ] || complain "SIG$signal: left $(find out_dir)"
    is_empty out
done

# What was there stays there: files, and an empty folder that the run has not made.
expect 0 run nvl72 --engine closed -o out_dir
mkdir out_dir/empty
cp -r out_dir before
stop TERM out_dir
[ "$code" = 143 ] || complain "exit code $code"
[ -z "$(diff -r out_dir before)" ] || complain "$(diff -r out_dir before)"
stop TERM out_dir/empty
[ -d out_dir/empty ] || complain 'a folder is gone that was there before'

# A run that fails leaves no empty folder either; of several ranks the first one speaks.
expect 2 run nvl72 -o new/deep --petsc -ll_snes_max_it 0
[ ! -e new ] || complain "a run that failed left $(find new)"
rm -rf out_dir
mkdir ranks
# mpirun waits a second, as it does where nobody says otherwise, before it kills them.
OMPI_MCA_odls_base_sigkill_timeout=1 "$MPIEXEC" -n 2 "$LINELOSS" run supercluster --fold off -o ranks/new >out 2>err </dev/null &
for ((i = 0; i < 600; i++)); do
    [ -d ranks/new ] && break
    sleep 0.1
done
sleep 0.5
kill -TERM $!
wait $!
code=$?
[ "$code" != 0 ] || complain 'ranks that were stopped end with exit code 0'
[ "$(grep -c 'interrupted after' err)" = 1 ] || complain "ranks: $(head -c 500 err)"
[ ! -e ranks/new ] || complain "ranks: left $(find ranks)"
finish
