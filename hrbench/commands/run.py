"""The whole road of `hrbench run`: resolve, read, build, fit, predict, measure, record."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from hrbench import catalog
from hrbench.begun import folder as run_folder
from hrbench.begun import under_way
from hrbench.begun.folder import State
from hrbench.begun.options import Options
from hrbench.data.evaluation import Evaluation
from hrbench.data.workers import living
from hrbench.engine.runtime import Runtime, processes
from hrbench.errors import HrbenchError, RunError
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.registry import task_of
from hrbench.report import run_folders, runs
from hrbench.report.environment import code_version, environment, hardware
from hrbench.report.record import RunRecord
from hrbench.road import alike, given, recording
from hrbench.road.asked import Asked, asked
from hrbench.road.building import Built, build
from hrbench.road.predicting import predict
from hrbench.road.prepared import with_prepared
from hrbench.road.reading import located, read
from hrbench.road.resolve import is_modified, with_precision
from hrbench.road.telling import tell
from hrbench.road.tracked import tracked
from hrbench.road.training import fit
from hrbench.road.uncertainty import surely_measured
from hrbench.tracking import registry as tracking


def run(name: str, options: Options) -> tuple[RunRecord, Path] | None:
    """Train (unless weights are given), predict, score and record.

    Returns the record and its folder; None in every process but the leading one.

    Raises:
        HrbenchError: something the user can put right; no run is left behind, unless it
            has a checkpoint to go on from.
        Interrupted: training was stopped; its folder can be given to `resume`.
    """
    one = asked(name, options)
    with _read(one) as there:
        return walked(one, *there)


def begun_or_new(
    name: str, options: Options, what: str | None = None
) -> tuple[RunRecord, Path] | None:
    """Run, unless a run of the same experiment and data is in `options.out`: go on with that.

    Of one that has ended its record is returned. `what` is how it is called to the user; None: by
    its task's name.

    Raises:
        HrbenchError: as `run`; or the run is under way in another process.
        Interrupted: as `run`.
    """
    one = asked(name, options)
    with _read(one) as (runtime, task, evaluation):
        under = Path(task.options.out, task.spec.name)
        there = alike.before(under, one.experiment, evaluation) if runtime.leads else None
        before = runtime.first(there)
        if before is None:
            return walked(one, runtime, task, evaluation)
        ended = (before / run_folders.FILE).is_file()
        if runtime.leads:
            how = " has a record: " if ended else ": goes on with "
            tell(f"{what or task.spec.name}{how}{before}")
        if ended:
            return (runs.read(before), before) if runtime.leads else None
        spec, _, state = run_folder.read(before)  # in the precision that it was begun in
        spec = with_precision(spec, runtime.device.type)
        track = tuple(dict.fromkeys((*state.options.track, *options.track)))  # none loses its run
        tracking.require(track)
        same = replace(task, spec=spec, options=replace(task.options, track=track))
        return walked(replace(one, before=(before, state)), runtime, same, evaluation)


def folds(name: str, options: Options, count: int) -> Iterator[tuple[RunRecord, Path] | None]:
    """Run so many times, each of as many parts of the images validating once; yield each.

    A fold that has a record in `options.out` is not run again, one that was interrupted goes on.

    Raises:
        HrbenchError: as `run`.
        Interrupted: as `run`; the same command goes on.
    """
    options = given.with_data(catalog.task_file(name), options)
    with processes(options.device):
        for fold in range(1, count + 1):
            try:
                of_fold = replace(options, folds=count, fold=fold)
                yield begun_or_new(name, of_fold, f"fold {fold} of {count}")
            except HrbenchError as error:
                if fold == 1:
                    raise
                raise RunError(f"fold {fold} of {count}: {error}") from error
            except KeyboardInterrupt as stop:
                stop.add_note("or with all folds: the same command")
                raise


def seeds(name: str, options: Options, count: int) -> Iterator[tuple[RunRecord, Path] | None]:
    """Run so many times, with the seed of the options and those after it; yield each as it ends.

    Raises:
        HrbenchError: as `run`; where others have ended before, it says how to go on.
        Interrupted: as `run`.
    """
    end = options.seed + count
    options = given.with_data(catalog.task_file(name), options)
    with processes(options.device):
        for seed in range(options.seed, end):
            with _going_on(options.seed, seed, end):
                done = run(name, replace(options, seed=seed))
            yield done


@contextmanager
def _going_on(first: int, seed: int, end: int) -> Iterator[None]:
    """Say, where a seed fails or is interrupted, how to go on with the others up to `end`."""
    try:
        yield
    except HrbenchError as error:
        if seed == first:
            raise
        again = f"seed {first} has" if seed == first + 1 else f"seeds {first}-{seed - 1} have"
        raise RunError(
            f"seed {seed}: {error}\n  {again} ended; go on by the same command with "
            f"{_the_rest(seed, end)}"
        ) from error
    except KeyboardInterrupt as stop:
        begun = bool(getattr(stop, "__notes__", ()))  # and so can be gone on with
        if seed + begun < end:
            rest = _the_rest(seed + begun, end)
            stop.add_note(f"the other seeds: the same command with {rest}")
        raise


def _the_rest(seed: int, end: int) -> str:
    """Return the flags of the seeds that are left."""
    return f"--seed {seed}" + (f" --seeds {end - seed}" if end - seed > 1 else "")


def resume(
    folder: Path,
    name: str | None = None,
    data: str | None = None,
    *,
    allow: Sequence[str] = (),
    compiles: bool = False,
    eager: bool = False,
) -> tuple[RunRecord, Path] | None:
    """Go on with an interrupted run, with the options that it was started with.

    `data` is where its data are now, if elsewhere; `allow` names faults of these that are let pass
    besides; `compiles` or `eager` is another path for it.

    Raises:
        RunError: the folder is no run's, the run has ended, or `name` is another task than its.
    """
    spec, dataset, state = run_folder.read(folder)
    if (folder / "record.json").exists():
        raise RunError(f"{folder} has ended; `hrbench score {folder}` scores it again")
    if name is not None and catalog.load_task(name).name != spec.name:
        raise RunError(f"{folder} is a run of {spec.name}, not of {name}; leave the task out")
    options = given.data_again(folder, spec, dataset, state, data)
    options = replace(options, allow=tuple(dict.fromkeys((*options.allow, *allow))))
    if compiles or eager:
        options = replace(options, compile=compiles, eager=eager)
    modified = is_modified(spec, catalog.shipped(spec.name))
    before = (folder, state)
    one = Asked(spec, dataset, options, given.checkpoint(options, spec), modified, before)
    with _read(one) as there:
        return walked(one, *there)


@contextmanager
def _read(asked: Asked) -> Iterator[tuple[Runtime, AnyTask, Evaluation]]:
    """Yield what is asked as a task on its data, and what it is measured on, which is read."""
    options = asked.options
    tracking.require(options.track)
    shared = processes(options.device, compiles=options.compile, eager=options.eager)
    with shared as runtime, living():
        spec = with_precision(asked.spec, runtime.device.type)
        data_root = located(spec, asked.dataset, options, runtime)
        task = task_of(spec, asked.dataset, data_root, options)
        yield runtime, task, read(task, runtime, trains=asked.checkpoint is None)


def walked(
    asked: Asked, runtime: Runtime, task: AnyTask, evaluation: Evaluation
) -> tuple[RunRecord, Path] | None:
    """Go the road on from what is read: build, fit, predict, measure, record."""
    if asked.before is not None:
        given.require_same_files(*asked.before, task, evaluation)
    start = task.training(evaluation) if asked.checkpoint is None else asked.checkpoint
    evaluation, start, ready = with_prepared(task, evaluation, start, said=runtime.leads)
    built = build(task, evaluation, start, runtime)
    folder, state = _opened(asked, task, evaluation, built, runtime)
    hold = under_way.take(folder) if runtime.leads else nullcontext()
    with (
        recording.kept(folder, runtime),
        hold,
        tracked(task.spec, folder, state, runtime) as tracker,
    ):
        state = fit(task, evaluation, built, runtime, folder, state, tracker)
        state = replace(state, execution=state.execution | ({"prepared": ready} if ready else {}))
        predictions, state = predict(task, built.network, evaluation, runtime, folder, state)
        if not runtime.leads:
            return None
        measured = surely_measured(task, evaluation, predictions, folder)
        recording.hand_in(folder, task, predictions)
        record = recording.record_of(
            task, evaluation, measured, state, modified=asked.modified, folder=folder
        )
        recording.draw(folder, task, evaluation, predictions, record.groups)
        record.write(folder)
        tracker.ended(record, folder)
        return record, folder


def _opened(
    asked: Asked, task: AnyTask, evaluation: Evaluation, built: Built, runtime: Runtime
) -> tuple[Path, State]:
    """Return the folder of a run and what it says: a new one's, or that of a run that goes on.

    Raises:
        RunError: a new one cannot be made.
    """
    options = given.anchored(task.options, task.dataset, task.data_root)
    training = built.training
    notes = () if training is None else training.allowed
    if asked.before is not None:
        folder, state = asked.before
        notes = tuple(dict.fromkeys((*state.notes, *notes)))
        return folder, replace(state, options=options, notes=notes)
    state = State(
        options=options,
        experiment=asked.experiment,
        started=run_folder.now(),
        synthetic=task.data_root.synthetic,
        environment=environment(),
        hardware=hardware(str(runtime.device)),
        code=code_version().model_dump(mode="json"),
        fingerprint="" if evaluation.truth is None else evaluation.fingerprint,
        division=evaluation.division_fingerprint,
        example=task.example(evaluation),
        left_out={} if training is None else dict(training.left_out),
        notes=notes,
    )
    start = built.origin
    made = run_folder.create(task.spec, task.dataset, state, start) if runtime.leads else None
    opened: tuple[Path, State] = runtime.first(made)
    return opened


def repeated(task: str, options: Options, typed: Collection[str]) -> tuple[str, Options]:
    """Return the task and the options of a run, where `task` names one; else the same.

    Options that are `typed` are those of now.
    """
    before = run_folders.run_of(task)
    return (task, options) if before is None else given.again(before, options, typed)
