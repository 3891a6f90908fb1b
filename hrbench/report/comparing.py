"""Runs on the same images, records and what they have kept of each image: how they compare."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import UnknownNameError
from hrbench.metrics import bootstrap
from hrbench.metrics.outcomes import Outcomes
from hrbench.metrics.paired import Together, difference, holm, together
from hrbench.metrics.ranks import ranks
from hrbench.report.comparison import Changed, Comparison, Figure, Group, Line, Pair, Side, Standing
from hrbench.report.definitions import define
from hrbench.report.record import RunRecord

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # what runs are called


def compare(
    runs: Sequence[tuple[RunRecord, str, Outcomes]],
    *,
    unlike: Sequence[str] = (),
    only: str | None = None,
    replicates: int = bootstrap.REPLICATES,
) -> Comparison:
    """Compare two runs or more on the units that all of them have.

    Args:
        runs: their records, folders and outcomes.
        unlike: in words, in what they were not measured alike.
        only: a figure, or a group of them; all others are left out.
        replicates: how many samples are drawn anew.

    Raises:
        UnknownNameError: there is no such figure.
    """
    sides = tuple(Side(LETTERS[place], *run[:2]) for place, run in enumerate(runs))
    outcomes = [run[2] for run in runs]
    sample = together(outcomes, replicates)
    every = [described(name, sides[0].record) for name in sample.names()]
    chosen = _chosen(every, only)
    return Comparison(
        sides=sides,
        unlike=tuple(unlike),
        unit=sample.kind.unit,
        units=len(sample.units),
        replicates=replicates,
        groups=sample.groups,
        standings=tuple(_standing(sample, figure) for figure in chosen if not figure.group),
        pairs=tuple(
            Pair(
                first=sides[0],
                second=side,
                figures=_lines(sample, [one for one in chosen if not one.group], place),
                groups=_groups(sample, [one for one in chosen if one.group], place),
                headline=every[0],
                changed=_changed(sample.units, outcomes[0], outcomes[place], every[0]),
            )
            for place, side in enumerate(sides[1:], start=1)
        ),
    )


def described(name: str, record: RunRecord) -> Figure:
    """Return what a figure of a record's outcomes is of."""
    group, _, rest = name.partition("/")
    if not rest:
        return _figure(name, name)
    rows = record.groups.get(group)
    if isinstance(rows, dict) and rest in rows:  # a row's one figure, which is the headline
        return _figure(name, record.headline, group, rest)
    row, _, label = rest.rpartition("/")
    return _figure(name, label, group, row)


def _figure(name: str, label: str, group: str = "", row: str = "") -> Figure:
    known = define(label)
    if known is None:
        return Figure(name, label, group, row)
    return Figure(name, label, group, row, known.unit, known.higher_is_better)


def _chosen(every: Sequence[Figure], only: str | None) -> list[Figure]:
    if only is None:
        return list(every)
    chosen = [figure for figure in every if only in {figure.name, figure.label, figure.group}]
    if not chosen:
        known = {name for figure in every for name in (figure.label, figure.group) if name}
        raise UnknownNameError("figure", only, known)
    return chosen


def _standing(sample: Together, figure: Figure) -> Standing:
    higher = figure.higher_is_better
    return Standing(
        figure=figure,
        figures=tuple(own[figure.name] for own in sample.figures),
        intervals=tuple(sample.interval(run, figure.name) for run in range(len(sample.figures))),
        ranks=() if higher is None else ranks(sample, figure.name, higher_is_better=higher),
    )


def _groups(sample: Together, figures: Sequence[Figure], second: int) -> tuple[Group, ...]:
    """Return every group by its figures, p-values adjusted for as many rows as it has."""
    by_group: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        by_group.setdefault((figure.group, figure.label), []).append(figure)
    found = []
    for (name, label), own in by_group.items():
        lines = _lines(sample, own, second)
        adjusted = holm([line.difference.p for line in lines])
        rows = (replace(line, adjusted=p) for line, p in zip(lines, adjusted, strict=True))
        found.append(Group(name, label, tuple(rows)))
    return tuple(found)


def _lines(sample: Together, figures: Sequence[Figure], second: int) -> tuple[Line, ...]:
    found = []
    for figure in figures:
        first, other = (sample.figures[place][figure.name] for place in (0, second))
        one = difference(sample, figure.name, 0, second)
        found.append(Line(figure, first, other, one, adjusted=one.p))
    return tuple(found)


def _changed(
    units: NDArray[Any], first: Outcomes, second: Outcomes, figure: Figure
) -> tuple[Changed, ...]:
    """Return the units whose figure is another, the largest changes first."""
    before, after = (
        run.each(figure.name)[np.searchsorted(run.units, units)] for run in (first, second)
    )
    change = np.nan_to_num(after - before)
    order = [row for row in np.argsort(-abs(change), kind="stable").tolist() if change[row]]
    return tuple(
        Changed(
            unit=str(units[row]),
            first=float(before[row]),
            second=float(after[row]),
            is_better=bool(change[row] > 0) == figure.higher_is_better,
        )
        for row in order
    )
