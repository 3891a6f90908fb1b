"""From stored predictions to the record of a run."""

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from hrbench.errors import RunError
from hrbench.pipeline import measuring, training
from hrbench.pipeline.folder import State
from hrbench.pipeline.resolve import is_modified
from hrbench.pipeline.sources import Evaluation
from hrbench.report import predictions
from hrbench.report.record import SCHEMA, Code, Counts, Dataset, RunRecord, Times, Weights
from hrbench.spec import DatasetSpec, TaskSpec


def record_of(
    folder: Path,
    spec: TaskSpec,
    dataset: DatasetSpec,
    looked_at: Evaluation,
    state: State,
) -> RunRecord:
    """Return the record that a run's stored predictions come to.

    Where the truth is hidden, the upload file is written beside them.

    Raises:
        RunError: the run has no predictions yet.
    """
    if state.weights is None:
        raise RunError(f"{folder} has not been trained to its end; go on with --resume {folder}")
    found = predictions.read(folder)
    started = time.perf_counter()
    measured = measuring.measure(spec, dataset, found, looked_at.truth)
    if looked_at.truth is None:
        results = measuring.upload(spec, dataset, found)
        path = folder / measuring.upload_name(spec.protocol.split)
        path.write_text(json.dumps(results), "utf-8")
        training.tell(f"{len(results)} results to hand in: {path}")
    seconds = time.perf_counter() - started
    plain: dict[str, Any] = spec.plain()
    return RunRecord(
        schema=SCHEMA,
        task=spec.name,
        variant=spec.variant,
        task_version=spec.version,
        modified=is_modified(spec),
        synthetic=state.synthetic,
        complete=len(looked_at.image_ids) == looked_at.expected,
        n=Counts(expected=looked_at.expected, evaluated=len(looked_at.image_ids)),
        metrics=measured.metrics,
        groups=measured.groups,
        protocol=plain["protocol"],
        spec=plain,
        dataset=Dataset(
            name=dataset.name, split=spec.protocol.split, fingerprint=looked_at.fingerprint
        ),
        weights=Weights.model_validate_json(json.dumps(state.weights)),
        code=Code.model_validate(state.code),
        environment=state.environment,
        hardware=state.hardware,
        seed=state.options.seed,
        times=Times(train=state.train_seconds, predict=state.predict_seconds, score=seconds),
        started=datetime.fromisoformat(state.started),
        notes=state.notes,
    ).sealed()
