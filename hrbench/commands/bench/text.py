"""The figures of a machine as a table for a terminal."""

from collections.abc import Mapping
from typing import Any

from hrbench.commands.bench.bench import Bench, Outcome
from hrbench.report.environment import doctor_text
from hrbench.report.text_table import Table, terminal

HEADER = ("what", "beside", "theirs", "hrbench", "ratio", "range", "shortest")


def text(bench: Bench, width: int, *, colour: bool) -> str:
    """Return the machine and, section by section, its figures, for `width` columns.

    A race has the ratio of each round: their median, their range, and that of the shortest calls.
    """
    tables = [_table(outcome) for outcome in bench.outcomes]
    return doctor_text(bench.machine) + "\n\n" + terminal(tables, width, colour=colour)


def _table(outcome: Outcome) -> Table:
    return Table(
        title=f"{outcome.name}, {outcome.seconds:.0f} s",
        header=HEADER,
        rows=tuple(_row(row) for row in outcome.rows),
        right=frozenset({"theirs", "hrbench", "ratio", "shortest"}),
        folding=frozenset({"what", "beside"}),
        below=(outcome.said,) if outcome.said else (),
        commands=(outcome.command,),
    )


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    unit = row["unit"]
    ours = quantity(row["hrbench"], unit)
    if "official" not in row:
        return (row["what"], "", "", ours, "", "", "")
    spread = f"{row['low']:.2f} to {row['high']:.2f}" if "low" in row else ""
    shortest = f"{row['shortest']:.2f}" if "shortest" in row else ""
    ratio, theirs = f"{row['ratio']:.2f}", quantity(row["official"], unit)
    return (row["what"], row["peer"], theirs, ours, ratio, spread, shortest)


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit, three figures of it; less than a second in milliseconds."""
    if unit == "s" and value < 1:
        return quantity(1000 * value, "ms")
    for least, digits in ((100, 0), (10, 1), (1, 2)):
        if value >= least:
            return f"{value:,.{digits}f} {unit}"
    return f"{value:.3g} {unit}"
