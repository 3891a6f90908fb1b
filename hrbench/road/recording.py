"""From stored predictions to the record of a run."""

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from hrbench.errors import RunError
from hrbench.kinds.contract import Found, Task
from hrbench.report.record import SCHEMA, Code, Counts, Dataset, RunRecord, Times, Weights
from hrbench.road import measuring, training
from hrbench.road.resolve import is_modified
from hrbench.runs.folder import State


def trained(folder: Path, state: State) -> dict[str, Any]:
    """Return what is recorded of a run's weights.

    Raises:
        RunError: its training has not come to its end.
    """
    if state.weights is None:
        raise RunError(f"{folder} has not been trained to its end; go on with --resume {folder}")
    return state.weights


def record_of(folder: Path, job: Task[Found], state: State, found: Found) -> RunRecord:
    """Return the record that a run's predictions come to.

    Where the truth is hidden, the upload file is written beside them.

    Raises:
        RunError: the run has no predictions yet.
    """
    spec, dataset, looked_at = job.spec, job.dataset, job.looked_at
    weights = trained(folder, state)
    started = time.perf_counter()
    measured = measuring.measure(job, found)
    hidden = not dataset.splits[spec.protocol.split].annotated
    if hidden and (said := job.upload(folder, found)):
        training.tell(said)
    seconds = time.perf_counter() - started
    plain: dict[str, Any] = spec.plain()
    return RunRecord(
        schema=SCHEMA,
        id=state.id,
        task=spec.name,
        variant=spec.variant,
        task_version=spec.version,
        modified=is_modified(spec),
        synthetic=state.synthetic,
        complete=looked_at.evaluated == looked_at.expected,
        n=Counts(
            expected=looked_at.expected,
            evaluated=looked_at.evaluated,
            images=looked_at.images,
            objects=looked_at.objects,
        ),
        metrics=measured.metrics,
        groups=measured.groups,
        protocol=plain["protocol"],
        spec=plain,
        dataset=Dataset(
            name=dataset.name, split=spec.protocol.split, fingerprint=looked_at.fingerprint
        ),
        weights=Weights.model_validate_json(json.dumps(weights)),
        code=Code.model_validate(state.code),
        environment=state.environment,
        hardware=state.hardware,
        seed=state.options.seed,
        times=Times(train=state.train_seconds, predict=state.predict_seconds, score=seconds),
        started=datetime.fromisoformat(state.started),
        left_out=_left_out(state, job),
        notes=tuple(dict.fromkeys((*state.notes, *looked_at.allowed, *job.notes()))),
    ).sealed()


def _left_out(state: State, job: Task[Found]) -> dict[str, dict[str, int]]:
    counts = {"training": dict(state.left_out), "measured": dict(job.looked_at.left_out)}
    return {step: of_step for step, of_step in counts.items() if of_step}
