#!/usr/bin/env bash
# run.sh LINELOSS MPIEXEC CONFIGS CASE: a wrong input is refused, in the user's words.
#
# CASE is a folder with
#   input.cfg   the input, usually a shipped study with one fault (configs/ is linked beside it)
#   expected    lines of which each must stand in the messages, as a part of a line, exactly once
#   args        instead of the arguments  run input.cfg -o out
#   env         variables of the environment, NAME=VALUE each on a line
#   setup       bash, run in the work folder first; exit code 77 skips the case
# It is run on 1 rank and on 3. Checked: exit code 1, the expected lines, nothing on standard output,
# no file that was not there before, no report of a sanitizer or of PETSc.
set -u
lineloss=$1 mpiexec=$2 configs=$3 folder=$4
work=$(mktemp -d "${TMPDIR:-/tmp}/llbad.XXXXXX") || exit 1
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
failed=0

# Root reads and writes everything; without these two capabilities it is refused like anybody else.
as_user=()
if [ "$(id -u)" = 0 ]; then
  drop=-dac_override,-dac_read_search
  as_user=(setpriv --bounding-set="$drop" --inh-caps="$drop")
  "${as_user[@]}" true 2>/dev/null || as_user=()
fi
may_ignore_modes=0
[ "$(id -u)" = 0 ] && [ ${#as_user[@]} = 0 ] && may_ignore_modes=1
export may_ignore_modes

complain() {
  echo "$(basename "$folder"), $ranks: $*" >&2
  failed=1
}

files() { (cd "$work/in" && find . | LC_ALL=C sort); }

check_lines() {
  local line n
  while IFS= read -r line || [ -n "$line" ]; do
    [ -z "$line" ] && continue
    n=$(grep -cF -e "$line" "$work/err")
    [ "$n" = 1 ] || complain "stands $n times in the messages, not once: $line"
  done <"$folder/expected"
}

run() { # the launcher, if any
  local before code
  before=$(files)
  (cd "$work/in" && "${as_user[@]}" "$@" "$lineloss" "${args[@]}") >"$work/out" 2>"$work/err" </dev/null
  code=$?
  [ "$code" = 1 ] || complain "exit code $code, expected 1"
  check_lines
  [ -s "$work/out" ] && complain "wrote to standard output: $(head -c 300 "$work/out")"
  [ "$before" = "$(files)" ] || complain "left files: $(diff <(echo "$before") <(files))"
  grep -qE 'Sanitizer|runtime error|PETSC ERROR|internal error' "$work/err" && complain "crashed"
  [ $failed = 0 ] || { echo "--- messages:" && cat "$work/err"; } >&2
}

[ -s "$folder/expected" ] || { ranks=any complain "says nothing in 'expected'"; exit 1; }
mkdir "$work/in"
cp -a "$folder/." "$work/in"
rm "$work/in/expected"
ln -s "$configs" "$work/in/configs"
args=(run input.cfg -o out)
[ -f "$folder/args" ] && eval "args=($(cat "$folder/args"))"
if [ -f "$folder/env" ]; then
  set -a
  # shellcheck source=/dev/null
  . "$folder/env"
  set +a
fi
if [ -f "$folder/setup" ]; then
  (cd "$work/in" && bash setup)
  code=$?
  [ $code = 0 ] || exit $code
fi
ranks="1 rank" && run
ranks="3 ranks" && run "$mpiexec" -n 3
exit $failed
