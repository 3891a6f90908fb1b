"""Records beside published rows, as a table, Markdown, CSV or JSON."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pandas as pd

from hrbench import catalog
from hrbench.errors import UnknownNameError
from hrbench.report import csv_json
from hrbench.report.benchmarks import benchmark
from hrbench.report.beside import compared, may_stand_beside_published, verdict
from hrbench.report.definitions import rounded
from hrbench.report.literature import published_tables
from hrbench.report.protocols import between
from hrbench.report.published import Row, rows
from hrbench.report.record import RunRecord, Weights
from hrbench.report.repeats import TRAINED, Repeats, repeats
from hrbench.report.runs import Runs
from hrbench.report.text_table import Table, markdown, terminal

FORMS = ("table", "markdown", "csv", "json")
HTML = "html"  # the other one, a file of pages: `html.report` makes it
FOLDING = frozenset({"started", "weights", "marks"})
NUMBERS = frozenset({"n", "epochs", "seed"})


SPREAD = "±: standard deviation over the runs of one experiment; each: hrbench report --each"


def report(
    runs: Runs,
    published: pd.DataFrame,
    *,
    task: str | None = None,
    form: str = "table",
    each: bool = False,
    everything: bool = False,
    width: int = 80,
    colour: bool = False,
) -> str:
    """Return runs and the published rows of their tasks, each in a block of its own.

    `task` keeps one task; without it, and without records, every published task is shown; where
    no record may be compared with them and nobody asks for a task, one line says where they are.
    Runs that differ in their seed are one row, unless `each` is asked for. CSV and JSON hold the
    rows that hrbench is measured against, and with `everything` all that are published; the
    others those that a reader looks for first.

    Raises:
        UnknownNameError: no such task, or format.
    """
    if form not in FORMS:
        raise UnknownNameError("format", form, (*FORMS, HTML))
    kept = _of_task(runs, task)
    if form in csv_json.FORMS:
        literature = rows(published, [task] if task else None)
        return csv_json.FORMS[form](kept, literature, everything=everything)
    tasks = {task} if task else {one.task for one in kept.records} or set(catalog.names("tasks"))
    literature = rows(published, tasks)
    comparable = {one.task for one in kept.records if may_stand_beside_published(one)}
    tables = [
        *record_tables(repeats(kept.records, each=each), literature),
        *_unfinished_table(kept.unfinished),
        *published_tables(literature, comparable if kept.records and not task else None),
    ]
    if not tables:
        return f"No run of {task} is here, and no published figure is comparable with one."
    return markdown(tables) if form == "markdown" else terminal(tables, width, colour=colour)


def record_tables(experiments: Sequence[Repeats], literature: Sequence[Row]) -> list[Table]:
    """Return a table for each task, split and headline metric, oldest runs first.

    Below it is a sentence for each published row that an experiment has.
    """
    groups: dict[tuple[str, str, str], list[Repeats]] = {}
    for one in experiments:
        record = one.record
        key = (record.task, record.dataset.split, record.headline)
        groups.setdefault(key, []).append(one)
    return [_table(*key, group, literature) for key, group in groups.items()]


def marks(record: RunRecord) -> str:
    """Return in words what keeps a record from passing for the published recipe of today."""
    return ", ".join(mark_words(record))


def mark_words(record: RunRecord) -> tuple[str, ...]:
    """Return each of the words that keep a record from passing for today's published recipe."""
    about = benchmark(record.task)
    older = about is not None and record.task_version < about.version
    said = (
        ("synthetic", record.synthetic),
        ("partial", not record.complete),
        ("modified", record.modified),
        (f"task version {record.task_version}, now {about.version if about else ''}", older),
    )
    return tuple(word for word, holds in said if holds)


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


def value_words(one: Repeats, metric: str) -> str:
    """Return a figure of an experiment as the literature rounds it, with its spread if any."""
    figure, spread = one.record.metrics[metric], one.spread(metric)
    if figure.value is None:
        return "none"
    value = rounded(metric, figure.value)
    return f"{value} ± {rounded(metric, spread.deviation)}" if spread else value


def _of_task(runs: Runs, task: str | None) -> Runs:
    known = {*catalog.names("tasks"), *(record.task for record in runs.records)}
    if task and task not in known:
        raise UnknownNameError("task", task, known)
    pairs = zip(runs.folders, runs.records, strict=True)
    kept = [pair for pair in pairs if task in {None, pair[1].task}]
    kept.sort(key=lambda pair: (pair[1].task, pair[1].started))
    return replace(
        runs,
        folders=tuple(folder for folder, _ in kept),
        records=tuple(record for _, record in kept),
        unfinished=tuple(run for run in runs.unfinished if task in {None, run.parent.name}),
    )


def _table(
    task: str, split: str, metric: str, experiments: Sequence[Repeats], literature: Sequence[Row]
) -> Table:
    value = f"{metric}, {experiments[0].record.metrics[metric].unit}"
    lines = [_cells(one, value) for one in experiments]
    header = [name for name in lines[0] if any(line[name] for line in lines)]
    return Table(
        title=f"Runs of {task} on {split}",
        header=tuple(header),
        rows=tuple(tuple(line[name] for name in header) for line in lines),
        right=NUMBERS | {value},
        folding=FOLDING,
        below=(
            *_spread_words(experiments),
            *_protocols([one.record for one in experiments]),
            *_verdicts(experiments, literature),
        ),
    )


def _protocols(records: Sequence[RunRecord]) -> tuple[str, ...]:
    """Return in a sentence what protocols of runs in one table differ in; nothing if they agree."""
    keys = (one.name for other in records for one in between(records[0], other).differences)
    names = ", ".join(dict.fromkeys(keys))
    return (f"Protocols of these runs differ: {names}. They are in no order.",) if names else ()


def _spread_words(experiments: Sequence[Repeats]) -> tuple[str, ...]:
    older = sum(len(one.repeated) for one in experiments)
    words = f"{older} older run{'s' * (older != 1)} of the same seeds left out: "
    return (
        *([SPREAD] if any(one.several for one in experiments) else []),
        *([f"{words}hrbench report --each"] if older else []),
    )


def _verdicts(experiments: Sequence[Repeats], literature: Sequence[Row]) -> Iterator[str]:
    for one in experiments:
        for near in compared(one.record, literature):
            yield verdict(one.record, near, one.label)


def _cells(one: Repeats, value: str) -> dict[str, str]:
    record = one.record
    metric, n = record.headline, record.n
    lifted = "keypoints" in record.protocol
    return {
        "started": started(record),
        "id": one.label,
        "variant": record.variant,
        value: value_words(one, metric),
        "95 %": interval_words(record, metric),
        "n": str(n.evaluated) if record.complete else f"{n.evaluated}/{n.expected}",
        "epochs": epochs(record),
        "seed": one.seeds,
        "keypoints" if lifted else "boxes": given(record),
        "weights": origin(record.weights),
        "marks": marks(record),
    }


def interval_words(record: RunRecord, metric: str) -> str:
    """Return the interval of a figure, low-high; nothing where there is none."""
    figure = record.metrics[metric]
    if figure.low is None or figure.high is None:
        return ""
    return f"{rounded(metric, figure.low)}-{rounded(metric, figure.high)}"


def _unfinished_table(folders: Sequence[Path]) -> list[Table]:
    commands = tuple(f"hrbench run --resume {shlex.quote(str(folder))}" for folder in folders)
    title = "Under way or interrupted, of which the interrupted go on with"
    return [Table(title, (), (), commands=commands)] if commands else []
