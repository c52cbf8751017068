#!/usr/bin/env bash
# The man page: every command and option, and nothing that troff complains of.
. "$(dirname "$0")/common.sh"

expect 0 help man
is_empty err
cp out lineloss.1
expect 0 help
for command in $(awk '/^Commands:/ { inside = 1; next } !NF { inside = 0 } inside && $1 != "help" { print $1 }' out); do
    has lineloss.1 "^\.SS \"lineloss $command "
    expect 0 help "$command"
    for option in $(sed -n 's/^  \(--*[a-z][a-z-]*\).*/\1/p' out); do
        has lineloss.1 "^\.B ${option//-/\\\\-}( |,|$)"
    done
done
if command -v groff >/dev/null; then
    groff -ww -Tascii -man lineloss.1 >page 2>said
    is_empty said
    has page 'LINELOSS\(1\)'
fi
if command -v man >/dev/null; then
    LC_ALL=C MANWIDTH=80 man --warnings -l lineloss.1 >page 2>said </dev/null
    is_empty said
    has page "lineloss - how many chips' worth of work"
    has page 'lineloss run nvl72 --beside closed,packet'
    [ "$(awk 'length > 100' page | wc -l)" = 0 ] || complain "lines of more than 100 columns: $(awk 'length > 100' page)"
fi
finish
