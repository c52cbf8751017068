#!/usr/bin/env bash
# run and compare say where a study lies outside of what was validated, by the record of the configurations.
. "$(dirname "$0")/common.sh"
cp -r "$LINELOSS_CONFIGS" configs
export LINELOSS_CONFIGS=$PWD/configs
record=configs/published/recorded.csv
cat >"$record" <<'END'
scope,name,rows,median_abs_err,p90_abs_err,worst,share_positive,max_chips,max_tp,max_cp,max_pp,max_sequence,precisions
all,all,9,5,10,15,0.5,8192,8,2,8,8192,bf16 fp8
family,tp-cp-pp,9,5,10,15,0.5,8192,8,2,8,8192,bf16 fp8
chip,GB200,3,5,10,15,0.667,72,8,2,8,8192,bf16 fp8
END
# 72 GB200 as tp 8 x pp 9: one stage more than any row has.
expect 0 run nvl72 --engine closed
has out '^  validation +outside: pp 9$'
has out '^Of 3 published steps on GB200, 1 took longer than predicted; the median error is 5\.0 %\.$'
has out '^Outside the range that was validated: pp 9: validated to 8$'
lacks out '^Outside the range that was validated: chip'
"$LINELOSS" run nvl72 --engine closed --format json >json 2>err || complain "$(cat err)"
"$JSON_CHECK" <json || complain 'not JSON'
has json '"outside_validation": \['
has json '"median_abs_err_frac": 0\.05'
has json '"pp 9: validated to 8"'
expect 0 run nvl72 --engine closed --set job.pp=1 --set job.interleave=1 --set job.zero=3 --set job.precision=fp4 \
    --set job.recompute=full
has out '^Outside the range that was validated: precision fp4 on GB200: no published step$'
has out '^Outside the range that was validated: layouts of the family fsdp: no published step$'
expect 0 compare nvl72 atlas950 --engine closed -o out.d
has out '^Of 3 published steps on GB200, 1 took longer than predicted; the median error is 5\.0 %\.$'
has out '^No step on Ascend 950DT has been published'
# Where all of five steps and more were off to one side, the step that this would mean is said too.
for case in '0.0 5 0.95' '1.0 5 1.05' '0.2 5 0' '0.0 4 0'; do
    read -r positive n factor <<<"$case"
    sed -i "s/^chip,GB200,.*/chip,GB200,$n,5,10,15,$positive,72,8,2,8,8192,bf16 fp8/" "$record"
    "$LINELOSS" run nvl72 --engine closed --format json >json 2>err || complain "$(cat err)"
    "$JSON_CHECK" <json || complain 'not JSON'
    awk -v factor="$factor" '
        /^  "step_s"/ { split($0, part, /: */); step = part[2] + 0 }
        /"step_s_if_alike"/ { split($0, part, /: */); got = part[2] + 0; seen = 1 }
        END {
            want = factor > 0 ? step / factor : 0
            exit !(seen && got - want < 1e-9 * step && want - got < 1e-9 * step)
        }' json || complain "case '$case': $(grep if_alike json)"
done
sed -i 's/^chip,GB200,.*/chip,GB200,21,15.9,20,25,0.0,72,8,2,8,8192,bf16 fp8/' "$record"
expect 0 run nvl72 --engine closed
has out '^Of 21 published steps on GB200, all took longer than predicted; the median error is 15\.9 %\.'
has out 'orrected by that: [0-9.]+ of 72 chips'
# compare and answer have the same corrected chips, where there are any.
chips=$(sed -n 's/.*orrected by that: \([0-9.]*\) of.*/\1/p' out)
expect 0 compare nvl72 atlas950 --engine closed -o out.d
has out "^nvl72 .* $chips\$"
has out '^atlas950 .* -$'
# The row of the family is enough where the chip, its precision and the sizes were seen.
sed -i 's/72,8,2,8,8192/8192,8,2,9,8192/; s/8192,8,2,8/8192,8,2,9/' "$record"
expect 0 run nvl72 --engine closed
has out '^  validation +within$'
has out '^The study lies within the range of the published steps'
expect 0 run nvl72 --engine closed --set job.schedule=dualpipe_v --set job.interleave=2
has out '^Outside the range that was validated: schedule dualpipe_v: all published steps are of 1f1b$'
has out '^  layout .*, schedule dualpipe_v, zero'
# Errors of dense steps on the chip are not those of a mixture of experts, whatever says them.
cat >"$record" <<'END'
scope,name,rows,median_abs_err,p90_abs_err,worst,share_positive,max_chips,max_tp,max_cp,max_pp,max_sequence,precisions
all,all,21,15.9,20,25,0,8192,8,2,9,8192,bf16 fp8
family,tp-cp-pp,21,15.9,20,25,0,8192,8,2,9,8192,bf16 fp8
family,replicas,21,15.9,20,25,0,8192,8,2,9,8192,bf16 fp8
chip,GB200,21,15.9,20,25,0,8192,8,2,9,8192,bf16 fp8
END
mixture=configs/mixture.cfg
cat >"$mixture" <<'END'
name = "mixture";
@include "clusters/gb200_nvl64_x128.cfg"
@include "models/qwen3_30b.cfg"
set = [ "cluster.topology.dimensions[1].size = 1 | choice: one rack" ];
job : { sequence = 4096; precision = "bf16"; global_batch = 256; ep = 32; };
END
expect 0 run "$mixture" --engine closed
has out '^Errors of dense models on GB200 do not hold for a mixture of experts; '
has out '^Outside the range that was validated: mixture of experts: all published steps that count are of$'
has out '^  validation +outside: mixture of experts$'
has out '^  layout +dp 64, ep 32 x etp 1, zero 1$'
lacks out 'published steps on GB200|orrected by'
"$LINELOSS" run "$mixture" --engine closed --format json >json 2>err || complain "$(cat err)"
"$JSON_CHECK" <json || complain 'not JSON'
has json '"layout_text": "dp 64, ep 32 x etp 1, zero 1"'
has json '"rows": 0,'
# The dense study on the same chip keeps its own, in either order.
for studies in "nvl72 $mixture" "$mixture nvl72"; do
    rm -rf out.d
    read -r first second <<<"$studies"
    expect 0 compare "$first" "$second" --engine closed -o out.d
    has out '^Of 21 published steps on GB200, all took longer than predicted; the median error is 15\.9 %'
    has out '^Errors of dense models on GB200 do not hold for a mixture of experts; '
    has out '^mixture .* -$'
    cat >both.cfg <<END
title = "Both";
topics = ( { name = "both"; question = "Both?"; says = "effective"; studies = "$first $second"; } );
END
    expect 0 answer both.cfg --engine closed -o out.d
    [ "$(tr '\n' ' ' <out | tr -s ' ' | grep -c 'predictions for GB200 are 15\.9 % too fast')" = 1 ] ||
        complain "dense errors: $(cat out)"
    [ "$(tr '\n' ' ' <out | tr -s ' ' | grep -c 'none is recorded of mixtures of experts on GB200')" = 1 ] ||
        complain "errors of experts: $(cat out)"
    has out.d/index.html 'none of mixtures of experts counts'
    has out.d/index.html '16 % off, 21 of 21 too short'
done
rm "$record"
expect 0 run nvl72 --engine closed
has out '^Outside the range that was validated: the configurations have no record of a validation'
finish
