"""Runs that were begun before, of the same experiment."""

from collections.abc import Iterable
from pathlib import Path

from hrbench.begun import folder as run_folder
from hrbench.begun.folder import experiment_of
from hrbench.data.evaluation import Evaluation
from hrbench.errors import HrbenchError, RunError
from hrbench.report import run_folders, runs
from hrbench.report.record import RunRecord


def before(under: Path, experiment: str, evaluation: Evaluation) -> Path | None:
    """Return the run of an experiment that has a record, else one to go on with.

    It lies in a folder, `under`, and counts only where the data are those that it was begun on.
    """
    there = [run for run in run_folders.every(under) if experiment_of(run) == experiment]
    same = [run for run in there if _is_of(run, evaluation)]
    done = ended(same)
    return done[1] if done else next(iter(reversed(unfinished(same))), None)


def ended(there: Iterable[Path]) -> tuple[RunRecord, Path] | None:
    """Return the latest of some runs that has a record which can be relied upon."""
    for run in reversed([run for run in there if (run / run_folders.FILE).is_file()]):
        try:
            return runs.read(run), run
        except RunError:  # it is damaged
            continue
    return None


def unfinished(there: Iterable[Path]) -> list[Path]:
    """Return those of some runs that have no record."""
    return [run for run in there if not (run / run_folders.FILE).is_file()]


def _is_of(run: Path, evaluation: Evaluation) -> bool:
    """Whether a run was begun on these data, as far as it says."""
    try:
        _, _, state = run_folder.read(run)
    except HrbenchError:  # a folder that looks like a run's
        return False
    same = run_folder.fingerprint(run, state) in {"", evaluation.fingerprint}
    return same and state.division == evaluation.division_fingerprint
