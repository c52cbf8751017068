#!/usr/bin/env bash
# Every topic in every format; what is shipped must be readable.
. "$(dirname "$0")/common.sh"

expect 0 list
topics=$(awk 'NR > 2 { print $1 }' out)
[ "$(echo "$topics" | wc -w)" -ge 11 ] || complain "only these topics: $topics"
for topic in $topics; do
    for format in text json csv md latex; do
        expect 0 list "$topic" --format $format
        is_empty err
        lacks out 'error:'
        [ "$(wc -l <out)" -ge 3 ] || complain "list $topic --format $format is too short"
        if [ $format = json ]; then "$JSON_CHECK" <out || complain "list $topic: not JSON"; fi
    done
done
expect 0 list studies --format csv
for study in nvl72,72 atlas950,8192 supercluster,524288; do has out "^$study,"; done
expect 0 list chips
for chip in h100 h200 h20 b200 b300 gb200 gb300 rubin a100 ascend910b ascend910c ascend950pr ascend950dt ascend960 ascend970; do
    has out "^$chip "
done
expect 0 list keys --format csv
for key in job.tp cluster.chip.memory 'engine \(flow\)\.fold' 'cluster\.topology \(clos or fat_tree\)\.' model.hidden cluster.wire.kappa; do
    has out "^$key"
done
expect 0 list keys set
has out "^  set  .*list"
has out "job\.tp = 8"
expect 1 list torus
has err "type = \"torus\""
expect 1 list 'fat tree'
has err 'write "fat_tree"'
expect 1 list butterfly
has err 'type = "custom"'
expect 0 list keys fat_tree
has out 'oversubscription'
expect 0 list parts
has out '^software_ideal '
expect 0 list evidence
has out '^choice '
# A part of a name: a group of keys, one key; types and bounds in words, in lines that fit.
expect 0 list keys job.
has out '^job$'
has out '^  tp +whole number, 1 \.\. 1e6, default 1$'
has out '^  precision +one of .*bf16'
lacks out '^cluster'
# Keys of a block or of a workload stand under its name, and are found with and without it.
expect 0 list keys model.heads
has out '^model \(attention\)$'
has out '^model \(mla\)$'
[ "$(grep -c '^  heads ' out)" = 2 ] || complain "heads of two blocks: $(cat out)"
expect 0 list keys moe
has out '^  top_k '
expect 0 list keys job.prompt
has out '^job \(prefill\)$'
expect 0 list keys Guess
has out '^  guess_\.\.\. +the library.s tuning model \(NCCL: tuning.cc\)'
has out '^  guess_rate +rate such as 900 GB/s, 0 B/s \.\. 1 PB/s, default 0 B/s$'
[ "$(awk 'length > 100' out | wc -l)" = 0 ] || complain "list keys is wider than 100 columns"
expect 0 list keys seed --format csv
[ "$(wc -l <out)" = 3 ] || complain "not two keys are called seed: $(cat out)"
expect 0 list studies atlas950 --format json
"$JSON_CHECK" <out || complain "list studies atlas950: not JSON"
lacks out nvl72
expect 1 list keys micro_bach
has err "nothing has 'micro_bach' in its name; did you mean 'micro_batch'"
expect 1 list chips zzzzzzz
has err 'lineloss list chips. lists all'
expect 0 list json
for field in chips step_s config 'losses\[\]\.cause' checksum; do has out "^$field "; done
finish
