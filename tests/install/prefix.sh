#!/usr/bin/env bash
# prefix.sh CMAKE BUILD CONFIGS BINDIR DATADIR MANDIR DOCDIR: installs to a prefix of its own; the program there runs a study of the
# configurations there, and says the same as with those of the source.
set -eu
cmake=$1 build=$2 configs=$3 bin=$4 data=$5 man=$6 doc=$7
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

# What belongs to it: man page and completion of this very program, documents, job scripts that run by themselves.
program=$work/prefix/$bin/lineloss
"$program" help man | cmp - "$work/prefix/$man/man1/lineloss.1"
"$program" help completion | cmp - "$work/prefix/$data/bash-completion/completions/lineloss"
for file in README.md LICENSE CHANGELOG.md CITATION.cff; do
    [ -s "$work/prefix/$doc/$file" ] || { echo "no $file" >&2; exit 1; }
done
scripts=$work/prefix/$data/lineloss/scripts
[ -s "$scripts/environment.sh" ]
for script in slurm.sh pbs.sh; do
    code=0
    "$scripts/$script" 2>said || code=$?
    [ $code = 1 ] && grep -q 'which study' said || { echo "$script: exit code $code: $(cat said)" >&2; exit 1; }
done
head -n 2 "$installed/published/measured.csv" >"$installed/published/one.csv"
PATH=$work/prefix/$bin:$PATH "$scripts/validate" "$installed/published/one.csv" --format csv >rows
grep -q '^O01,' rows || { echo "validate, installed: $(head -c 500 rows)" >&2; exit 1; }
