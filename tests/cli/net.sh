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
has out '^all_reduce,1048576,.*,ring$'
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
finish
