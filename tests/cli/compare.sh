#!/usr/bin/env bash
# compare: results first, what is known of their error, losses, differences, files, a picture.
. "$(dirname "$0")/common.sh"

expect 0 compare nvl72 atlas950 --engine closed -o cmp
has out '^study +chips +'
has out '^nvl72 +72 +[0-9.]+ +[0-9]+ +1\.00 +[0-9.]+ +1\.00 +[0-9.]+ +([0-9.]+|-)$'
has out '^atlas950 +8,192 +[0-9.]+ +[0-9]+ +0\.[0-9]+ +[0-9,]+ +[0-9]+ +[0-9.]+ +-$'
has out '^Of [0-9]+ published steps on GB200, (all|[0-9]+) took longer than predicted'
has out '^No step on Ascend 950DT has been published'
has out '^cluster\.chip\.peak_bf16 +2\.5 PFLOP/s +486 TFLOP/s +-[0-9.]+$'
has out '^Of [0-9]+ keys that differ, '
lacks out '^job\.sequence ' # the same in both
lacks out '^recompute ' # takes nothing in either
[ "$(grep -c 'lineloss result is VALID' out)" = 2 ] || complain "not two verdicts"
at() { grep -n "^$1" out | head -n 1 | cut -d: -f1; }
order="$(at Results) $(at 'Where the chips go') $(at 'Of a step and a chip') $(at 'The studies') $(at 'What differs')"
[ "$order" = "$(tr ' ' '\n' <<<"$order" | sort -n | paste -sd ' ')" ] || complain "wrong order: $order"
# The ratio is that of the figures, not of what they were rounded to.
"$LINELOSS" compare nvl72 atlas950 --engine closed -o cmp --format json >json 2>err || complain "$(cat err)"
printf '%.3f\n' "$(jq '.results[1].tokens_per_s_per_chip / .results[0].tokens_per_s_per_chip' json)" >ratio
has out "^atlas950 .* $(cat ratio) "
for file in compare.json compare.txt compare.csv compare.md compare-results.tex compare-losses.tex compare-more.tex compare-setup.tex compare.gp compare.svg compare-column.svg bars.svg; do
    [ -s cmp/$file ] || complain "no $file"
done
"$JSON_CHECK" schema_version version git config_hash differences effects results <cmp/compare.json || complain "compare.json"
mv out said
expect 0 list json --format csv
mv out fields
for key in $(sed '/"results"/,$d' cmp/compare.json | grep -o '^ *"[a-z_]*":' | tr -d ' ":' | sort -u); do
    has fields "^compare\.([a-z_]+\[?\]?\.)*$key,"
done
mv said out
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

# Nothing differs.
expect 0 compare nvl72 -- nvl72 -o twice
has out '^Their configurations do not differ'
lacks out '^The studies'

# One key moves it, the other does not.
expect 0 compare nvl72 -- nvl72 --set job.interleave=1 --set "cluster.topology.latency=351 ns" -o twice
has out '^Of 2 keys that differ, 1 changes nvl72 by 1 % or more alone, 1 by less'
# One study, and a pattern that no file fits.
expect 1 compare 'results/*.json'
has err "^lineloss: compare: only 'results/\*\.json'; which studies\? At least two"

# Chosen columns, in every format.
expect 0 compare nvl72 atlas950 -o chosen --columns chips,mfu,step
has out '^study +chips +MFU % +step time \(s\)$'
has out '^nvl72 +72 +[0-9.]+ +[0-9.]+$'
has chosen/compare-results.tex 'MFU'
lacks chosen/compare-results.tex 'corrected'
expect 0 compare nvl72 atlas950 -o chosen --columns step_s,loss_kernels_frac --format csv
has out '^study,step_s,loss_kernels_frac$'
expect 1 compare nvl72 atlas950 -o chosen --columns chips,speed
has err "^--columns: there is no 'speed'"

# Variants: each part has its own settings, and a label that says so.
expect 0 compare --engine closed nvl72 -- nvl72 --set job.interleave=1 -o variants
plain=$(sed -n 's/^lineloss result is VALID: nvl72, checksum //p' out)
variant=$(sed -n 's/^lineloss result is VALID: nvl72 job\.interleave=1, checksum //p' out)
expect 0 run nvl72 --engine closed
has out "VALID: nvl72, checksum $plain,"
expect 0 run nvl72 --engine closed --set job.interleave=1
has out "VALID: nvl72, checksum $variant,"
[ "$plain" != "$variant" ] || complain "both variants have checksum $plain"

# Names are text to all that is written, and to gnuplot, which would run what stands between backquotes.
expect 0 compare nvl72 atlas950 --engine closed --set 'name=<&"x`touch run`'"'"'y' -o names
[ ! -e names/run ] || complain "gnuplot ran a part of a name"
for file in cmp/*.svg names/*.svg; do is_xml "$file"; done
has names/compare.svg '&lt;&amp;&quot;x`touch run`&#39;y'

on 3 compare nvl72 atlas950 --engine closed -o three >out
for file in compare.json compare.txt compare.csv compare.md compare-results.tex compare-losses.tex compare-more.tex compare-setup.tex {compare,bars}.{gp,svg}; do same three/$file cmp/$file; done
finish
