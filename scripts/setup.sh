#!/usr/bin/env bash
# Install the Debian packages that lineloss needs, if any is missing. Nothing to do: no root, no network.
#   scripts/setup.sh          what building, running and plotting need
#   scripts/setup.sh test     what the tests need too
# Says in one line what it does; what apt says is in build/setup.log.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(gcc libc6-dev make cmake pkg-config git libopenmpi-dev openmpi-bin petsc-dev libconfig-dev libjansson-dev gnuplot-nox)
[ "${1:-}" != test ] || packages+=(jq clang clang-format clang-tidy libclang-rt-14-dev shellcheck)

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "these packages are missing, and installing them needs root:" >&2
        echo "  apt-get install ${missing[*]}" >&2
        exit 1
    fi
    root=(sudo)
fi
mkdir -p build
log=build/setup.log
: >"$log"
fail() {
    tail -n 20 "$log" >&2
    echo "installing packages failed; what apt said is in $log" >&2
    exit 1
}
apt() {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}
# shellcheck source=scripts/progress.sh
. scripts/progress.sh

apt -qq update >>"$log" 2>&1 || fail
plan=$(apt -s install --no-install-recommends "${missing[@]}" 2>>"$log") || fail
n=$(grep -c '^Inst ' <<<"$plan") || true
size=$(apt --assume-no install --no-install-recommends "${missing[@]}" 2>/dev/null |
    sed -n 's/^Need to get \(.*\) of archives.*/\1 to load/p; s/^After this operation, \(.*\) of additional.*/\1 on disk/p' |
    paste -sd ';' | sed 's/;/, /') || true
echo "installing ${#missing[@]} packages and what they need: $n in all${size:+, $size}; 2 to 10 minutes; log in $log" >&2
# Each package is unpacked and then set up.
apt -y install --no-install-recommends "${missing[@]}" 2>&1 | tee -a "$log" |
    progress "packages" $((2 * n)) '^(Unpacking|Setting up) ' || fail
