"""Which places the runs of a table may have, as far as the images that they share can tell."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import RunError
from hrbench.metrics import bootstrap
from hrbench.metrics.paired import Together
from hrbench.metrics.ranks import Rank, ranks
from hrbench.metrics.registry import METRICS
from hrbench.report import draws
from hrbench.report.draws import Draws
from hrbench.report.measured_alike import OF_NETWORKS
from hrbench.report.protocols import between
from hrbench.report.record import RunRecord
from hrbench.report.repeats import Repeats
from hrbench.report.runs import Runs

Folders = Mapping[str, Path]  # of runs, by their ids
WORDS = (
    "rank: the places that a row may have among the {count} of one protocol, by the {units} "
    "{unit}s that they share (95 %); what nothing tells apart shares them"
)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The places of experiments among each other."""

    ranks: Mapping[str, Rank]  # by the ids of their runs; not all need have one
    below: tuple[str, ...]  # what that is, where one has a place

    def of(self, one: Repeats) -> str:
        """Return an experiment's place in words; nothing where it has none."""
        return str(self.ranks.get(one.latest.id, ""))


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """An experiment with what its runs have drawn, in their order."""

    experiment: Repeats
    draws: tuple[Draws, ...]

    def alike(self, other: "Drawn") -> bool:
        """Whether another one is of the same protocol, and has drawn the same."""
        mine, theirs = (one.experiment.latest for one in (self, other))
        differing = {one.key for one in between(mine, theirs).differences} - OF_NETWORKS
        return not differing and _way(mine) == _way(theirs) and self.draws[0].alike(other.draws[0])

    def values(self, metric: str, place: int) -> NDArray[np.float64]:
        """Return (R,) of a figure: of several seeds the mean, and these drawn anew as well.

        One less is drawn than there are, for the reason that `bootstrap.drawn` gives.
        """
        columns = np.array([one.of(metric) for one in self.draws])
        count, replicates = columns.shape
        generator = np.random.default_rng([bootstrap.SEED, place])
        chosen = generator.integers(0, count, (max(count - 1, 1), replicates))
        return np.asarray(np.take_along_axis(columns, chosen, axis=0).mean(axis=0))


def _way(record: RunRecord) -> tuple[object, ...]:
    """Return how images were drawn anew."""
    said = record.uncertainty
    return () if said is None else (said.method, said.replicates, said.seed)


def folders_of(runs: Runs) -> dict[str, Path]:
    """Return the folder of each run by its id."""
    return {record.id: path for path, record in zip(runs.folders, runs.records, strict=True)}


def spoilt(folders: Iterable[Path]) -> Iterator[str]:
    """Yield in sentences which runs have no place because what they have drawn is damaged."""
    for folder in folders:
        if not (folder / draws.FILE).is_file():
            continue  # a run of an older version
        try:
            draws.read(folder)
        except RunError as error:
            yield f"{error}; until then it has no rank"


def tables(experiments: Iterable[Repeats]) -> dict[tuple[str, str, str], list[Repeats]]:
    """Return the experiments of each task, split and headline metric, which share a table."""
    found: dict[tuple[str, str, str], list[Repeats]] = {}
    for one in experiments:
        record = one.record
        key = (record.task, record.dataset.split, record.headline)
        found.setdefault(key, []).append(one)
    return found


def all_ranks(experiments: Iterable[Repeats], folders: Folders) -> dict[str, Rank]:
    """Return the rank of each run that has one in its table, by its id."""
    every = (ranking(group, folders).ranks for group in tables(experiments).values())
    return {run: rank for of_table in every for run, rank in of_table.items()}


def ranking(experiments: Sequence[Repeats], folders: Folders) -> Ranking:
    """Return the places of experiments of one headline metric, which share a table.

    They have a place if they are of one protocol and have drawn the same images. Where there are
    several such groups, it is the largest that has places. Beside runs on a whole split those on a
    part of it have none.
    """
    fair = [one for one in experiments if one.record.complete] or experiments
    groups: list[list[Drawn]] = []
    for one in filter(None, (_drawn(one, folders) for one in fair)):
        same = next((group for group in groups if group[0].alike(one)), None)
        if same is None:
            groups.append([one])
        else:
            same.append(one)
    group = max(groups, key=len, default=[])
    return _ranked(group) if len(group) > 1 else Ranking({}, ())


def _ranked(group: Sequence[Drawn]) -> Ranking:
    first, metric = group[0], group[0].experiment.record.headline
    records = [one.experiment.record for one in group]
    metrics = [record.metrics[metric] for record in records]
    kind = METRICS[str(records[0].protocol["metric"])].outcomes
    sample = Together(
        kind=kind,
        units=first.draws[0].units,
        freedom=({metric: bootstrap.freedom(first.draws[0].strata)},) * len(group),
        figures=tuple({metric: figure.value or 0.0} for figure in metrics),
        replicates=tuple({metric: one.values(metric, place)} for place, one in enumerate(group)),
    )
    found = ranks(sample, metric, higher_is_better=metrics[0].higher_is_better)
    said = records[0].uncertainty
    unit = kind.unit if said is None else said.unit
    words = WORDS.format(units=len(sample.units), unit=unit, count=len(group))
    return Ranking(
        ranks={
            run.id: rank
            for one, rank in zip(group, found, strict=True)
            for run in one.experiment.runs
        },
        below=(words,),
    )


def _drawn(one: Repeats, folders: Folders) -> Drawn | None:
    """Return an experiment with its draws; None where a run has none that can be paired."""
    metric = one.record.headline
    try:
        kept = tuple(draws.read(folders[run.id]) for run in one.runs)
    except RunError:
        return None
    whole = all(run.metrics[metric].value is not None for run in one.runs)
    paired = all(kept[0].alike(other) for other in kept)
    there = all(other.of(metric) is not None for other in kept)
    return Drawn(one, kept) if whole and paired and there else None
