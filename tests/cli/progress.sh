#!/usr/bin/env bash
# Long work says how far it is: by engine packet and by unfolded flow, in every command; nothing else changes.
. "$(dirname "$0")/common.sh"
long=(--engine packet --set engine.packets_per_flow=8192)

# Lines "packet: 34 % of the traffic, 61 s, about 2 min left": the first about a second after the beginning,
# and what is shown never falls.
rises() { # what was done
    has err '^([^:]+: )*packet: [0-9.]+ % of the traffic, [12]\.[0-9] s'
    awk -v what="$1" '/ % of the / {
            match($0, /[0-9.]+ % of the /); name = substr($0, 1, RSTART - 1); percent = substr($0, RSTART) + 0
            if (name == last && percent < before) { print what ": falls: " $0; bad = 1 }
            if (percent > 100) { print what ": " $0; bad = 1 }
            last = name; before = percent; n++
        } END { if (n == 0) { print what ": nothing is shown"; bad = 1 } exit bad }' err >why ||
        complain "$(cat why)"
}
expect 0 run atlas950_256 "${long[@]}" --progress --format json
rises run
cp out shown
expect 0 run atlas950_256 "${long[@]}" --format json
is_empty err
same out shown
on 2 run atlas950_256 "${long[@]}" --progress --format json >out
rises "run on two ranks"
same out shown
expect 0 compare "${long[@]}" --progress -o both atlas950_256 -- atlas950_256 --seed 2
rises compare
has err "^study 1 of 2, [^:]*: packet: [0-9.]+ % of the traffic"
finish
