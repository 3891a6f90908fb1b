"""Which runs are compared: those of a task that were measured alike, on the same images."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hrbench.errors import RunError
from hrbench.metrics.outcomes import Outcomes
from hrbench.report import outcomes
from hrbench.report.measured_alike import hopeless, unlike
from hrbench.report.record import RunRecord

MOST = 8  # runs of a comparison, the latest ones
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


def grouped(runs: Sequence[Kept]) -> list[Alike]:
    """Return the runs that can be compared, in groups of two or more."""
    groups: list[list[Kept]] = []
    for run in runs:
        group = next((group for group in groups if _fits(group[0], run)), None)
        if group is None:
            groups.append([run])
        else:
            group.append(run)
    return [_ordered(group) for group in groups if len(group) > 1]


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
