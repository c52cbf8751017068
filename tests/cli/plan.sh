#!/usr/bin/env bash
# The best layouts of a study: a table, the best as a configuration that runs as it was found, the same for any number
# of ranks, and what bounds leave nothing.
. "$(dirname "$0")/common.sh"

expect 0 plan nvl72 --over tp=4,8 -o r
is_empty err
has out '^ +# +tp .*pp .*schedule .*step s .*why not the$'
has out '^ *1 +[48] .* 100\.0'
has out 'legal layouts of [0-9,]+ combinations were screened; [0-9,]+ do not fit the memory\.'
has out '^Faster by the screen .*, but needs [0-9.]+ GB of 198\.7 GB: tp'
has r/nvl72-plan.csv '^#,tp,cp,pp,micro_batch,recompute,zero,interleave,schedule,dp,memory_GB,step_s,'
step=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } NR == 2 { print $at["step_s"] }' r/nvl72-plan.csv)
expect 0 run r/nvl72-plan.cfg --format json
has out "\"step_s\": ${step%?}"

cp r/nvl72-plan.csv one
for ranks in 2 3; do
    on $ranks plan nvl72 --over tp=4,8 --format csv >out
    same one out
done

expect 1 plan nvl72 --set job.global_batch=72 --over tp=1 --over pp=1 --over cp=1
has err 'none of [0-9]+ legal layouts fits the memory; the nearest \(tp 1, .* needs [0-9.]+ [GT]B of 198\.7 GB'
expect 1 plan nvl72 --over tp=5
has err "none of [0-9]+ combinations is legal; the nearest to the study's own layout: job\."
expect 1 plan nvl72 --over sequence=4096
has err 'not searched; choose it with --set'
expect 1 plan serve_llama70b_h100
has err 'lineloss pareto'
finish
