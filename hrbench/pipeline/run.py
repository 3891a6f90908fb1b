"""The whole road: spec, data, network, training, prediction, score, record."""

from pathlib import Path

from hrbench import catalog
from hrbench.engine.runtime import Runtime, processes
from hrbench.errors import RunError
from hrbench.pipeline import folder as run_folder
from hrbench.pipeline import measuring, recording, sources, training
from hrbench.pipeline.folder import State
from hrbench.pipeline.options import Options
from hrbench.pipeline.resolve import resolve, with_precision
from hrbench.pipeline.road import Road, boxes_of
from hrbench.report import predictions
from hrbench.report.environment import code_version, environment, hardware
from hrbench.report.record import RunRecord
from hrbench.spec import DatasetSpec, TaskSpec


def run(task: str, options: Options) -> tuple[RunRecord, Path] | None:
    """Train (unless weights are given), predict, score and record.

    Returns the record and its folder; None in every process but the leading one.

    Raises:
        HrbenchError: something the user can put right; no run is left behind, unless it
            has a checkpoint to go on from.
        Interrupted: training was stopped; its folder can be given to `resume`.
    """
    spec, dataset = resolve(task, options)
    with processes(options.device) as runtime:
        spec = with_precision(spec, runtime.device.type)
        source = _locate(spec, dataset, options, runtime)
        road = Road(spec, dataset, source, options, runtime)
        road.prepare()
        state = State(
            options=options,
            started=run_folder.now(),
            synthetic=source.synthetic,
            environment=environment(),
            hardware=hardware(str(runtime.device)),
            code=code_version().model_dump(mode="json"),
        )
        folder = runtime.first(run_folder.create(spec, state) if runtime.leads else None)
        return road.walk(folder, state)


def resume(folder: Path, task: str | None = None) -> tuple[RunRecord, Path] | None:
    """Go on with an interrupted run, with the options that it was started with.

    Raises:
        RunError: the folder is no run's, the run has ended, or `task` is another than its.
    """
    spec, state = run_folder.read(folder)
    if (folder / "record.json").exists():
        raise RunError(f"{folder} has ended; `hrbench score {folder}` scores it again")
    if task is not None and resolve(task, state.options)[0].name != spec.name:
        raise RunError(f"{folder} is a run of {spec.name}, not of {task}; leave the task out")
    dataset = catalog.load_dataset(spec.dataset)
    with processes(state.options.device) as runtime:
        source = _locate(spec, dataset, state.options, runtime)
        road = Road(spec, dataset, source, state.options, runtime)
        road.prepare()
        return road.walk(folder, state)


def score(folder: Path, overrides: tuple[str, ...] = (), *, official: bool = False) -> RunRecord:
    """Compute the figures of a run again from its stored predictions, without the network.

    With overrides of the protocol nothing is written: the run's record stays what it is. With
    `official`, pycocotools computes them too, and what differs is an error.
    """
    spec, state = run_folder.read(folder)
    scored = catalog.load_task(str(folder / run_folder.SPEC), overrides)
    fixed = {"nms", "nms_threshold", "keypoint_threshold"}
    before, after = (s.plain() for s in (spec, scored))
    for key in fixed:
        before["protocol"].pop(key), after["protocol"].pop(key)
    if before != after:
        raise RunError(
            f"score reads stored predictions, so --set can change only "
            f"protocol.{', protocol.'.join(sorted(fixed))}; run again for other changes"
        )
    dataset = catalog.load_dataset(scored.dataset)
    source = sources.locate(dataset, state.options.data, scored.builtin)
    looked_at = sources.evaluation(
        scored, dataset, source, boxes=boxes_of(scored, state.options), limit=state.options.limit
    )
    record = recording.record_of(folder, scored, dataset, looked_at, state)
    if official:
        gap = measuring.confirm(scored, dataset, predictions.read(folder), looked_at.truth)
        training.tell(f"pycocotools gives the same ten figures (largest difference {gap:.1g} %)")
    if not overrides:
        record.write(folder)
    return record


def _locate(
    spec: TaskSpec, dataset: DatasetSpec, options: Options, runtime: Runtime
) -> sources.Source:
    if sources.folder_of(dataset, options.data) is None and runtime.leads:
        training.tell(
            f"No data named and nothing of {dataset.name} under ./{sources.DEFAULT}: using the "
            "built-in synthetic set. Its figures are comparable with nothing published."
        )
    return sources.locate(dataset, options.data, spec.builtin)
