"""The pages that set runs of one task beside each other, on the images that they share."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hrbench.errors import RunError
from hrbench.metrics.outcomes import Outcomes
from hrbench.report import outcomes
from hrbench.report.cases import Case
from hrbench.report.comparing import compare
from hrbench.report.comparison import Comparison, Group, Line, Pair, Side
from hrbench.report.comparison_tables import (
    CHANGED,
    OF_HOLM,
    OF_P,
    OF_RANKS,
    OF_UNITS,
    ends_words,
    every_line,
    figure_words,
    interval_words,
    least_words,
    needed_words,
    outcome,
    p_words,
    power,
    sample_words,
    signed,
    verdict,
)
from hrbench.report.html.bars import Scale, scale
from hrbench.report.html.page import Cell, Chip, Column, Grid, Link, Page, Picture, Section
from hrbench.report.html.pictures import Shown
from hrbench.report.measured_alike import hopeless, unlike
from hrbench.report.record import RunRecord
from hrbench.report.table import epochs, with_unit

MOST = 8  # runs of a comparison, the latest ones
SHARED = 3  # samples that two runs have pictures of, side by side
ROWS = 60  # of a group
AGAINST = "The others are set against {}, which is best in {}."
OLDER = "{} older runs are left out: hrbench compare RUN RUN sets any beside each other."

Run = tuple[RunRecord, Path]


@dataclass(frozen=True, slots=True)
class Kept:
    """A run with what each image adds to its figures."""

    record: RunRecord
    folder: Path
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class Alike:
    """Runs that were measured alike, the best first, and how many more there are."""

    runs: tuple[Kept, ...]
    older: int

    @property
    def pairs(self) -> list[tuple[Kept, Kept]]:
        """The best run with each of the others."""
        return [(self.runs[0], other) for other in self.runs[1:]]


def kept(runs: Sequence[Run]) -> tuple[list[Kept], list[str]]:
    """Return the runs that have kept what each image adds, and in sentences which are spoilt."""
    whole, spoilt = [], []
    for record, folder in runs:
        if not (folder / outcomes.FILE).is_file():
            continue
        try:
            whole.append(Kept(record, folder, outcomes.read(folder, record)))
        except RunError as error:
            spoilt.append(f"{error}; until then it is compared with no other run")
    return whole, spoilt


def alike(runs: Sequence[Kept]) -> list[Alike]:
    """Return the runs that can be compared, in groups of two or more."""
    groups: list[list[Kept]] = []
    for run in runs:
        group = next((group for group in groups if _fits(group[0], run)), None)
        if group is None:
            groups.append([run])
        else:
            group.append(run)
    return [_ordered(group) for group in groups if len(group) > 1]


def shared(first: Iterable[Case], second: Iterable[Case]) -> list[tuple[Case, Case]]:
    """Return the samples of which both of two runs have a picture, some of them."""
    theirs = {case.id: case for case in second}
    return [(case, theirs[case.id]) for case in first if case.id in theirs][:SHARED]


def page(
    group: Alike, place: str, pages: Mapping[str, str], trail: Link, shown: Mapping[Path, Shown]
) -> Page:
    """Return the page of some runs.

    Args:
        group: the runs.
        place: the page's id.
        pages: the ids of runs' pages, by the runs' ids.
        trail: the task's page.
        shown: the pictures of runs' cases, by the runs' folders.
    """
    made = compare([(one.record, str(one.folder), one.outcomes) for one in group.runs])
    best = made.sides[0].record
    data = best.dataset
    sections = [_runs(made, group, place, pages)]
    for number, (pair, both) in enumerate(zip(made.pairs, group.pairs, strict=True)):
        sections += _pair(pair, made, f"{place}-{number}")
        sections.append(_side_by_side(pair, [shown[run.folder] for run in both]))
    sections.append(
        Section(
            title="How to read this",
            sentences=(OF_P, OF_HOLM, OF_RANKS, OF_UNITS.format(made.unit)),
        )
    )
    names = sorted({side.record.name for side in made.sides})
    return Page(
        id=place,
        title=f"{best.task}: {len(made.sides)} runs compared",
        menu=f"{best.task} ({len(made.sides)})",
        group="Comparisons",
        lead=f"{', '.join(names)} on {sample_words(made)} of {data.name} {data.split}.",
        trail=(Link("Overview", "overview"), trail),
        sections=tuple(sections),
    )


def _fits(first: Kept, other: Kept) -> bool:
    records, own = (first.record, other.record), (first.outcomes, other.outcomes)
    return not hopeless(records) and not unlike(records, own)


def _ordered(group: Sequence[Kept]) -> Alike:
    latest = sorted(group, key=lambda one: one.record.started)[-MOST:]

    def order(one: Kept) -> float:
        figure = one.record.metrics[one.record.headline]
        value = figure.value if figure.value is not None else math.inf
        return -value if figure.higher_is_better and figure.value is not None else value

    return Alike(tuple(sorted(latest, key=order)), len(group) - len(latest))


def _runs(made: Comparison, group: Alike, place: str, pages: Mapping[str, str]) -> Section:
    headline = made.standings[0]
    bars = [
        (value, *_known(ends))
        for value, ends in zip(headline.figures, headline.intervals, strict=True)
    ]
    over = scale(headline.figure.label, bars)
    columns = (
        Column(""),
        Column("run"),
        Column(headline.figure.label, numbers=True),
        Column("95 %", numbers=True),
        *([Column("", scale=over.ends, hint="the value with its interval")] if over else []),
        Column("rank", numbers=True, hint=OF_RANKS),
        Column("epochs", numbers=True),
        Column("seed", numbers=True),
    )
    rows = []
    for number, side in enumerate(made.sides):
        record, ends = side.record, headline.intervals[number]
        rank = headline.ranks[number] if headline.ranks else None
        rows.append(
            (
                Cell(side.letter),
                Cell(f"{record.name} {record.id[:8]}", link=pages[record.id]),
                Cell(with_unit(record, record.headline), headline.figures[number]),
                Cell(ends_words(record.headline, ends), bars[number][1]),
                *([Cell(bar=over.bar(bars[number]))] if over else []),
                Cell(str(rank) if rank else "", rank.best if rank else None),
                Cell(epochs(record)),
                Cell(str(record.seed), record.seed),
            )
        )
    first = made.sides[0]
    return Section(
        title="Runs",
        sentences=(
            AGAINST.format(first.letter, headline.figure.label),
            *([OLDER.format(group.older)] if group.older else []),
        ),
        grids=(Grid(f"{place}-runs", "Runs, the best first", columns, tuple(rows)),),
    )


def _pair(pair: Pair, made: Comparison, place: str) -> list[Section]:
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
    ends = _known((found.low, found.high))
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


def _side_by_side(pair: Pair, both: Sequence[Shown]) -> Section:
    return Section(
        title=f"{pair.second.letter} beside {pair.first.letter}: cases of both",
        pictures=tuple(
            _named(side, of_run[case])
            for two in shared(*both)
            for side, of_run, case in zip((pair.first, pair.second), both, two, strict=True)
        ),
    )


def _named(side: Side, picture: Picture) -> Picture:
    words, caption = f"{side.letter}: {picture.words}", f"{side.letter}. {picture.caption}"
    return replace(picture, words=words, caption=caption)


def _known(ends: tuple[float, float]) -> tuple[float | None, float | None]:
    return (None, None) if any(map(math.isnan, ends)) else ends


def _order(value: float) -> float | None:
    return value if math.isfinite(value) else None
