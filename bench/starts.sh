#!/usr/bin/env bash
# starts.sh [STARTS [AT_ONCE]]: single processes that start side by side, as those of a sweep by `xargs -P` do, never
# get into each other's way. Default: 10000 starts, 8 at once. LINELOSS is the program, else the one in build/release.
set -u
starts=${1:-10000} at_once=${2:-8}
LINELOSS=${LINELOSS:-$(dirname "$0")/../build/release/lineloss}
export LINELOSS
work=$(mktemp -d -t llstarts.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
"$LINELOSS" list chips >"$work/expected" 2>"$work/first" </dev/null || { cat "$work/first" >&2; exit 1; }

# Each must say what the first one said, and nothing else.
seq "$starts" | (cd "$work" && xargs -P "$at_once" -I{} sh -c '
    "$LINELOSS" list chips >out.{} 2>err.{} </dev/null
    code=$?
    if [ $code != 0 ] || [ -s err.{} ] || ! cmp -s out.{} expected; then
        echo "start {}: exit code $code"
        head -n 6 err.{}
    fi
    rm -f out.{} err.{}') >"$work/bad"
if [ -s "$work/bad" ]; then
    head -n 40 "$work/bad" >&2
    echo "$(grep -c '^start' "$work/bad") of $starts starts failed, $at_once at once" >&2
    exit 1
fi
echo "$starts starts, $at_once at once: all of them said the same"
