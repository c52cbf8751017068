#!/usr/bin/env bash
# prefix.sh CMAKE BUILD CONFIGS BINDIR DATADIR: installs to a prefix of its own; the program there runs a study of the
# configurations there, and says the same as with those of the source.
set -eu
cmake=$1 build=$2 configs=$3 bin=$4 data=$5
work=$(mktemp -d -t llinstall.XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir "$work/elsewhere"
cd "$work/elsewhere"
"$cmake" --install "$build" --prefix "$work/prefix" >/dev/null
installed=$work/prefix/$data/lineloss/configs
diff -r "$configs" "$installed"
run() { LINELOSS_CONFIGS=$1 "$work/prefix/$bin/lineloss" run nvl72 --engine closed --format json; }
run "$installed" >of_prefix
run "$configs" >of_source
grep -q '"effective_chips"' of_prefix || { echo "no result: $(head -c 500 of_prefix)" >&2; exit 1; }
# Paths in it are relative to the configurations.
cmp of_prefix of_source
