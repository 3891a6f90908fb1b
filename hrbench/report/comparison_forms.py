"""A comparison as a table, Markdown, CSV or JSON."""

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd

from hrbench.errors import UnknownNameError
from hrbench.metrics.bootstrap import LEVEL, SEED
from hrbench.report.comparison import Comparison, Line, Pair, Standing
from hrbench.report.comparison_tables import outcome, tables
from hrbench.report.text_table import markdown, terminal
from hrbench.report.unpacking import shown

FORMS = ("table", "markdown", "csv", "json")


def text(
    comparison: Comparison, *, form: str = "table", width: int = 80, colour: bool = False
) -> str:
    """Return a comparison in one of the forms.

    Raises:
        UnknownNameError: there is no such form.
    """
    if form not in FORMS:
        raise UnknownNameError("format", form, FORMS)
    if form == "csv":
        return as_csv(comparison)
    if form == "json":
        return json.dumps(content(comparison), indent=2, ensure_ascii=False, allow_nan=False)
    made = tables(comparison)
    return markdown(made) if form == "markdown" else terminal(made, width, colour=colour)


def as_csv(comparison: Comparison) -> str:
    """Return a line for each figure of each pair; nothing stands for what is not known."""
    lines = [
        {"first": pair.first.record.id, "second": pair.second.record.id, **_plain(line, pair)}
        for pair in comparison.pairs
        for line in pair.lines
    ]
    table = pd.DataFrame(lines, dtype=object)
    return table.to_csv(index=False, lineterminator="\n").rstrip("\n")


def content(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON has it; null for what is not known."""
    return {
        "runs": [
            {
                "run": side.letter,
                "id": side.record.id,
                "name": side.record.name,
                "folder": shown(Path(side.folder)),
            }
            for side in comparison.sides
        ],
        "unlike": list(comparison.unlike),
        "unit": comparison.unit,
        "units": comparison.units,
        **({"groups": comparison.groups} if comparison.groups else {}),
        "replicates": comparison.replicates,
        "seed": SEED,
        "level": LEVEL,
        "standings": [_standing(one, comparison) for one in comparison.standings],
        "pairs": [_pair(pair) for pair in comparison.pairs],
    }


def _standing(standing: Standing, comparison: Comparison) -> dict[str, Any]:
    rows = []
    for place, side in enumerate(comparison.sides):
        low, high = standing.intervals[place]
        rank = standing.ranks[place] if standing.ranks else None
        rows.append(
            {
                "run": side.letter,
                "value": _known(standing.figures[place]),
                "low": _known(low),
                "high": _known(high),
                "best_rank": rank.best if rank else None,
                "worst_rank": rank.worst if rank else None,
            }
        )
    return {"figure": standing.figure.name, "unit": standing.figure.unit, "runs": rows}


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "first": pair.first.letter,
        "second": pair.second.letter,
        "figures": [_plain(line, pair) for line in pair.lines],
        "better": pair.better,
        "worse": pair.worse,
        "changed": [
            {"unit": one.unit, "first": _known(one.first), "second": _known(one.second)}
            for one in pair.changed
        ],
    }


def _plain(line: Line, pair: Pair) -> dict[str, Any]:
    figure, found = line.figure, line.difference
    return {
        "name": figure.name,
        "group": figure.group,
        "row": figure.row,
        "figure": figure.label,
        "unit": figure.unit,
        "higher_is_better": figure.higher_is_better,
        "first_value": _known(line.first),
        "second_value": _known(line.second),
        "difference": _known(found.value),
        "low": _known(found.low),
        "high": _known(found.high),
        "p": _known(found.p),
        "adjusted_p": _known(line.adjusted),
        "smallest": _known(found.smallest),
        "needed": _known(found.needed),
        "outcome": outcome(line, pair),
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
