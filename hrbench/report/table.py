"""Records beside published rows, as a table, Markdown, CSV or JSON."""

import shlex
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import pandas as pd

from hrbench import catalog
from hrbench.errors import UnknownNameError
from hrbench.report import csv_json
from hrbench.report.beside import compared, may_stand_beside_published, verdict
from hrbench.report.definitions import rounded
from hrbench.report.literature import published_tables
from hrbench.report.published import Row, rows
from hrbench.report.record import RunRecord, Weights
from hrbench.report.text_table import Table, markdown, terminal

FORMS = ("table", "markdown", "csv", "json")
FOLDING = frozenset({"started", "weights", "marks"})
TRAINED = "trained"  # the origin of weights that the run itself has made
NUMBERS = frozenset({"n", "epochs", "seed"})


def report(
    records: Sequence[RunRecord],
    published: pd.DataFrame,
    *,
    unfinished: Sequence[Path] = (),
    task: str | None = None,
    form: str = "table",
    width: int = 80,
    colour: bool = False,
) -> str:
    """Return records and the published rows of their tasks, each in a block of its own.

    `task` keeps one task; without it, and without records, every published task is shown; where
    no record may be compared with them and nobody asks for a task, one line says where they are.
    CSV and JSON hold all published rows, the others those that a reader looks for first.
    `unfinished` are folders of runs without a record.

    Raises:
        UnknownNameError: no such task, or format.
    """
    if form not in FORMS:
        raise UnknownNameError("format", form, FORMS)
    kept = _of_task(records, task)
    tasks = {task} if task else {record.task for record in kept} or set(catalog.names("tasks"))
    literature = rows(published, tasks)
    if form == "csv":
        return csv_json.as_csv(kept, literature)
    if form == "json":
        return csv_json.as_json(kept, literature)
    comparable = {record.task for record in kept if may_stand_beside_published(record)}
    tables = [
        *record_tables(kept, literature),
        *_unfinished_table([run for run in unfinished if task in {None, run.parent.name}]),
        *published_tables(literature, comparable if kept and not task else None),
    ]
    if not tables:
        return f"No run of {task} is here, and no published figure is comparable with one."
    return markdown(tables) if form == "markdown" else terminal(tables, width, colour=colour)


def record_tables(records: Sequence[RunRecord], literature: Sequence[Row]) -> list[Table]:
    """Return a table for each task, split and headline metric, oldest runs first.

    Below it is a sentence for each published row that a record has.
    """
    groups: dict[tuple[str, str, str], list[RunRecord]] = {}
    for record in records:
        groups.setdefault((record.task, record.dataset.split, record.headline), []).append(record)
    return [_table(*key, group, literature) for key, group in groups.items()]


def marks(record: RunRecord) -> str:
    """Return the words that keep a record from passing for the published recipe."""
    said = (
        ("synthetic", record.synthetic),
        ("partial", not record.complete),
        ("modified", record.modified),
    )
    return ", ".join(word for word, holds in said if holds)


def started(record: RunRecord) -> str:
    """Return when a run was started, in UTC as the name of its folder has it."""
    return f"{record.started.astimezone(UTC):%Y-%m-%d %H:%M}"


def epochs(record: RunRecord) -> str:
    """Return how many a run has trained; nothing where it was given its weights."""
    recipe = record.spec.get("recipe")
    trained = record.weights.origin == TRAINED and isinstance(recipe, dict)
    return str(recipe.get("epochs", "")) if trained and isinstance(recipe, dict) else ""


def given(record: RunRecord) -> str:
    """Return where the boxes come from that keypoints are found in, or the keypoints lifted."""
    return str(record.protocol.get("boxes") or record.protocol.get("keypoints") or "")


def origin(weights: Weights) -> str:
    """Return where weights come from, in a few words."""
    if weights.origin == TRAINED or not weights.sha256:
        return weights.origin
    return f"{weights.origin} {weights.sha256[:8]}"


def _of_task(records: Sequence[RunRecord], task: str | None) -> list[RunRecord]:
    known = {*catalog.names("tasks"), *(record.task for record in records)}
    if task and task not in known:
        raise UnknownNameError("task", task, known)
    kept = [record for record in records if task in (None, record.task)]
    return sorted(kept, key=lambda record: (record.task, record.started))


def _table(
    task: str, split: str, metric: str, records: Sequence[RunRecord], literature: Sequence[Row]
) -> Table:
    value = f"{metric}, {records[0].metrics[metric].unit}"
    lines = [_cells(record, value) for record in records]
    header = [name for name in lines[0] if any(line[name] for line in lines)]
    return Table(
        title=f"Runs of {task} on {split}",
        header=tuple(header),
        rows=tuple(tuple(line[name] for name in header) for line in lines),
        right=NUMBERS | {value},
        folding=FOLDING,
        below=tuple(verdict(r, near) for r in records for near in compared(r, literature)),
    )


def _cells(record: RunRecord, value: str) -> dict[str, str]:
    metric, n = record.headline, record.n
    figure = record.metrics[metric]
    low, high = figure.low, figure.high
    interval = ""
    if low is not None and high is not None:
        interval = f"{rounded(metric, low)}-{rounded(metric, high)}"
    lifted = "keypoints" in record.protocol
    return {
        "started": started(record),
        "id": record.id[:8],
        "variant": record.variant,
        value: "none" if figure.value is None else rounded(metric, figure.value),
        "95 %": interval,
        "n": str(n.evaluated) if record.complete else f"{n.evaluated}/{n.expected}",
        "epochs": epochs(record),
        "seed": str(record.seed),
        "keypoints" if lifted else "boxes": given(record),
        "weights": origin(record.weights),
        "marks": marks(record),
    }


def _unfinished_table(folders: Sequence[Path]) -> list[Table]:
    commands = tuple(f"hrbench run --resume {shlex.quote(str(folder))}" for folder in folders)
    title = "Under way or interrupted, of which the interrupted go on with"
    return [Table(title, (), (), commands=commands)] if commands else []
