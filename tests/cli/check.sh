#!/usr/bin/env bash
# check: every value with its origin and evidence; what overrides wins and says so.
. "$(dirname "$0")/common.sh"

expect 0 check nvl72
has out '^cluster\.chip$'
has out '^  memory +189471 MiB +chips/gb200\.cfg:[0-9]+ +measured'
has out '^  fold +on +default'
has out '^Memory per chip: '
has out '^nvl72 is legal: 72 chips'
expect 0 check nvl72 --set job.micro_batch=2 --set 'cluster.chip.memory=300 GB | assumed: more' --format csv
has out '^job\.micro_batch,2,--set,none,$'
has out '^cluster\.chip\.memory,300 GB,--set,assumed,more$'
# What --set says of how a machine is built is a choice; of how fast it is, a figure without a source.
expect 0 check nvl72 --set cluster.topology.links=9 --set 'cluster.topology.bandwidth=400 Gbps' \
    --set 'cluster.topology.latency=1 us | choice: what if' --set model.vocab=32000
has out '^  links +9 +--set +choice$'
has out '^  vocab +32000 +--set +choice$'
has out "^  bandwidth +400 Gbps = .*--set +unstated$"
has out '^  latency +1 us +--set +choice: what if$'
expect 0 check nvl72 --format json
"$JSON_CHECK" <out || complain "check --format json"
expect 0 check nvl72 --set job.zero=3 --format csv
cp out printed
expect 0 check nvl72 --set job.zero=3 -o dir
same dir/nvl72+job.zero=3.check.csv printed
has dir/nvl72+job.zero=3.check.txt '^nvl72 is legal: 72 chips'
"$JSON_CHECK" <dir/nvl72+job.zero=3.check.json || complain "check -o DIR: not JSON"
# Links that wait for each other: a torus has a ring of them, a fat tree none; of a study, those of its cluster.
expect 0 check example_torus --set 'cluster.topology.sizes=4 x 4' --deadlock
has out '^With one virtual lane and finite buffers packets can deadlock'
has out '^  link [0-9]+, chip [0-9]+ to chip [0-9]+$'
expect 0 check nvl72 --deadlock
has out '^Free of deadlock with one virtual lane'
expect 1 check nvl72 --deadlock --format csv
has err 'leave --format and -o out'
expect 1 check example_dragonfly --set cluster.topology.hosts_per_router=32 --deadlock --set cluster.topology.routing=valiant
has err 'at most 200000000 are looked at'
expect 1 check nvl72 --set job.tp=7 -o never
[ ! -e never ] || complain "what is wrong has files"
expect 1 check nvl72 --set job.tp=7
is_empty out
has err 'job\.tp = 7'
# After an error elsewhere a list that was not read is no misspelt key of a like name; a misspelt key still is one.
cat >several.cfg <<END
cluster : {
  chip : {
    @include "$LINELOSS_CONFIGS/chips/h100.cfg"
  };
  dispatchers = ( { library = "x"; } );
  custom_all_reduces = ( { library = "y"; } );
  link_rate = "0:0.5";
};
@include "$LINELOSS_CONFIGS/models/llama3_8b.cfg"
job : { sequence = 8192; precision = "bf16"; global_batch = 8; };
END
expect 1 check several.cfg
has err "missing key 'name' in 'cluster'"
has err "unknown key 'link_rate' in 'cluster'; did you mean 'link_rates'[?]"
lacks err 'unknown list'
# A study from standard input or <(...): its includes, and files that it names, are sought from the current folder.
mkdir parts
cp "$LINELOSS_CONFIGS/studies/nvl72.cfg" parts/study.cfg
sed -i "s#@include \"../#@include \"$LINELOSS_CONFIGS/#" parts/study.cfg
echo '@include "parts/study.cfg"' >piped.cfg
"$LINELOSS" check piped.cfg >usual 2>err </dev/null || complain "$(cat err)"
"$LINELOSS" check /dev/stdin <piped.cfg >out 2>err || complain "standard input: $(cat err)"
same out usual
"$LINELOSS" check <(cat piped.cfg) >out 2>err </dev/null || complain "<(...): $(cat err)"
same out usual
"$LINELOSS" check /dev/stdin --set set=1 <<<'@include "none.cfg"' >out 2>err && complain 'an include that is missing'
has err '^/dev/stdin:1: @include "none\.cfg": no such file;'
finish
