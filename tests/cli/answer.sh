#!/usr/bin/env bash
# answer: one screen, a page, and a folder for each comparison; the same for any number of ranks.
. "$(dirname "$0")/common.sh"

expect 0 answer --engine closed -o all
[ "$(wc -l <out)" -le 30 ] || complain "$(wc -l <out) lines"
[ -z "$(awk 'length > 80' out)" ] || complain "a line of more than 80 columns: $(awk 'length > 80' out)"
tr '\n' ' ' <out | tr -s ' ' >flat
has flat '72 GB200 do the work of [0-9.]+ at their peak( \(corrected: [0-9.]+\))?; 8,192 GB200 that of [0-9,]+'
has flat 'predictions for GB200 are [0-9.]+ % (too fast|off); no step on Ascend 950DT has been measured\.'
has flat 'a chip of atlas950 \(8,192 chips\) does [0-9.]+ % less, one of supercluster \(524,288 chips\) [0-9.]+ % less than one of atlas950_256'
for study in nvl72 gb200_8192 atlas950 nvl72_batch2048 atlas950_256 supercluster atlas950_gb200; do
    [ "$(grep -cE "^$study +[0-9,]+ +[0-9.]+ s +[0-9.,]+ +[0-9.]+ +[#a-z]{24}$" out)" = 1 ] || complain "not one row and bar of $study"
done
for topic in same_work_per_chip same_global_batch same_fabric same_chips; do
    for file in compare.txt compare.json compare.csv compare.svg; do
        [ -s all/$topic/$file ] || complain "no $topic/$file"
    done
    has all/index.html "href=.\./$topic/compare\.txt"
done
is_xml all/index.html
# The sentence says what the results say.
expect 0 compare gb200_8192 atlas950_gb200 --engine closed -o two --format json
less=$(jq '100 * (1 - .results[1].tokens_per_s_per_chip / .results[0].tokens_per_s_per_chip)' out)
printf '%.1f %% less than one of gb200_8192' "$less" >want
has flat "a chip of atlas950_gb200 \(8,192 chips\) does $(cat want)"

# Comparisons of one's own, and what is wrong with them.
cat >mine.cfg <<'END'
title = "Mine";
topics = ( { name = "own one"; question = "Which is faster"; says = "ratio"; studies = "nvl72 atlas950_256"; } );
END
for ranks in 1 2 3; do
    on $ranks answer mine.cfg --engine closed -o ranks.$ranks >ranks.$ranks.out
    sed "s/ranks\.$ranks/ranks/g" ranks.$ranks.out >text.$ranks
    same text.$ranks text.1
    same ranks.$ranks/own_one/compare.json ranks.1/own_one/compare.json
    same ranks.$ranks/index.html ranks.1/index.html
done
has text.1 '^Which is faster: a chip of atlas950_256'
expect 1 answer nothing.cfg
has err 'nothing\.cfg'
sed 's/nvl72 atlas950_256/nvl72/' mine.cfg >one.cfg
expect 1 answer one.cfg
has err 'one\.cfg:2: .*studies.* names 1; a comparison needs two or more'
sed 's/says = "ratio"/says = "rato"/' mine.cfg >word.cfg
expect 1 answer word.cfg
has err "did you mean 'ratio'"
echo 'title = "none";' >none.cfg
expect 1 answer none.cfg
has err '0 of them; expected 1 to 16'
sed 's/nvl72 /nvl27 /' mine.cfg >study.cfg
expect 1 answer study.cfg
has err "did you mean 'nvl72'"
finish
