#!/usr/bin/env bash
# CSV as programs read it: a row for each study, a column for each quantity, numbers as numbers.
. "$(dirname "$0")/common.sh"

expect 0 compare nvl72 atlas950 --engine closed --format csv -o dir
is_empty err
mv out two.csv
expect 0 run nvl72 --engine closed --format csv
[ "$(wc -l <out)" = 2 ] || complain "run --format csv: $(wc -l <out) lines, not a heading and a row"
mv out one.csv
expect 0 run nvl72 --engine closed --format json
step=$(sed -n 's/^  "step_s": \(.*\),$/\1/p' out)
# Columns of text, by the list that users have.
texts='study label doc version git config_hash cluster chip model precision baseline layout_text engine evidence outside_validation checksum'
expect 0 list csv --format csv
for column in study step_s 'loss_<cause>_frac' 'memory_<name>' layout_tp; do has out "^$column,"; done
for column in $texts; do has out "^$column,,"; done

# Quoting, and no name twice: by the reader that every Python has.
cat >read.py <<'PY'
import csv, sys
with open("two.csv", newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
head = list(rows[0])
assert len(rows) == 2 and len(set(head)) == len(head), head
texts = sys.argv[2].split()
for row in rows:
    assert None not in row, "a row has more cells than the heading"
    for name in head:
        if name in texts:
            assert row[name], name + " is empty"
        elif name == "valid":
            assert row[name] == "TRUE"
        elif row[name]:
            float(row[name])
assert float(rows[0]["step_s"]) == float(sys.argv[1]), rows[0]["step_s"]
assert [r["study"] for r in rows] == ["nvl72", "atlas950"] and rows[0]["doc"].count(",") == 1
assert rows[0]["transfer_dp_gather_calls"] == "" and float(rows[1]["transfer_dp_gather_calls"]) > 0
lost = sum(float(v) for k, v in rows[0].items() if k.startswith("loss_") and k.endswith("_frac"))
assert abs(lost + float(rows[0]["efficiency_frac"]) - 1) < 1e-9, lost
PY
cat >frame.py <<'PY'
import pandas, sys
frame = pandas.concat([pandas.read_csv(name, float_precision="round_trip") for name in ("two.csv", "one.csv")])
texts = sys.argv[2].split()
for name in frame.columns:
    kind = frame[name].dtype.kind
    assert kind == ("b" if name == "valid" else "O" if name in texts else kind) and kind in "biufO", (name, kind)
    assert name in texts or kind != "O", name
assert frame.shape[0] == 3 and (frame.step_s.iloc[[0, 2]] == float(sys.argv[1])).all()
assert frame.groupby("study").mfu_frac.mean().between(0, 1).all()
PY
cat >frame.R <<'R'
said <- commandArgs(trailingOnly = TRUE)
frame <- read.csv("two.csv")
texts <- strsplit(said[2], " ")[[1]]
for (name in names(frame)) {
    right <- if (name %in% texts) is.character(frame[[name]]) else if (name == "valid") is.logical(frame[[name]]) else is.numeric(frame[[name]])
    if (!right && !all(is.na(frame[[name]]))) stop(name, " is ", class(frame[[name]]))
}
stopifnot(nrow(frame) == 2, abs(frame$step_s[1] / as.numeric(said[1]) - 1) < 1e-14, all(frame$mfu_frac < 1))
R
n_reader=0
reads() { # what, command...
    local what=$1
    shift
    "$@" "$step" "$texts" >said 2>&1 || complain "$what: $(cat said)"
    n_reader=$((n_reader + 1))
}
command -v python3 >/dev/null && reads 'csv of Python' python3 read.py
for python in python3 /usr/bin/python3; do
    "$python" -c 'import pandas' 2>/dev/null && reads pandas "$python" frame.py && break
done
command -v Rscript >/dev/null && reads R Rscript frame.R
echo "read by $n_reader readers"
finish
