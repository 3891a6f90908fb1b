"""Which published row a record stands beside, and in what their protocols differ."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hrbench.report.definitions import rounded, with_sign
from hrbench.report.protocols import Agreement, lifting_keys, told, with_row
from hrbench.report.published import Row, has_source, is_plain
from hrbench.report.record import RunRecord


@dataclass(frozen=True, slots=True)
class Beside:
    """A record's value of a row's metric beside the published one; `gap` is ours minus theirs."""

    row: Row
    protocol: Agreement
    gap: float
    low: float | None  # 95 % interval of the gap, the published value taken as exact
    high: float | None


def may_stand_beside_published(record: RunRecord) -> bool:
    """Whether a record measures what papers do: real data, all of it, with a value."""
    has_value = record.metrics[record.headline].value is not None
    return has_value and record.complete and not record.synthetic


def beside(record: RunRecord, rows: Iterable[Row]) -> Beside | None:
    """Return the published row that is nearest to a record in protocol, if one fits at all.

    It fits with the same task, dataset, split, headline metric, backbone and input size and
    nothing added to the network; a lifting run with the same kind of lifter. Of several, the
    one with the fewest known differences, then the fewest open ones, then the first in the file.
    """
    return _nearest(record, record.headline, rows)


def compared(record: RunRecord, rows: Sequence[Row]) -> tuple[Beside, ...]:
    """Return the rows beside a record: its headline's nearest, then what concerns the goals.

    Those are the nearest row of a goal's metric, the shoulders' of MPII, and each goal that fits.
    """
    goals = [row for row in rows if row["mission"] and row["task"] == record.task]
    metrics = dict.fromkeys((record.headline, *(goal["metric"] for goal in goals)))
    wanted = [*((metric, rows) for metric in metrics), *((g["metric"], [g]) for g in goals)]
    nearest = (_nearest(record, metric, among) for metric, among in wanted)
    return tuple({id(near.row): near for near in nearest if near}.values())


def _nearest(record: RunRecord, metric: str, rows: Iterable[Row]) -> Beside | None:
    value = record.metrics.get(metric)
    if value is None or value.value is None or not may_stand_beside_published(record):
        return None
    ours = told(record)
    fitting = [(row, with_row(ours, row)) for row in rows if _fits(record, metric, row)]
    if not fitting:
        return None
    row, protocol = min(fitting, key=lambda pair: _distance(pair[1]))
    theirs = float(row["value"])
    return Beside(
        row=row,
        protocol=protocol,
        gap=value.value - theirs,
        low=None if value.low is None else value.low - theirs,
        high=None if value.high is None else value.high - theirs,
    )


def verdict(record: RunRecord, near: Beside, label: str = "") -> str:
    """Return one sentence that sets a record beside its published row.

    `label` tells runs apart; without one it is the beginning of the record's id.
    """
    metric, row = near.row["metric"], near.row
    interval = ""
    if near.low is not None and near.high is not None:
        interval = f" (95 %: {signed(metric, near.low)} to {signed(metric, near.high)})"
    modified = "; our recipe or protocol is modified" if record.modified else ""
    ours = rounded(metric, record.metrics[metric].value or 0.0)
    name = f"{record.name} {label or record.id[:8]}"
    return (
        f"{name}: {metric} {ours} {row['unit']} beside {row['value']} of {row['system']} "
        f"({row['source_title']}, {row['source_year']}): "
        f"{signed(metric, near.gap)}{interval}; protocol {near.protocol.words}{modified}."
    )


def _fits(record: RunRecord, metric: str, row: Row) -> bool:
    if not has_source(row):
        return False
    model = record.spec.get("model")
    ours = (record.task, record.dataset.name, record.dataset.split, metric)
    theirs = (row["task"], row["dataset"], row["split"], row["metric"])
    if lifter := lifting_keys(model).get("lifter"):
        return ours == theirs and row["lifter"] in {"", lifter}  # a goal names no network
    if not isinstance(model, dict) or not is_plain(row):
        return False
    size = model.get("input")
    network = (model.get("backbone"), *(map(str, size) if isinstance(size, list) else ()))
    printed = (row["backbone"], row["input_height"], row["input_width"])
    return (*ours, *network) == (*theirs, *printed)


def _distance(protocol: Agreement) -> tuple[int, int]:
    return len(protocol.differing), len(protocol.unknown)


def signed(metric: str, gap: float) -> str:
    """Return a difference with its sign, as the literature rounds the figure."""
    return with_sign(rounded(metric, gap))
