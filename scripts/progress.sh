# shellcheck shell=bash
# Sourced by scripts: one line of progress on standard error while a command runs, if that is a terminal.
#   COMMAND 2>&1 | tee LOG | progress WHAT TOTAL PATTERN    lines that match PATTERN are counted, of TOTAL
#   COMMAND 2>&1 | tee LOG | progress WHAT                  lines that begin with "[ 42%]" say how far it is, as cmake's
progress() {
    local what=$1 total=${2:-0} pattern=${3:-'^\[ *([0-9]+)%\]'} line n=0 percent shown=-1
    while IFS= read -r line; do
        [[ $line =~ $pattern ]] || continue
        n=$((n + 1))
        if [ "$total" -gt 0 ]; then percent=$((100 * n / total)); else percent=${BASH_REMATCH[1]}; fi
        [ "$percent" -le 100 ] || percent=100
        if [ -t 2 ] && [ "$percent" -gt "$shown" ]; then
            printf '\r%s: %d %%' "$what" "$percent" >&2
            shown=$percent
        fi
    done
    [ "$shown" -lt 0 ] || printf '\r%*s\r' $((${#what} + 8)) '' >&2
}
