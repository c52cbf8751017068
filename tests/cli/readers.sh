#!/usr/bin/env bash
# Files that do not end, grow, or are far too large are refused soon, by every command and for every kind of file.
. "$(dirname "$0")/common.sh"
writers=()
here=$PWD
trap '[ ${#writers[@]} = 0 ] || kill "${writers[@]}" 2>/dev/null; rm -rf "$here"' EXIT
sed "s#@include \"../#@include \"$LINELOSS_CONFIGS/#" "$LINELOSS_CONFIGS/studies/nvl72.cfg" >study.cfg
sed "s#@include \"../#@include \"$LINELOSS_CONFIGS/#" \
    "$LINELOSS_CONFIGS/clusters/example_edge_list.cfg" >links.cfg

# One message, exit code 1, and memory for what is read and not more.
refused() { # message, argument...
    local message=$1 code
    shift
    (ulimit -v 2000000 && exec timeout -k 2 120 "$LINELOSS" "$@") >out 2>err </dev/null
    code=$?
    [ "$code" = 1 ] || complain "lineloss $*: exit code $code: $(head -c 300 err)"
    [ "$(wc -l <err)" = 1 ] || complain "lineloss $*: $(wc -l <err) lines: $(head -c 300 err)"
    has err "$message"
    is_empty out
}

# A pipe whose writer never ends is given up after 30 s, which the rest of this script does not wait for.
mkfifo silent endless
sleep 600 >silent &
writers+=($!)
timeout -k 2 120 "$LINELOSS" check silent >silent.out 2>silent.err </dev/null &
waiting=$!

# Devices: as a study, in it, as a list of links, as a table.
for device in /dev/zero /dev/urandom; do
    refused "^$device: larger than 16 MiB, or without end\$" check $device
    echo "@include \"$device\"" >device.cfg
    refused 'device\.cfg:1: @include "/dev/.*: larger than 16 MiB, or without end$' check device.cfg
    refused 'cluster\.topology\.file = /dev/.*: larger than 64 MiB, or without end$' \
        net links.cfg --set cluster.topology.file=$device
    for command in curves validate 'calibrate gemm hgx_h100' 'calibrate collectives hgx_h100'; do
        read -ra words <<<"$command"
        refused "$device: larger than 64 MiB, or without end\$" "${words[@]}" $device
    done
done
yes '# a comment' >endless &
writers+=($!)
refused '^endless: larger than 16 MiB, or without end$' check endless

# Large files: refused by their size, or read within seconds.
truncate -s 3G sparse
refused '^sparse: larger than 16 MiB$' check sparse
refused '^sparse: larger than 64 MiB$' curves sparse
{ yes '# a comment of some length' | head -c 250000000 && cat study.cfg; } >comments.cfg
refused '^comments\.cfg: larger than 16 MiB$' check comments.cfg
{ yes '# a comment of some length' | head -c 15000000 && cat study.cfg; } >comments.cfg
expect 0 check comments.cfg
printf '@include "comments.cfg"\n@include "comments.cfg"\n' >twice.cfg
refused 'twice\.cfg:2: @include "comments.cfg": with all that is included, larger than 16 MiB$' check twice.cfg
{ cat study.cfg && seq -f 'key%.0f = 1;' 200000; } >keys.cfg
refused '^keys\.cfg:[0-9]+: more than 1000 names in one group$' check keys.cfg
{ cat study.cfg && echo 'list = (' && yes '1,' | head -n 1000000 && echo '1 );'; } >list.cfg
refused '^list\.cfg:[0-9]+: more than 200000 values$' check list.cfg

# A file that grows while it is read is refused for that, or for its size.
cp study.cfg grows.cfg
while :; do head -c 3000000 comments.cfg; done >>grows.cfg &
writers+=($!)
refused '^grows\.cfg: (was written to while it was read; try again|larger than 16 MiB)' check grows.cfg

wait $waiting
code=$?
[ "$code" = 1 ] || complain "a pipe that says nothing: exit code $code"
mv silent.err err
has err '^silent: did not end within 30 s; expected a file, or a pipe whose writer closes it$'
is_empty silent.out
finish
