"""A table as papers print it: its rows, their figures, and what stands below.

`paper` makes one, `paper_latex` and `paper_markdown` write it down.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hrbench.report.definitions import define, rounded


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure as a table prints it."""

    text: str
    low: float | None = None
    high: float | None = None
    spread: str = ""  # standard deviation over seeds
    bold: bool = False

    @property
    def value(self) -> float:
        """The figure, no finer than it is printed."""
        return float(self.text)

    def after(self, name: str) -> str:
        """Return what stands behind a metric's figure: its spread, or its interval."""
        if self.spread:
            return f"± {self.spread}"
        if self.low is None or self.high is None:
            return ""
        return f"[{rounded(name, self.low)}, {rounded(name, self.high)}]"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table."""

    system: str
    facts: dict[str, str]  # by the column's name
    figures: dict[str, Printed]  # by the metric's name
    aside: bool  # not to be compared: of another protocol, as is known, or of a part of the split
    notes: tuple[str, ...]  # in words, what of it differs or is not known
    source: str  # who printed it; empty: it is ours
    letters: tuple[str, ...] = ()  # of the notes, in the table


@dataclass(frozen=True, slots=True)
class Paper:
    """A table as papers print it."""

    name: str  # "coco-pose-val2017"
    title: str
    facts: tuple[str, ...]  # columns after the system's
    metrics: tuple[str, ...]
    published: tuple[Line, ...]
    ours: tuple[Line, ...]
    notes: tuple[tuple[str, str], ...]  # letters and words
    sources: tuple[str, ...]  # [1] is the first
    below: tuple[str, ...]


def heading(metric: str) -> str:
    """Return a metric with its unit."""
    known = define(metric)
    return f"{metric} ({known.unit})" if known else metric


def arrow(metric: str, up: str, down: str) -> str:
    """Return the one of two arrows that points to where a metric is better."""
    known = define(metric)
    return "" if known is None else up if known.higher_is_better else down


def cells(
    line: Line,
    paper: Paper,
    *,
    system: str,
    fact: Callable[[str], str],
    figure: Callable[[str, Printed], str],
) -> Iterator[str]:
    """Yield the cells of a row, from its system to its source, each as a format writes it."""
    yield system
    yield from (fact(line.facts.get(name, "")) for name in paper.facts)
    for name in paper.metrics:
        printed = line.figures.get(name)
        yield figure(name, printed) if printed else ""
    if paper.sources:
        yield f"[{paper.sources.index(line.source) + 1}]" if line.source else "ours"
