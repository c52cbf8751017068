#!/usr/bin/env bash
# Completion of bash: commands, options, their values, and the names of what is shipped.
. "$(dirname "$0")/common.sh"

expect 0 help completion
cp out completion.bash
if command -v shellcheck >/dev/null; then
    shellcheck -s bash completion.bash >said || complain "shellcheck: $(head -c 1000 said)"
fi
# shellcheck disable=SC1091
. ./completion.bash

offers() { # words of the line so far, the last of them not complete; then "=", and the words that are offered
    COMP_WORDS=("$LINELOSS")
    while [ "$1" != : ]; do COMP_WORDS+=("$1") && shift; done
    shift
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _lineloss
    local got=" ${COMPREPLY[*]} " word
    for word in "$@"; do
        case $word in
        !*) [[ $got != *" ${word#!} "* ]] || complain "${COMP_WORDS[*]:1}: offers ${word#!}" ;;
        *) [[ $got == *" $word "* ]] || complain "${COMP_WORDS[*]:1}: offers$got, not $word" ;;
        esac
    done
}
touch "my study.cfg"
offers '' : run compare net list help !man
offers c : compare curves calibrate check !run
offers help ma : man
offers -- : --help --version
offers run nv : nvl72 !atlas950 !nvl72.cfg
offers run my : 'my study.cfg'
offers run nvl72 --en : --engine
offers run nvl72 --engine '' : closed flow packet
offers run nvl72 --engine = p : packet !closed
offers run nvl72 --format j : json
offers run nvl72 --set job.mic : job.micro_batch=
offers run nvl72 --set engine.fo : engine.fold=
offers run nvl72 --seed '' : !nvl72
offers run nvl72 --petsc '' : !nvl72
offers compare nvl72 -- : -- --set
offers net hgx : hgx_h100 !nvl72
offers net hgx_h100 --collective all_ : all_reduce all_to_all
offers calibrate '' : collectives gemm kappa hgx_h100
offers list st : studies
mkdir results
offers run nvl72 -o res : results
finish
