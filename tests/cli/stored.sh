#!/usr/bin/env bash
# compare takes results that were computed before, and refuses files that are none, or were changed.
. "$(dirname "$0")/common.sh"

for study in nvl72 gb200_8192 atlas950; do expect 0 run $study -o was; done
expect 0 run nvl72 --set job.interleave=1 -o was
expect 0 compare nvl72 gb200_8192 atlas950 -o live
mv out live.out
expect 0 compare was/nvl72.json was/gb200_8192.json was/atlas950.json -o live
same out live.out
# Half of them computed now; a name of its own for each variant.
expect 0 compare nvl72 was/nvl72.json was/nvl72+job.interleave=1.json -o mixed
has out '^nvl72 +72 '
has out '^nvl72\+job\.interleave=1 +72 '
has out '^job\.interleave +7 +7 +1 +[-+][0-9.]+$'
for ranks in 1 2 3; do
    on $ranks compare was/nvl72.json was/atlas950.json -o "ranks.$ranks" --format json >"$ranks.json"
    same "$ranks.json" 1.json
done

# What is read back is what was written, to the last digit.
jq 'del(.config, .engine_stats, .sensitivity, .seed_spread)' was/nvl72.json >want
jq '.results[0] | del(.config, .engine_stats, .sensitivity, .seed_spread)' 1.json >got
same got want

# The files that a configuration names come with the result.
cp "$LINELOSS_CONFIGS"/clusters/example_edge_list.txt own.txt
cat >own.cfg <<'END'
name = "own";
@include "clusters/example_edge_list.cfg"
@include "models/mpt_7b.cfg"
job : { sequence = 2048; global_batch = 64; precision = "bf16"; zero = 3; };
set = [ "cluster.topology.file = own.txt" ];
END
expect 0 run own.cfg -o was
grep checksum was/own.json >want
rm own.txt
expect 0 compare was/own.json nvl72 -o own --format json
grep checksum out | head -n 1 | tr -d ' ' >got
tr -d ' ' <want >want.bare
same got want.bare

# A folder may hold what other commands wrote.
cp -r was folder
expect 0 net nvl72 --sizes 1MiB -o folder
cp live/compare.json folder
for ranks in 1 3; do
    on $ranks compare folder/*.json -o all >out
    [ "$(grep -c '^lineloss result is VALID' out)" = 5 ] || complain "$ranks ranks: $(cat out)"
    has err '^lineloss: folder/compare\.json is left out: it is not a result of `run`$'
    has err '^lineloss: folder/net-nvl72\+sizes=1MiB\.json is left out: '
done
expect 1 compare folder/compare.json nvl72 -o bad
has err "^compare: only 'nvl72'; which studies\? At least two"

refused() { # file, pattern
    expect 1 compare "$1" atlas950 -o bad
    has err "$2"
}
sed 's/"effective_chips": [0-9]/&9/' was/nvl72.json >figure.json
refused figure.json '^figure\.json: the checksum does not match, so a figure was changed$'
sed 's/"typed": "900 GB\/s"/"typed": "901 GB\/s"/; s/"typed": "8.0 TB\/s"/"typed": "8.1 TB\/s"/' was/nvl72.json >key.json
refused key.json '^key\.json: its configuration, by lineloss .*, means something else to this version'
sed 's/"path": "job.tp"/"path": "job.tpp"/' was/nvl72.json >path.json
refused path.json "unknown key 'tpp' in 'job'; did you mean"
sed 's/"schema_version": 2/"schema_version": 1/' was/nvl72.json >schema.json
refused schema.json '^schema\.json: schema_version 1; this version reads 2: run the study again$'
head -c 3000 was/nvl72.json >cut.json
refused cut.json '^cut\.json:[0-9]+: not JSON: '
echo '[]' >list.json
refused list.json '^list\.json: expected one JSON object$'
echo '{"schema_version": 2}' >empty.json
refused empty.json "^empty\.json: field '[a-z_]+' is missing"
sed 's/"losses": \[/"losses": 3, "was": [/' was/nvl72.json >losses.json
refused losses.json "^losses\.json: field 'losses' is missing, or is not a list"
sed 's/"cause": "bubble"/"cause": "bubbles"/' was/nvl72.json >cause.json
refused cause.json "^cause\.json: cause 'bubbles' is not known"
refused nothing.json '^nothing\.json: '
sed '/"text"/s/25 GB/26 GB/' was/own.json >file.json
refused file.json '^file\.json: its configuration, by lineloss .*, means something else'
expect 1 compare atlas950 -- was/nvl72.json --set job.tp=4 -o bad
has err '^was/nvl72\.json is a result, in which nothing can be set; name the study instead$'
finish
