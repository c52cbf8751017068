#!/usr/bin/env bash
# net --traffic and net --pattern: flows of files and of patterns, by every engine.
. "$(dirname "$0")/common.sh"

# Three flows, of which the last waits for the two others.
cat >three.txt <<'F'
# chips from 0
0 1 1 MiB
1 2 65536 5 us
2 3 1MiB after=0,1
F
expect 0 net nvl72 --traffic three.txt --flows --engine packet --format csv
is_empty err
[ "$(wc -l <out)" = 4 ] || complain "three flows: $(cat out)"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { start[NR - 2] = $at["start_us"]; end[NR - 2] = $at["end_us"] }
    END { if (start[0] != 0 || start[1] != 5 || start[2] != end[1] || !(end[0] < 5)) { print "starts"; exit 1 } }' out >why ||
    complain "$(cat why): $(cat out)"
cp out serial
for ranks in 2 3 4; do
    on $ranks net nvl72 --traffic three.txt --flows --engine packet --format csv >ranks
    same ranks serial
done

# The same as a connection matrix of htsim, whose starts are picoseconds.
cat >three.cm <<'F'
Nodes 72
Connections 3
Triggers 1
0->1 id 1 start 0 size 1048576 send_done_trigger 1
1->2 id 2 start 5000000 size 65536 recv_done_trigger 1
2->3 id 3 trigger 1 size 1048576
trigger id 1 barrier count 2
F
expect 0 net nvl72 --traffic three.cm --flows --engine packet --format csv
same out serial

# JSON has every flow, and the makespan is the last end.
expect 0 net nvl72 --traffic three.txt --flows --format json
"$JSON_CHECK" schema_version version git config_hash cluster chips seed engine makespan_s rows flows config files <out ||
    complain "no JSON"
[ "$(grep -c '"start_s"' out)" = 3 ] || complain "flows"
[ "$(sed -n 's/^  "makespan_s": \(.*\),/\1/p' out)" = "$(sed -n 's/^ *"end_s": \(.*\)$/\1/p' out | sort -g | tail -1)" ] ||
    complain "the makespan is not the last end: $(grep -E 'makespan|end_s' out)"
expect 0 list json net
has out '^net --pattern\.flows\[\]\.start_s +number +s '

# A flow of 1 GiB in every direction of a switch: 900 GB/s each, by every engine.
expect 0 net nvl72 --pattern shift:5 --sizes 1GiB --beside closed,packet --format csv
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { rate = $at["rate_GBps"] / 72; if (rate > 900 || rate < 890) { print $0; bad = 1 } } END { exit bad || NR != 4 }' out ||
    complain "not 900 GB/s: $(cat out)"
# The engines stand beside each other, and sizes below each other; nothing of it is said twice.
expect 0 net nvl72 --pattern all_to_all --sizes 1KiB..1MiBx32 --beside closed
[ "$(grep -cE '^(flow|closed) ' out)" = 6 ] || complain "rows: $(cat out)"
[ -z "$(awk 'length > 100' out)" ] || complain "wide: $(awk 'length > 100' out)"
# 71 flows leave each chip and 71 come: no engine is faster than the busiest link.
awk '$1 == "flow" || $1 == "closed" { if ($4 < $7) { print; bad = 1 } } END { exit bad }' out || complain "faster than its links"

# Every pattern runs on a torus of 4 x 4 x 4 (of powers of two, not a square) or 4 x 4.
for pattern in permutation all_to_all incast:3 ring hierarchical uniform:2 hot_spot shift:5 transpose bit_complement \
    bit_reversal shuffle tornado outcast nearest_neighbour adversarial; do
    expect 0 net example_torus --set "cluster.topology.sizes=4 x 4" --pattern $pattern --sizes 64KiB --engine packet --format csv
    is_empty err
    [ "$(wc -l <out)" = 2 ] || complain "$pattern: $(cat out)"
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { exit !($at["makespan_us"] >= $at["busiest_link_us"]) }' out ||
        complain "$pattern: faster than its links: $(cat out)"
done
# The most that a permutation of the list can load a link of a torus of 8 x 8 with is the transpose's 3.5.
expect 0 net example_torus --set "cluster.topology.sizes=8 x 8" --pattern adversarial
has out 'adversarial \((transpose|permutation)\)'
# A random pattern follows the seed.
expect 0 net nvl72 --pattern uniform --flows --format csv
cp out first
expect 0 net nvl72 --pattern uniform --flows --format csv --seed 7
! cmp -s out first || complain "another seed, the same flows"

expect 0 net nvl72 --pattern tornado --flows -o files
for suffix in .json .txt .csv .timing.json; do
    [ -s "files/net-nvl72+pattern=tornado+flows=$suffix" ] || complain "no $suffix: $(ls files)"
done

refused() { # message, argument...
    local message=$1
    shift
    expect 1 "$@"
    is_empty out
    has err "$message"
}
refused "pattern shuffl: did you mean 'shuffle'" net nvl72 --pattern shuffl
refused 'pattern shuffle: needs a power of two of chips; there are 72' net nvl72 --pattern shuffle
refused 'pattern shift: needs 1 to 71 chips' net nvl72 --pattern shift
refused 'pattern tornado:2: it takes no number' net nvl72 --pattern tornado:2
refused 'collective: is for collectives, not for flows' net nvl72 --pattern tornado --collective all
refused 'sizes: is for --pattern' net nvl72 --traffic three.txt --sizes 1MiB
refused 'traffic and --pattern: expected one of them' net nvl72 --traffic three.txt --pattern tornado
refused 'flows: expected --traffic FILE or' net nvl72 --flows
refused 'flows: needs one size' net nvl72 --pattern tornado --flows --sizes 1KiB..1MiB
refused 'no such file' net nvl72 --traffic none.txt
echo '0 99 1MiB' >far.txt
refused "far.txt:1: destination '99': expected a whole number from 0 to 71" net nvl72 --traffic far.txt
finish
