#!/usr/bin/env bash
# Fronts of tokens/s per chip over tokens/s per user: a table, files, the same for any number of
# ranks, and what cannot be varied.
. "$(dirname "$0")/common.sh"

cat >small.cfg <<'EOF'
name = "small";
@include "hgx_h100"
@include "llama3_8b"
@include "servers/ideal.cfg"
job : { type = "decode"; precision = "fp8"; requests = 8; context = 1536; };
set = [ "cluster.topology.dimensions[1].size = 1" ];
EOF

expect 0 pareto small.cfg -o front
is_empty err
has out '^study +tokens/s per user +tokens/s per chip +layout +requests$'
has out '^small .* tp [248] +[0-9]+$'
has out '^small \(measured kernels of H100 SXM\): [0-9]+ of [0-9]+ points are on the front'
for file in pareto.csv pareto.svg pareto-column.svg pareto.gp; do
    [ -s "front/$file" ] || complain "no $file"
done

# On the front, who is slower for a user gives more per chip.
awk -F, 'NR > 1 && $6 == "yes" { if (n++ && ($2 >= user || $3 <= chip)) exit 1; user = $2; chip = $3 }
    END { exit n < 5 }' front/pareto.csv || complain "no front: $(head -20 front/pareto.csv)"
# Off it, some point of the front is better in both.
awk -F, '$6 == "yes" { n++; user[n] = $2; chip[n] = $3 }
    $6 == "no" { for (i = 1; i <= n; i++) if (user[i] >= $2 && chip[i] >= $3) next; exit 1 }' \
    <(grep ,yes front/pareto.csv; grep ,no front/pareto.csv) || complain "a better point off the front"

expect 0 pareto small.cfg --format csv
cp out one
on 3 pareto small.cfg --format csv >out
cmp -s one out || complain "three ranks say otherwise"

# The layout as written need not fit; served requests are simulated on the front.
expect 0 pareto serve_llama70b_h100 --set job.tp=1 --format csv
awk -F, '$6 == "yes" && $7 != "yes" { exit 1 } $7 == "yes" { n++ } END { exit n < 5 }' out ||
    complain "the front is not simulated: $(grep ,yes, out)"

expect 1 pareto nvl72
has err 'the workload train has no load that could be varied; write type = "decode" or "serve"'
expect 1 pareto small.cfg --set model.layers=20000
has err 'stage 0 needs'
finish
