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
for key in job.tp cluster.chip.memory 'engine \(flow\)\.fold' 'cluster\.topology \(clos\)\.' model.hidden cluster.wire.kappa; do
    has out "^$key"
done
expect 0 list evidence
has out '^choice '
expect 0 list json
for field in chips step_s config 'losses\[\]\.cause' checksum; do has out "^$field "; done
finish
