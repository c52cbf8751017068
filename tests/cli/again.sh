#!/usr/bin/env bash
# A JSON result holds all that it was computed from: the configuration, the files that it names, options of PETSc.
. "$(dirname "$0")/common.sh"
command -v jq >/dev/null || exit 77
again=$(cd "$(dirname "$0")" && pwd)/again.jq
sed "s#@include \"../#@include \"$LINELOSS_CONFIGS/#" "$LINELOSS_CONFIGS/clusters/example_edge_list.cfg" >links.cfg
cp "$LINELOSS_CONFIGS/clusters/example_edge_list.txt" .
cat >links_study.cfg <<END
name = "links";
@include "links.cfg"
@include "$LINELOSS_CONFIGS/models/llama3_8b.cfg"
job : { sequence = 4096; precision = "bf16"; global_batch = 8; tp = 8; };
END

run() { # study: its result in <study>.json
    "$LINELOSS" run "$1" --format json >"$2.json" 2>err </dev/null || complain "$1: $(head -c 600 err)"
    "$JSON_CHECK" <"$2.json" || complain "$1: not JSON"
}
# From the JSON alone, in a folder where nothing else is.
for study in nvl72 atlas950_256 links_study.cfg; do
    run "$study" first
    rm -rf elsewhere
    mkdir elsewhere
    jq -r -f "$again" first.json >elsewhere/again.cfg || complain "$study: jq"
    if [ "$study" = links_study.cfg ]; then
        [ "$(jq -r '.files[0].path + " " + .files[0].name' first.json)" != 'cluster.topology.file example_edge_list.txt' ] &&
            [ "$(jq -r '.files[-1].path + " " + .files[-1].name' first.json)" != 'cluster.topology.file example_edge_list.txt' ] &&
            complain "$study: $(jq '.files[].path' first.json)"
    fi
    # Each file as its key names it, from the configuration.
    for file in $(jq -r '.files // [] | keys[]' first.json); do
        name=elsewhere/$(jq -r ".files[$file].name" first.json)
        mkdir -p "$(dirname "$name")"
        jq -rj ".files[$file].text" first.json >"$name"
    done
    (cd elsewhere && run again.cfg again && exit "$failed") || failed=1
    for field in checksum config_hash step_s; do
        [ "$(jq ".$field" first.json)" = "$(jq ".$field" elsewhere/again.json)" ] ||
            complain "$study: $field is another one: $(jq ".$field" first.json elsewhere/again.json)"
    done
done

# Lists that differ in what changes no figure are told apart as well.
run links_study.cfg first
sed -i '1s/.*/# Other words./' example_edge_list.txt
run links_study.cfg second
[ "$(jq .checksum first.json)" = "$(jq .checksum second.json)" ] || complain 'a comment changes the figures'
! cmp -s first.json second.json || complain 'two lists give the same document'
[ "$(jq .config_hash first.json)" != "$(jq .config_hash second.json)" ] || complain 'two lists have the same hash'

# What PETSc was told.
[ "$(jq -r .petsc_options first.json)" = '' ] || complain "$(jq .petsc_options first.json)"
"$LINELOSS" run nvl72 --format json --petsc -ll_snes_type anderson -ll_snes_max_it 500 >first.json 2>err || complain "$(cat err)"
[ "$(jq -r .petsc_options first.json)" = '-ll_snes_type anderson -ll_snes_max_it 500' ] ||
    [ "$(jq -r .petsc_options first.json)" = '-ll_snes_max_it 500 -ll_snes_type anderson' ] ||
    complain "$(jq .petsc_options first.json)"
expect 0 run nvl72 --petsc -ll_snes_type anderson -ll_snes_max_it 500
has out '^  PETSc options +-ll_snes'
finish
