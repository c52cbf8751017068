#!/usr/bin/env bash
# Install the Debian packages that lineloss needs, if any is missing. Nothing to do: no root, no network.
#   scripts/setup.sh          what building, running and plotting need
#   scripts/setup.sh test     what the tests need too
set -euo pipefail

packages=(gcc libc6-dev make cmake pkg-config git libopenmpi-dev openmpi-bin petsc-dev libconfig-dev gnuplot-nox)
[ "${1:-}" != test ] || packages+=(jq clang clang-format clang-tidy libclang-rt-14-dev shellcheck)

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "installing: ${missing[*]}" >&2
root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "these packages are missing, and installing them needs root:" >&2
        echo "  apt-get install ${missing[*]}" >&2
        exit 1
    fi
    root=(sudo)
fi
apt() {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 -qq "$@" </dev/null >&2
}
apt update
apt install -y --no-install-recommends "${missing[@]}"
