#!/usr/bin/env bash
# A machine of one's own as configs/README.md writes it, far from the shipped files: torus, mesh, fat tree, study.
. "$(dirname "$0")/common.sh"

# The lines of the README's block that begins with a pattern, without their indentation.
block() {
    awk -v from="^    $1" '$0 ~ from { on = 1 } on && /^[^ ]/ { exit } on { print substr($0, 5) }' \
        "$LINELOSS_CONFIGS/README.md"
}

block 'cluster : [{]' >mine.cfg
block 'name = "mine"' >study.cfg
[ "$(wc -l <mine.cfg)" -ge 10 ] || complain "the README has no machine to copy"
expect 0 net mine.cfg --collective all_reduce --sizes 1MiB
has out '1024 of its 1024 chips'
expect 0 run study.cfg --engine closed
has out 'ring 8 x ring 8 x ring 16'
# The fabrics that it names beside it, in place of the torus.
fabric() { block "topology : [{] type = \"$1\"" | awk '{ print } /};/ { exit }'; }
for type in mesh fat_tree; do
    sed '/type = "torus"/d' mine.cfg | awk -v line="$(fabric $type)" '{ print } /^  };/ { print line }' >$type.cfg
    expect 0 net $type.cfg --collective all_reduce --sizes 1MiB
    has out '1024 of its 1024 chips'
done
sed 's/mine\.cfg/fat_tree.cfg/' study.cfg >tree.cfg
expect 0 run tree.cfg --engine closed
has out '^  fabric +clos 1024 \(2:1 at the leaf\)$'
# Of its torus, the bandwidth is a choice, and what the parts assume is not made better by that.
expect 0 check study.cfg
has out '^  bandwidth +75 GB/s .*choice: mine$'
expect 0 run study.cfg --engine closed
has out '^  evidence +unstated$|^  evidence +assumed$'
finish
