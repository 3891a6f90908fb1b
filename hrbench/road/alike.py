"""A run that was begun before, of the same experiment and on the same data."""

from pathlib import Path

from hrbench.begun import folder as run_folder
from hrbench.errors import HrbenchError
from hrbench.kinds.contract import AnyTask
from hrbench.report import run_folders
from hrbench.report.files import LAST
from hrbench.road.asked import of_experiment


def latest(task: AnyTask, experiment: str) -> Path | None:
    """Return the folder of the latest run of an experiment that has a record, or can go on.

    It counts only where the data are still those that it was begun on.
    """
    evaluation = None
    for folder in reversed(of_experiment(experiment, task.spec.name, Path(task.options.out))):
        try:
            _, _, state = run_folder.read(folder)
        except HrbenchError:  # a folder that looks like a run's
            continue
        ended = (folder / run_folders.FILE).is_file()
        if not ended and not (folder / LAST).is_file():
            continue
        evaluation = evaluation or task.evaluation()
        there = evaluation.fingerprint, evaluation.division_fingerprint
        if there == (run_folder.fingerprint(folder, state), state.division):
            return folder
    return None
