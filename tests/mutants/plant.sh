#!/usr/bin/env bash
# Plants the faults of faults.tsv one after another in a copy of the tree, and says which test notices each.
#   plant.sh                 all of them; where it was stopped, it goes on
#   plant.sh --only 3,17     some, by their number
#   plant.sh --list          their numbers, files and texts
#   plant.sh --check         only that every text stands exactly once in the tree
#   plant.sh --work DIR      copy, build and answers are here (default: below TMPDIR)
# Exit code 1: a fault survived, does not compile, or has no place.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD list=tests/mutants/faults.tsv work=${TMPDIR:-/tmp}/lineloss-mutants-$(id -u) only='' action=plant

fail() {
    echo "plant.sh: $*" >&2
    exit 1
}
while [ $# -gt 0 ]; do
    case $1 in
    --list | --check) action=${1#--} ;;
    --only) only=,${2:?--only needs numbers},; shift ;;
    --work) work=${2:?--work needs a folder}; shift ;;
    *) fail "unknown argument '$1'" ;;
    esac
    shift
done
declare -a hint text new label
while IFS=$'\t' read -r a b c d rest; do
    [[ $a == '#'* ]] && continue
    [ -n "$d" ] && [ -z "$rest" ] || fail "$list: '$a' '$b': expected 4 columns"
    [ "$b" != "$c" ] || fail "$list: '$b' is replaced by itself"
    hint+=("$a") text+=("$b") new+=("$c") label+=("$d")
done <"$list"
n=${#text[@]}
[ "$n" -gt 0 ] || fail "$list: no faults"

# Prints the one file below sim and topology with the text; nothing, and false, if it stands there not once.
place() { # text
    local files count
    count=$(grep -roFh --include='*.[ch]' -- "$1" sim topology | wc -l)
    files=$(grep -rlF --include='*.[ch]' -- "$1" sim topology)
    [ "$count" -eq 1 ] && echo "$files" && return
    echo "stands $count times in sim and topology: $1" >&2
    return 1
}

if [ "$action" = list ]; then
    for ((i = 0; i < n; i++)); do printf '%3d  %s  %s\n' $((i + 1)) "${hint[i]}" "${text[i]}"; done
    exit
fi
bad=0
for ((i = 0; i < n; i++)); do
    place "${text[i]}" >/dev/null || { echo "fault $((i + 1)) (${hint[i]})" >&2; bad=1; }
done
[ $bad = 0 ] || exit 1
echo "$n faults, each with one place"
[ "$action" = plant ] || exit 0

# shellcheck source=scripts/environment.sh
. scripts/environment.sh
copy=$work/tree build=$work/build
names() { # all files of the tree that git does not ignore, or without git all but builds
    git ls-files -co --exclude-standard 2>/dev/null ||
        find . -path ./build -prune -o -path ./.git -prune -o -type f -print
}
mkdir -p "$copy" || exit 1
names | sed 's:^\./::' | while read -r f; do [ -f "$f" ] && echo "$f"; done | sort >"$work/names"
hash=$(grep -v '^tests/mutants/' "$work/names" | tr '\n' '\0' | xargs -0 sha256sum | sha256sum | cut -c1-12)
answers=$work/answers.$hash.tsv # of this state of the tree
# What differs is copied and so rebuilt: a fault that was left behind, too.
(cd "$copy" && find . -type f | sed 's:^\./::' | sort | comm -23 - "$work/names" | tr '\n' '\0' | xargs -0 -r rm)
while read -r f; do
    cmp -s "$f" "$copy/$f" || { mkdir -p "$copy/$(dirname "$f")" && cp "$f" "$copy/$f"; } || exit 1
done <"$work/names"
cd "$copy" || exit 1

compile() { cmake --build "$build" -j "$jobs" >"$work/build.log" 2>&1; }
# Runs the tests of the labels on one rank until one fails; prints that one.
noticed() { # more arguments of ctest
    ctest --test-dir "$build" -j "$jobs" -E '\.np[2-9]$' --stop-on-failure --no-tests=error "$@" \
        >"$work/test.log" 2>&1 && return 1
    sed -nE 's/.*Test +#[0-9]+: ([^ ]+) .*(\*\*\*|Not Run).*/\1/p' "$work/test.log" | grep -m 1 . ||
        echo "no test, but ctest failed ($work/test.log)"
}
echo "building in $build"
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release >"$work/build.log" 2>&1 && compile ||
    fail "the sound tree does not build: $work/build.log"
if test=$(noticed -L 'unit|physics|contract'); then fail "$test fails in the sound tree"; fi

for ((i = 0; i < n; i++)); do
    [ -z "$only" ] || [[ $only == *,$((i + 1)),* ]] || continue
    key=$(printf '%s' "${text[i]}${new[i]}" | sha256sum | cut -c1-12)
    if ! grep -q "^$key" "$answers" 2>/dev/null; then
        file=$(place "${text[i]}") || exit 1
        content=$(cat "$file"; echo .)
        printf '%s' "${content%.}" >"$work/sound"
        content=${content%.}
        printf '%s' "${content/"${text[i]}"/"${new[i]}"}" >"$file"
        cmp -s "$file" "$work/sound" && fail "fault $((i + 1)) changed nothing"
        if ! compile; then
            answer="DOES NOT COMPILE"
        elif test=$(noticed -L "${label[i]}"); then
            answer="killed by $test"
        elif test=$(noticed -L 'unit|physics|contract' -LE "${label[i]}"); then
            answer="killed by $test, not by ${label[i]}"
        else
            answer=SURVIVED
        fi
        cat "$work/sound" >"$file" # newer than what was built with the fault
        printf '%s\t%s\n' "$key" "$answer" >>"$answers"
    fi
    answer=$(grep -m 1 "^$key" "$answers" | cut -f 2)
    [[ $answer == killed* ]] || bad=1
    printf '%3d  %-40s %s  %s\n' $((i + 1)) "$answer" "${hint[i]}" "${text[i]}"
done
cd "$root" && exit $bad
