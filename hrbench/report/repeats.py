"""Runs of one experiment that differ in their seed: one row, with mean and standard deviation."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    """The runs of one experiment, one of each seed; often it is a single one."""

    runs: tuple[RunRecord, ...]  # by seed
    repeated: tuple[RunRecord, ...] = ()  # older ones of the same seeds, which do not count

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
        for seed in (run.seed for run in self.runs):
            if spans and spans[-1][-1] + 1 == seed:
                spans[-1].append(seed)
            else:
                spans.append([seed])
        return ", ".join("-".join(map(str, dict.fromkeys((span[0], span[-1])))) for span in spans)

    @property
    def commits(self) -> int:
        """How many states of hrbench's code they were run with, as far as is known."""
        return len({(run.code.commit, run.code.dirty) for run in self.runs})

    @property
    def label(self) -> str:
        """The beginning of the run's id, or how many runs there are."""
        return f"{len(self.runs)} runs" if self.several else self.runs[0].id[:8]

    def spread(self, metric: str) -> Spread | None:
        """Return a figure over the runs; None where fewer than two have it."""
        figures = [run.metrics[metric] for run in self.runs if metric in run.metrics]
        known = [figure.value for figure in figures if figure.value is not None]
        if len(known) < 2:
            return None
        return Spread(statistics.fmean(known), statistics.stdev(known), len(known))

    def spreads(self) -> dict[str, dict[str, float]]:
        """Return every figure that has a spread, as JSON has it."""
        spreads = ((name, self.spread(name)) for name in self.latest.metrics)
        return {
            name: {"mean": one.mean, "standard_deviation": one.deviation, "n": one.n}
            for name, one in spreads
            if one
        }

    @property
    def record(self) -> RunRecord:
        """The record of the run; of several one with their mean figures, without intervals."""
        if not self.several:
            return self.runs[0]
        metrics = {
            name: figure.model_copy(update={"value": spread.mean, "low": None, "high": None})
            for name, figure in self.latest.metrics.items()
            if (spread := self.spread(name))
        }
        return self.latest.model_copy(update={"metrics": self.latest.metrics | metrics})


def trained_epochs(record: RunRecord) -> object:
    """Return how many epochs a run has trained; None where it was given its weights."""
    recipe = record.spec.get("recipe")
    is_trained = record.weights.origin == TRAINED
    return recipe.get("epochs") if is_trained and isinstance(recipe, dict) else None


def repeats(records: Sequence[RunRecord], *, each: bool = False) -> list[Repeats]:
    """Return the experiments of records, in the order of their first runs.

    Runs are of one experiment if they trained their weights, and their records are alike but for
    the seed, the figures, the commit of hrbench, and what `seal` calls circumstances. Of several
    runs of one seed the last counts, for the others are no further sample. With `each`, every run
    is by itself.
    """
    groups: dict[bytes, list[RunRecord]] = {}
    for record in records:
        key = record.id.encode() if each else _experiment(record)
        groups.setdefault(key, []).append(record)
    found = []
    for group in groups.values():
        ordered = sorted(group, key=lambda run: run.started)
        last = {run.seed: run for run in ordered}
        counted = tuple(last[seed] for seed in sorted(last))
        older = tuple(run for run in ordered if last[run.seed] is not run)
        found.append(Repeats(counted, older))
    return found


def _experiment(record: RunRecord) -> bytes:
    content: dict[str, Any] = record.content()
    if record.weights.origin != TRAINED:
        return record.id.encode()
    kept = {k: v for k, v in content.items() if k not in {*NAMES, *CIRCUMSTANCES, *OUTCOME, "seed"}}
    weights = {**content["weights"], "sha256": None}
    return canonical({**kept, "weights": weights, "code": record.code.version})
