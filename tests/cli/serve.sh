#!/usr/bin/env bash
# Served requests from the command line: the shipped study, a trace, a rate beyond the capacity, the formula beside the
# simulation, and the same bytes on any number of ranks.
. "$(dirname "$0")/common.sh"

value() { sed -n "s/^ *\"$1\": \(.*\),\$/\1/p" "$2" | head -n 1; }
near() { # name, value, want, tolerance
    awk -v a="$2" -v b="$3" -v t="$4" 'BEGIN { exit !(a > b * (1 - t) && a < b * (1 + t)) }' ||
        complain "$1 = $2, not within $4 of $3"
}
# Two nodes are two replicas.
few="--engine closed --set cluster.topology.dimensions[1].size=2 --set job.requests=60 --set job.concurrency=6"
# shellcheck disable=SC2086
expect 0 run serve_llama70b_h100 $few --format json
"$JSON_CHECK" <out || complain "not JSON"
cp out one.json
for name in ttft_s ttft_p99_s tpot_s itl_median_s tokens_per_s_per_chip goodput_per_s cache_frac preemptions; do
    has one.json "^ *\"$name\": "
done
near steady_tpot_s "$(value steady_tpot_s one.json)" "$(value tpot_s one.json)" 0.03
near "counted" "$(value counted one.json)" 60 1e-9
for ranks in 2 3; do
    # shellcheck disable=SC2086
    on $ranks run serve_llama70b_h100 $few --format json >many.json
    same one.json many.json
done
# shellcheck disable=SC2086
expect 0 run serve_llama70b_h100 $few --set job.form=steady --format json
near "ttft_s by formula" "$(value ttft_s out)" "$(value steady_ttft_s one.json)" 1e-6

# The shipped decode study: an iteration is 80 layers, kernel by kernel, exposed transfers and 0.32 ms of the host, but for the
# output projection.
expect 0 run decode_llama70b_h100 --engine closed --format json
iteration_s=$(value iteration_s out) exposed_s=$(value exposed_s out)
expect 0 kernels decode_llama70b_h100 --format csv
layer_us=$(sed 's/"[^"]*"//' out | awk -F, 'NR > 1 { sum += $5 } END { print sum }')
near iteration_s "$(awk -v l="$layer_us" -v e="$exposed_s" 'BEGIN { print 80 * l / 1e6 + e + 0.32e-3 }')" "$iteration_s" 0.05

# A trace; with it, job.requests is an error.
printf '# two bursts\narrival_s,prompt,output\n0,100,10\n0,2000,1\n5,300,20\n' >trace.csv
sed "s#@include \"../#@include \"$LINELOSS_CONFIGS/#; s/concurrency = 64/trace_file = \"trace.csv\"/" \
    "$LINELOSS_CONFIGS/studies/serve_llama70b_h100.cfg" >study.cfg
expect 0 run study.cfg --engine closed --format json
near "requests of the trace" "$(value counted out)" 3 1e-9
expect 1 run study.cfg --set job.requests=7
has err 'job\.requests.*a trace says how many there are; leave it out'

# Beyond the capacity: it ends, and says what could be served.
expect 0 run serve_llama70b_h100 --engine closed --set job.concurrency=0 --set job.rate=1000 --set job.requests=200 --format json
[ "$(value steady_holds out)" = 0 ] && [ "$(value steady_limit out)" -gt 0 ] || complain "the formula holds beyond the capacity"
awk -v c="$(value capacity_per_s out)" 'BEGIN { exit !(c > 1 && c < 1000) }' || complain "capacity $(value capacity_per_s out)"
[ "$(value steady_tokens_per_s_per_chip out)" = 0 ] || complain "a throughput by formula beyond the capacity"
expect 0 run serve_llama70b_h100 --engine closed --set job.concurrency=0 --set job.rate=1000 --set job.requests=200 -q
has out 'Requests come at 1000 per second, but at most [0-9.]+ per second can be served'
# shellcheck disable=SC2086
expect 0 run serve_llama70b_h100 $few --set job.form=steady
has out '^The formula does not hold: '
has out '^  time to first token +[0-9.]+ ms$'
finish
