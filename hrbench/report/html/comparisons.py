"""The pages that set runs of one task beside each other, on the images that they share."""

from collections.abc import Mapping
from pathlib import Path

from hrbench.report.comparing import compare
from hrbench.report.comparison import Comparison
from hrbench.report.comparison_tables import (
    OF_HOLM,
    OF_P,
    OF_RANKS,
    OF_UNITS,
    ends_words,
    sample_words,
)
from hrbench.report.html import pairs
from hrbench.report.html.alike import Alike
from hrbench.report.html.bars import scale
from hrbench.report.html.page import Cell, Column, Grid, Link, Page, Section
from hrbench.report.html.pictures import Shown
from hrbench.report.table import epochs, with_unit

AGAINST = "The others are set against {}, which is best in {}."
OLDER = "{} older runs are left out: hrbench compare RUN RUN sets any beside each other."


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
        sections += pairs.sections(pair, made, f"{place}-{number}")
        sections.append(pairs.side_by_side(pair, [shown[run.folder] for run in both]))
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


def _runs(made: Comparison, group: Alike, place: str, pages: Mapping[str, str]) -> Section:
    headline = made.standings[0]
    bars = [
        (value, *pairs.known(ends))
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
