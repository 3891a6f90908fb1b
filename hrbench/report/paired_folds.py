"""Two cross-validations beside each other, fold by fold."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hrbench.errors import RunError, UnknownNameError
from hrbench.metrics.bootstrap import LEVEL
from hrbench.metrics.folds import METHOD, Mean, corrected
from hrbench.report.comparison import SURE, Figure
from hrbench.report.comparison_tables import (
    SAME,
    figure_words,
    interval_words,
    p_words,
    signed,
)
from hrbench.report.definitions import define
from hrbench.report.folds import fold_of, ratio
from hrbench.report.protocols import between
from hrbench.report.record import RunRecord
from hrbench.report.repeats import Repeats
from hrbench.report.text_table import Table

HEADER = ("figure", "A", "B", "B - A", "95 %", "p", "words")
LEFT = frozenset({"figure", "words"})
BELOW = (
    "B - A: the mean over folds, paired by their number.",
    "95 % and p: corrected resampled t (Nadeau and Bengio 2003), docs/splits.md.",
    "It is meant of data and training alike: folds differ in both.",
)


@dataclass(frozen=True, slots=True)
class PairedFigure:
    """A figure of both, its mean over the folds."""

    figure: Figure
    first: float
    second: float
    difference: Mean  # of the second's above the first's

    @property
    def words(self) -> str:
        """Which is better, if that is sure."""
        if math.isnan(self.difference.p):
            return "not known"
        if self.difference.p >= SURE:
            return SAME
        better = (self.difference.value > 0) == self.figure.higher_is_better
        return f"{'B' if better else 'A'} better"


@dataclass(frozen=True, slots=True)
class PairedFolds:
    """Two cross-validations on the same folds."""

    first: Repeats
    second: Repeats
    figures: tuple[PairedFigure, ...]  # the headline first

    def content(self) -> dict[str, Any]:
        """Return them as JSON has them; null for what is not known."""
        sides = (("A", self.first), ("B", self.second))
        return {
            "runs": [
                {"run": name, "name": one.latest.name, "folds": [run.id for run in one.runs]}
                for name, one in sides
            ],
            "folds": self.first.folds,
            "method": METHOD,
            "level": LEVEL,
            "figures": [_plain(one) for one in self.figures],
        }

    def tables(self) -> list[Table]:
        """Return both, and a row for each figure."""
        sides = (("A", self.first), ("B", self.second))
        rows = [
            (name, one.latest.name, ", ".join(run.id[:8] for run in one.runs))
            for name, one in sides
        ]
        title = f"{self.first.label} of {self.first.latest.dataset.name}, paired by their number"
        return [
            Table(title, ("run", "name", "folds"), tuple(rows), folding=frozenset({"folds"})),
            Table(
                "B beside A",
                HEADER,
                tuple(map(_cells, self.figures)),
                right=frozenset(HEADER) - LEFT,
                below=BELOW,
            ),
        ]


def paired(first: Repeats, second: Repeats, only: str | None = None) -> PairedFolds:
    """Return two cross-validations beside each other; `only` names a figure.

    Raises:
        RunError: a fold is missing, or they were not divided or measured alike.
        UnknownNameError: there is no such figure.
    """
    for one in (first, second):
        if not one.whole:
            run = one.latest.id[:8]
            raise RunError(
                f"{run}: {one.label} have a record; `hrbench run --folds` goes on with the others"
                if one.folds
                else f"{run} is no fold of a cross-validation; see `hrbench run --folds`"
            )
    if first.latest.id == second.latest.id:
        raise RunError(
            f"{first.latest.id[:8]} is a fold of both: name one of another cross-validation to "
            "compare it with"
        )
    if apart := _unlike(first.runs, second.runs):
        raise RunError(
            f"{first.latest.id[:8]} and {second.latest.id[:8]} are not of the same folds: {apart}"
        )
    names = [name for name in first.latest.metrics if name in second.latest.metrics]
    if only is not None and only not in names:
        raise UnknownNameError("figure", only, names)
    chosen = names if only is None else [only]
    share = ratio(first.runs)
    rows = [_figure(name, first.runs, second.runs, share) for name in chosen]
    return PairedFolds(first, second, tuple(rows))


def _unlike(first: Sequence[RunRecord], second: Sequence[RunRecord]) -> str:
    """Return in words what folds differ in that makes no pairs of them; nothing if they are."""
    if len(first) != len(second):
        return f"{len(first)} folds and {len(second)}"
    for one, other in zip(first, second, strict=True):
        if one.dataset.fingerprint != other.dataset.fingerprint:
            return "other annotation files"
        marks = [run.division and run.division.fingerprint for run in (one, other)]
        if marks[0] != marks[1]:
            return f"fold {fold_of(one)} has other images"
    said = between(first[0], second[0]).differences
    return ", ".join(f"{one.name} {one.ours} and {one.theirs}" for one in said)


def _figure(
    name: str, first: Sequence[RunRecord], second: Sequence[RunRecord], share: float
) -> PairedFigure:
    known = define(name)
    unit, higher = ("", None) if known is None else (known.unit, known.higher_is_better)
    figure = Figure(name, name, unit=unit, higher_is_better=higher)
    values = [[_value(run, name) for run in runs] for runs in (first, second)]
    before, after = (statistics.fmean(own) for own in values)
    differences = [b - a for a, b in zip(*values, strict=True)]
    if any(map(math.isnan, differences)):
        unknown = Mean(math.nan, math.nan, math.nan, math.nan)
        return PairedFigure(figure, before, after, unknown)
    return PairedFigure(figure, before, after, corrected(differences, share))


def _value(run: RunRecord, name: str) -> float:
    figure = run.metrics.get(name)
    return math.nan if figure is None or figure.value is None else figure.value


def _cells(one: PairedFigure) -> tuple[str, ...]:
    figure, found = one.figure, one.difference
    return (
        f"{figure.label}, {figure.unit}" if figure.unit else figure.label,
        figure_words(figure.label, one.first),
        figure_words(figure.label, one.second),
        signed(figure, found.value),
        interval_words(figure, found.low, found.high),
        "" if math.isnan(found.p) else p_words(found.p).removeprefix("p "),
        one.words,
    )


def _plain(one: PairedFigure) -> dict[str, Any]:
    found = one.difference
    numbers = {
        "first_value": one.first,
        "second_value": one.second,
        "difference": found.value,
        "low": found.low,
        "high": found.high,
        "p": found.p,
    }
    known = {key: value if math.isfinite(value) else None for key, value in numbers.items()}
    return {"name": one.figure.name, "unit": one.figure.unit, **known, "outcome": one.words}
