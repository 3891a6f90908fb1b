"""The figures of stored predictions, without the network."""

import json
from pathlib import Path

from hrbench import catalog
from hrbench.begun import folder as run_folder
from hrbench.begun.folder import State
from hrbench.begun.options import Options
from hrbench.data.evaluation import Evaluation
from hrbench.errors import RunError
from hrbench.formats import location
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.registry import require_own_flags, task_of
from hrbench.report import predictions as stored
from hrbench.report import samples as one_by_one
from hrbench.report.predictions import Stored
from hrbench.report.record import RunRecord
from hrbench.report.run_folders import SPEC
from hrbench.road import given, measuring, recording
from hrbench.road.resolve import is_modified, require_sound
from hrbench.road.telling import tell
from hrbench.road.uncertainty import surely_measured
from hrbench.spec import DatasetSpec, TaskSpec


def score(
    folder: Path,
    overrides: tuple[str, ...] = (),
    *,
    data: str | None = None,
    decoder: str | None = None,
    official: bool = False,
    samples: str | None = None,
    coco_results: str | None = None,
) -> RunRecord:
    """Compute the figures of a run again from its stored predictions, without the network.

    With overrides of the protocol, or another decoder of the peaks that were kept, nothing is
    written: the run's record stays what it is. With `official`, pycocotools computes them too,
    and what differs is an error. `samples` and `coco_results` are files to write besides.
    """
    if samples:
        one_by_one.require_known(Path(samples))
    spec, dataset, state = run_folder.read(folder)
    flags = {"decoder": decoder, "official": official, "coco_results": coco_results}
    require_own_flags(spec, {flag for flag, given in flags.items() if given})
    changes = (*overrides, *([f"protocol.decoder={decoder}"] if decoder else []))
    task = _task(
        folder, spec, dataset, given.data_again(folder, spec, dataset, state, data), changes
    )
    evaluation, predictions = _read(folder, task, spec, state)
    if samples and evaluation.truth is None:
        raise RunError(f"--samples has errors, and there are none: {evaluation.without_truth}")
    kept_in = None if changes else folder
    measured = surely_measured(task, evaluation, predictions, kept_in)
    modified = is_modified(task.spec, catalog.shipped(spec.name))
    recording.hand_in(folder, task, predictions)
    record = recording.record_of(
        task, evaluation, measured, state, modified=modified, folder=kept_in
    )
    if official:
        tell(task.confirmed(evaluation, predictions))
    if samples:
        one_by_one.write(Path(samples), task.samples(evaluation, predictions))
        tell(f"error of each sample: {samples}")
    if coco_results:
        _write_results(Path(coco_results), task, evaluation, predictions)
    if not changes:
        record.write(folder)
    return record


def _task(
    folder: Path, spec: TaskSpec, dataset: DatasetSpec, options: Options, changes: tuple[str, ...]
) -> AnyTask:
    """Return a run's task with changes of how it is scored."""
    scored = catalog.load_task(str(folder / SPEC), changes)
    require_sound(scored, dataset, changes, folder / SPEC)
    data_root = location.locate(dataset, options.data, scored.builtin, options.allow)
    task = task_of(scored, dataset, data_root, options)
    _require_same_predictions(task, spec)
    return task


def _read(folder: Path, task: AnyTask, spec: TaskSpec, state: State) -> tuple[Evaluation, Stored]:
    """Return what was looked at, and what was predicted, as the task's protocol decodes it."""
    evaluation = task.evaluation()
    measuring.require_truth(task, evaluation)
    given.require_same_files(folder, state, task, evaluation)
    recording.require_trained(folder, state)
    predictions = stored.read(folder, task.stored)
    if misfit := task.misfit(evaluation, predictions):
        raise RunError(f"{folder} {misfit}: put back the files that it was run on, or run again")
    return evaluation, task.decoded_again(evaluation, predictions, spec)


def _write_results(path: Path, task: AnyTask, evaluation: Evaluation, predictions: Stored) -> None:
    found = task.coco_results(evaluation, predictions)
    try:
        path.write_text(json.dumps(found), "utf-8")
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror})") from error
    tell(f"{len(found)} poses in COCO's results format: {path}")


def _require_same_predictions(task: AnyTask, spec: TaskSpec) -> None:
    before, after = (s.plain() for s in (spec, task.spec))
    for key in task.score_only_keys:
        before["protocol"].pop(key, None), after["protocol"].pop(key, None)
    if before != after:
        raise RunError(
            "score reads stored predictions, so --set can change only "
            f"protocol.{', protocol.'.join(task.score_only_keys)}; run again for other changes"
        )
