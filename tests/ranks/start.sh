#!/usr/bin/env bash
# Ranks that were not started alike: one message, and all of them end with exit code 1.
. "$(dirname "$0")/../cli/common.sh"
# shellcheck source-path=SCRIPTDIR source=apart.sh
. "$(dirname "$0")/apart.sh"

arguments() { # ranks, message, arguments of the others; those of rank 0 are in `mine`
    local ranks=$1 message=$2
    shift 2
    first=("$LINELOSS" "${mine[@]}")
    others=("$LINELOSS" "$@")
    apart 1 "$ranks"
    says_once "$message"
    [ "$(grep -c '^lineloss:' err)" = 1 ] || complain "$what: more than one message: $(cat err)"
}
mine=(run nvl72)
arguments 2 "lineloss: argument 3 is missing on rank 0, and '--set' on rank 1" run nvl72 --set job.tp=4
arguments 3 "argument 2 is 'nvl72' on rank 0, and 'atlas950' on rank 1" run atlas950
arguments 2 "argument 1 is 'run' on rank 0, and 'rnu' on rank 1" rnu nvl72 # which is wrong by itself
arguments 2 "argument 2 is 'nvl72' on rank 0, and '--help' on rank 1" run --help
mine=(run nvl72 --seed 1)
arguments 3 "argument 4 is '1' on rank 0, and '2' on rank 1" run nvl72 --seed 2
mine=(rnu nvl72)
arguments 2 "argument 1 is 'rnu' on rank 0, and 'run' on rank 1" run nvl72
mine=(--version)
arguments 2 "argument 1 is '--version' on rank 0, and 'list' on rank 1" list

# The third of three.
timeout -k 2 10 "$MPIEXEC" -n 2 "$LINELOSS" list : -n 1 "$LINELOSS" list chips >out 2>err </dev/null
code=$? what='the third of three'
[ "$code" = 1 ] || complain "$what: exit code $code"
says_once "argument 2 is missing on rank 0, and 'chips' on rank 2"

# The environment, with every command: what each of them reads would be another file.
for command in 'run nvl72' 'check nvl72' 'compare nvl72 atlas950' 'net nvl72' 'curves x.csv' 'list chips' validate \
    'calibrate kappa'; do
    read -ra words <<<"$command"
    first=("$LINELOSS" "${words[@]}")
    others=(-x LINELOSS_CONFIGS=/nowhere "$LINELOSS" "${words[@]}")
    apart 1 2
    says_once "LINELOSS_CONFIGS is '$LINELOSS_CONFIGS' on rank 0, and '/nowhere' on rank 1"
done
unset LINELOSS_CONFIGS
first=("$LINELOSS" list)
apart 1 3
says_once "LINELOSS_CONFIGS is not set on rank 0, and '/nowhere' on rank 1"

# What changes no result may differ. Texts are printed once.
first=(-x LINELOSS_PROGRESS=0 "$LINELOSS" list)
others=(-x LINELOSS_PROGRESS=1 "$LINELOSS" list)
apart 0 2
for option in --help --version; do
    expect 0 "$option"
    cp out alone
    first=("$LINELOSS" "$option")
    others=("$LINELOSS" "$option")
    apart 0 3
    same out alone
done

# The environment of PETSc, and its files, change nothing: what replaces its test of convergence is heard of.
bad='-ll_snes_convergence_test default -ll_snes_atol 1e30'
expect 0 run nvl72 --format csv
cp out alone
mkdir home
echo "$bad" >.petscrc
echo "$bad" >home/.petscrc
first=(-x HOME="$PWD/home" "$LINELOSS" run nvl72 --format csv)
others=(-x HOME="$PWD/home" -x PETSC_OPTIONS="$bad" "$LINELOSS" run nvl72 --format csv)
apart 0 2
same out alone
[ "$(grep -c 'the environment variable PETSC_OPTIONS is ignored' err)" = 1 ] || complain "$(cat err)"
# shellcheck disable=SC2086 # options, not one word
expect 2 run nvl72 --petsc $bad
has err 'did not converge \(CONVERGED_FNORM_ABS\).*options after --petsc made it stop too early'
finish
