"""What runs that differ in their seed say at their end: each figure's mean and spread."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from hrbench.report.definitions import rounded
from hrbench.report.record import RunRecord
from hrbench.report.repeats import Repeats
from hrbench.report.summary import SYNTHETIC
from hrbench.report.table import marks
from hrbench.report.text_table import Table, terminal

NUMBERS = frozenset({"mean", "deviation", "n"})


def summary(ended: Sequence[tuple[RunRecord, Path]], width: int, *, colour: bool) -> str:
    """Return a row for each figure, and where each run lies."""
    one = Repeats(tuple(record for record, _ in ended))
    first = one.runs[0]
    lines = [_line(name, spread, one.runs) for name, spread in one.spreads().items()]
    said = marks(first)
    figures = Table(
        title=f"{first.name} on {first.dataset.name} {first.dataset.split}, seeds "
        f"{one.seeds}" + (f" ({said})" if said else ""),
        header=("metric", "mean", "deviation", "n", "each"),
        rows=tuple(lines),
        right=NUMBERS,
        folding=frozenset({"each"}),
        below=(
            "deviation: the standard deviation of the sample, of seeds and not of images",
            *([SYNTHETIC] if first.synthetic else []),
        ),
    )
    runs = tuple(f"hrbench report {shlex.quote(str(folder))}" for _, folder in ended)
    task = f"hrbench report --task {shlex.quote(first.task)}"
    return terminal([figures, Table("Next", (), (), commands=(task, *runs))], width, colour=colour)


def _line(name: str, spread: dict[str, float], records: Sequence[RunRecord]) -> tuple[str, ...]:
    figures = [record.metrics[name] for record in records if name in record.metrics]
    each = [rounded(name, one.value) if one.value is not None else "none" for one in figures]
    unit = figures[0].unit
    mean, deviation = rounded(name, spread["mean"]), rounded(name, spread["standard_deviation"])
    return name, f"{mean} {unit}", deviation, str(spread["n"]), ", ".join(each)
