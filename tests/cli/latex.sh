#!/usr/bin/env bash
# Tables as LaTeX: pdflatex sets them in a page of two columns, and nothing stands out of it.
. "$(dirname "$0")/common.sh"
if ! command -v pdflatex >/dev/null || ! kpsewhich booktabs.sty tabularx.sty graphicx.sty >/dev/null; then
    echo 'skipped: no pdflatex with booktabs, tabularx and graphicx (texlive-latex-recommended)'
    exit 77
fi

"$LATEX_TABLES" >tables.tex || complain "latex_tables: exit code $?"
expect 0 run nvl72 --engine closed --format latex
mv out run.tex
expect 0 list keys --format latex
mv out keys.tex
expect 0 list chips --format latex
mv out chips.tex
for file in tables run keys chips; do
    cat >doc.tex <<TEX
\\documentclass[twocolumn]{article}
\\usepackage{booktabs,tabularx,graphicx}
\\begin{document}
\\input{$file.tex}
\\end{document}
TEX
    pdflatex -interaction=nonstopmode -halt-on-error doc.tex >said 2>&1 </dev/null ||
        complain "$file.tex does not compile: $(grep -A 5 '^!' said)"
    [ -s doc.pdf ] || complain "$file.tex: no page"
    lacks doc.log 'Overfull|Float too large|too large for page'
    rm -f doc.pdf
done
[ "$(grep -c '^\\begin{table' tables.tex)" = "$(grep -c '^\\end{table' tables.tex)" ] || complain 'an environment stays open'
has tables.tex '^\\caption\{Awkward: 100 \\% of \[a\\_b\] \\& \\textbackslash\{\}c\}$'
has tables.tex '^\\label\{tab:awkward-1\}$'
finish
