# Sourced after cli/common.sh. Rank 0 is started with the words of `first`, the others with those of `others`, each
# an application context of mpirun without -n; all must end within 10 s, whatever they see.
first=()
others=()
apart() { # exit code, ranks
    local want=$1 ranks=$2 code
    timeout -k 2 10 "$MPIEXEC" -n 1 "${first[@]}" : -n $((ranks - 1)) "${others[@]}" >out 2>err </dev/null
    code=$?
    what="$ranks ranks: ${first[*]} : ${others[*]}"
    [ "$code" = "$want" ] || complain "$what: exit code $code, expected $want: $(head -c 800 err)"
    if grep -qE 'Sanitizer|runtime error:|PETSC ERROR|internal error' err; then
        complain "$what: $(head -c 2000 err)"
    fi
}
says_once() { # text; beside what mpirun says of an exit code that is not 0
    [ "$(grep -cF -- "$1" err)" = 1 ] || complain "$what: not once '$1': $(head -c 800 err)"
    is_empty out
}
