#!/usr/bin/env bash
# scripts.sh: every script parses, and shellcheck (if it is there) has nothing to say.
set -u
cd "$(dirname "$0")/../.." || exit 1
mapfile -t scripts < <(grep -rlE '^#!/usr/bin/env bash' scripts tests bench .ci | sort)
[ ${#scripts[@]} -gt 5 ] || { echo "only ${#scripts[@]} scripts were found" >&2; exit 1; }
for script in "${scripts[@]}"; do
    bash -n "$script" || exit 1
done
if command -v shellcheck >/dev/null; then
    shellcheck -x --severity=warning "${scripts[@]}" || exit 1
fi
echo "${#scripts[@]} scripts"
