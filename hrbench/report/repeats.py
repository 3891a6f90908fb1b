"""Runs of one experiment that differ in their seed or their fold: one row, with mean and spread.

Of a cross-validation whose folds have all ended the mean has an interval (`metrics.folds`).
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hrbench.metrics.folds import corrected
from hrbench.metrics.registry import METRICS
from hrbench.report import folds
from hrbench.report.record import RunRecord
from hrbench.report.seal import CIRCUMSTANCES, NAMES, canonical

TRAINED = "trained"  # the origin of weights that the run itself has made
OUTCOME = ("metrics", "groups", "group_intervals", "uncertainty", "notes")


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several runs."""

    mean: float
    deviation: float  # of the sample: the divisor is n - 1
    n: int


@dataclass(frozen=True, slots=True)
class Repeats:
    """The runs of one experiment, one of each seed or fold; often it is a single one."""

    runs: tuple[RunRecord, ...]  # by seed, or by fold
    repeated: tuple[RunRecord, ...] = ()  # older ones of the same seeds or folds: do not count

    @property
    def latest(self) -> RunRecord:
        """The run that was started last."""
        return max(self.runs, key=lambda run: run.started)

    @property
    def several(self) -> bool:
        """Whether there is a spread."""
        return len(self.runs) > 1

    @property
    def seeds(self) -> str:
        """The seeds, those that follow each other from the first to the last: "0-4, 7"."""
        spans: list[list[int]] = []
        for seed in dict.fromkeys(run.seed for run in self.runs):
            if spans and spans[-1][-1] + 1 == seed:
                spans[-1].append(seed)
            else:
                spans.append([seed])
        return ", ".join("-".join(map(str, dict.fromkeys((span[0], span[-1])))) for span in spans)

    @property
    def folds(self) -> int | None:
        """How many folds the cross-validation of these has; None where they are of none."""
        return folds.folds_of(self.runs[0])

    def named(self, run: RunRecord) -> str:
        """Return what one of the runs is called among the others: "seed 0", "fold 1"."""
        fold = folds.fold_of(run)
        return f"seed {run.seed}" if fold is None else f"fold {fold}"

    @property
    def whole(self) -> bool:
        """Whether these are all folds of a cross-validation."""
        return self.folds == len(self.runs)

    @property
    def commits(self) -> int:
        """How many states of hrbench's code they were run with, as far as is known."""
        return len({(run.code.commit, run.code.dirty) for run in self.runs})

    @property
    def label(self) -> str:
        """The beginning of the run's id, or how many runs there are."""
        if self.folds is not None:
            count = str(self.folds) if self.whole else f"{len(self.runs)} of {self.folds}"
            return f"{count} folds"
        return f"{len(self.runs)} runs" if self.several else self.runs[0].id[:8]

    def spread(self, metric: str) -> Spread | None:
        """Return a figure over the runs; None where fewer than two have it."""
        figures = [run.metrics[metric] for run in self.runs if metric in run.metrics]
        known = [figure.value for figure in figures if figure.value is not None]
        if len(known) < 2:
            return None
        return Spread(statistics.fmean(known), statistics.stdev(known), len(known))

    def interval(self, metric: str) -> tuple[float, float] | None:
        """Return the ends of a figure's mean over all folds; None where there is none."""
        figures = [run.metrics.get(metric) for run in self.runs]
        values = [one.value for one in figures if one is not None and one.value is not None]
        if not self.whole or len(values) < len(figures):
            return None
        mean = corrected(values, folds.ratio(self.runs))
        if math.isnan(mean.low):
            return None
        largest = METRICS[str(self.latest.protocol["metric"])].outcomes.largest(metric)
        return max(mean.low, 0.0), min(mean.high, largest)

    def spreads(self) -> dict[str, dict[str, float]]:
        """Return every figure that has a spread, as JSON has it."""
        said = {}
        for name in self.latest.metrics:
            if (one := self.spread(name)) is not None:
                said[name] = {"mean": one.mean, "standard_deviation": one.deviation, "n": one.n}
                if (ends := self.interval(name)) is not None:
                    said[name] |= {"low": ends[0], "high": ends[1]}
        return said

    @property
    def record(self) -> RunRecord:
        """The record of the run; of several one with their mean figures, folds' with intervals."""
        if not self.several:
            return self.runs[0]
        metrics = {}
        for name, figure in self.latest.metrics.items():
            if (spread := self.spread(name)) is not None:
                low, high = self.interval(name) or (None, None)
                mean = {"value": spread.mean, "low": low, "high": high}
                metrics[name] = figure.model_copy(update=mean)
        counts = {} if self.folds is None else {"n": folds.counted(self.runs)}
        return self.latest.model_copy(update={"metrics": self.latest.metrics | metrics, **counts})


def trained_epochs(record: RunRecord) -> object:
    """Return how many epochs a run has trained; None where it was given its weights."""
    recipe = record.spec.get("recipe")
    is_trained = record.weights.origin == TRAINED
    return recipe.get("epochs") if is_trained and isinstance(recipe, dict) else None


def repeats(records: Sequence[RunRecord], *, each: bool = False) -> list[Repeats]:
    """Return the experiments of records, in the order of their first runs.

    Runs are of one experiment if they trained their weights, and their records are alike but for
    the seed, the figures, the commit of hrbench, and what `seal` calls circumstances; folds, if
    they are alike but for what each of them measures. Of several runs of one seed or fold the last
    counts, for the others are no further sample. With `each`, every run is by itself.
    """
    groups: dict[bytes, list[RunRecord]] = {}
    for record in records:
        key = record.id.encode() if each else _experiment(record)
        groups.setdefault(key, []).append(record)
    found = []
    for group in groups.values():
        ordered = sorted(group, key=lambda run: run.started)
        last = {_place(run): run for run in ordered}
        counted = tuple(last[place] for place in sorted(last))
        older = tuple(run for run in ordered if last[_place(run)] is not run)
        found.append(Repeats(counted, older))
    return found


def _place(record: RunRecord) -> int:
    """Return what tells the runs of an experiment apart: their fold, or else their seed."""
    fold = folds.fold_of(record)
    return record.seed if fold is None else fold


def _experiment(record: RunRecord) -> bytes:
    content: dict[str, Any] = record.content()
    if record.weights.origin != TRAINED:
        return record.id.encode()
    differing = {*NAMES, *CIRCUMSTANCES, *OUTCOME}
    if folds.folds_of(record) is None:
        differing |= {"seed"}
    else:
        content = folds.shared(content)
    kept = {k: v for k, v in content.items() if k not in differing}
    weights = {**content["weights"], "sha256": None}
    return canonical({**kept, "weights": weights, "code": record.code.version})
