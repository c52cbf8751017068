#!/usr/bin/env bash
# How single processes start: side by side, without a folder for temporary files, and when MPI cannot.
. "$(dirname "$0")/common.sh"
LINELOSS=$LINELOSS "$(dirname "$0")/../../bench/starts.sh" 300 8 >out 2>&1 || complain "$(cat out)"
has out '^300 starts, 8 at once: all of them said the same$'

# TMPDIR that does not exist or cannot be made is no matter.
expect 0 run nvl72 --engine closed --format csv
cp out usual
for folder in "$PWD/missing" /proc/none; do
    (export TMPDIR=$folder && expect 0 run nvl72 --engine closed --format csv && exit "$failed") || failed=1
    same out usual
done
[ ! -e missing ] || complain 'a folder for temporary files was made'

# What MPI cannot do is no fault of the configuration.
export OMPI_MCA_pml=none
"$LINELOSS" run nvl72 >out 2>err </dev/null
code=$?
if "$LINELOSS" --version | grep -q 'Open MPI'; then
    [ "$code" = 2 ] || complain "exit code $code where MPI does not start"
    has err '^lineloss: MPI did not start, for the reason given above; nothing was run$'
    is_empty out
fi
unset OMPI_MCA_pml

# Nor what PETSc cannot do; and it is told nothing that the result does not hold.
for words in '-ll_snes_type none_such' '-ll_snes_max_it many' none_such; do
    # shellcheck disable=SC2086 # two words
    "$LINELOSS" run nvl72 --petsc $words >out 2>err </dev/null
    code=$?
    [ "$code" = 2 ] || complain "--petsc $words: exit code $code"
    has err 'PETSc (failed, for the reason printed|did not start, for the reason given) above'
    is_empty out
done
echo '-ll_snes_type anderson' >options
expect 1 run nvl72 --petsc -options_file options
has err '^lineloss: --petsc -options_file: a result records the options of the command line, but not of files'
finish
