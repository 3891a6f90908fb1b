"""A task's figures with how sure they are."""

import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from hrbench.arrays import Floats
from hrbench.data.evaluation import Evaluation
from hrbench.kinds.contract import AnyTask
from hrbench.metrics import bootstrap
from hrbench.metrics.outcomes import Outcomes
from hrbench.report import draws
from hrbench.report import outcomes as kept
from hrbench.report.predictions import Stored
from hrbench.report.record import MetricValue, Uncertainty
from hrbench.road.measuring import Measured, figures, measure


def surely_measured(
    task: AnyTask, evaluation: Evaluation, predictions: Stored, folder: Path | None
) -> Measured:
    """Return every figure of the protocol with its interval, and where predictions fail.

    What each image adds to them, and what they are of images drawn anew, is written into a folder,
    if one is given.
    """
    if evaluation.truth is None:
        return measure(task, evaluation, predictions)
    started, metric = time.perf_counter(), task.metric
    compared = task.compared(evaluation, predictions)
    measured = figures(metric, compared)
    groups = measured.groups | dict(metric.breakdown(compared))
    outcomes = metric.observe(compared)
    if evaluation.groups is not None:
        names = [evaluation.groups[unit] for unit in outcomes.units.tolist()]
        outcomes = replace(outcomes, groups=np.array(names, np.str_))
    drawn_anew = bootstrap.replicated(outcomes)
    if folder is not None:
        kept.write(folder, outcomes)
        draws.write(folder, outcomes, drawn_anew)
    sure = with_intervals(measured, outcomes, drawn_anew)
    return replace(sure, groups=groups, seconds=time.perf_counter() - started)


def with_intervals(
    measured: Measured, outcomes: Outcomes, drawn_anew: Mapping[str, Floats]
) -> Measured:
    """Return figures with the intervals that images drawn anew give them."""
    known = bootstrap.ends(outcomes, drawn_anew)
    units, unit = outcomes.chosen
    return replace(
        measured,
        metrics={
            name: _with_interval(figure, known.get(name))
            for name, figure in measured.metrics.items()
        },
        uncertainty=Uncertainty(
            method=bootstrap.METHOD,
            level=bootstrap.LEVEL,
            unit=unit,
            units=units,
            replicates=bootstrap.REPLICATES,
            seed=bootstrap.SEED,
            notes=_notes(measured, outcomes, known),
        ),
        group_intervals={name: pair for name, pair in known.items() if "/" in name},
        outcomes=outcomes,
    )


def _notes(measured: Measured, outcomes: Outcomes, known: Collection[str]) -> tuple[str, ...]:
    """Return in sentences what intervals do not say, and which are missing."""
    figures = measured.metrics.items()
    missing = [name for name, one in figures if one.value is not None and name not in known]
    if not missing:
        return outcomes.caveats
    without = f"No interval of {', '.join(missing)}: draws give the same, or nothing of it."
    return *outcomes.caveats, without


def _with_interval(figure: MetricValue, pair: tuple[float, float] | None) -> MetricValue:
    if figure.value is None or pair is None:
        return figure
    return figure.model_copy(update={"low": pair[0], "high": pair[1]})
