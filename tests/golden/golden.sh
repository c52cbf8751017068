#!/usr/bin/env bash
# Compare full results with the record, to the last bit: see README.md beside this file.
#   golden.sh [--ranks N] [--within FRAC] [--update] [RUN...]      RUN may have * in it; default: all
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
lineloss=${LINELOSS:+$(realpath "$LINELOSS")}
cd "$here/../.."
# shellcheck source=scripts/environment.sh
. scripts/environment.sh
export LINELOSS_CONFIGS=$PWD/configs

usage() {
    sed -n '2,3s/^# //p' "$0"
    echo "  --ranks N       run on N ranks of MPI"
    echo "  --within FRAC   numbers may differ by this relative difference; default 0: not by a bit"
    echo "  --update        rewrite the record of these runs, and print what changed"
    echo "The program is \$LINELOSS, or the one in \$BUILD_DIR (build/ci)."
}
fail() {
    echo "golden.sh: $*" >&2
    exit 1
}
complain() {
    echo "$*" >&2
    return 1
}

ranks=1 within=0 update=false wanted=()
while [ $# -gt 0 ]; do
    case $1 in
    --ranks) ranks=${2:?--ranks needs a number} && shift ;;
    --within) within=${2:?--within needs a fraction, such as 1e-12} && shift ;;
    --update) update=true ;;
    --help) usage && exit 0 ;;
    -*) fail "unknown option $1; --help lists them" ;;
    *) wanted+=("$1") ;;
    esac
    shift
done
[ ${#wanted[@]} -gt 0 ] || wanted=('*')
[[ $within =~ ^[0-9.]+([eE]-?[0-9]+)?$ ]] || fail "--within $within: expected a fraction, such as 1e-12"
command -v jq >/dev/null || fail "jq is missing: apt-get install jq"
lineloss=${lineloss:-${BUILD_DIR:-build/ci}/lineloss}
[ -x "$lineloss" ] || fail "no program at $lineloss; set LINELOSS or BUILD_DIR"
launch=()
[ "$ranks" = 1 ] || launch=("${MPIEXEC:-mpirun}" -n "$ranks")

work=$(mktemp -d -t golden.XXXXXX)
trap 'rm -rf "$work"' EXIT

# The results of a run as lines "id <TAB> value", sorted by id; numbers in the 17 digits that keep every bit.
lines_of() { # argument of lineloss...
    "${launch[@]}" "$lineloss" "$@" --no-progress --format json </dev/null >"$work/json" 2>"$work/err" ||
        complain "lineloss $*: exit code $?: $(head -c 1000 "$work/err")" || return 1
    ! grep -qE 'Sanitizer|runtime error:|PETSC ERROR' "$work/err" ||
        complain "lineloss $*: $(head -c 2000 "$work/err")" || return 1
    jq -r --rawfile names "$here/names.tsv" -f "$here/flatten.jq" "$work/json" >"$work/flat" || return 1
    awk -F'\t' '{ print $1 "\t" ($2 ~ /^-?[0-9.]+([eE][-+]?[0-9]+)?$/ ? sprintf("%.17g", $2) : $2) }' \
        "$work/flat" | sort >"$work/lines" || return 1
    [ -s "$work/lines" ] || complain "lineloss $*: no figures" || return 1
    local twice
    twice=$(cut -f1 "$work/lines" | uniq -d)
    [ -z "$twice" ] || complain "lineloss $*: ids that stand there twice: $twice"
}

# What differs between a record and the lines of now; fails if something does.
compare() { # run, record
    awk -F'\t' -v run="$1" -v within="$within" '
        function number(x) { return x ~ /^-?[0-9.]+([eE][-+]?[0-9]+)?$/ }
        function size(x) { return x < 0 ? -x : x }
        # What the difference is relative to: the larger one, or what names.tsv says the figure is a part of.
        function scale(id, a, b,    item, whole) {
            a = size(a) > size(b) ? size(a) : size(b)
            item = match(id, /\[.*\]/) ? substr(id, RSTART, RLENGTH) : ""
            sub(/\[.*\]/, "[]", id)
            if (!(id in part_of)) return a
            whole = part_of[id]
            if (match(whole, /\[\]/)) whole = substr(whole, 1, RSTART - 1) item substr(whole, RSTART + 2)
            return whole in size_of ? size_of[whole] : a
        }
        function report(id, was, is, difference) {
            printf "%s %s: recorded %s, now %s%s\n", run, id, was, is, difference
            bad = 1
        }
        FILENAME == ARGV[1] { if ($1 == "value" && NF > 3) part_of[$2] = $4; next }
        FILENAME == ARGV[2] { recorded[$1] = $2; size_of[$1] = size($2 + 0); next }
        !($1 in recorded) { report($1, "nothing", $2, " (additional)"); next }
        {
            was = recorded[$1]
            delete recorded[$1]
            if (was == $2) next
            if (!number(was) || !number($2)) report($1, was, $2, "")
            else if (size($2 - was) > within * scale($1, was + 0, $2 + 0) || within + 0 == 0)
                report($1, was, $2, sprintf(" (%+.3g relative)", was + 0 ? $2 / was - 1 : 1))
        }
        END {
            for (id in recorded) report(id, recorded[id], "nothing", " (missing)")
            exit bad
        }' "$here/names.tsv" "$2" "$work/lines"
}

run_one() { # run, argument of lineloss...
    local run=$1 record=$here/record/$1.tsv was=/dev/null
    shift
    lines_of "$@" || return 1
    [ -e "$record" ] && was=$record
    if $update; then
        if [ "$was" = /dev/null ]; then
            echo "$run: new, $(wc -l <"$work/lines") values"
        else
            compare "$run" "$was" || true
        fi
        cp "$work/lines" "$record" || return 1
    elif [ "$was" = /dev/null ]; then
        complain "$run: there is no record of it; --update makes one"
    else
        compare "$run" "$was"
    fi
}

is_wanted() { # run
    local pattern
    for pattern in "${wanted[@]}"; do
        # shellcheck disable=SC2053 # it is a pattern
        [[ $1 == $pattern ]] && return 0
    done
    return 1
}

# Records and their checksums belong together, so that a record edited by hand is seen; and each has a run.
checksums() { (cd "$here/record" && sha256sum -- *.tsv); }
if ! $update; then
    checksums | diff "$here/checksums.txt" - >&2 ||
        fail "record and checksums.txt do not belong together (< listed, > there); --update writes both"
fi

n=0 n_value=0 failed=()
while IFS=$'\t' read -r run arguments; do
    [[ -z $run || $run == '#'* ]] && continue
    echo "$run" >>"$work/runs"
    is_wanted "$run" || continue
    read -ra argument <<<"$arguments"
    n=$((n + 1))
    if run_one "$run" "${argument[@]}"; then
        n_value=$((n_value + $(wc -l <"$work/lines")))
        echo "$run: $(sha256sum <"$work/lines" | cut -c1-16)"
    else
        failed+=("$run")
    fi
done <"$here/runs.tsv"
[ "$n" -gt 0 ] || fail "no run of runs.tsv is called ${wanted[*]}"

for record in "$here"/record/*.tsv; do
    run=$(basename "$record" .tsv)
    grep -qxF -- "$run" "$work/runs" && continue
    if $update; then
        echo "$run: no longer in runs.tsv, its record is removed" && rm "$record"
    else
        fail "record/$run.tsv: runs.tsv has no such run"
    fi
done
if $update; then checksums >"$here/checksums.txt"; fi
[ ${#failed[@]} = 0 ] || fail "${#failed[@]} of $n runs are not as recorded: ${failed[*]}"
echo "$n runs, $n_value values"
