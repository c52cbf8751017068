#!/usr/bin/env bash
# effects.sh LINELOSS: what recomputation, chunks and overlap change, against what their sources print (effects.csv).
# Fails where a change has the wrong sign, or is off by more than a third though its row is said to hold. Rows that
# are let through are named at the end.
set -u
lineloss=$1
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.." || exit 1
failed=0
n_all=0
missed=()

# "step_s bubble_s compute_s" of a study with settings separated by semicolons.
run() { # study, settings
    local setting list arguments=()
    IFS=';' read -ra list <<<"$2"
    for setting in "${list[@]}"; do
        [ -n "$setting" ] && arguments+=(--set "$setting")
    done
    "$lineloss" run "configs/published/$1.cfg" --no-progress --format json "${arguments[@]}" |
        jq -r '"\(.step_s) \(.bubble_s) \(.compute_s)"'
}

printf '%-45s %9s %9s  %s\n' "gain, %" published predicted source
while IFS=, read -r what study both before after quantity gain holds source; do
    first=$(run "$study" "$both;$before")
    second=$(run "$study" "$both;$after")
    verdict=$(echo "$first $second" | awk -v what="$what" -v quantity="$quantity" -v gain="$gain" \
        -v holds="$holds" -v source="$source" '
        NF != 6 { print "no figures: " what; bad = 1; exit }
        {
            got = quantity == "bubble" ? 100 * ($2 / ($2 + $3) - $5 / ($5 + $6)) : 100 * ($1 / $4 - 1)
            off = got / gain - 1
            far = off > 1 / 3 || off < -1 / 3
            bad = got * gain <= 0 || (far && holds == "yes")
            printf "%-45s %9.1f %9.1f  %s%s\n", what, gain, got, source, far ? " NOT MET: " (bad ? "FAR OFF" : holds) : ""
        }
        END { exit bad }') || failed=1
    echo "$verdict"
    n_all=$((n_all + 1))
    [[ $verdict == *'NOT MET'* ]] && missed+=("$what")
done < <(grep -v '^#' "$here/effects.csv" | tail -n +2)
echo "NOT MET within a third: ${#missed[@]} of $n_all effects${missed[0]+:}"
[ ${#missed[@]} = 0 ] || printf '  NOT MET: %s\n' "${missed[@]}"
exit $failed
