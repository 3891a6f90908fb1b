"""Two runs beside each other: their figures, groups, and the samples that changed most."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hrbench.report.cases import Case
from hrbench.report.comparison import Comparison, Group, Line, Pair, Side
from hrbench.report.comparison_tables import (
    CHANGED,
    every_line,
    figure_words,
    interval_words,
    least_words,
    needed_words,
    outcome,
    p_words,
    power,
    signed,
    verdict,
)
from hrbench.report.html.bars import Scale, scale
from hrbench.report.html.page import Cell, Chip, Column, Grid, Picture, Section
from hrbench.report.html.pictures import Shown

SHARED = 3  # samples that two runs have pictures of, side by side
ROWS = 60  # of a group


def sections(pair: Pair, made: Comparison, place: str) -> list[Section]:
    """Return the sections of a pair's figures; `place` begins the ids of what is in them."""
    title = f"{pair.second.letter} against {pair.first.letter}"
    headline = pair.figures[0]
    sentences = (verdict(headline, pair, made), power(headline, made))
    counts = (
        f"Each {made.unit} by itself: {pair.second.letter} is better in {pair.better}, worse in "
        f"{pair.worse}."
    )
    grids = [_group(pair, group, made, f"{place}-group-{n}") for n, group in enumerate(pair.groups)]
    return [
        Section(
            title=title,
            sentences=(*filter(None, sentences), counts),
            grids=(_figures(pair, made, f"{place}-figures"),),
        ),
        Section(
            title=f"{title}: by group",
            grids=(*grids, *_changed(pair, made, f"{place}-changed")),
            folded=True,
        ),
    ]


def shared(first: Iterable[Case], second: Iterable[Case]) -> list[tuple[Case, Case]]:
    """Return the samples of which both of two runs have a picture, some of them."""
    theirs = {case.id: case for case in second}
    return [(case, theirs[case.id]) for case in first if case.id in theirs][:SHARED]


def side_by_side(pair: Pair, both: Sequence[Shown]) -> Section:
    """Return a section of samples of which both runs have a picture."""
    return Section(
        title=f"{pair.second.letter} beside {pair.first.letter}: cases of both",
        pictures=tuple(
            _named(side, of_run[case])
            for two in shared(*both)
            for side, of_run, case in zip((pair.first, pair.second), both, two, strict=True)
        ),
    )


def _figures(pair: Pair, made: Comparison, place: str) -> Grid:
    over, units = _scale(pair.figures), f"{made.unit}s"
    columns = (
        *_columns(pair, "figure", over, "p"),
        Column("least", numbers=True, hint=f"the smallest difference that so many {units} show"),
        Column("needs", numbers=True, hint=f"how many {units} would show the one that is seen"),
        Column("outcome"),
    )
    rows = tuple(
        (
            *_cells(line, pair.figures, over),
            Cell(least_words(line), _order(line.difference.smallest)),
            Cell(needed_words(line), _order(line.difference.needed)),
            _said(line, pair),
        )
        for line in pair.figures
    )
    return Grid(place, "Differences", columns, rows)


def _group(pair: Pair, group: Group, made: Comparison, place: str) -> Grid:
    over, name = _scale(group.lines), group.name.replace("_", " ")
    left = len(group.lines) - ROWS
    return Grid(
        id=place,
        caption=f"{group.label} by {name}",
        columns=(*_columns(pair, name, over, "adjusted"), Column("outcome")),
        rows=tuple(
            (*_cells(line, group.lines, over), _said(line, pair)) for line in group.lines[:ROWS]
        ),
        below=(f"{left} more: {every_line(pair, made)}",) if left > 0 else (),
    )


def _changed(pair: Pair, made: Comparison, place: str) -> list[Grid]:
    if not pair.changed:
        return []
    label = pair.headline.label
    columns = (
        Column(made.unit),
        Column(pair.first.letter, numbers=True),
        Column(pair.second.letter, numbers=True),
        Column("change"),
    )
    rows = tuple(
        (
            Cell(one.unit),
            Cell(figure_words(label, one.first), one.first),
            Cell(figure_words(label, one.second), one.second),
            Cell("better" if one.is_better else "worse"),
        )
        for one in pair.most_changed(CHANGED)
    )
    caption = f"{made.unit.capitalize()}s that changed most, each by its own {label}"
    return [Grid(place, caption, columns, rows)]


def _columns(pair: Pair, head: str, over: Scale | None, p: str) -> tuple[Column, ...]:
    first, second = pair.first.letter, pair.second.letter
    return (
        Column(head),
        Column(first, numbers=True),
        Column(second, numbers=True),
        Column(f"{second} - {first}", numbers=True),
        Column("95 %", numbers=True),
        *([Column("", scale=over.ends, hint="the difference with its interval")] if over else []),
        Column(p, numbers=True),
    )


def _scale(lines: Sequence[Line]) -> Scale | None:
    """Return the scale of differences that have one unit; it has 0 on it."""
    if len({line.figure.unit for line in lines}) != 1:
        lines = [line for line in lines if line.figure.unit == lines[0].figure.unit]
    known = [line.difference for line in lines if not math.isnan(line.difference.low)]
    ends = [(found.value, found.low, found.high) for found in known]
    return scale(lines[0].figure.label, [*ends, (0.0, None, None)]) if known else None


def _cells(line: Line, lines: Sequence[Line], over: Scale | None) -> tuple[Cell, ...]:
    figure, found = line.figure, line.difference
    label, difference = figure.label, signed(figure, found.value)
    ends = known((found.low, found.high))
    drawn = ends[0] is not None and figure.unit == lines[0].figure.unit
    bar = over.difference((found.value, *ends)) if over and drawn else None
    return (
        Cell(figure.row or label),
        Cell(figure_words(label, line.first), _order(line.first)),
        Cell(figure_words(label, line.second), _order(line.second)),
        Cell(difference and f"{difference} {figure.unit}".rstrip(), _order(found.value)),
        Cell(interval_words(figure, found.low, found.high), ends[0]),
        *([Cell(bar=bar)] if over else []),
        Cell("" if math.isnan(line.adjusted) else p_words(line.adjusted), _order(line.adjusted)),
    )


def _said(line: Line, pair: Pair) -> Cell:
    return Cell(chips=(Chip(outcome(line, pair), "same" if line.is_sure else "plain"),))


def _named(side: Side, picture: Picture) -> Picture:
    words, caption = f"{side.letter}: {picture.words}", f"{side.letter}. {picture.caption}"
    return replace(picture, words=words, caption=caption)


def known(ends: tuple[float, float]) -> tuple[float | None, float | None]:
    """Return the ends of an interval; None for those of none."""
    return (None, None) if any(map(math.isnan, ends)) else ends


def _order(value: float) -> float | None:
    return value if math.isfinite(value) else None
