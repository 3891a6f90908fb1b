"""The one table of golden arrays, and the comparison that every golden test goes through.

`coverage.toml` says of each array of each golden file either how it is compared (tolerance,
the product's function) or why it is not. `Ledger.check` looks the tolerance up there, so that
no test can carry one of its own.
"""

import fnmatch
import gzip
import json
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

TABLE = Path(__file__).with_name("coverage.toml")


@dataclass(frozen=True)
class Row:
    """Some arrays of one golden file; `tolerance` is None where they are not compared."""

    file: str
    arrays: tuple[str, ...]  # fnmatch patterns
    tolerance: float | None  # of max|a - b| / max|a|; 0 is bit for bit
    noise: float | None  # of a training step: how far processors and threads move it
    function: str
    reason: str

    def covers(self, file: str, key: str) -> bool:
        return file == self.file and any(fnmatch.fnmatchcase(key, p) for p in self.arrays)


def read_table() -> list[Row]:
    return [
        Row(
            file,
            tuple(entry["arrays"]),
            entry.get("tolerance"),
            entry.get("noise"),
            entry.get("function", ""),
            entry.get("reason", ""),
        )
        for file, entries in tomllib.loads(TABLE.read_text("utf-8")).items()
        for entry in entries
    ]


def keys_of(path: Path) -> list[str]:
    """Return the names of a golden file's arrays; a JSON file's are its top-level keys."""
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return sorted(arrays.files)
    if path.suffix not in {".json", ".gz"}:
        return ["*"]
    content = load_json(path)
    return sorted(content) if isinstance(content, dict) else ["*"]


@cache
def load_json(path: Path) -> object:
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)


@dataclass
class Ledger:
    """Golden arrays by file and key, and what was found when they were compared."""

    root: Path
    rows: list[Row] = field(default_factory=read_table)
    differences: dict[tuple[str, str], float] = field(default_factory=dict)
    _open: dict[str, dict[str, NDArray[Any]]] = field(default_factory=dict)

    def load(self, file: str) -> dict[str, NDArray[Any]]:
        """Return every array of `golden/<file>` (an .npz)."""
        if file not in self._open:
            with np.load(self.root / file) as arrays:
                self._open[file] = {key: arrays[key] for key in arrays.files}
        return self._open[file]

    def json(self, file: str) -> object:
        """Return the content of `golden/<file>` (.json or .json.gz)."""
        return load_json(self.root / file)

    def check(self, file: str, key: str, actual: ArrayLike) -> None:
        """Compare with the array `key` of an .npz, within the table's tolerance."""
        self.check_value(file, key, actual, self.load(file)[key])

    def check_trained(self, file: str, key: str, actual: ArrayLike, exact: ArrayLike) -> None:
        """Compare a value of a training step with its golden, and both with float64's.

        Backward passes amplify rounding, and the golden is rounded as well: it stands for what
        a right float32 network may be off by. Ours may lie no further from the same network in
        float64 than the golden, but for what another processor moves.
        """
        self.check(file, key, actual)
        noise = self.row(file, key).noise
        assert noise is not None, f"{file}: {key} has no noise in coverage.toml"
        truth = np.asarray(exact, dtype=np.float64)
        ours = difference(np.asarray(actual), truth)
        allowed = difference(self.load(file)[key], truth) + noise
        assert ours <= allowed, (
            f"{file}: {key} is {ours:.3g} from float64, allowed {allowed:.3g} "
            f"(the golden's distance and {noise:.3g})"
        )

    def row(self, file: str, key: str) -> Row:
        """Return the one row of the table that covers an array."""
        matching = [row for row in self.rows if row.covers(file, key)]
        assert len(matching) == 1, f"{file}: {key} stands in {len(matching)} rows of coverage.toml"
        return matching[0]

    def check_value(self, file: str, key: str, actual: ArrayLike, expected: ArrayLike) -> None:
        """Compare with a golden value that was taken out of a JSON file."""
        tolerance = self.row(file, key).tolerance
        assert tolerance is not None, f"{file}: {key} is listed as not compared"
        found = difference(np.asarray(actual), np.asarray(expected))
        self.differences[file, key] = max(found, self.differences.get((file, key), 0.0))
        assert found <= tolerance, f"{file}: {key} differs by {found:.3g}, allowed {tolerance:.3g}"


def difference(actual: NDArray[Any], expected: NDArray[Any]) -> float:
    """Return max|a - b| / max|b|; infinite for other shapes or NaN in other places."""
    if actual.shape != expected.shape:
        raise AssertionError(f"shape {actual.shape}, golden {expected.shape}")
    if expected.dtype.kind not in "fiub":
        return 0.0 if np.array_equal(actual, expected) else np.inf
    a, b = actual.astype(np.float64), expected.astype(np.float64)
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        return float("inf")
    gap = np.nan_to_num(np.abs(a - b), nan=0.0, posinf=np.inf)
    gap = np.where(a == b, 0.0, gap)  # infinities that agree
    if not gap.size or gap.max() == 0:
        return 0.0
    return float(gap.max() / max(np.nanmax(np.abs(b)), np.finfo(np.float64).tiny))
