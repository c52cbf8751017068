#!/usr/bin/env bash
# A study at many values of its keys: table, CSV, pictures; the same for any number of ranks, and after it was killed in
# the middle; weak and strong scaling; what cannot be swept.
. "$(dirname "$0")/common.sh"

expect 0 sweep nvl72 --over tp=8,16 --over recompute=none,full -o r
is_empty err
has out '^tp +recompute +chips +batch +step +tokens/s per chip +effective chips +% +where the chips go$'
has out '^ 8 +none +72 +18 .*###.*ccc'
has out '^16 +full +- .*job.tp = 16: '
has out '^4 points, of which 2 cannot be run$'
for file in nvl72-sweep.csv nvl72-sweep.svg nvl72-sweep-column.svg nvl72-sweep.gp nvl72-sweep.journal; do
    [ -e "r/$file" ] || [ "${file%.csv}" = "$file" ] || complain "no $file"
done
has r/nvl72-sweep.csv '^study,job.tp,job.recompute,chips,tp,cp,pp,dp,global_batch,step_s,'

# A point is the run of that configuration.
expect 0 run nvl72 --set job.recompute=full --format json
checksum=$(sed -n 's/.*"checksum": "\([0-9a-f]*\)".*/\1/p' out)
has r/nvl72-sweep.csv "^nvl72,8,full,.*$checksum"

# Weak scaling has the same batch per chip, strong scaling the same in all, to what the layout can run.
expect 0 sweep gb200_8192 --over chips=70..1024/5 --format csv
cp out one
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["scaling"] == "weak" { weak++; if ($at["global_batch"] * 4 != $at["chips"]) bad = 1 }
    $at["scaling"] == "strong" { strong++; if ($at["global_batch"] < 1900 || $at["global_batch"] > 2200) bad = 1 }
    $at["valid"] != "yes" { bad = 1 }
    { n = 0; for (i = 1; i <= NF; i++) if (i > at["memory_B"] && i < at["valid"]) n += $i
      n += $at["effective_chips"]; if (n != $at["chips"]) bad = 1 }
    END { exit bad || weak != 5 || strong != 5 }' one || complain "not weak and strong: $(cut -c1-200 one)"
for ranks in 2 3; do
    on $ranks sweep gb200_8192 --over chips=70..1024/5 --format csv >out
    same one out
done

# A picture with one axis, and the same bytes after the process was killed.
args=(sweep gb200_8192 --over chips=64..8192x2 --scaling both)
expect 0 "${args[@]}" -o whole
is_xml whole/gb200_8192-sweep.svg
"$LINELOSS" "${args[@]}" -o killed >/dev/null 2>&1 &
pid=$!
for ((i = 0; i < 600; i++)); do
    [ "$(cat killed/*.journal 2>/dev/null | wc -l)" -lt 3 ] || break
    sleep 0.1
done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
printf '0123456789abcdef 0123456789abcdef torn' >>killed/gb200_8192-sweep.journal
expect 0 "${args[@]}" -o killed
has err '^lineloss: [0-9]+ of 16 points were finished before$'
for file in gb200_8192-sweep.csv gb200_8192-sweep.svg gb200_8192-sweep.gp; do
    same "whole/$file" "killed/$file"
done
on 2 "${args[@]}" -o killed >out
has err '16 of 16 points were finished before'
same whole/gb200_8192-sweep.csv killed/gb200_8192-sweep.csv

refuses() { # KEY=VALUES, message
    expect 1 sweep nvl72 --over "$1"
    has err "$2"
}
refuses tp=8..4 'the range is empty: it begins above its end'
refuses tp= 'the range is empty: no value is named'
refuses tpp=1 "no key 'tpp'; did you mean 'tp'"
refuses cluster.chip=1 "'cluster.chip' is a group of keys"
refuses name=a,b 'name cannot vary'
refuses tp=0,1 "'0' is not between 1 and"
refuses recompute=none,fll "did you mean 'full'"
refuses "cluster.chip.memory_bandwidth=1 TB..2 TB/3" "'TB' is a size"
refuses chips=1..1000000 '[0-9]+ points would take about [0-9]+ (s|min|h|days) on 1 rank'
expect 1 sweep nvl72 --over tp=1..4 --over tp=2
has err 'has job.tp twice'
expect 1 sweep nvl72 --over tp=1..4 --over cp=1,2 --zip
has err 'as many values'
expect 1 sweep nvl72
has err 'over which keys'
expect 1 sweep nvl72 --over tp=8 --scaling weak
has err 'no --over chips'
finish
