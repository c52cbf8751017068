#!/usr/bin/env bash
# net: the figures hang together as in nccl-tests, for every collective.
. "$(dirname "$0")/common.sh"

expect 0 net nvl72 --collective all --sizes 8B..1GiBx32 --format csv
is_empty err
[ "$(wc -l <out)" = 37 ] || complain "6 collectives, 8 B 256 B 8 KiB 256 KiB 8 MiB 256 MiB: $(wc -l <out) lines"
# algbw = size / time; busbw = algbw * factor with n = 72; time = software + latency + wire. Columns have
# 2 or 3 decimals: large sizes are exact to 1e-3.
awk -F, 'NR > 1 && $2 >= 8e6 {
    n = 72
    factor = $1 == "all_reduce" ? 2 * (n - 1) / n : $1 == "broadcast" || $1 == "send" ? 1 : (n - 1) / n
    alg = $2 / ($3 * 1e-6) / 1e9
    sum = $6 + $7 + $8
    if ((alg - $4) ^ 2 > (1e-3 * alg) ^ 2 || ($4 * factor - $5) ^ 2 > (1e-3 * $5) ^ 2 || (sum - $3) ^ 2 > (1e-3 * $3) ^ 2) {
        print "line " NR ": " $0; bad = 1
    }
    # The wire has 18 links of 50 GB/s per chip: no bus bandwidth above 900 GB/s but by reduction in the
    # switches, which halves what all_reduce has to send.
    if ($5 > ($1 == "all_reduce" ? 2 : 1) * 900) { print "too fast: " $0; bad = 1 }
    seen[$1]++
} END { for (c in seen) n_seen++; if (n_seen != 6) { print n_seen " collectives"; bad = 1 }; exit bad }' out >why ||
    complain "$(cat why)"
cp out serial
on 3 net nvl72 --collective all --sizes 8B..1GiBx32 --format csv >ranks
same ranks serial

expect 0 net nvl72 --chips 8 --sizes 1MiB --algorithm ring --engine closed --format csv
has out '^all_reduce,1048576,.*,ring,-,-$'
expect 0 net atlas950_8192 --group 128:64 --sizes 1MiB --collective all_gather --engine closed
has out 'groups of 128'
# Engines beside each other: the study's own first, no figure that differs from run to run unless --timing.
expect 0 net nvl72 --sizes 1GiB --beside flow,closed,packet --format csv
[ "$(cut -d, -f3 out | tr '\n' ' ')" = 'engine flow closed packet ' ] || complain "engines: $(cat out)"
# Behind one switch a collective alone has no contention: the three agree, packets but for
# the last packet of each step.
awk -F, 'NR > 1 && ($5 > 2 || $5 < -2) { print $0; bad = 1 } END { exit bad }' out || complain "engines differ"
[ "$(awk -F, '$3 == "packet" { print ($10 > 0) }' out)" = 1 ] || complain "no packets"
cp out serial
on 2 net nvl72 --sizes 1GiB --beside flow,closed,packet --format csv >ranks
same ranks serial
expect 0 net nvl72 --sizes 1GiB --beside closed --timing --format csv
has out 'wall_s,memory_MB'
expect 1 net nvl72 --chips 6 --algorithm halving --sizes 1MiB
has err 'power of two'

# As text each collective is a block of lines of 100 columns where there is no terminal; a study stands for its cluster.
expect 0 net nvl72 --collective all --sizes 8B..1GiBx1024
is_empty err
[ "$(grep -c '^# \(all_reduce\|all_gather\|reduce_scatter\|all_to_all\|broadcast\|send\)$' out)" = 6 ] ||
    complain "blocks: $(cat out)"
has out '^# nvl72 is a study: '
! grep -E '.{101}' out || complain "lines of more than 100 columns"
[ "$(grep -cE '^ +[0-9]+ ' out)" = 18 ] || complain "rows: $(cat out)"

# Where auto does not take what is more than 5 % faster, the row says so; and that is what it takes.
expect 0 net atlas950 --chips 64 --sizes 1GiB --format csv
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { print $NF }' out >best_us
[ "$(head -c 1 best_us)" = - ] || {
    has out 'direct,[0-9.]+$'
    expect 0 net atlas950 --chips 64 --sizes 1GiB --algorithm direct --format csv
    [ "$(awk -F, 'NR == 2 { print $3 }' out)" = "$(cat best_us)" ] || complain "best: $(cat best_us), but: $(cat out)"
}
expect 0 net nvl72 --sizes 1GiB --format csv
has out ',in_network,direct,[0-9.]+$'
expect 0 net nvl72 --sizes 1GiB --algorithm ring --format csv
has out ',ring,-,-$'

# In text, a line below the block says which, by how much, and at which sizes.
expect 0 net nvl72 --collective all --sizes 1MiB..1GiBx1024
has out '^# direct would be up to [0-9.]+ times faster, at 1\.049 MB to 1\.074 GB$'
[ "$(grep -c '^# direct would be' out)" = 3 ] || complain "not three lines: $(cat out)"
has out '^# tree would be up to'
[ -z "$(awk 'length > 80' out)" ] || complain "$(awk 'length > 80' out)"

# Rows come when they are priced: the first is there although the second does not end.
mkfifo rows
"$LINELOSS" net atlas950_256 --engine packet --set engine.packets_per_flow=0 --sizes 8KiB..16GiBx1000000 >rows 2>/dev/null &
busy=$!
grep -m 1 -E '^ +8192 ' <rows >first
kill "$busy" 2>/dev/null && wait "$busy" 2>/dev/null
[ -s first ] || complain "no row before the end"

# JSON: what it is of, every key, the files that keys name, and all bits of the figures; no date, no host.
expect 0 net example_edge_list --collective all --sizes 1KiB..1MiBx1024 --format json
"$JSON_CHECK" schema_version version git config_hash cluster chips seed engine rows config files <out || complain "no JSON"
has out '"text": ".*chips 8'
lacks out '"(date|host|wall_s)"'
[ "$(grep -c '"path": "cluster\.' out)" -gt 20 ] || complain "few keys"
cp out serial
on 2 net example_edge_list --collective all --sizes 1KiB..1MiBx1024 --format json >ranks
same ranks serial
expect 0 list json net
has out '^net\.rows\[\]\.busbw_Bps +number +B/s '

# Files: a set whose name says what was asked for, with a picture in both forms.
expect 0 net nvl72 --sizes 1KiB..1MiBx1024 --collective all_gather -o files
name=files/net-nvl72+collective=all_gather+sizes=1KiB..1MiBx1024
for suffix in .json .txt .csv .svg -column.svg .timing.json; do
    [ -s "$name$suffix" ] || complain "no $name$suffix: $(ls files)"
done
has "$name.svg" 'all_gather among 72: busbw '
expect 0 net nvl72 --sizes 1KiB..1MiBx1024 -o files
[ "$(ls files/*.timing.json | wc -l)" = 2 ] || complain "one replaced the other: $(ls files)"
finish
