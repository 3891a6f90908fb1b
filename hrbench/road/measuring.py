"""A job's figures as a record has them."""

from dataclasses import dataclass
from typing import Any

from hrbench.engine.log import Figure
from hrbench.errors import RunError
from hrbench.kinds.contract import Found, Task
from hrbench.metrics.metric import Definition
from hrbench.report.definitions import define
from hrbench.report.record import MetricValue, measured


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of a set of predictions, as a record has them."""

    metrics: dict[str, MetricValue]
    groups: dict[str, Any]

    @property
    def headline(self) -> Figure | None:
        """The figure that decides; None without data."""
        name, first = next(iter(self.metrics.items()))
        if first.value is None:
            return None
        return Figure(name, first.value, first.unit, first.higher_is_better)


def missing_truth(job: Task[Any]) -> str:
    """Return why there is nothing to score against, where that is not by design; else nothing."""
    annotated = job.dataset.splits[job.spec.protocol.split].annotated
    return job.looked_at.without_truth if annotated and job.looked_at.truth is None else ""


def require_truth(job: Task[Any]) -> None:
    """Require something to score against, unless it is hidden by design.

    Raises:
        RunError: a file of it is missing.
    """
    if reason := missing_truth(job):
        raise RunError(reason)


def measure(job: Task[Found], found: Found) -> Measured:
    """Return every figure of the protocol; null with the reason where there is no truth."""
    if job.looked_at.truth is None:
        headline = job.metric.headline
        known = _defined(headline)
        empty = MetricValue(
            value=None,
            unit=known.unit,
            higher_is_better=known.higher_is_better,
            reason=job.looked_at.without_truth,
        )
        return Measured({headline: empty}, {})
    scores = job.scores(found)
    metrics = {
        name: measured(
            value,
            _defined(name).unit,
            higher_is_better=_defined(name).higher_is_better,
            reason=scores.reasons.get(name, ""),
        )
        for name, value in scores.figures.items()
    }
    return Measured(metrics, dict(scores.groups))


def _defined(name: str) -> Definition:
    known = define(name)
    if known is None:
        raise ValueError(f"no metric says among its figures what {name!r} is")
    return known
