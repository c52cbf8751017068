#!/usr/bin/env bash
# headers.sh CC: each header compiles by itself, and its guard is named after its path.
set -u
cc=$1
cd "$(dirname "$0")/../.." || exit 1
failed=0
n=0
while read -r header; do
    n=$((n + 1))
    "$cc" -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -I. -x c -fsyntax-only \
        -include "$header" /dev/null || { echo "$header: does not compile alone" >&2; failed=1; }
    guard=LL_$(echo "$header" | tr 'a-z/.' 'A-Z__')
    grep -qE "#ifndef ($guard|LL_${guard#LL_SIM_})\$" "$header" || { echo "$header: no guard $guard" >&2; failed=1; }
done < <(find sim topology -name '*.h' | sort)
[ "$n" -gt 10 ] || { echo "only $n headers were found" >&2; failed=1; }
[ $failed = 0 ] && echo "$n headers"
exit $failed
