#!/usr/bin/env bash
# No text of a user makes a terminal obey: names, values, names of files and folders, rows of tables.
. "$(dirname "$0")/common.sh"
escape=$(printf '\033[31m') eight_bits=$(printf '\302\2333m') no_character=$(printf '\351')

shown() { # exit code, how it must be shown, argument...
    local code=$1 want=$2
    shift 2
    expect "$code" "$@"
    cat out err >all
    grep -qF -e "$want" all || complain "$*: no '$want' in: $(cat -v all)"
    ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe9' all || complain "$*: obeyed: $(cat -v all)"
}
for bad in "$escape" "$eight_bits" "$no_character"; do
    hex=$(printf %s "$bad" | od -An -tx1 | head -c 3 | tr -d ' ')
    for key in name doc cluster.name cluster.chip.name model.name job.precision job.tp; do
        shown 1 "a\\x$hex" run nvl72 --set "$key=a${bad}b"
    done
    for words in 'run' 'check' 'net' 'curves' 'validate' 'list' 'compare nvl72' 'calibrate gemm hgx_h100' 'run nvl72 --set' \
        'run nvl72 --engine' 'run nvl72 --format' 'run nvl72 -o' 'net nvl72 --sizes' 'run nvl72 --beside' ''; do
        read -ra word <<<"$words"
        shown 1 "a\\x$hex" ${word[@]+"${word[@]}"} "a${bad}b"
    done
    echo "@include \"a${bad}b\"" >study.cfg
    shown 1 "$(printf %s "$hex" | sed 's/^1b$/binary file (byte 0x1b in line 1)/; t; s/.*/a\\x&/')" check study.cfg
done
# What people write in other languages stays as it is.
shown 0 'Zürich → 日本' run nvl72 --engine closed --set 'doc=Zürich → 日本'
finish
