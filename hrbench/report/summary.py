"""What a run says at its end: its figures, what they may be compared with, what comes next."""

import shlex
from pathlib import Path

import pandas as pd

from hrbench.report.compare import compared, verdict
from hrbench.report.definitions import define, rounded
from hrbench.report.layout import Table, terminal
from hrbench.report.published import SPLITS, Row, rows
from hrbench.report.record import RunRecord
from hrbench.report.table import marks, published_tables

DATASET = "dataset.toml"  # of a run's folder: what names the files of one's own dataset
SYNTHETIC = (
    "This result is synthetic, on data that hrbench made itself: it is comparable with nothing "
    "published."
)


def summary(
    record: RunRecord,
    published: pd.DataFrame,
    run_folder: Path,
    *,
    width: int = 80,
    colour: bool = False,
) -> str:
    """Return the figures of a run, the published rows in their own block, the next commands."""
    literature = rows(published, [record.task])
    tables = [
        _figures(record, standing(record, literature)),
        *published_tables(literature),
        Table("Next", (), (), below=next_commands(record, run_folder)),
    ]
    return terminal(tables, width, colour=colour)


def standing(record: RunRecord, literature: list[Row]) -> tuple[str, ...]:
    """Return the sentences that say what a result may be compared with."""
    sentences = list(record.notes)
    if not record.complete:
        sentences.append(
            f"This result is partial: {record.n.evaluated} of {record.n.expected} samples; it is "
            "set beside no published row."
        )
    if record.synthetic:
        sentences.append(SYNTHETIC)
    sentences += [verdict(record, near) for near in compared(record, literature)]
    return tuple(sentences)


def next_commands(record: RunRecord, run_folder: Path) -> tuple[str, ...]:
    """Return three commands that can be pasted as they stand, but for DIR."""
    folder = shlex.quote(str(run_folder))
    name = record.dataset.name
    dataset = name if name in SPLITS else shlex.quote(str(run_folder / DATASET))
    return (
        f"  hrbench report {folder}",
        f"  hrbench score {folder}",
        f"  hrbench check {dataset} --data DIR",
    )


def _figures(record: RunRecord, sentences: tuple[str, ...]) -> Table:
    said = marks(record)
    lines = []
    for name, found in record.metrics.items():
        known = define(name)
        value = "none" if found.value is None else f"{rounded(name, found.value)} {found.unit}"
        meaning = found.reason or (known.meaning if known else "")
        better = "higher" if found.higher_is_better else "lower"
        lines.append((name, value, *_interval(record, name), better, meaning))
    return Table(
        title=f"{record.name} on {record.dataset.name} {record.dataset.split}, "
        f"n = {record.n.evaluated}" + (f" ({said})" if said else ""),
        header=(
            "metric",
            "value",
            *(["95 %"] if _has_intervals(record) else []),
            "better",
            "meaning",
        ),
        rows=tuple(lines),
        right=frozenset({"value"}),
        folding=frozenset({"meaning"}),
        below=("", *sentences) if sentences else (),
    )


def _has_intervals(record: RunRecord) -> bool:
    return any(found.low is not None for found in record.metrics.values())


def _interval(record: RunRecord, name: str) -> tuple[str, ...]:
    if not _has_intervals(record):
        return ()
    found = record.metrics[name]
    if found.low is None or found.high is None:
        return ("",)
    return (f"{rounded(name, found.low)}-{rounded(name, found.high)}",)
