"""The groups of a record as tables: by keypoint, by size, by class, by whatever a metric has."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hrbench.report import detail
from hrbench.report.definitions import define
from hrbench.report.html.bars import Ends, Scale, scale
from hrbench.report.html.page import Cell, Column, Grid, Part
from hrbench.report.record import RunRecord

Line = Mapping[str, Any]
MOST = 120  # rows
KINDS = ("good", "jitter", "inversion", "swap", "miss")  # of errors, that make up the whole


def grids(record: RunRecord, prefix: str) -> Iterator[tuple[str, Grid]]:
    """Yield the name and a table of each group that has rows; `prefix` begins the tables' ids."""
    for number, (name, content) in enumerate(record.groups.items()):
        rows = [] if name == detail.DRAWN else detail.rows_of(name, content)
        if rows:
            yield name, _grid(record, name, rows, f"{prefix}-group-{number}")


def _grid(record: RunRecord, name: str, rows: Sequence[Line], place: str) -> Grid:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    labels = {key: key or detail.alone(record).get(name, "") for key in keys}
    columns = [_column(labels[key], [row.get(key) for row in rows]) for key in keys]
    decimals = detail.decimals(rows)
    shown = [
        [
            _cell(labels[key], row.get(key, ""), _ends(record, name, key, row), decimals[key])
            for key in keys
        ]
        for row in rows[:MOST]
    ]
    kinds = all(kind in keys for kind in KINDS)
    drawn = None if kinds else _drawn(record, name, labels, rows)  # one picture in a row
    if drawn is not None:
        key, over = drawn
        at = keys.index(key) + 1
        hint = f"{over.figure} with its 95 % interval"
        columns.insert(at, Column("", scale=over.ends, hint=hint))
        for cells, row in zip(shown, rows, strict=False):
            ends = _ends(record, name, key, row)
            cells.insert(at, Cell(bar=None if ends is None else over.bar(ends)))
    if kinds:
        columns.append(Column("", parts=KINDS))
        for cells, row in zip(shown, rows, strict=False):
            cells.append(Cell(parts=_parts(row)))
    left = len(rows) - MOST
    return Grid(
        id=place,
        caption=f"By {name.replace('_', ' ')}",
        columns=tuple(columns),
        rows=tuple(map(tuple, shown)),
        below=(f"{left} more: hrbench report RUN --format json",) if left > 0 else (),
    )


def _drawn(
    record: RunRecord, name: str, labels: Mapping[str, str], rows: Sequence[Line]
) -> tuple[str, Scale] | None:
    """Return the first figure of a group that is worth a bar in each row, and its scale."""
    for key, label in list(labels.items())[1:]:
        ends = [found for row in rows if (found := _ends(record, name, key, row))]
        known = define(label) is not None or any(low is not None for _, low, _ in ends)
        over = scale(label, ends) if known else None
        if over is not None:
            return key, over
    return None


def _ends(record: RunRecord, name: str, key: str, row: Line) -> Ends | None:
    """Return a figure of a row with its interval; None where there is no number."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    place = "/".join(filter(None, (name, str(row.get(name)), key)))
    low, high = record.group_intervals.get(place, (None, None))
    return float(value), low, high


def _column(key: str, values: Sequence[object]) -> Column:
    known = define(key)
    numbers = all(isinstance(value, int | float) for value in values if value is not None)
    name = key.removesuffix(f"_{known.unit}") if known else key
    unit = f", {known.unit}" if known else ""
    return Column(f"{name}{unit}".replace("_", " "), numbers, known.meaning if known else "")


def _cell(key: str, value: object, ends: Ends | None, decimals: int) -> Cell:
    if ends is None:
        return Cell(detail.cell(key, value, decimals))
    number, *interval = ends
    words = [detail.cell(key, end, decimals) for end in interval if end is not None]
    return Cell(detail.cell(key, value, decimals), number, "-".join(words))


def _parts(row: Line) -> tuple[Part, ...]:
    """Return the kinds of error of a row's keypoints, one beside the other."""
    shares = [float(row[kind] or 0) / 100 for kind in KINDS]
    starts = [sum(shares[:place]) for place in range(len(shares))]
    return tuple(map(Part, KINDS, starts, shares))
