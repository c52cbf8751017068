#!/usr/bin/env bash
# Two builds of bench_packet in turn, so that both see the same machine: packet-hops per second of CPU time of each,
# medians, and the median of the ratios of neighbouring runs with the least and the largest.
#   bench/turns.sh BEFORE AFTER TURNS [arguments of bench_packet]      BEFORE, AFTER: programs
set -euo pipefail
export LC_ALL=C
[ $# -ge 3 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 1; }
declare -A program=([before]=$1 [after]=$2)
turns=$3
shift 3
work=$(mktemp -d -t turns.XXXXXX)
trap 'rm -rf "$work"' EXIT
for turn in $(seq "$turns"); do
    for side in before after; do
        "${program[$side]}" --format json "$@" |
            jq --arg side "$side" --argjson turn "$turn" \
                '.[] | select(.name | test("^packet[.][0-9]+[.].*[.]cpu$")) | {name, value, side: $side, turn: $turn}'
    done
done >"$work/values"
printf '%-36s %8s %8s %6s\n' row before after ratio
jq -rs '
    def median: sort | .[(length - 1) / 2 | floor];
    group_by(.name)[] | .[0].name as $name
    | map(select(.side == "before")) as $b | map(select(.side == "after")) as $a
    | [$a[] as $x | $b[] | select(.turn == $x.turn) | $x.value / .value] as $ratio
    | [$name, ([$b[].value] | median), ([$a[].value] | median), ($ratio | median, min, max)] | @tsv' \
    "$work/values" |
    while IFS=$'\t' read -r name b a median least most; do
        printf '%-36s %8.2f %8.2f %6.2f (%.2f to %.2f)\n' "${name%.cpu}" "$(jq -n "$b / 1e6")" "$(jq -n "$a / 1e6")" \
            "$median" "$least" "$most"
    done
echo "million packet-hops per second of CPU time; load average $(cut -d' ' -f1 /proc/loadavg)"
