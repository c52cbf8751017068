#!/usr/bin/env bash
# Pipeline schedules: the table in configs/README.md is what `list schedules` prints, and all of its rows run.
. "$(dirname "$0")/common.sh"

expect 0 list schedules
sed -n '/^    schedule  *interleave/,/^$/s/^    //p' "$LINELOSS_CONFIGS/README.md" >want
sed 's/ *$//' out >got
same got want

cat >small.cfg <<'CFG'
name = "small";
@include "hgx_h100"
@include "gpt_22b"
job : { sequence = 2048; precision = "bf16"; global_batch = 64; tp = 8; pp = 4; };
CFG
awk '$2 ~ /^[0-9]+$/ { print $1, $2 }' got >rows
[ "$(wc -l <rows)" -ge 10 ] || complain "only $(wc -l <rows) rows"
while read -r schedule interleave; do
    expect 0 run small.cfg --engine closed --set "cluster.topology.dimensions[1].size=4" \
        --set "job.schedule=$schedule" --set "job.interleave=$interleave"
    has out '^lineloss result is VALID'
done <rows

# A layout that deals layers evenly is none at all, to the bit.
for layout in "" "E(t*12|)*3t*12L"; do
    expect 0 run small.cfg --engine closed --format json --set "cluster.topology.dimensions[1].size=4" \
        ${layout:+--set "job.pipeline_layout=$layout"}
    sed -E '/"(config_hash|typed|origin|layout_text)":/d' out >"json${layout:+.laid}"
done
same json json.laid
has json '"step_s":'
finish
