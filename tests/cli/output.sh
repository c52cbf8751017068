#!/usr/bin/env bash
# Result files: no torn sets, nothing overwritten in silence, and job arrays that write side by side.
. "$(dirname "$0")/common.sh"
study() { # file, sequences per step
    printf 'name = "mine";\n@include "%s/clusters/gb200_nvl72.cfg"\n@include "%s/models/llama3_405b.cfg"\n' \
        "$LINELOSS_CONFIGS" "$LINELOSS_CONFIGS" >"$1"
    printf 'job : { sequence = 8192; precision = "bf16"; global_batch = %s; tp = 8; pp = 9; interleave = 7; };\n' \
        "$2" >>"$1"
}
study a.cfg 18
study b.cfg 36
echo 'engine : { type = "closed"; };' | tee -a a.cfg >>b.cfg

# The same once more is no event; what changes in it is said.
expect 0 run a.cfg -o res
cp -r res was
expect 0 run a.cfg -o res
is_empty err
for file in mine.json mine.txt mine.csv; do same res/$file was/$file; done
expect 0 run a.cfg --beside flow -o res
has err '^lineloss: replaces res/mine\.json of 20[0-9-]+ [0-9:]+ UTC$'

# Another configuration of that name is refused before it runs.
cp -r res/. was
expect 1 run b.cfg -o res
has err '-o res: res/mine\.json of 20.* is the result of another configuration; .* --force'
[ -z "$(diff -r res was)" ] || complain "a refused run changes files: $(diff -r res was)"
expect 0 run b.cfg -o res --force
has err 'replaces res/mine\.json'
has res/mine.json '"global_batch": 36,'

# What makes no file name is refused before it runs.
expect 1 run a.cfg --set name="$(printf 'long%.0s' {1..75})" -o res
has err 'name = longlong.*a name of 1 to 120 bytes is expected; it has 300'

# An array: all at once, into one folder that is not there yet; each set whole and its own.
pids=()
for seed in 1 2 3 4 5 6; do
    "$LINELOSS" run a.cfg --seed $seed -o array >/dev/null 2>>array.err </dev/null &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || complain "a task of the array fails: $(cat array.err)"; done
is_empty array.err
[ "$(ls -A array | wc -l)" = $((6 * $(ls -A res | wc -l))) ] || complain "the array left $(ls -A array)"
for seed in 1 2 3 4 5 6; do
    has "array/mine+seed=$seed.json" "\"seed\": $seed,"
    has "array/mine+seed=$seed.txt" "seed $seed,"
done

# What does not fit leaves the old set, and no folder that was made for it.
cp -r res whole
for full in res new; do
    (ulimit -f 16 && "$LINELOSS" run a.cfg --force -o $full >/dev/null 2>err </dev/null)
    code=$?
    [ "$code" = 2 ] || complain "a full disk: exit code $code: $(cat err)"
    has err "^$full/mine\\.[a-z]+: cannot write: File too large"
done
[ -z "$(diff -r res whole)" ] || complain "a full disk: $(diff -r res whole)"
[ ! -e new ] || complain "an empty folder stays behind"
finish
