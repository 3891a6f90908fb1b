"""The groups of a record as tables: by keypoint, by size, by class, by whatever a metric has."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hrbench.report import detail
from hrbench.report.definitions import define, rounded
from hrbench.report.html.bars import Ends, Scale, scale
from hrbench.report.html.page import Cell, Column, Grid
from hrbench.report.record import RunRecord

Line = Mapping[str, Any]
MOST = 120  # rows


def grids(record: RunRecord, prefix: str) -> Iterator[Grid]:
    """Yield a table for each group that has rows; `prefix` is how the tables' ids begin."""
    for number, (name, content) in enumerate(record.groups.items()):
        rows = [] if name == detail.DRAWN else detail.rows_of(name, content)
        if rows:
            yield _grid(record, name, rows, f"{prefix}-group-{number}")


def _grid(record: RunRecord, name: str, rows: Sequence[Line], place: str) -> Grid:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    drawn = _drawn(record, name, keys, rows)
    columns = [_column(key, rows) for key in keys]
    shown = [
        [_cell(key, row.get(key, ""), _ends(record, name, key, row)) for key in keys]
        for row in rows[:MOST]
    ]
    if drawn is not None:
        key, over = drawn
        at = keys.index(key) + 1
        columns.insert(at, Column("", scale=over.ends, hint=f"{key} with its 95 % interval"))
        for cells, row in zip(shown, rows, strict=False):
            ends = _ends(record, name, key, row)
            cells.insert(at, Cell(bar=None if ends is None else over.bar(ends)))
    left = len(rows) - MOST
    return Grid(
        id=place,
        caption=f"By {name.replace('_', ' ')}",
        columns=tuple(columns),
        rows=tuple(map(tuple, shown)),
        below=(f"{left} more: hrbench report RUN --format json",) if left > 0 else (),
    )


def _drawn(
    record: RunRecord, name: str, keys: Sequence[str], rows: Sequence[Line]
) -> tuple[str, Scale] | None:
    """Return the first figure of a group that is worth a bar in each row, and its scale."""
    for key in keys[1:]:
        ends = [found for row in rows if (found := _ends(record, name, key, row))]
        known = define(key) is not None or any(low is not None for _, low, _ in ends)
        over = scale(key, ends) if known else None
        if over is not None:
            return key, over
    return None


def _ends(record: RunRecord, name: str, key: str, row: Line) -> Ends | None:
    """Return a figure of a row with its interval; None where there is no number."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    low, high = record.group_intervals.get(f"{name}/{row.get(name)}/{key}", (None, None))
    return float(value), low, high


def _column(key: str, rows: Sequence[Line]) -> Column:
    known = define(key)
    values = [row[key] for row in rows if row.get(key) is not None]
    numbers = all(isinstance(value, int | float) for value in values)
    name = key.removesuffix(f"_{known.unit}") if known else key
    unit = f", {known.unit}" if known else ""
    return Column(f"{name}{unit}".replace("_", " "), numbers, known.meaning if known else "")


def _cell(key: str, value: object, ends: Ends | None) -> Cell:
    interval = ""
    if ends is not None and ends[1] is not None and ends[2] is not None:
        interval = f"{rounded(key, ends[1])}-{rounded(key, ends[2])}"
    return Cell(detail.cell(key, value), None if ends is None else ends[0], interval)
