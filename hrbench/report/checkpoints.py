"""The rows of results/weights.csv: published checkpoints, and a run's figure beside theirs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hrbench.report.benchmarks import benchmark
from hrbench.report.definitions import define, rounded
from hrbench.report.published import Row, load
from hrbench.report.text_table import Table

if TYPE_CHECKING:
    from hrbench.report.record import RunRecord  # its models take their time to be made

COLUMNS = (
    *("task", "variant", "system", "file", "sha256_prefix", "metric", "split", "value", "unit"),
    *("boxes", "licence", "url", "source_url", "source_locator"),
)
SHORTEST = 8  # hex digits of a hash that name a file
FOLDER = re.compile(r"[/\\]")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run of published weights: its figure beside the one printed for them."""

    record: "RunRecord"
    row: Row
    reason: str  # why the two are not comparable; empty where they are

    @property
    def gap(self) -> float:
        """Ours minus theirs."""
        return (self.record.metrics[self.row["metric"]].value or 0.0) - float(self.row["value"])

    @property
    def tolerance(self) -> float:
        """One unit of the last digit that the literature prints of this metric."""
        known = define(self.row["metric"])
        return 10.0 ** -(1 if known is None else known.digits)

    def content(self) -> dict[str, object]:
        """Return it as JSON has it."""
        metric = self.row["metric"]
        value = None if self.reason else self.record.metrics[metric].value
        return {
            "run": self.record.id,
            "task": self.record.name,
            "file": self.row["file"],
            "metric": metric,
            "split": self.row["split"],
            "value": value,
            "published": float(self.row["value"]),
            "tolerance": self.tolerance,
            "agrees": None if self.reason else self.agrees,
            "reason": self.reason or None,
        }

    @property
    def agrees(self) -> bool:
        """Whether the gap is within the tolerance; rounding of the sum is not counted."""
        return abs(self.gap) <= self.tolerance + 1e-9


def read(path: Path) -> list[Row]:
    """Return all rows."""
    return load(path)


def fault(row: Row) -> str:
    """Return what is wrong with a row in one sentence, or "" for a row that is right."""
    known, about = define(row["metric"]), benchmark(row["task"])
    if about is None:
        return f"no task is called '{row['task']}'"
    figure = [row[key] for key in ("metric", "split", "value", "unit")]
    checks = (
        (row["file"] or row["url"], "neither a file's name nor an address"),
        (not FOLDER.search(row["file"]), f"'{row['file']}' is no file's name"),
        (
            re.fullmatch(r"([0-9a-f]{8,64})?", row["sha256_prefix"]),
            f"'{row['sha256_prefix']}' is not the beginning of a SHA-256",
        ),
        (all(figure) or not any(figure), "metric, split, value and unit go together"),
        (row["split"] in {"", *about.splits}, f"no split {row['split']}"),
        (not row["metric"] or known is not None, f"no metric is called '{row['metric']}'"),
        (known is None or row["unit"] == known.unit, f"'{row['unit']}' is not its unit"),
        (re.fullmatch(r"(\d+(\.\d+)?)?", row["value"]), f"'{row['value']}' is not a number"),
        (row["source_url"].startswith("https://"), "the address of its source is missing"),
    )
    return next((message for holds, message in checks if not holds), "")


def named(published: Sequence[Row], sha256: str | None) -> list[Row]:
    """Return the rows of the file with this SHA-256, of which publishers print the beginning."""
    if sha256 is None:
        return []
    known = [row for row in published if len(row["sha256_prefix"]) >= SHORTEST]
    return [row for row in known if sha256.startswith(row["sha256_prefix"])]


def compared(records: Sequence["RunRecord"], published: Sequence[Row]) -> list[Comparison]:
    """Return each run of published weights beside the figures printed for them."""
    return [
        Comparison(record, row, _reason(record, row))
        for record in records
        for row in named(published, record.weights.sha256)
        if row["value"]
    ]


def check_table(comparisons: Sequence[Comparison]) -> Table:
    """Return one line for each figure: ours, theirs, and whether they agree."""
    lines = []
    for one in comparisons:
        metric, row = one.row["metric"], one.row
        named_metric = f"{metric} on {row['split']}"
        who = (one.record.name, one.record.id[:8], row["file"], named_metric)
        if one.reason:
            lines.append((*who, "", row["value"], "", f"not comparable: {one.reason}"))
            continue
        ours = rounded(metric, one.record.metrics[metric].value or 0.0)
        words = "agrees" if one.agrees else "differs"
        lines.append((*who, ours, row["value"], f"{one.gap:+.3f}", words))
    return Table(
        title="Published weights",
        header=("run", "id", "file", "figure", "ours", "published", "gap", "verdict"),
        rows=tuple(lines),
        right=frozenset({"ours", "published", "gap"}),
        folding=frozenset({"file", "verdict"}),
        below=() if lines else ("No run here is of weights that results/weights.csv names.",),
    )


def _reason(record: "RunRecord", row: Row) -> str:
    """Return why a run's figure cannot be set beside the printed one; empty if it can."""
    known = record.metrics.get(row["metric"])
    checks = (
        (record.task == row["task"], f"it is of {row['task']}"),
        (record.dataset.split == row["split"], f"measured on {record.dataset.split}"),
        (not record.synthetic, "the data are synthetic"),
        (record.complete, f"{record.n.evaluated} of {record.n.expected} samples"),
        (not record.modified, "the recipe or protocol is modified"),
        (row["variant"] in {"", record.variant}, f"measured as {record.variant}"),
        (
            not row["boxes"] or record.protocol.get("boxes") == row["boxes"],
            f"boxes {record.protocol.get('boxes')}, not {row['boxes']}",
        ),
        (known is not None and known.value is not None, f"it has no {row['metric']}"),
    )
    return next((message for holds, message in checks if not holds), "")
