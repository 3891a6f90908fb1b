"""What runs that differ in their seed or fold say at their end: each figure's mean and spread."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from hrbench.report import folds
from hrbench.report.definitions import rounded
from hrbench.report.record import RunRecord
from hrbench.report.repeats import Repeats
from hrbench.report.summary import SYNTHETIC
from hrbench.report.table import interval_words, marks
from hrbench.report.text_table import Table, terminal

INTERVAL = "95 %"
COLUMNS = ("metric", "mean", INTERVAL, "deviation", "n", "each")
NUMBERS = frozenset({"mean", INTERVAL, "deviation", "n"})


def summary(ended: Sequence[tuple[RunRecord, Path]], width: int, *, colour: bool) -> str:
    """Return a row for each figure, and where each run lies."""
    one = Repeats(tuple(record for record, _ in ended))
    first = one.runs[0]
    lines = [_line(name, spread, one) for name, spread in one.spreads().items()]
    header = [name for name in COLUMNS if one.folds or name != INTERVAL]
    said, what = marks(first), one.label if one.folds else f"seeds {one.seeds}"
    kind = "folds" if one.folds else "seeds"
    figures = Table(
        title=f"{first.name} on {first.dataset.name} {first.dataset.split}, {what}"
        + (f" ({said})" if said else ""),
        header=tuple(header),
        rows=tuple(tuple(line[name] for name in header) for line in lines),
        right=NUMBERS,
        folding=frozenset({"each"}),
        below=(
            *_folded(one),
            f"deviation: the standard deviation of the sample, of {kind} and not of images",
            *([SYNTHETIC] if first.synthetic else []),
        ),
    )
    runs = tuple(f"hrbench report {shlex.quote(str(folder))}" for _, folder in ended)
    task = f"hrbench report --task {shlex.quote(first.task)}"
    return terminal([figures, Table("Next", (), (), commands=(task, *runs))], width, colour=colour)


def _line(name: str, spread: dict[str, float], one: Repeats) -> dict[str, str]:
    figures = [record.metrics[name] for record in one.runs if name in record.metrics]
    each = [rounded(name, one.value) if one.value is not None else "none" for one in figures]
    return {
        "metric": name,
        "mean": f"{rounded(name, spread['mean'])} {figures[0].unit}",
        INTERVAL: interval_words(one.record, name),
        "deviation": rounded(name, spread["standard_deviation"]),
        "n": str(spread["n"]),
        "each": ", ".join(each),
    }


def _folded(one: Repeats) -> tuple[str, ...]:
    """Return what is to be known of folds, in sentences."""
    division = one.runs[0].division
    if one.folds is None or division is None:
        return ()
    groups = sum(run.division.groups[folds.MEASURED] for run in one.runs if run.division)
    grouped = f"{groups} groups by {division.by}, " if division.by != "image" else ""
    return (f"{grouped}{one.record.n.words}: each is measured once", folds.WORDS)
