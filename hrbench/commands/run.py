"""The whole road: spec, data, network, training, prediction, score, record."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from hrbench.backbone import weights
from hrbench.engine.runtime import Runtime, processes
from hrbench.errors import RunError
from hrbench.formats import location
from hrbench.kinds.registry import task_of
from hrbench.report import finding
from hrbench.report.environment import code_version, environment, hardware
from hrbench.report.record import RunRecord
from hrbench.road import given, training
from hrbench.road.resolve import resolve, with_precision
from hrbench.road.road import Road
from hrbench.runs import folder as run_folder
from hrbench.runs.folder import State
from hrbench.runs.options import Options
from hrbench.spec import DatasetSpec, TaskSpec


def run(task: str, options: Options) -> tuple[RunRecord, Path] | None:
    """Train (unless weights are given), predict, score and record.

    Returns the record and its folder; None in every process but the leading one.

    Raises:
        HrbenchError: something the user can put right; no run is left behind, unless it
            has a checkpoint to go on from.
        Interrupted: training was stopped; its folder can be given to `resume`.
    """
    options = given.with_data(task, given.with_runs(options))
    checkpoint = None if options.weights is None else weights.read(Path(options.weights))
    spec, dataset = resolve(task, options, checkpoint)
    with processes(options.device) as runtime:
        spec = with_precision(spec, runtime.device.type)
        data_root = _locate(spec, dataset, options, runtime)
        road = Road(task_of(spec, dataset, data_root, options), runtime, checkpoint)
        road.prepare()
        looked_at = road.job.looked_at
        state = State(
            options=given.anchored(options, dataset, data_root),
            started=run_folder.now(),
            synthetic=data_root.synthetic,
            environment=environment(),
            hardware=hardware(str(runtime.device)),
            code=code_version().model_dump(mode="json"),
            fingerprint="" if looked_at.truth is None else looked_at.fingerprint,
            example=road.job.example(),
            left_out=dict(road.job.left_out),
            notes=road.job.allowed,
        )
        made = run_folder.create(spec, dataset, state, road.start) if runtime.leads else None
        folder, state = runtime.first(made)
        return road.walk(folder, state)


def repeated(task: str, options: Options, typed: Collection[str]) -> tuple[str, Options]:
    """Return the task and the options of a run, where `task` names one; else the same.

    Options that are `typed` are those of now.
    """
    before = finding.run_of(task)
    return (task, options) if before is None else given.again(before, options, typed)


def resume(
    folder: Path, task: str | None = None, data: str | None = None
) -> tuple[RunRecord, Path] | None:
    """Go on with an interrupted run, with the options that it was started with.

    `data` is where its data are now, if elsewhere.

    Raises:
        RunError: the folder is no run's, the run has ended, or `task` is another than its.
    """
    spec, dataset, state = run_folder.read(folder)
    if (folder / "record.json").exists():
        raise RunError(f"{folder} has ended; `hrbench score {folder}` scores it again")
    if task is not None and resolve(task, state.options)[0].name != spec.name:
        raise RunError(f"{folder} is a run of {spec.name}, not of {task}; leave the task out")
    options = given.data_again(folder, spec, dataset, state, data)
    checkpoint = None if options.weights is None else weights.read(Path(options.weights))
    with processes(options.device) as runtime:
        data_root = _locate(spec, dataset, options, runtime)
        road = Road(task_of(spec, dataset, data_root, options), runtime, checkpoint)
        road.prepare()
        given.require_same_files(folder, road.job, state)
        state = replace(state, options=given.anchored(options, dataset, data_root))
        return road.walk(folder, state)


def _locate(
    spec: TaskSpec, dataset: DatasetSpec, options: Options, runtime: Runtime
) -> location.DataRoot:
    synthetic = spec.builtin is not None and location.folder_of(dataset, options.data) is None
    if synthetic and runtime.leads:
        training.tell(
            f"No data named and nothing of {dataset.name} under ./{location.DEFAULT}: using the "
            "built-in synthetic set. Its figures are comparable with nothing published."
        )
    return location.locate(dataset, options.data, spec.builtin, options.allow)
