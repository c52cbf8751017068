#!/usr/bin/env bash
# compare: differences first, results, waterfalls, files, a picture.
. "$(dirname "$0")/common.sh"

expect 0 compare nvl72 atlas950 --engine closed -o cmp
has out '^What differs'
has out '^  peak_bf16 +2\.5 PFLOP/s +486 TFLOP/s$'
lacks out '^  sequence ' # the same in both
has out '^Where the chips go, % of all chips'
has out '^nvl72: where 72 chips go'
has out '^atlas950: where 8192 chips go'
[ "$(grep -c 'lineloss result is VALID' out)" = 2 ] || complain "not two verdicts"
first=$(grep -n '^What differs' out | cut -d: -f1)
second=$(grep -n '^Results' out | cut -d: -f1)
third=$(grep -n '^Where the chips go, in chips' out | cut -d: -f1)
[ "$first" -lt "$second" ] && [ "$second" -lt "$third" ] || complain "wrong order: $first $second $third"
for file in compare.json compare.txt compare.csv compare.md compare.tex compare.gp compare.svg compare-column.svg bars.svg; do
    [ -s cmp/$file ] || complain "no $file"
done
"$JSON_CHECK" differences results <cmp/compare.json || complain "compare.json"
if command -v gnuplot >/dev/null; then
    for file in {compare,bars}{,-column}.{pdf,png}; do [ -s cmp/$file ] || complain "no $file"; done
    has out '^Pictures: .* in cmp$'
fi
# Without gnuplot: what to install, and still exit code 0.
mkdir bin
ln -s "$(command -v sh)" bin/sh
PATH=$PWD/bin "$LINELOSS" compare nvl72 atlas950 --engine closed -o other >out 2>err </dev/null || complain "without gnuplot: $(cat err)"
has out 'apt-get install gnuplot-nox'
[ -s other/compare.svg ] && [ ! -e other/compare.pdf ] || complain "pictures without gnuplot: $(ls other)"

# Variants: each part has its own settings, and a label that says so.
expect 0 compare --engine closed nvl72 -- nvl72 --set job.interleave=1 -o variants
plain=$(sed -n 's/^lineloss result is VALID: nvl72, checksum //p' out)
variant=$(sed -n 's/^lineloss result is VALID: nvl72 job\.interleave=1, checksum //p' out)
expect 0 run nvl72 --engine closed
has out "VALID: nvl72, checksum $plain,"
expect 0 run nvl72 --engine closed --set job.interleave=1
has out "VALID: nvl72, checksum $variant,"
[ "$plain" != "$variant" ] || complain "both variants have checksum $plain"

on 3 compare nvl72 atlas950 --engine closed -o three >out
for file in compare.json compare.txt compare.csv compare.md compare.tex compare.gp; do same three/$file cmp/$file; done
finish
