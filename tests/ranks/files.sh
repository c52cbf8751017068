#!/usr/bin/env bash
# Ranks that see other files than rank 0, or none: it alone reads, so they get what it saw, figures or message.
. "$(dirname "$0")/../cli/common.sh"
# shellcheck source-path=SCRIPTDIR source=apart.sh
. "$(dirname "$0")/apart.sh"
nccl=$(dirname "$0")/../cli/nccl
mkdir here other empty
cp "$nccl"/*_perf.txt here
cp -r "$LINELOSS_CONFIGS" configs
configs=$PWD/configs
for study in a b; do
    printf 'name = "%s";\n@include "part.cfg"\nset = [ "engine.type = closed" ];\n' $study >"here/$study.cfg"
done
sed -e '/^name/d' -e "s#@include \"../#@include \"$configs/#" "$configs/studies/nvl72.cfg" >here/part.cfg
sed -e "s#@include \"../#@include \"$configs/#" -e 's#example_edge_list#links#' \
    "$configs/clusters/example_edge_list.cfg" >here/links.cfg
cp "$configs/clusters/example_edge_list.txt" here/links.txt
printf 'cluster,op,n,bytes,time_us,use\nlinks.cfg,all_reduce,8,1048576,50,check\n' >here/points.csv
printf 'm,n,k,precision,time_us\n8192,8192,8192,bf16,1800\n4096,4096,4096,bf16,240\n' >here/gemms.csv
{
    echo id,group,series,study,set,what,quantity,measured,band_pct,assumed,source
    echo 'A,open20,,a,,seconds,step s,4.7,8,,'
    echo 'F,extra,,links,,edges,busbw all_reduce 1 MiB,30,8,,'
} >here/rows.csv
# Elsewhere the same names are other machines, and other figures.
cp here/* other
sed -i 's/25 GB/5 GB/; s/350 ns/900 ns/' other/links.txt
sed -i 's/closed/flow/' other/?.cfg
sed -i 's/,50,check/,70,check/' other/points.csv
sed -i 's/1800/3600/' other/gemms.csv
sed -i 's/4\.7,8/9,8/' other/rows.csv
sed -i 's/[0-9]\+\.[0-9]\+ /99.9 /g' other/*_perf.txt

# First what one rank says, which is something else elsewhere; then beside ranks that see other files, and none.
good() { # argument...
    (cd here && "$LINELOSS" "$@" >../alone 2>../err </dev/null) || complain "lineloss $*: $(head -c 500 err)"
    (cd other && "$LINELOSS" "$@" >../elsewhere 2>/dev/null </dev/null)
    ! cmp -s alone elsewhere || complain "lineloss $*: says the same elsewhere"
    first=(-wdir "$PWD/here" "$LINELOSS" "$@")
    others=(-wdir "$PWD/other" "$LINELOSS" "$@")
    apart 0 2
    same out alone
    others=(-wdir "$PWD/empty" "$LINELOSS" "$@")
    apart 0 3
    same out alone
    [ -z "$(ls empty)" ] || complain "$*: another rank than 0 has written $(ls empty)"
}
# Rank 0 is the one that sees none.
bad() { # ranks, message, argument...
    local ranks=$1 message=$2
    shift 2
    first=(-wdir "$PWD/empty" "$LINELOSS" "$@")
    others=(-wdir "$PWD/here" "$LINELOSS" "$@")
    apart 1 "$ranks"
    says_once "$message"
}
good run a.cfg --format csv
good check a.cfg
good compare a.cfg b.cfg --format csv -o out
[ -s here/out/compare.json ] || complain 'compare has written nothing'
good net links.cfg --sizes 1MiB
good curves points.csv --format csv
good calibrate collectives hgx_h100 all_reduce_perf.txt all_gather_perf.txt alltoall_perf.txt
good calibrate gemm hgx_h100 gemms.csv
good validate rows.csv --format csv --record
[ -s here/recorded.csv ] || complain 'validate has recorded nothing'
good validate rows.csv --format csv --check
export LINELOSS_CONFIGS=configs # seen from where rank 0 is
mkdir here/configs
cp -r configs/chips configs/parts here/configs
good list chips
bad 2 'a.cfg: no such file' run a.cfg
bad 3 'a.cfg: no such file' check a.cfg
bad 2 'a.cfg: no such file' compare a.cfg b.cfg
bad 3 'links.cfg: no such file' net links.cfg
bad 2 'points.csv: no such file' curves points.csv
bad 3 'rows.csv: no such file' validate rows.csv
bad 2 'nvl72: the environment has LINELOSS_CONFIGS=configs, which is not a directory' run nvl72
LINELOSS_CONFIGS=$configs
bad 2 'gemms.csv: no such file' calibrate gemm hgx_h100 gemms.csv
bad 3 'all_reduce_perf.txt: no such file' calibrate collectives hgx_h100 all_reduce_perf.txt
# The study is there, and its edge list is not.
cp here/links.cfg empty
bad 2 'cluster.topology.file = "links.txt": links.txt: no such file' net links.cfg
finish
