#!/usr/bin/env bash
# README: its screen is what `answer` prints, its picture what `compare` draws, its machine and commands run.
. "$(dirname "$0")/common.sh"
root=$(cd "$LINELOSS_CONFIGS/.." && pwd)
readme=$root/README.md
[ "$(wc -l <"$readme")" -le 150 ] || complain "$(wc -l <"$readme") lines in README.md"

expect 0 answer -o results
sed -n '/^    How many chips/,/^    More, with/s/^    //p' "$readme" >want # empty lines are not indented
grep -v '^$' out >got
same got want
same results/same_work_per_chip/compare.svg "$root/configs/answer.svg"

sed -n '/^    name = "mine";/,/^    job :/s/^    //p' "$readme" >mine.cfg
[ "$(wc -l <mine.cfg)" -gt 10 ] || complain "no mine.cfg in README.md"
sed -n 's,^    scripts/run \([^#]*[^# ]\) *#.*,\1,p' "$readme" | while read -r command; do
    case $command in
    "-n 4 "* | calibrate* | "compare results"* | *"--engine packet") continue ;; # another test has these
    "net mine.cfg"*) command="$command --sizes 1MiB --chips 8" ;;
    esac
    # shellcheck disable=SC2086 # words of a command line
    "$LINELOSS" $command >out 2>err </dev/null || echo "$command: $(head -c 500 err)"
    echo "$command" >>tried
done >failed.txt
is_empty failed.txt
[ "$(wc -l <tried)" -ge 5 ] || complain "only $(wc -l <tried) commands of README.md were tried"
# Files that README names are there.
grep -oE '`(sim|topology|configs|bench|tests|scripts)/[A-Za-z0-9_./]+`|\]\([a-zA-Z][^)#]*\)' "$readme" | tr -d '`])(' | sort -u >names
while read -r name; do
    [ -e "$root/$name" ] || complain "README.md names $name, which is not there"
done <names
finish
