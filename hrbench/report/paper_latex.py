"""Tables of a paper in LaTeX, with booktabs' rules and threeparttable's notes."""

import re
from collections.abc import Iterable, Sequence

from pylatexenc.latexencode import unicode_to_latex

from hrbench.report.printed import Line, Paper, Printed, arrow, cells, heading

NO_LABEL = re.compile(r"[^A-Za-z0-9.-]+")
NEEDS = r"% \usepackage{booktabs,threeparttable}"
ARROWS = (r"$\uparrow$", r"$\downarrow$")


def latex(papers: Sequence[Paper]) -> str:
    """Return a table environment for each."""
    return "\n\n".join((NEEDS, *map(_table, papers)))


def _table(paper: Paper) -> str:
    header = [
        *("System", *map(str.capitalize, paper.facts)),
        *(f"{_escaped(heading(name))} {arrow(name, *ARROWS)}" for name in paper.metrics),
        *(["Source"] if paper.sources else []),
    ]
    columns = "l" * (1 + len(paper.facts)) + "r" * len(paper.metrics) + "l" * bool(paper.sources)
    groups = [[_row(line, paper) for line in part] for part in (paper.published, paper.ours)]
    body = "\n\\midrule\n".join("\n".join(group) for group in groups if group)
    return "\n".join(
        (
            *(r"\begin{table}", r"\centering", r"\begin{threeparttable}"),
            rf"\caption{{{_escaped(paper.title)}}}",
            rf"\label{{tab:{NO_LABEL.sub('-', paper.name)}}}",
            *(rf"\begin{{tabular}}{{{columns}}}", r"\toprule"),
            *(_line(header), r"\midrule", body, r"\bottomrule", r"\end{tabular}"),
            *(r"\begin{tablenotes}", r"\footnotesize"),
            *(rf"\item[{letter}] {_escaped(words)}" for letter, words in paper.notes),
            *(rf"\item[{n}] {_escaped(words)}" for n, words in enumerate(paper.sources, start=1)),
            *(rf"\item[] {_escaped(words)}" for words in paper.below),
            *(r"\end{tablenotes}", r"\end{threeparttable}", r"\end{table}"),
        )
    )


def _row(line: Line, paper: Paper) -> str:
    notes = rf"\tnote{{{','.join(line.letters)}}}" if line.letters else ""
    system = f"{{}}{_escaped(line.system)}{notes}"  # else the line before takes a [ as its argument
    return _line(cells(line, paper, system=system, fact=_escaped, figure=_figure))


def _line(parts: Iterable[str]) -> str:
    return f"{' & '.join(parts)} \\\\"


def _figure(name: str, figure: Printed) -> str:
    text = rf"\textbf{{{figure.text}}}" if figure.bold else figure.text
    after = figure.after(name)
    return f"{text} {{\\scriptsize {_escaped(after)}}}" if after else text


def _escaped(text: str) -> str:
    """Return a text as LaTeX sets it, whatever it holds."""
    return str(unicode_to_latex(text, unknown_char_policy="keep", unknown_char_warning=False))
