#!/usr/bin/env bash
# Help and version: on standard output, exit code 0, without MPI, each once under a launcher.
. "$(dirname "$0")/common.sh"

expect 0 --help
is_empty err
has out '^Exit codes:'
cp out program_help
[ "$(awk 'length > 100' out | wc -l)" = 0 ] || complain "--help is wider than 100 columns"
for command in run compare net check list; do
    has program_help "^  $command "
    expect 0 "$command" --help
    is_empty err
    has out "^Usage: lineloss $command"
    has out '^Examples:'
    [ "$(awk 'length > 100' out | wc -l)" = 0 ] || complain "$command --help is wider than 100 columns"
done

# `help` and `-h` say the same as --help, `-v` and `-V` as --version.
for words in help "help help" -h; do
    expect 0 $words
    same out program_help
done
expect 0 net --help
cp out net_help
expect 0 help net
same out net_help
expect 1 help nte
has err "did you mean 'net'"
expect 1 hepl
has err "did you mean 'help'"
expect 1 help net nvl72
has err "'nvl72' is one argument too many"
expect 0 -v
cp out short_version
expect 0 -V
same out short_version

expect 0 --version
is_empty err
has out '^lineloss [0-9]+\.[0-9]+\.[0-9]+ \([0-9a-f]+(-dirty)?\)$|^lineloss .* \(unknown\)$'
has out '^Petsc .*3\.'
has out 'MPI'
[ "$(wc -l <out)" = 3 ] || complain "--version has $(wc -l <out) lines"

on 3 --version >three
same three out

# What cannot be written is an error, for texts that fit a buffer and for those that do not; a reader that has
# enough is none.
for words in --version "help run" "help man" "help completion" "list keys" "check nvl72"; do
    # shellcheck disable=SC2086
    "$LINELOSS" $words >/dev/full 2>err
    code=$?
    [ $code = 2 ] || complain "$words >/dev/full: exit code $code"
    has err 'standard output: No space left on device'
    # shellcheck disable=SC2086
    "$LINELOSS" $words >&- 2>err
    code=$?
    [ $code = 2 ] || complain "$words, standard output closed: exit code $code"
    has err 'standard output: '
    # shellcheck disable=SC2086
    "$LINELOSS" $words 2>err | head -n 1 >/dev/null
    is_empty err
done

# No file of the machine is opened by mistake: help works from a folder that has nothing.
expect 0 list --help
finish
