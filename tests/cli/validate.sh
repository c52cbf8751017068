#!/usr/bin/env bash
# scripts/validate: the arithmetic by hand, the exit code, and the table over the real rows.
. "$(dirname "$0")/common.sh"
scripts=$(dirname "$LINELOSS_CONFIGS")/scripts

# Fields: id study what measured unit work band source state chips chip tokens step missing.
row() {
    local IFS=$'\t'
    printf '%s\n' "$*"
}
{
    row A a 'seconds' 10 s 0 8 - ok 8 X 1000 9 0                      # 9 / 10: -10 %
    row B b 'rate' 100 TFLOP/s/chip 4e15 8 - ok 4 X 1000 10.5 0       # 4e15 / (100e12 4) = 10 s: +5 %
    row C c 'tokens' 50 tokens/s/chip 0 8 - ok 2 Y 2000 16 0          # 2000 / (50 2) = 20 s: -20 %
    row D d 'large' 10 s 0 8 - misfit 0 - 0 0 3.5
    row E e 'wrong' 10 s 0 8 - failed 0 - 0 0 0
} >rows
awk -v format=text -f "$scripts/validate.awk" rows >out
has out '^Not validated yet'
has out '^A +a +seconds +8 +10\.000 s +9\.000 s +-10\.0 %'
has out '^B .* 10\.000 s +10\.500 s +\+5\.0 %'
has out '^C .* 20\.000 s +16\.000 s +-20\.0 %'
has out '^D .* does not fit: 3\.5 GB missing$'
has out '^E .* cannot be run$'
# |errors| 5, 10, 20: median 10; P90 lies 0.8 of the way from the second to the third: 18.
has out '^3 of 5 rows: \|error\| median 10\.0 %, P90 18\.0 %, worst 20\.0 % \(c\); 1 too slow, 2 too fast; 1 in'
has out '^  X +2 rows: \|error\| median 7\.5 %, mean error -2\.5 %$'
awk -v format=json -f "$scripts/validate.awk" rows >json
"$JSON_CHECK" <json || complain "validate.awk: not JSON"
has json '"median_abs_err": 10\.000,'
has json '"share_positive": 0\.3333,'
has json '"worst": \{"study": "c", "error_pct": -20\.000\}'

# The real rows: one that does not fit is a result, one that is wrong is a failure.
"$scripts/validate" --format json >json 2>err </dev/null || complain "validate: exit code $?: $(cat err)"
"$JSON_CHECK" <json || complain "validate --format json: not JSON"
has json '"study": "o15", "reason": "does not fit: [0-9.]+ GB missing"'
has json '"study": "o12_2048".*"chips": 2048, "measured_s": 10\.15,'
"$scripts/validate" --set job.tpp=1 >out 2>err </dev/null && complain "validate: a wrong key is no failure"
has out '^O01 .* cannot be run$'
has err "unknown key 'tpp'|job\.tpp"
finish
