#!/usr/bin/env bash
# kernels: each form of a table of timed kernels, what is passed over, and the kernels of a layer.
. "$(dirname "$0")/common.sh"

# 1024 x 1024 x 1024 of a chip by hand; the same by unit.timed_model.
printf 'm,n,k,precision,time_us\n1024,1024,1024,bf16,20\n4096,4096,4096,bf16,\n' >products.csv
expect 0 kernels hgx_h100 products.csv --format json
"$JSON_CHECK" chip form other_chip_rows no_peak_rows no_model_rows classes rows <out || complain json
has out '"kind": "gemm"'
has out '"err_frac": '
has out '"measured_us": null'
expect 0 kernels hgx_h100 products.csv
has out '^2 kernels of H100 SXM\.$'
has out '^gemm +bf16 +all +1 '
expect 0 kernels hgx_h100 products.csv --format csv
[ "$(wc -l <out)" = 3 ] || complain "a heading and two rows: $(cat out)"

# Without any time they are predicted only, and shown.
printf 'm,n,k,precision\n64,512,7168,fp8_block\n' >shapes.csv
expect 0 kernels hgx_h100 shapes.csv
has out 'm=64 n=512 k=7168'

# Other chips, and precisions that the chip has not got, are counted.
printf 'chip,dtype,n,k,m1_us,m8_us\nh100_sxm,nvfp4,512,512,9,9\nh100_sxm,bfloat16,512,512,4,4\nl40s,fp8,512,512,9,9\n' >gemm.csv
expect 0 kernels hgx_h100 gemm.csv
has out '^2 rows of other chips passed over: l40s\.$'
has out '^2 rows of precisions for which H100 SXM has no peak\.$'
has out '^gemm +bf16 +all +2 '

# Every other form: its rows have a prediction of their own kind.
one() { # kind, heading, row
    printf '%s\n%s\n' "$2" "$3" >form.csv
    expect 0 kernels hgx_h100 form.csv --format json
    has out "\"kind\": \"$1\""
    [ "$(grep -c '"predicted_us"' out)" = 1 ] || complain "$1: one row expected"
}
one attention_prefill chip,attn_dtype,kv_dtype,heads,kv_heads,batch,s512_us h100_sxm,fp8,fp8,32,8,2,40
one attention_decode chip,kv_dtype,heads,kv_heads,batch,ctx512_us h100_sxm,bfloat16,32,8,2,20
one mla_prefill chip,dtype,kv_dtype,heads,batch,s512_us h100_sxm,bfloat16,fp8,16,2,40
one mla_decode chip,dtype,kv_dtype,heads,batch,ctx512_us h100_sxm,bfloat16,fp8,16,2,20
one moe_experts chip,dtype,hidden,expert_ffn,topk,experts,tp,ep,routing,t512_us \
    h100_sxm,fp8_block,7168,2048,8,256,1,16,balanced,300
one moe_experts chip,dtype,hidden,expert_ffn,topk,experts,slots,ep,routing,t512_us \
    h100_sxm,fp8_block,7168,2048,8,256,288,16,power_law_1.2_eplb,300
printf 'chip,model,tp,tokens,n_event_us,n_kernel_us,mlp_up_proj_event_us,mlp_up_proj_kernel_us\nh800,Llama-2-7B,1,64,20,6,90,80\n' >form.csv
expect 0 kernels hgx_h100 form.csv
has out '^1 rows of kind small: no model of it yet, nothing is predicted\.$'
has out '^gemm +bf16 +all +1 '

# The kernels of a layer.
expect 0 kernels nvl72
has out '^forward +gemm +bf16 +8192 x .* compute$'
has out '^backward +attention '
has out ' memory$'
expect 0 kernels nvl72 -o layer
for file in kernels.csv roofline.svg roofline-column.svg roofline.gp; do
    [ -s "layer/$file" ] || complain "no $file"
done
grep -q 'bf16 peak, 2.5 PFLOP/s' layer/roofline.svg || complain "no roof in roofline.svg"
expect 1 kernels hgx_h100
has err 'a cluster, not a study'
expect 1 kernels
has err 'which cluster, and which table'

# Shapes that nobody measured: each shape of the shipped tables, predicted without itself. Limits in % (median, P90) of
# kernels of 20 us and more; the figures that they stand for are in configs/README.md.
within() { # chip, cluster, table, median, P90
    expect 0 kernels "$2" "$LINELOSS_CONFIGS/kernels/$1_$3.csv" --format md
    awk -F' *[|] *' -v median="$4" -v p90="$5" '
        $5 == "20 us and more" { n++; if ($7 > median || $8 > p90) { print; bad = 1 } }
        END { exit bad || !n }' out >why || complain "$1 $3: $(cat why)"
}
for chip in a100:hgx_a100 h100:hgx_h100 h200:hgx_h200 b200:hgx_b200 b300:hgx_b300 gb200:gb200_nvl72 gb300:gb300_nvl72; do
    within ${chip%:*} ${chip#*:} gemm 4 12.5
    within ${chip%:*} ${chip#*:} prefill 4 10.5
    within ${chip%:*} ${chip#*:} mla_prefill 5.5 20
    within ${chip%:*} ${chip#*:} mla_decode 5.5 23
    [ $chip = a100:hgx_a100 ] || within ${chip%:*} ${chip#*:} decode 5.5 18
done
within a100 hgx_a100 decode 8 30 # five shapes

for format in text json csv md; do
    expect 0 kernels hgx_h100 gemm.csv --format $format
    is_empty err
    cp out serial
    on 2 kernels hgx_h100 gemm.csv --format $format >ranks
    same ranks serial
done
finish
