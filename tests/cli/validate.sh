#!/usr/bin/env bash
# lineloss validate over a table of its own: outcomes of rows, exit codes, ranks, files, the record.
. "$(dirname "$0")/common.sh"
heading=id,group,series,study,set,what,quantity,measured,band_pct,assumed,source
cp -r "$LINELOSS_CONFIGS" configs
cd configs/published || exit 1
run() { # exit code, argument...
    local want=$1
    shift
    expect "$want" validate rows.csv "$@"
}

{
    echo "$heading"
    echo 'A,open20,,o01,,seconds,step s,1.10,8,nothing,paper'
    echo 'B,open20,,o01,job.recompute=full;job.sequence_parallel=false,again,step s,1.42,8,,"a, b"'
    echo 'C,memory,,o01,job.recompute=none;job.sequence_parallel=false,all kept,fits,0,0,,'
    echo 'C,memory,,o01,,selective,fits,1,0,,'
    # 34 s b h / t for 48 layers: 34 * 2048 * 4 * 6144 / 8 * 48 = 10.267656 GB.
    echo 'C,memory,,o01,,activations,activations GB,10.267656,0,,'
    # Two layers less one; arXiv 2205.05198, table 4, which tests/physics/layer.c holds to 8 %.
    echo 'L,layer,,o01,model.layers=2,a layer,layer forward ms,7.2,8,,'
    echo 'D,extra,,o01,model.layers=192,too large,step s,1,8,,'
    echo 'E,not_modelled,,,,an expert,,,,,'
    # 2 (n-1)/n S / busbw = 1.75 * 2^30 / 235e9 = 7.996 ms
    echo 'F,extra,,../clusters/hgx_a100,cluster.topology.dimensions[1].size=1,ring,busbw all_reduce 1 GiB,235,8,,'
} >rows.csv
run 0
has out '^A +seconds +8 +A100 SXM 80 GB +1\.1 s +[0-9.]+ s +[-+][0-9.]+ +8 +nothing$'
has out '^C +all kept +8 +does not +does not +[0-9.]+ +85\.9 +right'
has out '^C +activations +8 +10\.27 GB +10\.27 GB .* [-+]0\.0 %'
has out 'D +too large .*does not fit: [0-9.]+'
has out '^L +a layer +8 .* 7\.2 ms +[67]\.[0-9]+ ms '
has out '^F +ring +8 .* 7\.996 ms'
has out 'Not modelled yet, not counted: E an expert\.'
has out '^2 open rows: '
has out 'of which 0 fitted to step times'
has out '^fitted +1 +fit to ten layer times on A100 '
"$LINELOSS" validate rows.csv --format json >one.json 2>err || complain "json: $(cat err)"
"$JSON_CHECK" schema_version version git table table_hash set draws counted stats series parameters rows <one.json ||
    complain "validate: not JSON, or not all of it"
for key in median_abs_err p90_abs_err worst share_positive config_hash engine seed; do
    has one.json "\"$key\":"
done
# Equal from day to day and wherever it runs: no date, no host, no folder.
lacks one.json "20[0-9][0-9]-[01][0-9]-[0-3][0-9]|\"date\"|\"host\"|$(hostname)|$PWD"
# The hash of a row is that of the same study as `run` has it.
expect 0 run o01.cfg --format json
hash=$(sed -n 's/^  "config_hash": \(.*\),$/\1/p' out)
[ "$(grep -c "\"config_hash\": $hash" one.json)" = 3 ] || complain "not three rows of o01 as it is: $hash"
# Every key has a line in `list json`.
expect 0 list json --format csv
mv out fields
for key in $(grep -o '^ *"[a-z_0-9]*":' one.json | tr -d ' ":' | sort -u); do has fields "^validate\.([a-z_]+(\[\])?\.)*$key,"; done
on 3 validate rows.csv --format json >three.json
same one.json three.json

run 0 -o files --record
for file in validation.json validation.csv validation.md validation.txt validation.svg validation.gp parameters.csv; do
    [ -s "files/$file" ] || complain "no files/$file"
done
is_xml files/validation.svg
has files/parameters.csv 'measured,.*chips/a100.cfg:[0-9]+,gemm_frac_bf16'
lacks files/parameters.csv ',stated,'
has recorded.csv '^open20,all,2,'
# Another table, or other settings, do not replace it.
run 1 -o files --set job.micro_batch=2
has err 'files/validation\.json of .* --force'
run 0 --check
# Twice as slow: every median is worse, and that is a failure of the run.
run 2 --check --set cluster.chip.memory_frac=0.1
has err 'open20 all: median error [0-9.]+ %, recorded [0-9.]+ %'

# Collectives have no job to change.
run 0 --set job.micro_batch=2
has out '^F +ring +8 .* 7\.996 ms'

# What its evidence calls a fit to steps is counted as one, wherever it is set.
run 0 --set 'cluster.chip.memory_frac=0.8|derived: fit to step times'
has out 'of which 1 fitted to step times'
has out '^fitted to steps +1 +fit to step times +memory_frac$'

# A setting that is wrong is said with its row, and is a failure.
run 1 --set job.tpp=1
has err "rows\.csv:2: .*tpp"
# What a source leaves open: each setting is tried as well, and does not count.
{
    echo "$heading,otherwise"
    echo 'A,open20,more,o01,,open,step s,1.10,8,,,job.recompute=full;job.sequence_parallel=false or model.vocab=60000'
    echo 'A2,series,more,o01,cluster.topology.dimensions[1].size=2;job.global_batch=8,open,step s,1.20,8,,,job.recompute=full;job.sequence_parallel=false'
    echo 'B,open20,,o01,,closed,step s,1.10,8,,,'
} >rows.csv
run 0
has out 'A +open .* With$'
has out '^1 rows were also tried with other values .* the median lies between [0-9.]+ and [0-9.]+ %, P90 '
"$LINELOSS" validate rows.csv --format json >open.json 2>err || complain "json: $(cat err)"
"$JSON_CHECK" <open.json || complain "validate: not JSON"
predicted() { tr -d '\n ' | grep -o '"predicted_s":[0-9.e-]*' | sed -n "$1p"; }
# With the first of them as with the same settings in the row itself.
{
    echo "$heading"
    echo 'A,open20,,o01,job.recompute=full;job.sequence_parallel=false,alone,step s,1.10,8,,'
} >alone.csv
alone=$("$LINELOSS" validate alone.csv --format json | predicted 1)
[ "$(predicted 2 <open.json)" = "$alone" ] || complain "otherwise $(predicted 2 <open.json), alone $alone"
[ "$(predicted 1 <open.json)" != "$alone" ] || complain "otherwise counts: $alone"
# One of them that cannot be run is a fault of the row, and is named.
{
    echo "$heading,otherwise"
    echo 'A,open20,,o01,,open,step s,1.10,8,,,model.vocab=60000 or job.tpp=2'
} >rows.csv
run 1
has err 'rows\.csv:2: otherwise job\.tpp=2: .*unknown path'
# What is beyond its band has a cause, or is said to have none; what is within has none.
{
    echo "$heading,cause"
    echo 'A,open20,,o01,,fast,step s,5,8,nothing,paper,old software'
    echo 'B,open20,,o01,,slow,step s,0.5,8,,paper,'
    echo 'C,open20,,o01,,right,step s,1.10,8,,paper,unseen'
} >rows.csv
run 0
has out '^A +fast .* nothing\. CAUSE: old'
has out '^B +slow .* CAUSE: NO CAUSE'
has out '^2 rows beyond their band: 1 without a stated cause, 0 of a cause not known'
lacks out unseen
"$LINELOSS" validate rows.csv --format csv >flat.csv 2>err || complain "csv: $(cat err)"
has flat.csv '^A,.*,paper,old software$'
has flat.csv '^B,.*,paper,NO CAUSE STATED$'
has flat.csv '^C,.*,paper,$'
bad() { # row, message
    { echo "$heading" && echo "$1"; } >rows.csv
    run 1
    is_empty out
    has err "$2"
}
bad 'A,open20,,o01,,x,step,1,8,,' "rows\.csv:2: quantity = 'step'; expected step s,"
bad 'A,open20,,o01,,x,step s,fast,8,,' "rows\.csv:2: measured = 'fast'; expected a number above zero"
bad 'A,open20,,o01,,x,step s,1,,,' "rows\.csv:2: band_pct = ''"
bad 'A,open20,,o01,,x,step s' 'rows\.csv:2: 7 cells, but the heading has 11'
heading=$heading,otherwise bad 'A,extra,,../clusters/hgx_a100,,x,busbw all_reduce 1 GiB,235,8,,,job.tp=2' \
    "rows\.csv:2: otherwise = 'job\.tp=2'; only steps"
heading=$heading,otherwise bad 'A,open20,,o01,,x,step s,1,8,,,a=1 or a=2 or a=3 or a=4 or a=5' \
    'rows\.csv:2: otherwise has more than 4 settings'
heading=id,group bad 'A,open20' "rows\.csv:1: there is no column 'series'"
expect 1 validate none.csv
has err 'none\.csv: no such file'
finish
