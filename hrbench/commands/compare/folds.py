"""Two cross-validations beside each other, each named by one of its folds."""

import json

from hrbench.errors import RunError, UnknownNameError
from hrbench.report import archive, run_folders, runs
from hrbench.report.paired_folds import PairedFolds, paired
from hrbench.report.repeats import Repeats, repeats
from hrbench.report.text_table import markdown, terminal

FORMS = ("table", "markdown", "json")


def compared(first: str, second: str, only: str | None = None) -> PairedFolds:
    """Compare two cross-validations, fold by fold.

    Args:
        first: a RUN that is one of its folds; the others lie beside it.
        second: the same of the other one.
        only: a figure.

    Raises:
        RunError: a name stands for no run, or they are not of the same folds.
        UnknownNameError: there is no such figure.
    """
    return paired(_whole(first), _whole(second), only)


def text(comparison: PairedFolds, *, form: str, width: int, colour: bool) -> str:
    """Return a comparison in one of the forms.

    Raises:
        UnknownNameError: there is no such form.
    """
    if form not in FORMS:
        raise UnknownNameError("format", form, FORMS)
    if form == "json":
        return json.dumps(comparison.content(), indent=2, ensure_ascii=False, allow_nan=False)
    tables = comparison.tables()
    return markdown(tables) if form == "markdown" else terminal(tables, width, colour=colour)


def _whole(name: str) -> Repeats:
    """Return all folds of the cross-validation that a RUN is one of."""
    folder = archive.find(name)
    mine, beside = runs.read(folder), []
    for other in run_folders.every(folder.parent):
        try:
            beside.append(runs.read(other))
        except RunError:  # has not ended, or is damaged: `paired` says what is missing
            continue
    every = repeats(beside)
    known = {run.id: one for one in every for run in (*one.runs, *one.repeated)}
    return known[mine.id]
