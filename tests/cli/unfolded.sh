#!/usr/bin/env bash
# Every flow solved by itself, over 1, 2, 3, 4 ranks: the folded step time, to the solver's tolerance.
. "$(dirname "$0")/common.sh"

step() { sed -n 's/^  "step_s": \(.*\),$/\1/p' "$1"; }
expect 0 run nvl72 --fold on --format json
folded=$(step out)
for ranks in 1 2 3 4; do
    on $ranks run nvl72 --fold off --format json >ranks.json
    # 1e-9 of each link's load is the default tolerance; the step time may add up some of them.
    awk -v a="$folded" -v b="$(step ranks.json)" 'BEGIN { d = a > b ? a - b : b - a; exit !(a > 0 && d <= 1e-7 * a) }' ||
        complain "$ranks ranks: step_s $(step ranks.json), folded $folded"
    has ranks.json '"valid": true'
done
finish
