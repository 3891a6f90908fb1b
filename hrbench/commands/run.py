"""The whole road of `hrbench run`: resolve, read, build, fit, predict, measure, record."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from hrbench import catalog
from hrbench.data.evaluation import Evaluation
from hrbench.engine.runtime import Runtime, processes
from hrbench.errors import RunError
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.registry import task_of
from hrbench.report import run_folders
from hrbench.report.environment import code_version, environment, hardware
from hrbench.report.record import RunRecord
from hrbench.road import given, recording
from hrbench.road.building import Built, build
from hrbench.road.measuring import measure
from hrbench.road.predicting import predict
from hrbench.road.reading import located, read
from hrbench.road.resolve import is_modified, resolve, with_precision
from hrbench.road.training import fit
from hrbench.runs import folder as run_folder
from hrbench.runs.folder import State
from hrbench.runs.options import Options


def run(name: str, options: Options) -> tuple[RunRecord, Path] | None:
    """Train (unless weights are given), predict, score and record.

    Returns the record and its folder; None in every process but the leading one.

    Raises:
        HrbenchError: something the user can put right; no run is left behind, unless it
            has a checkpoint to go on from.
        Interrupted: training was stopped; its folder can be given to `resume`.
    """
    file = catalog.task_file(name)
    options = given.with_data(file, given.with_runs(options))
    checkpoint = given.checkpoint(options)
    spec, dataset = resolve(file, options, checkpoint)
    modified = is_modified(spec, catalog.shipped(spec.name) if file.beside else file)
    with processes(options.device) as runtime:
        spec = with_precision(spec, runtime.device.type)
        task = task_of(spec, dataset, located(spec, dataset, options, runtime), options)
        evaluation = read(task, runtime, trains=checkpoint is None)
        built = build(task, evaluation, checkpoint, runtime)
        made = _created(task, evaluation, built, runtime) if runtime.leads else None
        folder, state = runtime.first(made)
        return _finished(task, evaluation, built, runtime, folder, state, modified=modified)


def _finished(
    task: AnyTask,
    evaluation: Evaluation,
    built: Built,
    runtime: Runtime,
    folder: Path,
    state: State,
    *,
    modified: bool,
) -> tuple[RunRecord, Path] | None:
    """Train from where the folder says, and go the rest of the way."""
    with recording.kept(folder, runtime):
        state = fit(task, evaluation, built, runtime, folder, state)
        predictions, state = predict(task, built.network, evaluation, runtime, folder, state)
        if not runtime.leads:
            return None
        measured = measure(task, evaluation, predictions)
        recording.hand_in(folder, task, predictions)
        record = recording.record_of(task, evaluation, measured, state, modified=modified)
        recording.draw(folder, task, evaluation, predictions, record.groups)
        record.write(folder)
        return record, folder


def _created(
    task: AnyTask, evaluation: Evaluation, built: Built, runtime: Runtime
) -> tuple[Path, State]:
    """Make the folder of a run, which says from what it starts."""
    training = built.training
    state = State(
        options=given.anchored(task.options, task.dataset, task.data_root),
        started=run_folder.now(),
        synthetic=task.data_root.synthetic,
        environment=environment(),
        hardware=hardware(str(runtime.device)),
        code=code_version().model_dump(mode="json"),
        fingerprint="" if evaluation.truth is None else evaluation.fingerprint,
        example=task.example(evaluation),
        left_out={} if training is None else dict(training.left_out),
        notes=() if training is None else training.allowed,
    )
    return run_folder.create(task.spec, task.dataset, state, built.origin)


def repeated(task: str, options: Options, typed: Collection[str]) -> tuple[str, Options]:
    """Return the task and the options of a run, where `task` names one; else the same.

    Options that are `typed` are those of now.
    """
    before = run_folders.run_of(task)
    return (task, options) if before is None else given.again(before, options, typed)


def resume(
    folder: Path, name: str | None = None, data: str | None = None
) -> tuple[RunRecord, Path] | None:
    """Go on with an interrupted run, with the options that it was started with.

    `data` is where its data are now, if elsewhere.

    Raises:
        RunError: the folder is no run's, the run has ended, or `name` is another task than its.
    """
    spec, dataset, state = run_folder.read(folder)
    if (folder / "record.json").exists():
        raise RunError(f"{folder} has ended; `hrbench score {folder}` scores it again")
    if name is not None and catalog.load_task(name).name != spec.name:
        raise RunError(f"{folder} is a run of {spec.name}, not of {name}; leave the task out")
    options = given.data_again(folder, spec, dataset, state, data)
    checkpoint = given.checkpoint(options)
    with processes(options.device) as runtime:
        task = task_of(spec, dataset, located(spec, dataset, options, runtime), options)
        evaluation = read(task, runtime, trains=checkpoint is None)
        given.require_same_files(folder, task, evaluation, state)
        built = build(task, evaluation, checkpoint, runtime)
        state = replace(state, options=given.anchored(options, dataset, task.data_root))
        modified = is_modified(spec, catalog.shipped(spec.name))
        return _finished(task, evaluation, built, runtime, folder, state, modified=modified)
