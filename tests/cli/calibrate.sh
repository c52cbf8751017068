#!/usr/bin/env bash
# calibrate: engine flow stays near engine packet, and an extrapolation within the bound that it prints.
. "$(dirname "$0")/common.sh"

# The whole set at half of the usual length. The limits are those that README promises.
on 2 calibrate kappa --set length=32 --format csv >cases.csv
[ "$(wc -l <cases.csv)" = 225 ] || complain "7 patterns, 4 fabrics, 8 loads and a heading: $(wc -l <cases.csv) lines"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
{
    worst = $at["worst_frac"] < 0 ? -$at["worst_frac"] : $at["worst_frac"]
    if ($at["median_frac"] > 0.015) { print "median: " $0; bad = 1 }
    if (worst > 0.05) { print "worst: " $0; bad = 1 }
    if ($at["cut_err_frac"] > $at["cut_bound_frac"] + 1e-9) { print "beyond its bound: " $0; bad = 1 }
    if ($at["simulated_frac"] < 1) n_cut++
    if ($at["load_frac"] < 0.099 || $at["load_frac"] > 1) { print "load: " $0; bad = 1 }
    if ($at["load_frac"] < 0.12) n_light++
    if ($at["load_frac"] > 0.97) n_full++
} END {
    if (n_cut < 50 || n_light < 10 || n_full < 50) { print n_cut " cut, " n_light " light, " n_full " full"; bad = 1 }
    exit bad
}' cases.csv >why || complain "$(cat why)"

# One pattern; the same bytes on any number of ranks, in every format.
for format in text json csv md; do
    expect 0 calibrate kappa --set pattern=incast --set length=4 --format $format
    is_empty err
    cp out serial
    on 3 calibrate kappa --set pattern=incast --set length=4 --format $format >ranks
    same ranks serial
done
expect 0 calibrate kappa --set pattern=incast --set length=4 --format json
"$JSON_CHECK" chips packet_B kappa fitted_kappa fitted_kappa_low fitted_kappa_high fits cases <out || complain json
finish
