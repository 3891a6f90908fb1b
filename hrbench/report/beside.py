"""Which published row a record stands beside, and in what their protocols differ."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hrbench.report.benchmarks import benchmark
from hrbench.report.definitions import rounded
from hrbench.report.published import LIFTING, PROTOCOL, Row, has_source, is_plain
from hrbench.report.record import RunRecord

NOT_STATED = "not stated"
NOT_RECORDED = "not recorded"
MATCHED = ("split", "metric")  # keys of a protocol that choose the row, and so agree


@dataclass(frozen=True, slots=True)
class Difference:
    """One protocol key that the two sides do not share, or that one side leaves open."""

    key: str
    ours: str
    published: str

    @property
    def is_open(self) -> bool:
        """Whether one side says nothing, so that nobody knows if they agree."""
        return self.published == NOT_STATED or self.ours == NOT_RECORDED

    def __str__(self) -> str:
        """Return the key with both sides, as it is printed."""
        return f"{self.key} {self.ours} (published: {self.published})"


@dataclass(frozen=True, slots=True)
class Beside:
    """A record's value of a row's metric beside the published one; `gap` is ours minus theirs."""

    row: Row
    differences: tuple[Difference, ...]
    gap: float
    low: float | None  # 95 % interval of the gap, the published value taken as exact
    high: float | None

    @property
    def same_protocol(self) -> bool:
        """Whether every key is known on both sides and equal."""
        return not self.differences


def may_stand_beside_published(record: RunRecord) -> bool:
    """Whether a record measures what papers do: real data, all of it, with a value."""
    has_value = record.metrics[record.headline].value is not None
    return has_value and record.complete and not record.synthetic


def differing(record: RunRecord, row: Row) -> tuple[Difference, ...]:
    """Return every protocol key in which a record and a published row are not known to agree.

    A key of ours that has no column, or an empty one, is "not stated"; a column that the
    source fills and our record lacks is "not recorded". A record without `scales` has one; that
    counts where the row states its own, and always where the task has a variant of several.
    """
    protocol = record.protocol | lifting_keys(record)
    ours = {key: spelled(value) for key, value in protocol.items() if key not in MATCHED}
    about = benchmark(record.task)
    if row.get("scales") or "scales" in ours or (about is not None and about.pyramid):
        ours["scales"] = scales_word(record.protocol.get("scales"))
    stated = {key: row.get(key, "") for key in dict.fromkeys((*PROTOCOL, *ours))}
    differences = []
    for key, published in stated.items():
        mine = ours.get(key, "")
        if mine and not published:
            differences.append(Difference(key, mine, NOT_STATED))
        elif published and not mine:
            differences.append(Difference(key, NOT_RECORDED, published))
        elif not _same(mine, published):
            differences.append(Difference(key, mine, published))
    return tuple(differences)


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
    fitting = [(row, differing(record, row)) for row in rows if _fits(record, metric, row)]
    if not fitting:
        return None
    row, differences = min(fitting, key=lambda pair: _distance(pair[1]))
    theirs = float(row["value"])
    return Beside(
        row=row,
        differences=differences,
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
        interval = f" (95 %: {_signed(metric, near.low)} to {_signed(metric, near.high)})"
    modified = "; our recipe or protocol is modified" if record.modified else ""
    ours = rounded(metric, record.metrics[metric].value or 0.0)
    name = f"{record.name} {label or record.id[:8]}"
    return (
        f"{name}: {metric} {ours} {row['unit']} beside {row['value']} of {row['system']} "
        f"({row['source_title']}, {row['source_year']}): "
        f"{_signed(metric, near.gap)}{interval}; {protocol_words(near.differences)}{modified}."
    )


def protocol_words(differences: tuple[Difference, ...]) -> str:
    """Return "same protocol", or every key that keeps one from saying so."""
    known = [str(d) for d in differences if not d.is_open]
    open_keys = {
        side: [d.key for d in differences if side in (d.ours, d.published)]
        for side in (NOT_STATED, NOT_RECORDED)
    }
    parts = [f"differs in {'; '.join(known)}"] if known else []
    parts += [f"{side}: {', '.join(keys)}" for side, keys in open_keys.items() if keys]
    return "; ".join(parts) or "same protocol"


def spelled(value: object) -> str:
    """Return a protocol value as published.csv writes it: true, 0.9, none, a+b."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "+".join(sorted(map(spelled, value))) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {spelled(item)}" for key, item in sorted(value.items()))
    return "" if value is None else str(value)


def scales_word(scales: object) -> str:
    """Return the scales of a record's crops as published.csv writes them; no list is one scale."""
    return "multi" if isinstance(scales, list) and len(scales) > 1 else "single"


def lifting_keys(record: RunRecord) -> dict[str, object]:
    """Return what a lifting record's network is, as published.csv has it; nothing of others."""
    model = record.spec.get("model")
    head = model.get("head") if isinstance(model, dict) else None
    if not isinstance(model, dict) or not isinstance(head, str) or not head.startswith(LIFTING):
        return {}
    widths = model.get("filter_widths")
    frames = math.prod(map(int, map(str, widths))) if isinstance(widths, list) else 1
    causal = "-causal" if model.get("causal") else ""  # another network, of which no row is
    return {"lifter": head.removeprefix(LIFTING) + causal, "frames": frames}


def _fits(record: RunRecord, metric: str, row: Row) -> bool:
    if not has_source(row):
        return False
    model = record.spec.get("model")
    ours = (record.task, record.dataset.name, record.dataset.split, metric)
    theirs = (row["task"], row["dataset"], row["split"], row["metric"])
    if lifter := lifting_keys(record).get("lifter"):
        return ours == theirs and row["lifter"] in {"", lifter}  # a goal names no network
    if not isinstance(model, dict) or not is_plain(row):
        return False
    size = model.get("input")
    network = (model.get("backbone"), *(map(str, size) if isinstance(size, list) else ()))
    printed = (row["backbone"], row["input_height"], row["input_width"])
    return (*ours, *network) == (*theirs, *printed)


def _distance(differences: tuple[Difference, ...]) -> tuple[int, int]:
    still_open = sum(d.is_open for d in differences)
    return len(differences) - still_open, still_open


def _same(ours: str, published: str) -> bool:
    try:
        return float(ours) == float(published)
    except ValueError:
        return ours == published


def _signed(metric: str, gap: float) -> str:
    text = rounded(metric, gap)
    if float(text) == 0:
        return text.removeprefix("-")
    return text if gap < 0 else f"+{text}"
