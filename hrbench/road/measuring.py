"""A task's figures as a record has them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hrbench.data.evaluation import Evaluation
from hrbench.engine.log import Figure
from hrbench.errors import RunError
from hrbench.kinds.contract import AnyTask
from hrbench.metrics.metric import AnyMetric, Definition
from hrbench.metrics.outcomes import Outcomes
from hrbench.report.definitions import define
from hrbench.report.predictions import Stored
from hrbench.report.record import MetricValue, Uncertainty, measured


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of a set of predictions, as a record has them."""

    metrics: dict[str, MetricValue]
    groups: dict[str, Any]
    seconds: float  # that it took
    uncertainty: Uncertainty | None = None  # of the intervals of the figures
    group_intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    outcomes: Outcomes | None = None  # that the intervals come from

    @property
    def headline(self) -> Figure | None:
        """The figure that decides; None without data."""
        name, first = next(iter(self.metrics.items()))
        if first.value is None:
            return None
        return Figure(name, first.value, first.unit, first.higher_is_better)


def missing_truth(task: AnyTask, evaluation: Evaluation) -> str:
    """Return why there is nothing to score against, where that is not by design; else nothing."""
    annotated = task.dataset.splits[task.spec.protocol.split].annotated
    return evaluation.without_truth if annotated and evaluation.truth is None else ""


def require_truth(task: AnyTask, evaluation: Evaluation) -> None:
    """Require something to score against, unless it is hidden by design.

    Raises:
        RunError: a file of it is missing.
    """
    if reason := missing_truth(task, evaluation):
        raise RunError(reason)


def measure(task: AnyTask, evaluation: Evaluation, predictions: Stored) -> Measured:
    """Return every figure of the protocol; null with the reason where there is no truth."""
    if evaluation.truth is None:
        headline = task.metric.headline
        known = _defined(headline)
        empty = MetricValue(
            value=None,
            unit=known.unit,
            higher_is_better=known.higher_is_better,
            reason=evaluation.without_truth,
        )
        return Measured({headline: empty}, {}, 0.0)
    return figures(task.metric, task.compared(evaluation, predictions))


def figures(metric: AnyMetric, compared: Any) -> Measured:
    """Return every figure of predictions that are compared with the truth."""
    started = time.perf_counter()
    scores = metric.score(compared)
    metrics = {
        name: measured(
            value,
            _defined(name).unit,
            higher_is_better=_defined(name).higher_is_better,
            reason=scores.reasons.get(name, ""),
        )
        for name, value in scores.figures.items()
    }
    return Measured(metrics, dict(scores.groups), time.perf_counter() - started)


def _defined(name: str) -> Definition:
    known = define(name)
    if known is None:
        raise ValueError(f"no metric says among its figures what {name!r} is")
    return known
