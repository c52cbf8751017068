#!/usr/bin/env bash
# What `run` says of its inputs is what one finds with --set, one run for each value.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

even=(--engine closed --set cluster.jitter.op=0 --set cluster.jitter.chip=0)

field() { # name, file: the value of a field
    awk -F, -v name="$1" '$1 == name { print $2; exit }' "$2"
}

speed() { # argument of run...: tokens/s per chip
    expect 0 run nvl72 "$@" --format json
    sed -n 's/^  "tokens_per_s_per_chip": \([^,]*\),$/\1/p' out
}

expect 0 run nvl72 -o inputs -q
base=$(speed "${even[@]}")
twin() { # key, unit
    local side value effect
    for side in minus plus; do
        value=$(field "sensitivity[$1].${side}_value" inputs/nvl72.fields.csv)
        effect=$(field "sensitivity[$1].${side}_effect_frac" inputs/nvl72.fields.csv)
        [ -n "$value" ] && [ -n "$effect" ] || complain "nothing is said of $1"
        awk -v a="$(speed "${even[@]}" --set "$1=$value$2")" -v b="$base" -v effect="$effect" 'BEGIN {
            x = a / b - 1 - effect; exit x < -1e-12 || x > 1e-12 }' || complain "$1, $side: $effect"
    done
}
twin cluster.chip.gemm_frac_bf16 ""
twin cluster.topology.bandwidth " B/s"
twin "cluster.software[0].held_frac" ""

# Less memory than the job needs is said, and is refused.
value=$(field 'sensitivity[cluster.chip.memory].minus_value' inputs/nvl72.fields.csv)
expect 1 run nvl72 --set "cluster.chip.memory=$value B"
has err 'are missing; try a larger tp'
grep -q '^sensitivity\[cluster.chip.memory\].minus_refused,.*are missing' inputs/nvl72.fields.csv ||
    complain "that less memory does not do is not said"

# The seeds: as one run each, by closed.
for seed in 1 2 3 4 5; do
    speed --engine closed --seed "$seed"
done | awk '{ if (!n++ || $1 < min) min = $1; if ($1 > max) max = $1 } END { printf "%.17g %.17g\n", min, max }' >twin
awk -F, '$1 == "seed_spread[tokens_per_s_per_chip].min" { min = $2 } $1 == "seed_spread[tokens_per_s_per_chip].max" { max = $2 }
    END { printf "%.17g %.17g\n", min, max }' inputs/nvl72.fields.csv >said
diff twin said || complain "the spread over seeds is another"

finish
