#!/usr/bin/env bash
# Files that do not end, grow, or are far too large are refused soon, by every command and for every kind of file.
. "$(dirname "$0")/common.sh"
writers=()
trap '[ ${#writers[@]} = 0 ] || kill "${writers[@]}" 2>/dev/null; rm -rf "$work"' EXIT
sed "s#@include \"../#@include \"$LINELOSS_CONFIGS/#" "$LINELOSS_CONFIGS/studies/nvl72.cfg" >study.cfg
sed -e "s#@include \"../#@include \"$LINELOSS_CONFIGS/#" -e 's#example_edge_list.txt#links.txt#' \
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

for device in /dev/zero /dev/urandom; do
    refused 'larger than 16 MiB, or without end$' check $device
    refused 'study\.cfg:[0-9]+: @include "/dev/.*larger than 16 MiB' check <(sed "s#@include.*#@include \"$device\"#" study.cfg)
    cp $device links.txt 2>/dev/null & writers+=($!) # grows for ever, and is removed at the end
    sleep 0.5
    kill "${writers[-1]}"
    wait "${writers[-1]}" 2>/dev/null
    unset 'writers[-1]'
    refused 'cluster\.topology\.file = "/dev/.*larger than 64 MiB, or without end$' net <(sed "s#links.txt#$device#" links.cfg)
    refused 'larger than 64 MiB, or without end$' curves $device
    refused 'larger than 64 MiB, or without end$' validate $device
    refused 'larger than 64 MiB, or without end$' calibrate gemm hgx_h100 $device
done
finish
