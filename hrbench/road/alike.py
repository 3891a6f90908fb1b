"""A run that was begun before, of the same task, options and data as one that is to begin."""

from pathlib import Path

from hrbench.begun import folder as run_folder
from hrbench.begun.options import Options
from hrbench.errors import HrbenchError
from hrbench.kinds.contract import AnyTask
from hrbench.report import run_folders
from hrbench.report.files import LAST
from hrbench.road import given

DECIDING = (  # options that move a figure and that no spec has
    *("data", "weights", "init", "allow_partial", "boxes", "keypoints", "limit", "seed"),
    "keep_peaks",
)


def latest(task: AnyTask) -> Path | None:
    """Return the folder of the latest run like this one that has a record, or can go on.

    One that has ended counts only where the data are still those that it was measured on.
    """
    options = given.anchored(task.options, task.dataset, task.data_root)
    wanted = (task.spec.plain(), task.dataset.plain(), _deciding(options))
    evaluation = None
    for folder in reversed(run_folders.every(Path(options.out) / task.spec.name)):
        try:
            spec, dataset, state = run_folder.read(folder)
        except HrbenchError:  # a folder that looks like a run's
            continue
        if (spec.plain(), dataset.plain(), _deciding(state.options)) != wanted:
            continue
        ended = (folder / run_folders.FILE).is_file()
        if not ended and not (folder / LAST).is_file():
            continue
        evaluation = evaluation or task.evaluation()
        there = evaluation.fingerprint, evaluation.division_fingerprint
        if there == (run_folder.fingerprint(folder, state), state.division):
            return folder
    return None


def _deciding(options: Options) -> tuple[object, ...]:
    return tuple(getattr(options, key) for key in DECIDING)
