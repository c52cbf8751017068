#!/usr/bin/env bash
# golden.sh sees what it is for: a program whose output is off by a bit, lacks something, has more, or fails.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d -t golden.XXXXXX)
trap 'rm -rf "$work"' EXIT
LINELOSS=$(realpath "$LINELOSS")
real=$LINELOSS failed=0

# The program, but with its JSON passed through a jq filter.
cat >"$work/lineloss" <<'END'
#!/usr/bin/env bash
set -o pipefail
"$REAL" "$@" | jq "$FILTER"
END
chmod +x "$work/lineloss"

expect() { # what, exit code, line of output, filter, option...
    local what=$1 want=$2 line=$3 filter=$4 code=0
    shift 4
    REAL=$real FILTER=$filter LINELOSS=$work/lineloss "$here/golden.sh" "$@" study.nvl72.closed >"$work/out" 2>&1 || code=$?
    if [ "$code" != "$want" ] || ! grep -qE -- "$line" "$work/out"; then
        echo "$what: exit code $code, expected $want and a line like '$line': $(head -n 20 "$work/out")" >&2
        failed=1
    fi
}
expect "as it is" 0 '^1 runs, [1-9][0-9]* values' .
expect "another order" 0 '^1 runs' '.losses |= reverse | .transfers |= reverse'
# 1 + 2^-52, the next number after 1
expect "one bit" 1 'closed step_s: recorded .* \(\+2\.22e-16 relative\)' '.step_s *= 1.0000000000000002'
expect "one bit, to 1e-12" 0 '^1 runs' '.step_s *= 1.0000000000000002' --within 1e-12
expect "more than 1e-12" 1 'closed step_s: recorded .*\+2e-12' '.step_s *= 1.000000000002' --within 1e-12
# A loss is a difference of chips, 72 here: 1e-11 of them is within 1e-12, 1e-9 is not.
expect "a difference, to 1e-12" 0 '^1 runs' '(.losses[] | select(.cause == "jitter")).chips += 1e-11' --within 1e-12
expect "more than that" 1 'loss\[jitter\]\.chips: recorded' '(.losses[] | select(.cause == "jitter")).chips += 1e-9' --within 1e-12
expect "text" 1 'transfer\[pp send\]\.algorithm: recorded .*, now tree' \
    '(.transfers[] | select(.name == "pp send")).algorithm = "tree"' --within 0.5
expect "missing" 1 'loss\[jitter\]\.chips: recorded .*missing' 'del(.losses[] | select(.cause == "jitter"))' --within 0.5
expect "additional" 1 'loss\[heat\]\.chips: .*additional' '.losses += [{cause: "heat", chips: 0}]' --within 0.5
expect "twice" 1 'twice: loss\[jitter\]\.chips' '.losses += [.losses[] | select(.cause == "jitter")]'
expect "no JSON" 1 '1 of 1 runs' '"x" | error'
exit "$failed"
