#!/usr/bin/env bash
# peers.sh LINELOSS [TABLE]: every row of peers.csv, priced by `lineloss net`; fails if one is further from its golden than the row
# allows, or if a row that is more than 5 % off does not say why. Prints a row for each.
set -u
lineloss=$1
here=$(cd "$(dirname "$0")" && pwd)
table=${2:-$here/peers.csv}
work=$(mktemp -d -t llpeers.XXXXXX)
trap 'rm -rf "$work"' EXIT
failed=0 n=0

# Round r of a ring: every host sends its part on when it has got the part of the round before.
ring() { # hosts, bytes in all, rounds
    awk -v n="$1" -v size="$2" -v rounds="$3" 'BEGIN {
        for (r = 0; r < rounds; r++) for (i = 0; i < n; i++)
            print i, (i + 1) % n, size / n, (r ? "after=" (r - 1) * n + (i + n - 1) % n : "") }'
}
# Round r: every host to the r-th after it, when its send of the round before has ended.
rounds() { # hosts, bytes a pair, rounds
    awk -v n="$1" -v size="$2" -v rounds="$3" 'BEGIN {
        for (r = 1; r <= rounds; r++) for (i = 0; i < n; i++)
            print i, (i + r) % n, size, (r > 1 ? "after=" (r - 2) * n + i : "") }'
}

printf '%-46s %-26s %12s %12s %9s\n' case peer golden here %
while IFS=, read -r case peer cluster net field golden most why; do
    read -ra words <<<"$net"
    if [[ ${words[0]} = ring || ${words[0]} = rounds ]]; then
        "${words[@]:0:4}" >"$work/flows"
        words=(--traffic "$work/flows" "${words[@]:4}")
    fi
    n=$((n + 1))
    here_s=$("$lineloss" net "$here/$cluster" "${words[@]}" --format json --no-progress |
        sed -n "s/^ *\"$field\": \([^,]*\),*\$/\1/p" | head -n 1)
    percent=$(awk -v a="${here_s:-nan}" -v b="$golden" 'BEGIN { printf "%.2f", 100 * (a / b - 1) }')
    printf '%-46s %-26s %12.6g %12.6g %9s  %s\n' "$case" "$peer" "$golden" "${here_s:-nan}" "$percent" "$why"
    awk -v p="$percent" -v most="$most" -v why="$why" \
        'BEGIN { if (p < 0) p = -p; exit !(p <= most && (p <= 5 || why != "")) }' ||
        { failed=1 && echo "FAILED: $percent %, at most $most % is allowed, and more than 5 % needs a reason" >&2; }
done < <(grep -v '^#' "$table" | tail -n +2)
[ "$n" -gt 0 ] || { failed=1 && echo "no rows in $table" >&2; }
exit $failed
