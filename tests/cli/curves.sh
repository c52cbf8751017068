#!/usr/bin/env bash
# curves, calibrate collectives: the published table within its limits, and values that a cluster can take.
. "$(dirname "$0")/common.sh"
table=$LINELOSS_CONFIGS/published/collectives.csv
nccl=$(dirname "$0")/nccl

# Medians of every curve and of all points, by both engines. Limits: 10 % for a curve, 4 % for all.
expect 0 curves "$table" --no-progress --format csv
is_empty err
cp out serial
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; next }
    { n = 0
      for (k = 0; k < 2; k++) {
        e = $(NF - 2 * k); a = e < 0 ? -e : e + 0
        all[k] = all[k] " " a; curve[$1 "," $2 "," $3 "," k] = curve[$1 "," $2 "," $3 "," k] " " a } }
    function median(list,   v, m, i, j, t) {
        m = split(list, v, " ")
        for (i = 2; i <= m; i++) for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
        return m % 2 ? v[(m + 1) / 2] : (v[m / 2] + v[m / 2 + 1]) / 2 }
    END { for (k in all) if (median(all[k]) > 4) { print "all points: " median(all[k]) " %"; bad = 1 }
          for (c in curve) { n_curve++; if (median(curve[c]) > 10) { print c ": " median(curve[c]) " %"; bad = 1 } }
          if (n_curve < 100) { print n_curve " curves"; bad = 1 }
          exit bad }' serial >why || complain "$(cat why)"
on 3 curves "$table" --no-progress --format csv >ranks
same ranks serial
expect 0 curves "$table" --no-progress --engine closed -o drawn
has out '^gb200_nvl72_pods +all_reduce +144 +6 '
has out '^gb200_nvl72 +72 +all +all_gather reduce_scatter all_to_all$'
has out '^hgx_a100 +8 +above 512 MiB +all_gather reduce_scatter all_to_all$'
has out '^closed: median of the absolute errors [0-9.]+ % over [0-9]+ points, [0-9.]+ % over the [0-9]+ that nothing'
[ -s drawn/curves.json ] && [ -s drawn/curves.txt ] && [ -s drawn/curves.csv ] && [ -s drawn/curves.dat ] && [ -s drawn/curves.gp ] || complain "files: $(ls drawn)"
! command -v gnuplot >/dev/null || [ -s drawn/curves.svg ] || complain "no picture"

# JSON has the clusters that points were measured on, with all of their keys.
"$JSON_CHECK" schema_version version git rows clusters <drawn/curves.json || complain "no JSON"
[ "$(grep -c '"measured_s"' drawn/curves.json)" = "$(($(wc -l <drawn/curves.csv) - 1))" ] || complain "rows of JSON and CSV"
[ "$(grep -c '"path": "cluster.wire.packet"' drawn/curves.json)" = "$(cut -d, -f1 drawn/curves.csv | sed 1d | sort -u | wc -l)" ] ||
    complain "not every cluster has its configuration"

# What nccl-tests prints. One group size, so the own part cannot be told from the rest.
expect 0 calibrate collectives hgx_h100 "$nccl"/*.txt
is_empty err
has out '^# .*dimension nvlink: 13 values fitted to 18 points of all_gather_perf.txt and 2 more\.'
has out '^launch_all_reduce = "[0-9.]+ [mu]s \| measured: fit to all_gather_perf.txt and 2 more, 18 points, leave-one-out error [0-9.]+ %";$'
has out '^launch_reduce_scatter = "[0-9.]+ [mu]s \| assumed: the same as of the measured collectives, fit to '
has out '^rate_frac_all_gather = "0[.0-9]+ \| measured: '
lacks out 'own_ring|reduce_scatter =.*rate|= "(10 ns|1) \| measured'
cp out fitted
on 3 calibrate collectives hgx_h100 "$nccl"/*.txt >ranks
same ranks fitted
# The lines are configuration: as values of the cluster they give the times they were fitted to.
sets=()
while IFS= read -r line; do
    sets+=(--set "cluster.software[0].$(sed -E 's/ = "([^|"]*[^| ]) *\|.*/=\1/' <<<"$line")")
done < <(grep -v '^#' fitted)
expect 0 net hgx_h100 --chips 8 --collective all_gather --sizes 512MiB --engine closed "${sets[@]}" --format csv
awk -F, 'NR == 2 { t = $3 } END { exit !(t > 1401.5 * 0.93 && t < 1401.5 * 1.07) }' out || complain "$(cat out)"
expect 0 calibrate collectives hgx_h100 "$nccl"/*.txt -o written --format csv
[ -s written/software.cfg ] && [ -s written/points.csv ] || complain "files: $(ls written)"
has out '^hgx_h100,all_to_all,8,8192,'

# Files that name no cluster get the one before them; the same points as in the table.
expect 0 curves hgx_h100 "$nccl"/all_reduce_perf.txt --engine closed --format csv
has out '^hgx_h100,all_reduce,8,8192,15.96,fit,,'
[ "$(wc -l <out)" = 7 ] || complain "6 points and a heading: $(cat out)"
expect 1 curves "$nccl"/all_reduce_perf.txt
has err 'all_reduce_perf.txt:[0-9]+: no cluster; .* such as `lineloss curves hgx_h100 all_reduce.txt`$'

# All-reduces by kernels of frameworks: rows of other chips are passed over with a count, impossible ones refused.
printf '%s\n' chip,framework,kernel,ranks,elements,us a100_sxm,vllm,vllm_graph,2,128,4.1 \
    h100_sxm,trtllm,trtllm,2,128,2.662 h100_sxm,trtllm,trtllm,2,1048576,9.414 h100_sxm,vllm,vllm_graph,2,128,4.292 >kernels.csv
expect 0 curves hgx_h100 kernels.csv --engine closed --no-progress
has out '^hgx_h100 +all_reduce by trtllm trtllm +2 +2 '
has out '^hgx_h100 +all_reduce by vllm vllm_graph +2 +1 '
has out '^1 row of another chip passed over\.$'
expect 1 curves hgx_b200 kernels.csv
has err "^kernels.csv:2: chip = 'a100_sxm'; no row is of B200 SXM, which such tables call 'b200_sxm' "
expect 1 calibrate collectives hgx_h100 kernels.csv
has err '^kernels.csv:3: all-reduces by kernels of a framework'
echo h100_sxm,vllm,vllm_graph,2,1048576,4 >>kernels.csv
expect 1 curves hgx_h100 kernels.csv
has err '^kernels.csv:6: all_reduce of 2097152 B in 4 us is faster than the wire: '
sed '$d; s/vllm,vllm_graph/nobody,x/' kernels.csv >nobody.csv
expect 1 curves hgx_h100 nobody.csv
has err "^nobody.csv:5: all_reduce by 'nobody', which cluster.custom_all_reduces of HGX H100 has no entry for"
# The published ones, by chip and framework: those that nothing was set on, of sizes that the kernels take.
for cluster in hgx_a100 hgx_h100 hgx_h200 hgx_b200 hgx_b300 gb200_nvl72 gb300_nvl72; do
    expect 0 curves $cluster "$LINELOSS_CONFIGS/published/custom_allreduce.csv" --engine closed --no-progress
    is_empty err
    awk '/^(vllm|trtllm), checks by its kernels: / { n++; if ($7 + 0 > 8 || $10 + 0 > 20 || $NF < 14) bad = 1 } END { exit bad || n != 2 }' out ||
        complain "$cluster: $(grep checks out)"
done

printf '%s\n' device,op_name,nccl_dtype,num_gpus,message_size,latency 'NVIDIA H200,all_gather,half,2,256,0.005' \
    'NVIDIA H100 80GB HBM3,all_gather,half,2,256,0.005' 'NVIDIA B200,all_gather,half,2,256,0.005' >devices.csv
expect 0 curves hgx_h100 devices.csv --engine closed --no-progress
has out '^2 rows of other chips passed over\.$'

printf '%s\n' m,n,k,precision,tflops 8192,8192,8192,bf16,700 4096,8192,4096,bf16,640 >products.csv
expect 0 calibrate gemm hgx_h100 products.csv
has out '^gemm_frac_bf16 = "0\.[67][0-9]* \| measured: fit to products.csv, 2 GEMMs, leave-one-out error [0-9.]+ %";$'
has out '^# tile_fill stays at 0 us: '
printf '%s\n' m,n,k,precision,tflops 4096,4096,4096,bf16,600 >one.csv
expect 0 calibrate gemm hgx_h100 one.csv
has out '^gemm_frac_bf16 = "0\.[67][0-9]* \| measured: fit to one.csv, one GEMM, error of others not known";$'
lacks out 'leave-one-out'
expect 0 calibrate gemm hgx_h100 one.csv --format csv
has out ',-$'
# What chips say of their tiles is what the products beside them say.
expect 0 calibrate gemm hgx_h100 "$LINELOSS_CONFIGS/chips/h800_products.csv"
awk -F'"' '/^gemm_frac_fp8/ { sub(/.*error /, ""); rest = $0 + 0 } /^tile_fill/ { fill = $2 + 0 }
    END { exit !(rest > 0 && rest < 5 && fill > 0.95 && fill < 1.05) }' out || complain "$(cat out)"

# Two nodes of B200, measured (page of a cloud for nccl-tests): a tree of two sends each byte once each way, which takes
# S / (8 x 50 GB/s); a ring through 16 chips needs 1.875 times that.
printf '%s\n' cluster,op,n,bytes,time_us,use,source hgx_b200,all_reduce,16,67108864,350.41,check,dstack \
    hgx_b200,all_reduce,16,268435456,934.67,check,dstack hgx_b200,all_reduce,16,1073741824,2972.25,check,dstack >two.csv
expect 0 curves two.csv --no-progress --format csv
awk -F, 'NR > 1 { e = $(NF - 2); if (e < -10 || e > 10 || $(NF - 3) < $4 / 400e3) { print; bad = 1 } } END { exit bad || NR != 4 }' out ||
    complain "two nodes: $(cat out)"
expect 0 net hgx_h100 --chips 16 --sizes 4GiB --format csv # 430 GB/s are measured with trees, 385 are the ring's
awk -F, 'NR == 2 { exit !($5 > 430 && $5 < 500) }' out || complain "two nodes of H100: $(cat out)"

# Over several nodes and racks: medians and P90 of all points, of those from 128 MiB on, and of the half that nothing was set on.
nodes=$LINELOSS_CONFIGS/published/collectives_nodes.csv
expect 0 curves "$nodes" --no-progress --format csv
is_empty err
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "flow_error_percent") from_end = NF - i; next }
    { e = $(NF - from_end); e = e < 0 ? -e : e + 0; print e, "all"; if ($4 >= 134217728) print e, "large"
      if (/,check,/) { print e, "check"; if ($4 >= 134217728) print e, "large_check" } }' out | sort -g |
    awk '{ v[$2, ++n[$2]] = $1 }
    function limit(what, median, p90,   m, p) {
        m = v[what, int(n[what] / 2) + 1]; p = v[what, int(0.9 * n[what]) + 1]
        if (m > median || p > p90) { print what ": median " m " %, P90 " p " % of " n[what]; bad = 1 } }
    END { limit("all", 5, 25); limit("large", 3, 15); limit("check", 5, 25); limit("large_check", 3, 12); exit bad || n["all"] < 360 }' >why ||
    complain "$(cat why)"

# What libraries take by size: NCCL on InfiniBand, AWS by its table, RCCL without switches that reduce.
taken() { # cluster chips size algorithm
    expect 0 net "$1" --chips "$2" --sizes "$3" --engine closed --format csv
    awk -F, -v want="$4" 'NR == 2 { gsub(/"|\(.*/, "", $9); exit $9 != want }' out || complain "$* : $(tail -1 out)"
}
taken hgx_h100 32 64KiB tree
taken hgx_h100 32 64MiB in_network_tree
taken hgx_h100 32 8GiB hierarchical
taken hgx_h100_efa 64 64MiB tree
taken hgx_h100_efa 64 1GiB in_network_tree
taken hgx_h100_efa 64 4GiB hierarchical
taken hgx_h100_efa 256 1GiB hierarchical
taken mi355x_pollara 16 64MiB tree
taken mi355x_pollara 16 128MiB hierarchical
taken hgx_a100 32 1MiB tree
# A broadcast uses the NICs of all chips of a node: 400 GB/s, not 50.
expect 0 net hgx_h100 --chips 32 --collective broadcast --sizes 8GiB --engine closed --format csv
awk -F, 'NR == 2 { exit !($4 > 250) }' out || complain "broadcast: $(cat out)"
finish
