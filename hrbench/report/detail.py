"""All that a record says of one run: its figures, what they came out of, and each keypoint's."""

import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hrbench.report import folds, unpacking
from hrbench.report.beside import may_stand_beside_published
from hrbench.report.definitions import define, rounded
from hrbench.report.literature import published_tables
from hrbench.report.protocols import spelled
from hrbench.report.published import Row, rows
from hrbench.report.record import Execution, RunRecord, Weights
from hrbench.report.summary import figures, pictures, standing
from hrbench.report.table import epochs, given, started, what_is_given
from hrbench.report.text_table import Table, markdown, terminal

FORMS = ("table", "markdown")
DRAWN = "curve"  # a group that curve.csv and curve.png have
RELIABILITY = "reliability"  # groups that begin so are in reliability.png
MOST = 100  # lines of a group: all points of every published set of faces, 98 at most
TEN = 10
NO_NAMES: Mapping[str, str] = MappingProxyType({})


def detail(
    record: RunRecord,
    folder: Path,
    published: Sequence[Row],
    *,
    form: str = "table",
    width: int = 80,
    colour: bool = False,
) -> str:
    """Return a run's figures, its provenance and protocol, and its figures by keypoint or class."""
    literature = rows(published, [record.task])
    comparable = [record.task] if may_stand_beside_published(record) else []
    tables = [
        figures(record, standing(record, literature)),
        *groups(record.groups, unpacking.shown(folder), alone(record)),
        _listed("Where it comes from", provenance(record, folder), pictures(folder)),
        _listed("Protocol", {key: spelled(value) for key, value in record.protocol.items()}),
        *published_tables(literature, comparable),
    ]
    return markdown(tables) if form == "markdown" else terminal(tables, width, colour=colour)


def groups(
    by_name: Mapping[str, Any], run: str, named: Mapping[str, str] = NO_NAMES
) -> list[Table]:
    """Return a table for each group of a record: by keypoint, by size, by class.

    `run` is where the run is, as a user names it; `named` says of groups whose rows have one number
    what that is, see `alone`.
    """
    tables, whole = [], f"hrbench report {shlex.quote(run)} --format json"
    for name, content in by_name.items():
        drawn = name == DRAWN or name.startswith(RELIABILITY)
        lines = [] if drawn else rows_of(name, content)
        if not lines:
            continue
        header = list(dict.fromkeys(key for line in lines for key in line))
        labels = {key: key or named.get(name, "") for key in header}
        digits = decimals(lines)
        left = len(lines) - MOST
        tables.append(
            Table(
                title=f"By {name.replace('_', ' ')}",
                header=tuple(labels.values()),
                rows=tuple(
                    tuple(cell(labels[key], line.get(key, ""), digits[key]) for key in header)
                    for line in lines[:MOST]
                ),
                right=frozenset(list(labels.values())[1:]),
                commands=(f"{left} more: {whole}",) if left > 0 else (),
            )
        )
    return tables


def alone(record: RunRecord) -> dict[str, str]:
    """Return what the one number of a group's rows is: the headline, if rows have intervals."""
    return {place.partition("/")[0]: record.headline for place in record.group_intervals}


def provenance(record: RunRecord, folder: Path) -> dict[str, str]:
    """Return what a run's figures came out of, in words."""
    code, times = record.code, record.times.model_dump()
    commit = f", commit {code.commit[:12]}" if code.commit else ""
    without = ", ".join(record.lacking)
    left_out = [
        f"{count} {why} ({step})"
        for step, counts in record.left_out.items()
        for why, count in counts.items()
    ]
    said = {
        "run": record.id,
        "folder": unpacking.shown(folder),
        "record": f"of an older version, without {without}" if without else "",
        "started": f"{started(record)} UTC",
        "dataset": f"{record.dataset.name} {record.dataset.split}",
        "its SHA-256": record.dataset.fingerprint,
        "divided": "" if record.division is None else folds.division_words(record.division),
        what_is_given(record): given(record),
        "left out": ", ".join(left_out),
        "weights": _weights(record.weights),
        "their SHA-256": record.weights.sha256 or "",
        "fetched from": _address(record.weights),
        "trained on": ", ".join(record.weights.seen_datasets),
        "epochs": epochs(record),
        "seed": str(record.seed),
        "hrbench": f"{code.version}{commit}{', changed since' if code.dirty else ''}",
        "machine": ", ".join(f"{k} {v}" for k, v in record.hardware.items() if v is not None),
        "libraries": ", ".join(f"{k} {v}" for k, v in record.environment.items() if v is not None),
        "computed": _computed(record.execution),
        "seconds": ", ".join(f"{k} {v:.1f}" for k, v in times.items() if v is not None),
    }
    return {key: words for key, words in said.items() if words}


def _computed(execution: Execution) -> str:
    """Return how training and prediction were computed, in words."""
    steps = (("trained", execution.training), ("predicted", execution.prediction))
    return ", ".join(
        f"{step} ({how.path}, {how.precision}, {how.memory_format}, batch {how.batch})"
        for step, how in steps
        if how is not None
    )


def _weights(weights: Weights) -> str:
    start = "random weights" if weights.init == "random" else weights.init
    return ", ".join(
        (
            weights.origin,
            *([f"begun from {start}"] if weights.init != "unknown" else []),
            *([f"trained for {weights.trained_for}"] if weights.trained_for else []),
            *([f"published as {weights.published}"] if weights.published else []),
            *([f"{len(weights.untouched)} tensors of them random"] if weights.untouched else []),
        )
    )


def _address(weights: Weights) -> str:
    """Return where what was evaluated, or what its training began with, was fetched from."""
    begun = weights.begun_from
    return weights.address or (begun and begun.address) or ""


def _listed(title: str, said: Mapping[str, str], more: tuple[str, ...] = ()) -> Table:
    return Table(title, ("", " "), tuple(said.items()), folding=frozenset({" "}), commands=more)


def rows_of(name: str, content: Any) -> Sequence[dict[str, Any]]:
    """Return a group as rows, whatever its shape: by name, by name and figure, or in a list.

    Rows of nobody are left out.
    """
    if isinstance(content, list):
        return [line for line in content if isinstance(line, dict)]
    if not isinstance(content, dict):
        return []
    if any(isinstance(value, dict) for value in content.values()):
        rows = [{name: key, **row} for key, row in content.items() if isinstance(row, dict)]
        return [row for row in rows if row.get("people") != 0]
    return [{name: key, "": value} for key, value in content.items()]


def cell(key: str, value: object, digits: int) -> str:
    """Return a figure of a group, as the literature rounds it, or another value.

    Numbers that nobody has defined get the decimals that their table has, see `decimals`.
    """
    if value is None:
        return "none"
    if isinstance(value, int | float) and define(key):
        return rounded(key, value)
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)


def decimals(lines: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many decimals the numbers of each column have that nobody has defined.

    Columns of a table have the same, of which three digits of its largest are shown, about: they
    are per cent, or lengths. Apart are whole numbers.
    """
    columns = {
        key: _numbers(lines, key) for key in dict.fromkeys(k for line in lines for k in line)
    }
    broken = {key for key, numbers in columns.items() if not all(map(float.is_integer, numbers))}
    alike = [key for key in broken if not define(key)]
    largest = max((abs(number) for key in alike for number in columns[key]), default=0.0)
    shared = 1 if largest >= TEN else 2 if largest >= 1 else 3
    return {key: shared if key in broken else 0 for key in columns}


def _numbers(lines: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    values = (line.get(key) for line in lines)
    return [value for value in values if isinstance(value, float) and math.isfinite(value)]
