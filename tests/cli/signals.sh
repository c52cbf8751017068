#!/usr/bin/env bash
# A run that is stopped leaves the files of the run before it, and nothing half-written.
. "$(dirname "$0")/common.sh"

expect 0 run nvl72 --engine closed -o out_dir
cp -r out_dir before
for dir in out_dir fresh; do
    "$LINELOSS" run supercluster -o $dir >/dev/null 2>&1 </dev/null &
    pid=$!
    sleep 0.8
    kill -TERM "$pid"
    wait "$pid"
    code=$?
    [ "$code" != 0 ] || complain "a stopped run ends with exit code 0"
done
[ ! -e fresh ] || complain "a folder stays behind: $(ls -A fresh)"
[ -z "$(diff -r out_dir before)" ] || complain "$(diff -r out_dir before)"
finish
