"""Tables of a paper in Markdown, as GitHub shows it."""

from collections.abc import Sequence

from hrbench.report.printed import Line, Paper, Printed, arrow, cells, heading
from hrbench.report.text_table import Table, escaped
from hrbench.report.text_table import markdown as grids


def markdown(papers: Sequence[Paper]) -> str:
    """Return a heading, a grid and footnotes for each."""
    return grids([_table(paper) for paper in papers])


def _table(paper: Paper) -> Table:
    metrics = [f"{heading(name)} {arrow(name, '↑', '↓')}" for name in paper.metrics]
    sources = ["source"] if paper.sources else []
    return Table(
        title=paper.title,
        header=("system", *paper.facts, *metrics, *sources),
        rows=tuple(_row(line, paper) for line in (*paper.published, *paper.ours)),
        right=frozenset(metrics),
        below=(
            *(f"<sup>{letter}</sup> {words}" for letter, words in paper.notes),
            *(f"[{number}] {words}" for number, words in enumerate(paper.sources, start=1)),
            *paper.below,
        ),
        marked=True,
    )


def _row(line: Line, paper: Paper) -> tuple[str, ...]:
    notes = f"<sup>{','.join(line.letters)}</sup>" if line.letters else ""
    system = escaped(line.system) + notes
    return tuple(cells(line, paper, system=system, fact=escaped, figure=_figure))


def _figure(name: str, figure: Printed) -> str:
    text = f"**{figure.text}**" if figure.bold else figure.text
    return f"{text} {figure.after(name)}".rstrip()
