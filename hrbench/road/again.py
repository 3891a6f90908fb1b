"""A run that has ended, read again: its task on its data, predictions, record, weights."""

from dataclasses import dataclass
from pathlib import Path

from hrbench import catalog
from hrbench.backbone import contents, weights
from hrbench.begun import folder as run_folder
from hrbench.begun.folder import State
from hrbench.data.evaluation import Evaluation
from hrbench.errors import RunError
from hrbench.formats import location
from hrbench.kinds.contract import AnyTask
from hrbench.kinds.registry import task_of
from hrbench.report import files
from hrbench.report import predictions as stored
from hrbench.report.predictions import Stored
from hrbench.report.record import RunRecord
from hrbench.report.run_folders import SPEC
from hrbench.road import given, measuring, recording
from hrbench.road.measuring import Measured
from hrbench.road.resolve import is_modified, require_sound
from hrbench.spec import TaskSpec


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """A run that has ended, to be scored again."""

    folder: Path
    before: TaskSpec  # by which it predicted
    state: State
    task: AnyTask  # with changes of how it is scored


def opened(folder: Path, changes: tuple[str, ...] = (), data: str | None = None) -> Ended:
    """Return a run with its task on its data, which are in `data` if elsewhere than then.

    Raises:
        HrbenchError: the data are gone, or a change is of more than scoring.
    """
    spec, dataset, state = run_folder.read(folder)
    scored = catalog.load_task(str(folder / SPEC), changes)
    require_sound(scored, dataset, changes, folder / SPEC)
    options = given.data_again(folder, spec, dataset, state, data)
    data_root = location.locate(dataset, options.data, scored.builtin, options.allow)
    task = task_of(scored, dataset, data_root, options)
    _require_same_predictions(task, spec)
    return Ended(folder, spec, state, task)


def evaluation_of(run: Ended) -> Evaluation:
    """Return what a run was measured on.

    Raises:
        HrbenchError: its files are gone, are not right, or are others.
    """
    evaluation: Evaluation = run.task.evaluation()
    measuring.require_truth(run.task, evaluation)
    given.require_same_files(run.folder, run.state, run.task, evaluation)
    return evaluation


def predictions_of(run: Ended, evaluation: Evaluation) -> Stored:
    """Return what a run has predicted, as the task's protocol decodes it.

    Raises:
        RunError: it is not whole, or not of what is looked at.
    """
    recording.require_trained(run.folder, run.state)
    predictions = stored.read(run.folder, run.task.stored)
    if misfit := run.task.misfit(evaluation, predictions):
        words = "put back the files that it was run on, or run again"
        raise RunError(f"{run.folder} {misfit}: {words}")
    decoded: Stored = run.task.decoded_again(evaluation, predictions, run.before)
    return decoded


def record_of(
    run: Ended, evaluation: Evaluation, measured: Measured, folder: Path | None
) -> RunRecord:
    """Return a run's record with figures of now; it answers for the files of `folder`."""
    spec = run.task.spec
    modified = is_modified(spec, catalog.shipped(spec.name))
    return recording.record_of(
        run.task, evaluation, measured, run.state, modified=modified, folder=folder
    )


def weights_of(folder: Path, state: State) -> tuple[str, str | None]:
    """Return which file has the weights that a run was measured with, and their hash.

    The hash is that of a record: of the file where it was given, else of the trained tensors. It is
    None where the file is gone.

    Raises:
        WeightsError: the file is damaged.
    """
    if state.options.weights is not None:
        name = state.options.weights
        path = given.here(name)
        return name, files.sha256(path) if path.is_file() else None
    for name in (files.LAST, files.WEIGHTS):
        if (folder / name).is_file():
            held = contents.read(folder / name).held
            network = held.get("network") if isinstance(held, dict) else None
            if not isinstance(network, dict):
                raise RunError(f"{folder / name}: holds no network")
            return name, weights.hashed(network)
    return files.WEIGHTS, None


def _require_same_predictions(task: AnyTask, spec: TaskSpec) -> None:
    before, after = (s.plain() for s in (spec, task.spec))
    for key in task.score_only_keys:
        before["protocol"].pop(key, None), after["protocol"].pop(key, None)
    if before != after:
        raise RunError(
            "score reads stored predictions, so --set can change only "
            f"protocol.{', protocol.'.join(task.score_only_keys)}; run again for other changes"
        )
