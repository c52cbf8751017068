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
has out '^  published steps +5\.0 % off, 1 of 3 short'
has out '^Outside of what was validated: pp 9: validated to 8$'
lacks out '^Outside of what was validated: chip'
"$LINELOSS" run nvl72 --engine closed --format json >json 2>err || complain "$(cat err)"
"$JSON_CHECK" <json || complain 'not JSON'
has json '"outside_validation": \['
has json '"median_abs_err_frac": 0\.05'
has json '"pp 9: validated to 8"'
expect 0 run nvl72 --engine closed --set job.pp=1 --set job.interleave=1 --set job.zero=3 --set job.precision=fp4 \
    --set job.recompute=full
has out '^Outside of what was validated: precision fp4 on GB200: no published step$'
has out '^Outside of what was validated: layouts of the family fsdp: no published step$'
expect 0 compare nvl72 atlas950 --engine closed -o out.d
has out '^validation +outside: pp 9 +outside: chip Ascend 950DT'
has out '^published steps +5\.0 % off, 1 of 3 short +none on this chip'
# The row of the family is enough where the chip, its precision and the sizes were seen.
sed -i 's/72,8,2,8,8192/8192,8,2,9,8192/; s/8192,8,2,8/8192,8,2,9/' "$record"
expect 0 run nvl72 --engine closed
has out '^  validation +within$'
has out '^It lies within what was compared with published steps'
rm "$record"
expect 0 run nvl72 --engine closed
has out '^Outside of what was validated: no record of a validation'
finish
