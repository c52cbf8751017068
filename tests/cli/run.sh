#!/usr/bin/env bash
# run: formats, files, and the promise that the number of ranks does not change the result.
. "$(dirname "$0")/common.sh"

expect 0 run nvl72 --engine closed --format json
is_empty err
"$JSON_CHECK" schema_version study version git config engine seed engine_stats transfers memory chips step_s \
    tokens_per_s tokens_per_s_per_chip model_flop_per_step mfu_frac effective_chips efficiency_frac baseline \
    losses memory_B evidence checksum valid <out || complain "run --format json"
has out '"chips": 72,'
has out '"valid": true'
mv out one.json

for format in text md latex; do
    expect 0 run nvl72 --engine closed --format $format
    is_empty err
    [ "$(wc -l <out)" -ge 30 ] || complain "--format $format is too short"
done
expect 0 run nvl72 --engine closed
has out '^lineloss result is VALID: nvl72, checksum [0-9a-f]{16}, seed 1'
[ "$(grep -c 'lineloss result is' out)" = 1 ] || complain "more than one verdict"
lacks out $'\033' # no colours where there is no terminal

# Files: named by study and settings, whole, the same text as on standard output, times apart; nothing else, nothing hidden.
expect 0 run nvl72 --engine closed --format json -o a/b
same out one.json
name=nvl72+engine.type=closed
same a/b/$name.json one.json
[ "$(find a/b -type f -printf '%P\n' | grep -vE -- '-(waterfall|wire|timeline)(-column)?[.](svg|gp|pdf|png)$' | LC_ALL=C sort | tr '\n' ' ')" = "$name.csv $name.fields.csv $name.json $name.timing.json $name.trace.json $name.txt " ] || complain "files: $(ls -A a/b)"
"$JSON_CHECK" wall_s cpu_s ranks host date <a/b/$name.timing.json || complain "timing"
"$JSON_CHECK" displayTimeUnit otherData traceEvents <a/b/$name.trace.json || complain "trace"
expect 0 run nvl72 --engine closed -o c
for file in $name.json $name.txt $name.csv $name.fields.csv $name.trace.json; do same a/b/$file c/$file; done
for picture in $name-{waterfall,wire,timeline}{,-column}; do
    is_xml "c/$picture.svg"
    if command -v gnuplot >/dev/null && [ ! -s "c/$picture.pdf" ]; then complain "no $picture.pdf"; fi
done

# Byte for byte, whatever the number of ranks: the folded problem is the same everywhere.
expect 0 run nvl72 --format json
mv out flow.json
for ranks in 1 2 3 4; do
    on $ranks run nvl72 --format json >ranks.json
    same ranks.json flow.json
    on $ranks run nvl72 --engine closed --format json >ranks.json
    same ranks.json one.json
done

# The answer comes first: the result, the largest losses, what it depends on, what is known of its error.
expect 0 run nvl72
mv out text
head -n 9 text >out
has out '^72 GB200 do the work of [0-9.]+ chips at their peak \([0-9.]+ %\); a step takes [0-9.]+ s\.$'
has out '^The largest losses are kernels \('
has out '^The result depends most on cluster\.chip\.peak_bf16 \(-[0-9.]+ and \+[0-9.]+ %\), '
has out '^Of [0-9]+ published steps on GB200'
# The ten inputs that move it most, the largest first; what has evidence of its own has it told.
inputs() { sed -n '/^Sensitivity/,/^[0-9]* inputs were changed/p' text; }
[ "$(inputs | grep -cE '^(cluster|model)\.')" = 10 ] || complain "not ten inputs: $(inputs)"
inputs | awk '/^cluster/ { for (i = 1; i <= NF; i++) if ($i ~ /^[-+][0-9]+\.[0-9]+$/) { x = $i < 0 ? -$i : $i; break }
    if (n++ && x > last + 0.3) exit 1; last = x }' || complain "inputs are not in order: $(inputs)"
inputs >out
has out '^cluster\.chip\.gemm_frac_bf16 +0\.[0-9]+ +-[0-9.]+ +\+[0-9.]+ +measured$'
has text '^7 of 7 self-checks hold\.$'
# Sentences are filled, on a terminal of 60 columns too; tables may be wider.
if command -v script >/dev/null; then
    script -qec "stty cols 60; '$LINELOSS' run nvl72 --engine closed" /dev/null </dev/null | tr -d '\r' >terminal
    has terminal '^    [a-z]' # behind a sentence of two lines
    sed -n '/^  kernels: /,/^$/p; /^The study lies/,/^Of [0-9]* figures/p; /^Conventions/,/^$/p' terminal | awk 'length > 60' >out
    is_empty out
fi
grep -v '^lineloss result' text | awk 'length > 100' >out
is_empty out

# Another engine beside: a row, and fields that are there only then; the result itself stays.
lacks flow.json '"beside"'
expect 0 run nvl72 --beside closed --format json
has out '"engine": "closed"'
has out '"transfer_diff_frac"'
[ "$(grep '"checksum"' out)" = "$(grep '"checksum"' flow.json)" ] || complain "--beside changes the checksum"
expect 0 run nvl72 --beside flow,closed --format json
has out '"diff_frac": 0,'
expect 0 run nvl72 --engine packet
has out '\.\.\. engine flow +[0-9]+\.[0-9]+ s \([-+]0\.[0-9]+ %\)'

# Ranks that share cores: a note, which --quiet keeps back; so is that of the environment.
export PETSC_OPTIONS=-ll_x
on $(($(getconf _NPROCESSORS_ONLN) + 1)) run nvl72 --engine closed >out
has err '^lineloss: [0-9]+ ranks share the [0-9]+ cores? of this machine'
has err '^lineloss: the environment variable PETSC_OPTIONS is ignored'
on $(($(getconf _NPROCESSORS_ONLN) + 1)) run nvl72 --engine closed --quiet >quiet
lacks err '^lineloss: '
same out quiet
unset PETSC_OPTIONS

# Another seed, another draw; the same seed, the same.
expect 0 run nvl72 --engine closed --seed 2 --format json
cmp -s out one.json && complain "--seed 2 gives what --seed 1 gives"
has out '"seed": 2,'
expect 0 run nvl72 --engine closed --set seed=1 --format json
grep -v '"origin": ' out >left
grep -v '"origin": ' one.json >right
same left right

# Progress: nothing without a terminal unless it is asked for.
expect 0 run nvl72 --engine closed --no-progress
is_empty err
finish
