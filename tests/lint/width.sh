#!/usr/bin/env bash
# width.sh: no line of C is longer than `limit` columns.
set -u
limit=100
cd "$(dirname "$0")/../.." || exit 1
long=$(LC_ALL=C.UTF-8 grep -rnE "^.{$((limit + 1))}" sim topology tests bench --include='*.[ch]')
[ -z "$long" ] && exit 0
echo "$long" >&2
echo "lines of more than $limit columns" >&2
exit 1
