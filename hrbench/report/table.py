"""Records beside published rows, as a table, Markdown, CSV or JSON."""

from collections.abc import Sequence

import pandas as pd

from hrbench.errors import UnknownNameError
from hrbench.report import formats
from hrbench.report.compare import compared, verdict
from hrbench.report.definitions import rounded
from hrbench.report.layout import Table, markdown, terminal
from hrbench.report.published import HEADLINES, Row, best, rows, selection, standing
from hrbench.report.record import MetricValue, RunRecord

FORMATS = ("table", "markdown", "csv", "json")
GOAL = "goal: which of the ten published results that hrbench is measured against"
NUMBERS = frozenset({"value", "n"})


def report(
    records: Sequence[RunRecord],
    published: pd.DataFrame,
    *,
    task: str | None = None,
    form: str = "table",
    width: int = 80,
    colour: bool = False,
) -> str:
    """Return records and the published rows of their tasks, each in a block of its own.

    `task` keeps one task; without it, and without records, every published task is shown.
    CSV and JSON hold all published rows, the others those that a reader looks for first.

    Raises:
        UnknownNameError: no such task, or format.
    """
    if form not in FORMATS:
        raise UnknownNameError("format", form, FORMATS)
    kept = _of_task(records, task)
    tasks = {task} if task else {record.task for record in kept} or set(HEADLINES)
    literature = rows(published, tasks)
    if form == "csv":
        return formats.as_csv(kept, literature)
    if form == "json":
        return formats.as_json(kept, literature)
    tables = [*([record_table(kept, literature)] if kept else []), *published_tables(literature)]
    if not tables:
        return f"No run of {task} is here, and no published figure is comparable with one."
    return markdown(tables) if form == "markdown" else terminal(tables, width, colour=colour)


def record_table(records: Sequence[RunRecord], literature: Sequence[Row]) -> Table:
    """Return one line a record, and below it a sentence for each published row it has."""
    intervals = any(r.metrics[r.headline].low is not None for r in records)
    sentences = [verdict(r, found) for r in records for found in compared(r, literature)]
    return Table(
        title="Runs",
        header=(
            "run",
            "split",
            "value",
            *(["95 %"] if intervals else []),
            "n",
            "marks",
            "id",
        ),
        rows=tuple(_record_cells(record, intervals=intervals) for record in records),
        right=NUMBERS,
        folding=frozenset({"marks"}),
        below=tuple(sentences),
    )


def published_tables(literature: Sequence[Row]) -> list[Table]:
    """Return one table a task of the rows that a reader looks for first, best first."""
    tables = []
    for task in dict.fromkeys(row["task"] for row in literature):
        everything = [row for row in literature if row["task"] == task]
        tables.append(_published_table(task, selection(everything), len(everything)))
    return tables


def tasks(
    about: Sequence[tuple[str, str, str, str]], literature: Sequence[Row]
) -> list[dict[str, str]]:
    """Return a line for each task: name, title, dataset, split, metric, published best, source.

    `about` has the first four; what no published row says is empty.
    """
    lines = []
    for name, title, dataset, split in about:
        row = best(literature, name, split)
        lines.append(
            {
                "task": name,
                "title": title,
                "dataset": dataset,
                "split": split,
                "metric": HEADLINES.get(name, ""),
                "published": f"{row['value']} {row['unit']}, {row['system']}" if row else "",
                "source": _source(row) if row else "",
            }
        )
    return lines


def tasks_text(lines: Sequence[dict[str, str]], width: int, *, colour: bool) -> str:
    """Return the tasks for a terminal; the published figures are of plain HRNets."""
    shown = ("task", "dataset", "split", "metric", "published", "source")
    table = Table(
        title="Tasks, each with the best published figure of a plain HRNet or lifter",
        header=shown,
        rows=tuple(tuple(line[key] for key in shown) for line in lines),
        folding=frozenset({"published", "source"}),
        below=("Run one: hrbench run TASK; its variants: hrbench list variants",),
    )
    return terminal([table], width, colour=colour)


def marks(record: RunRecord) -> str:
    """Return the words that keep a record from passing for the published recipe."""
    said = (
        ("synthetic", record.synthetic),
        ("partial", not record.complete),
        ("modified", record.modified),
    )
    return ", ".join(word for word, holds in said if holds)


def _of_task(records: Sequence[RunRecord], task: str | None) -> list[RunRecord]:
    known = {*HEADLINES, *(record.task for record in records)}
    if task and task not in known:
        raise UnknownNameError("task", task, known)
    kept = [record for record in records if task in (None, record.task)]
    return sorted(kept, key=lambda record: (record.task, record.started))


def _record_cells(record: RunRecord, *, intervals: bool) -> tuple[str, ...]:
    value, n = record.metrics[record.headline], record.n
    return (
        record.name,
        record.dataset.split,
        f"{record.headline} {_value(record.headline, value)}",
        *([_interval(record.headline, value)] if intervals else []),
        str(n.evaluated) if record.complete else f"{n.evaluated}/{n.expected}",
        marks(record),
        record.id[:8],
    )


def _value(metric: str, found: MetricValue) -> str:
    return "none" if found.value is None else f"{rounded(metric, found.value)} {found.unit}"


def _interval(metric: str, found: MetricValue) -> str:
    if found.low is None or found.high is None:
        return ""
    return f"{rounded(metric, found.low)}-{rounded(metric, found.high)}"


def _published_table(task: str, shown: Sequence[Row], total: int) -> Table:
    ordered = sorted(shown, key=_rank)
    sources = {key: n for n, key in enumerate(dict.fromkeys(map(_source, ordered)), start=1)}
    left = total - len(shown)
    lines = [_published_cells(row, sources[_source(row)]) for row in ordered]
    columns = lines[0] if lines else {}
    header = [name for name in columns if any(line[name] for line in lines)]
    return Table(
        title=f"Published: {task}",
        header=tuple(header),
        rows=tuple(tuple(line[name] for name in header) for line in lines),
        right=NUMBERS,
        folding=frozenset({"system"}),
        below=(
            *(f"[{n}] {source}" for source, n in sources.items()),
            *([GOAL] if any(row["mission"] for row in shown) else []),
            f"{left} more: hrbench report --task {task} --format csv",
        ),
    )


def _published_cells(row: Row, source: int) -> dict[str, str]:
    """Return a row by column, with those keys of the protocol that tell figures apart."""
    return {
        "split": row["split"],
        "metric": row["metric"],
        "value": f"{row['value']} {row['unit']}",
        "system": row["system"],
        "input": f"{row['input_height']}x{row['input_width']}" if row["input_width"] else "",
        "boxes": row["boxes"],
        "keypoints": row["keypoints"],
        "frames": row["frames"],
        "crop": row["crop_share"],
        "goal": row["mission"],
        "source": f"[{source}]",
    }


def _rank(row: Row) -> tuple[str, str, float]:
    return row["split"], row["metric"], standing(row)


def _source(row: Row) -> str:
    if row["checked"] == "target":
        return "no source was found for this goal"
    return f"{row['source_title']}, {row['source_year']}"
