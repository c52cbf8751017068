#!/usr/bin/env bash
# Wrong command lines: exit code 1, what to type instead, nothing on standard output, said once.
. "$(dirname "$0")/common.sh"

wrong() { # text that must stand in the message, argument...
    local text=$1
    shift
    expect 1 "$@"
    is_empty out
    grep -qF -- "$text" err || complain "lineloss $*: no '$text' in: $(cat err)"
    [ "$(grep -c . err)" = 1 ] || complain "lineloss $*: more than one line: $(cat err)"
}
wrong 'lineloss run nvl72' # no command at all
wrong "did you mean 'run'?" rnu nvl72
wrong "did you mean 'compare'?" comapre
wrong 'expected one of: answer, run, compare' frobnicate
wrong "did you mean '--format'?" run nvl72 --fromat json
wrong '--help` lists them' run nvl72 --zzzzzzzz
wrong 'go after --petsc' run nvl72 -ksp_type
wrong 'lineloss list studies' run
wrong 'one argument too many' run nvl72 atlas950
wrong 'At least two' compare nvl72
wrong 'needs a value' run nvl72 --format
wrong "did you mean 'json'?" run nvl72 --format jsn
wrong 'expected one of: text, json, csv, md, latex' run nvl72 --format yamlyaml
wrong 'expected PATH=VALUE' run nvl72 --set job.tp
wrong 'has no option' list --sizes 8B
wrong 'takes no value' run nvl72 --progress=1
wrong "did you mean 'studies'?" list studeis
wrong 'did you mean' net nvl72 --collective all_redcue
wrong 'expected one of' net nvl72 --collective zzzzzzzzzz
wrong 'expected a whole number' net nvl72 --chips 73
wrong 'expected a whole number' net nvl72 --chips 1
wrong 'does not divide' net nvl72 --group 7
wrong 'expected N or N:STRIDE' net nvl72 --group 8x9
wrong 'give only one of them' net nvl72 --group 8 --chips 8
wrong '--sizes' net nvl72 --sizes 8..16
wrong 'factor above 1' net nvl72 --sizes 8B..1MiBx1
wrong 'more than 128 of them' net nvl72 --sizes 8B..1GiBx1.001
wrong "did you mean 'packet'?" net nvl72 --beside paket
wrong 'is given twice' run nvl72 --beside closed,closed
wrong 'expected a list such as closed,packet' compare nvl72 atlas950 --beside zzzzzzzzzz
wrong 'needs --beside' net nvl72 --timing
wrong 'expected one of: collectives, gemm, kappa' calibrate zzzzzzzzz
wrong 'one argument too many' calibrate kappa nvl72
wrong 'has no option --chips' calibrate gemm hgx_h100 x.txt --chips 8
wrong 'writes no files' calibrate kappa -o out
wrong 'need a square' calibrate kappa --chips 17
wrong 'chips' calibrate kappa --chips 4
wrong "did you mean 'wire.packet'?" calibrate kappa --set wire.paket=4KiB
wrong "did you mean 'incast'?" calibrate kappa --set pattern=incats
# The option that was typed is named, not the setting that it stands for.
wrong "--engine: engine.type = fast: expected one of: closed, flow, packet" run nvl72 --engine fast
wrong "--seed: seed = -1: " run nvl72 --seed -1
wrong "--seed: seed = many: " net nvl72 --seed many
wrong "--fold: engine.fold = maybe: " check nvl72 --fold maybe
wrong "--fold: engine.fold = off: engine packet has no 'fold'" run nvl72 --engine packet --fold off
wrong "--fold: engine.fold = off: engine closed has no 'fold'" compare nvl72 atlas950 --engine closed --fold off
wrong "--set: engine.paths = hash: engine flow has no 'paths', which is a key of engine packet" run nvl72 --set engine.paths=hash
wrong "flow is the study's own engine" run nvl72 --beside flow
wrong "packet is the study's own engine" net nvl72 --engine packet --beside packet
wrong "flow is the study's own engine" compare nvl72 atlas950 --beside flow
wrong '--progress contradicts --quiet' run nvl72 --progress -q
wrong '--progress contradicts --no-progress' run nvl72 --no-progress --progress
# Nothing is given twice.
wrong "--format is given twice, as 'csv' and as 'json'" run nvl72 --format csv --format json
wrong "\`--seed 1\` and \`--set seed=2\` set the same key" run nvl72 --seed 1 --set seed=2
wrong 'part 2 of those that `--` separates names no study' compare nvl72 -- --set job.zero=3
# What nobody has read is known only afterwards, and still an error.
expect 1 list --petsc -h_tpyo
has err '--petsc -h_tpyo: nothing used this option'
expect 0 run nvl72 --petsc -ll_snes_rtol 1e-12
"$MPIEXEC" -n 3 "$LINELOSS" run nvl72 --fromat json >out 2>err && complain "3 ranks: exit code 0"
[ "$(grep -c "did you mean '--format'" err)" = 1 ] || complain "3 ranks do not say it once"
finish
