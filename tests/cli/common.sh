# Sourced by the tests of the command line: LINELOSS, MPIEXEC, JSON_CHECK are set by CTest.
set -u
work=$(mktemp -d -t llcli.XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

complain() {
    echo "$*" >&2
    failed=1
}

# Run lineloss; its output in out and err, its exit code must be the first argument.
expect() { # code, argument...
    local want=$1 code
    shift
    "$LINELOSS" "$@" >out 2>err </dev/null
    code=$?
    [ "$code" = "$want" ] || complain "lineloss $*: exit code $code, expected $want: $(head -c 500 err)"
    if grep -qE 'Sanitizer|runtime error:|PETSC ERROR' err; then
        complain "lineloss $*: $(head -c 2000 err)"
    fi
}
on() { # ranks, argument...
    local ranks=$1
    shift
    "$MPIEXEC" -n "$ranks" "$LINELOSS" "$@" 2>err </dev/null || complain "$ranks ranks: lineloss $*: $(head -c 500 err)"
}
has() { # file, extended regular expression
    grep -qE -- "$2" "$1" || complain "no line like '$2' in $1: $(head -c 1500 "$1")"
}
lacks() {
    ! grep -qE -- "$2" "$1" || complain "a line like '$2' in $1"
}
is_xml() { # file; by another reader than ours, where there is one
    ! command -v python3 >/dev/null || python3 -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' "$1" ||
        complain "$1 is not well-formed XML"
}
is_empty() {
    [ ! -s "$1" ] || complain "$1 should be empty: $(head -c 500 "$1")"
}
same() { # file, file
    cmp -s "$1" "$2" || complain "$1 and $2 differ: $(diff "$1" "$2" | head -n 6)"
}
finish() { exit "$failed"; }
