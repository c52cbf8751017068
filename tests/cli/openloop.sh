#!/usr/bin/env bash
# net --load: an open loop, its figures, files and messages; the same on any number of ranks.
. "$(dirname "$0")/common.sh"
torus=$LINELOSS_CONFIGS/nets/torus_8x8.cfg

expect 0 net "$torus" --load 0.1..0.4:0.15 --pattern tornado --cycles 2000
is_empty err
has out 'bounds it by 0\.3333$'
[ "$(grep -c ' yes$' out)" = 2 ] || complain "two loads are below a third: $(cat out)"
[ "$(grep -c ' no$' out)" = 1 ] || complain "one is above: $(cat out)"
[ -z "$(awk 'length > 100' out)" ] || complain "wide: $(awk 'length > 100' out)"
# Latency rises with the load, and what is not sustained is not accepted.
awk '/ (yes|no)$/ { if ($4 <= last) { print "latency falls"; bad = 1 }; last = $4
    if ($2 > 0.335 || ($NF == "yes" && ($2 < 0.97 * $1 || $2 > 1.03 * $1))) { print; bad = 1 } } END { exit bad }' out >why ||
    complain "$(cat why)"
cp out serial
# Long links, as ranks exchange packets once per latency.
slow=(--set "cluster.topology.latency=2 us")
expect 0 net "$torus" "${slow[@]}" --load 0.3 --pattern tornado --cycles 1000
cp out one
for ranks in 2 4; do
    on $ranks net "$torus" "${slow[@]}" --load 0.3 --pattern tornado --cycles 1000 >ranks
    same ranks one
done
expect 0 net "$torus" --load 0.1..0.4:0.15 --pattern tornado --cycles 2000 --seed 2
! cmp -s out serial || complain "another seed, the same figures"

expect 0 net "$torus" --load 0.2 --pattern uniform --cycles 1000 --format json
"$JSON_CHECK" schema_version version git config_hash cluster chips engine traffic seed link_Bps packet_s warm_up measured \
    batches bound saturation saturates rows config files <out || complain "no JSON"
has out '"bound": (1|0\.99999[0-9]*|1\.0000[0-9]*),'
has out '"saturates": false'
expect 0 list json net
has out '^net --load\.rows\[\]\.p99_s +number +s '

expect 0 net "$torus" --load 0.5 --pattern bit_complement --cycles 1000 -o files
name=files/net-torus_8x8+pattern=bit_complement+load=0.5+cycles=1000
for suffix in .json .txt .csv .svg -column.svg .timing.json; do
    [ -s "$name$suffix" ] || complain "no $name$suffix: $(ls files)"
done
is_xml "$name.svg"
has "$name.svg" 'load 0\.5: accepted'

refused() { # message, argument...
    local message=$1
    shift
    expect 1 "$@"
    is_empty out
    has err "$message"
}
refused 'load: needs --pattern' net nvl72 --load 0.1
refused 'load 1..0: expected loads above 0' net nvl72 --load 1..0 --pattern tornado
refused 'load 0.1..1.0: expected loads' net nvl72 --load 0.1..1.0 --pattern tornado
refused 'load 0.2,0.1: expected loads' net nvl72 --load 0.2,0.1 --pattern tornado
refused 'load 0.1..1.0:0: expected loads' net nvl72 --load 0.1..1.0:0 --pattern tornado
refused 'load x: expected loads' net nvl72 --load x --pattern tornado
refused 'cycles 10: expected a whole number from 1000' net nvl72 --load 0.1 --pattern tornado --cycles 10
refused 'cycles: is for --load' net nvl72 --cycles 1000
refused 'sizes: is not for --load' net nvl72 --load 0.1 --pattern tornado --sizes 1MiB
expect 2 net nvl72 --load 0.1 --pattern tornado --cycles 1000 --engine packet --set engine.loss=0.01
has err 'open loop needs links that lose nothing'
finish
