"""The whole road: spec, data, network, training, prediction, score, record."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from hrbench import catalog
from hrbench.backbone import weights
from hrbench.engine.runtime import Runtime, processes
from hrbench.errors import RunError
from hrbench.pipeline import folder as run_folder
from hrbench.pipeline import given, measuring, recording, sources, training
from hrbench.pipeline.folder import State
from hrbench.pipeline.job import Job
from hrbench.pipeline.jobs import job_of
from hrbench.pipeline.landmarks.job import LandmarkJob
from hrbench.pipeline.options import Options
from hrbench.pipeline.resolve import require_sound, resolve, with_precision
from hrbench.pipeline.road import Road
from hrbench.report import predictions
from hrbench.report.environment import code_version, environment, hardware
from hrbench.report.finding import SPEC
from hrbench.report.record import RunRecord
from hrbench.spec import DatasetSpec, LandmarkTask, TaskSpec


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
        source = _locate(spec, dataset, options, runtime)
        road = Road(job_of(spec, dataset, source, options), runtime, checkpoint)
        road.prepare()
        looked_at = road.job.looked_at
        state = State(
            options=given.anchored(options, dataset, source),
            started=run_folder.now(),
            synthetic=source.synthetic,
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
        source = _locate(spec, dataset, options, runtime)
        road = Road(job_of(spec, dataset, source, options), runtime, checkpoint)
        road.prepare()
        given.require_same_files(folder, road.job, state)
        state = replace(state, options=given.anchored(options, dataset, source))
        return road.walk(folder, state)


def score(
    folder: Path,
    overrides: tuple[str, ...] = (),
    *,
    data: str | None = None,
    decoder: str | None = None,
    official: bool = False,
) -> RunRecord:
    """Compute the figures of a run again from its stored predictions, without the network.

    With overrides of the protocol, or another decoder of the peaks that were kept, nothing is
    written: the run's record stays what it is. With `official`, pycocotools computes them too,
    and what differs is an error.
    """
    spec, dataset, state = run_folder.read(folder)
    if (decoder is not None or official) and not isinstance(spec, LandmarkTask):
        raise RunError(
            f"{spec.name} has no heatmaps and none of COCO's figures: leave --decoder and "
            "--official out"
        )
    changes = (*overrides, *([f"protocol.decoder={decoder}"] if decoder else []))
    scored = catalog.load_task(str(folder / SPEC), changes)
    require_sound(scored, dataset, changes)
    options = given.data_again(folder, spec, dataset, state, data)
    source = sources.locate(dataset, options.data, scored.builtin, options.allow)
    job = job_of(scored, dataset, source, options)
    _require_same_predictions(job, spec)
    job.look()
    measuring.require_truth(job)
    given.require_same_files(folder, job, state)
    recording.trained(folder, state)
    found = predictions.read(folder, job.stored)
    if misfit := job.misfit(found):
        raise RunError(f"{folder} {misfit}: put back the files that it was run on, or run again")
    if isinstance(job, LandmarkJob):
        found = job.decoded_again(found, spec)
    record = recording.record_of(folder, job, state, found)
    if official and isinstance(job, LandmarkJob):
        training.tell(job.confirmed(found))
    if not changes:
        record.write(folder)
    return record


def _require_same_predictions(job: Job[Any], spec: TaskSpec) -> None:
    before, after = (s.plain() for s in (spec, job.spec))
    for key in job.of_scoring:
        before["protocol"].pop(key, None), after["protocol"].pop(key, None)
    if before != after:
        raise RunError(
            "score reads stored predictions, so --set can change only "
            f"protocol.{', protocol.'.join(job.of_scoring)}; run again for other changes"
        )


def _locate(
    spec: TaskSpec, dataset: DatasetSpec, options: Options, runtime: Runtime
) -> sources.Source:
    synthetic = spec.builtin is not None and sources.folder_of(dataset, options.data) is None
    if synthetic and runtime.leads:
        training.tell(
            f"No data named and nothing of {dataset.name} under ./{sources.DEFAULT}: using the "
            "built-in synthetic set. Its figures are comparable with nothing published."
        )
    return sources.locate(dataset, options.data, spec.builtin, options.allow)
