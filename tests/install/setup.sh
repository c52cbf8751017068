#!/usr/bin/env bash
# setup.sh SCRIPTS: installing and building say one line each, and keep the rest in build/. With stand-ins for
# dpkg-query, apt-get and cmake, in a copy of the scripts.
set -eu
work=$(mktemp -d -t llsetup.XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
cp -r "$1" "$work/scripts"
cd "$work"
stub() { # name; its lines on standard input
    { echo '#!/usr/bin/env bash' && cat; } >"bin/$1"
    chmod +x "bin/$1"
}
stub sudo <<<'exec "$@"'
stub dpkg-query <<<'[ -e installed ] && echo installed'
stub apt-get <<'END'
case " $* " in
*' -s '*) echo 'Inst gcc (1)' && echo 'Inst make (2)' ;;
*' --assume-no '*) echo 'Need to get 235 MB of archives.' && echo 'After this operation, 971 MB of additional disk space will be used.' && exit 1 ;;
*' -y '*) echo 'Unpacking gcc (1) ...' && echo "E: what apt says" >&2 && [ ! -e broken ] ;;
esac
END
stub cmake <<<'echo "[ 50%] Building C object"; [ ! -e broken ]'
export PATH=$work/bin:$PATH

expect() { # code, number of lines on standard error, text in them, command...
    local code=0 want=$1 lines=$2 text=$3
    shift 3
    "$@" >out 2>err </dev/null || code=$?
    [ "$code" = "$want" ] && [ ! -s out ] && [ "$(wc -l <err)" = "$lines" ] &&
        { [ -z "$text" ] || grep -qF -- "$text" err; } && return
    echo "$*: exit code $code, expected $want; output:" >&2
    cat out err >&2
    exit 1
}
expect 0 1 '2 in all, 235 MB to load, 971 MB on disk' scripts/setup.sh
grep -q 'what apt says' build/setup.log
touch broken
expect 1 4 'what apt said is in build/setup.log' scripts/setup.sh
rm broken
touch installed
expect 0 0 '' scripts/setup.sh
expect 0 1 'building lineloss into build/release' scripts/build lineloss
grep -q Building build/release.log
touch broken
expect 1 3 'all of it is in build/release.log' scripts/build lineloss
echo "installing and building: one line each; what went wrong is shown"
