#!/usr/bin/env bash
# fabrics: networks as people have them, and the time that arithmetic says, by every engine that can.
. "$(dirname "$0")/common.sh"

cluster() { # topology, name of its dimension
    cat <<END
cluster : { name = "t"; topology : { $1 };
  chip : { name = "chip"; peak_bf16 = "990 TFLOP/s"; memory = "80 GB"; memory_bandwidth = "3.35 TB/s"; };
  software = ( { dimension = "$2";
    @include "parts/software_ideal.cfg"
  } ); };
END
}
near() { # engine, collective, size, time in us, tolerance in percent, argument...
    local engine=$1 collective=$2 size=$3 want=$4 percent=$5
    shift 5
    expect 0 net t.cfg --engine "$engine" --collective "$collective" --sizes "$size" --format csv "$@"
    awk -F, -v want="$want" -v percent="$percent" 'NR == 2 { t = $3 }
        END { exit !(t > want * (1 - percent / 100) && t < want * (1 + percent / 100)) }' out ||
        complain "$collective by $engine: expected $want us within $percent %: $(sed -n 2p out)"
}

# Two cables, 100 and 10 Gb/s: 64 MiB at 13.75 GB/s, and 1 us.
cluster 'type = "custom"; name = "d"; file = "links.txt";' d >t.cfg
printf '%s\n' 'chips 2' '0 <-> 1 1 100 Gb/s 1 us' '0 <-> 1 1 10 Gb/s 1 us' >links.txt
for engine in flow closed packet; do near $engine send 64MiB 4881.6 0.5; done
# 5, 4, 4 and 5 lanes of 25 GB/s to four switches: 64 MiB at 450 GB/s.
{
    echo 'chips 8'
    printf 'node %s\n' a b c d
    for chip in 0 1 2 3 4 5 6 7; do
        printf "$chip <-> %s %s 25 GB/s 25 ns\n" a 5 b 4 c 4 d 5
    done
} >links.txt
near flow send 64MiB 149.2 0.5
near closed send 64MiB 149.2 0.5
near packet send 64MiB 149.2 3

# Two nodes of 8 with rails, as a product and as a list of links: the same time, and what was found is said.
nodes='{ type = "switch"; name = "nv"; size = 8; links = 18; bandwidth = "25 GB/s"; latency = "350 ns"; },
    { type = "switch"; name = "ib"; size = 2; bandwidth = "50 GB/s"; latency = "1.3 us"; }'
{
    echo 'chips 16'
    printf 'switch %s\n' A B rail{0..7}
    for k in 0 1 2 3 4 5 6 7; do
        printf "%s <-> A 18 25 GB/s 350 ns\n%s <-> B 18 25 GB/s 350 ns\n" $k $((k + 8))
        printf "%s <-> rail$k 1 50 GB/s 1.3 us\n" $k $((k + 8))
    done
} >links.txt
for engine in flow closed; do
    for collective in all_reduce all_gather all_to_all; do
        cluster "type = \"product\"; dimensions = ( $nodes );" '*' >t.cfg
        expect 0 net t.cfg --engine $engine --collective $collective --sizes 1GiB --format csv
        cp out product
        cluster 'type = "custom"; name = "links"; file = "links.txt";' links >t.cfg
        expect 0 net t.cfg --engine $engine --collective $collective --sizes 1GiB --format csv
        cmp -s out product || complain "$collective by $engine: $(sed -n 2p out), as a product $(sed -n 2p product)"
    done
done
expect 0 net t.cfg --sizes 1GiB
has out "^# links.txt: found 2 nodes of 8 chips .'links.0', 450 GB/s a chip., 8 rails of 2 chips .'links.1', 50 GB/s a chip.$"
# Software level by level, by the names that were found or given; a link has its number in the file.
sed 's/dimension = "links"/dimension = "links.1"/' t.cfg >one.cfg
expect 1 net one.cfg --sizes 1GiB
has err "no entry for dimension 'links.0'"
expect 0 net one.cfg --sizes 1GiB --set 'cluster.software[0].dimension=*'
expect 1 net t.cfg --set 'cluster.topology.dimensions=nv ib' --set 'cluster.software[0].dimension=nv'
has err "no entry for dimension 'ib'"
near closed send 1GiB 23860.9 0.5 --chips 8 --set cluster.link_rates=0:0.1

# A ring of 256: 2 * 255/256 * 100 MB both ways at 100 GB/s, 1992.2 us, and 255 hops of 0.5 us twice.
cluster 'type = "ring"; name = "d"; size = 256; bandwidth = "50 GB/s"; latency = "500 ns";' d >t.cfg
near flow all_reduce 100MB 2247.2 0.5
near closed all_reduce 100MB 2247.2 0.5

# Two leaves of 32 chips, one of 32 uplinks down: 31 * 50 GB/s for what half of the chips send away. Where
# the uplinks are one bundle, the message says how to take one of them away.
clos='type = "clos"; name = "d"; size = 64; bandwidth = "50 GB/s"; latency = "500 ns"; hosts_per_leaf = 32;
    uplinks = 32; uplink_bandwidth = "50 GB/s"; uplink_latency = "300 ns";'
cluster "$clos routing = \"spray\";" d >t.cfg
expect 1 net t.cfg --collective all_to_all --sizes 1GiB --set cluster.link_rates=130:0
has err 'link 130 is a bundle of 32 lanes, 130:0.96875 is one of them down$'
near flow all_to_all 1GiB 21200 1 --set cluster.link_rates=130:0.96875
# By ECMP flows that share an uplink need windows that keep it full: with 2 the arithmetic is 1 % short, by `packet` too.
cluster "$clos routing = \"ecmp\";" d >t.cfg
near flow all_to_all 1GiB 21200 1 --set cluster.link_rates=130:0 --set cluster.wire.window_bdp=8

# One chip has nobody to send to.
cluster 'type = "switch"; name = "d"; size = 1; bandwidth = "50 GB/s"; latency = "1 us";' d >t.cfg
expect 1 net t.cfg --collective all --sizes 1GiB --format json
has err '^net: the cluster has one chip; expected two or more'
is_empty out

# Two pods, 7:1 oversubscribed between them: the choice is not slower than what it may choose.
cluster 'type = "clos"; name = "d"; size = 22; levels = 3; bandwidth = "50 GB/s"; latency = "500 ns";
    hosts_per_leaf = 14; uplinks = 14; uplink_bandwidth = "50 GB/s"; uplink_latency = "300 ns"; leaves_per_pod = 1;
    core_uplinks = 1; core_bandwidth = "7.142857 GB/s"; core_latency = "300 ns"; routing = "spray";' d >t.cfg
for collective in all_reduce all_gather; do
    expect 0 net t.cfg --collective $collective --algorithm ring --sizes 1GiB --format csv
    ring=$(awk -F, 'NR == 2 { print $3 }' out)
    near flow $collective 1GiB "$ring" 1
done
finish
