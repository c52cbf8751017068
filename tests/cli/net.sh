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
expect 1 net nvl72 --chips 6 --algorithm halving --sizes 1MiB
has err 'power of two'
finish
