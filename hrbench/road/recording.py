"""From a run's predictions and figures to its record."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from hrbench.begun import folder as run_folder
from hrbench.begun.folder import State
from hrbench.data.evaluation import Evaluation
from hrbench.draw import cases, curves
from hrbench.engine.runtime import Runtime, machine_limits
from hrbench.errors import HrbenchError, RunError
from hrbench.kinds.contract import AnyTask
from hrbench.report import files
from hrbench.report.predictions import Stored
from hrbench.report.record import (
    SCHEMA,
    Code,
    Counts,
    Dataset,
    Division,
    Execution,
    RunRecord,
    Times,
    Weights,
)
from hrbench.road.measuring import Measured
from hrbench.road.telling import look_at, pictures, tell
from hrbench.whole import ELSEWHERE


@contextmanager
def kept(folder: Path, runtime: Runtime) -> Iterator[None]:
    """Leave nothing of a run that fails, unless it has a checkpoint to go on from.

    An interruption says how to go on.
    """
    try:
        with machine_limits():
            yield
    except HrbenchError:
        if runtime.leads:
            run_folder.discard(folder)
        raise
    except KeyboardInterrupt as stop:
        stop.add_note(f"go on with: hrbench run --resume {folder}")
        raise


def require_trained(folder: Path, state: State) -> None:
    """Require the weights of a run.

    Raises:
        RunError: its training has not come to its end.
    """
    if state.weights is None:
        raise RunError(
            f"{folder} has not been trained to its end; go on with `hrbench run --resume {folder}`"
        )


def hand_in(folder: Path, task: AnyTask, predictions: Stored) -> None:
    """Write what a server takes beside the predictions, where the truth is hidden.

    Raises:
        RunError: it cannot be written.
    """
    if task.dataset.splits[task.spec.protocol.split].annotated:
        return
    try:
        said = task.upload(folder, predictions)
    except OSError as error:
        place = error.filename or folder
        raise RunError(f"{place}: cannot be written ({error.strerror}). {ELSEWHERE}") from error
    if said:
        tell(said)


def record_of(
    task: AnyTask,
    evaluation: Evaluation,
    measured: Measured,
    state: State,
    *,
    modified: bool,
    folder: Path | None,
) -> RunRecord:
    """Return the record of a run whose training has come to its end.

    It answers for the files of its folder, unless its figures are of another protocol than theirs.
    """
    spec, plain = task.spec, task.spec.plain()
    return RunRecord(
        schema=SCHEMA,
        id=state.id,
        task=spec.name,
        variant=spec.variant,
        task_version=spec.version,
        modified=modified,
        synthetic=state.synthetic,
        complete=evaluation.evaluated == evaluation.expected,
        n=_counts(evaluation),
        metrics=measured.metrics,
        groups=measured.groups,
        protocol=plain["protocol"],
        spec=plain,
        dataset=_dataset(task, evaluation),
        weights=Weights.model_validate_json(json.dumps(state.weights)),
        code=Code.model_validate(state.code),
        environment=state.environment,
        hardware=state.hardware,
        seed=state.options.seed,
        times=_times(state, measured),
        started=datetime.fromisoformat(state.started),
        left_out=_left_out(state, evaluation),
        notes=tuple(dict.fromkeys((*state.notes, *evaluation.allowed, *task.notes(evaluation)))),
        uncertainty=measured.uncertainty,
        group_intervals=dict(measured.group_intervals),
        files={} if folder is None else files.hashes(folder),
        execution=Execution.model_validate_json(json.dumps(state.execution)),
        division=_division(evaluation),
    ).sealed()


def _counts(evaluation: Evaluation) -> Counts:
    return Counts(
        expected=evaluation.expected,
        evaluated=evaluation.evaluated,
        images=evaluation.images,
        objects=evaluation.objects,
    )


def _dataset(task: AnyTask, evaluation: Evaluation) -> Dataset:
    split = task.spec.protocol.split
    return Dataset(name=task.dataset.name, split=split, fingerprint=evaluation.fingerprint)


def _division(evaluation: Evaluation) -> Division | None:
    content = None if evaluation.division is None else evaluation.division.content()
    return None if content is None else Division.model_validate(content)


def _times(state: State, measured: Measured) -> Times:
    return Times(train=state.train_seconds, predict=state.predict_seconds, score=measured.seconds)


def _left_out(state: State, evaluation: Evaluation) -> dict[str, dict[str, int]]:
    counts = {"training": dict(state.left_out), "measured": dict(evaluation.left_out)}
    return {step: of_step for step, of_step in counts.items() if of_step}


def draw(
    folder: Path,
    task: AnyTask,
    evaluation: Evaluation,
    predictions: Stored,
    groups: Mapping[str, Any],
) -> None:
    """Put the pictures of a run's predictions and errors into its folder."""
    task.draw(folder, evaluation, predictions)
    shown = pictures(task.options)
    if shown and evaluation.truth is not None:
        look_at(task.draw_worst(folder, evaluation, predictions, shown))
    if task.options.pictures != 0 and evaluation.truth is not None:
        cases.write(folder, task.case_pictures(evaluation, predictions))
    curves.draw(folder, groups, task.metric.axes)
    curves.draw_reliability(folder, groups)
