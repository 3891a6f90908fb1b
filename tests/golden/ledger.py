"""The one table of golden arrays, and the comparison that every golden test goes through.

`coverage.toml` says of each array of each kind of golden file either how it is compared
(tolerance, the product's function) or why it is not. `Ledger.check` looks the tolerance up
there, so that no test can carry one of its own.
"""

import fnmatch
import gzip
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

TABLE = Path(__file__).with_name("coverage.toml")

Arrays = dict[str, ArrayLike]  # by their keys

WORDS = ".md"  # what explains the goldens; every other file is one
SMALLEST = 1e-6  # of the largest: an entry below it counts as so large where each is held by itself


@dataclass(frozen=True)
class Row:
    """Some arrays of a kind of golden file; `tolerance` is None where they are not compared."""

    file: str  # fnmatch pattern, as those of the arrays
    arrays: tuple[str, ...]
    tolerance: float | None = None  # of max|a - b| / max|b|; 0 is bit for bit
    columns: bool = False  # which mean different things: each is held against its own largest
    pixels: float | None = None  # of |a - b| of x and y, the first two columns, as well
    each: float | None = None  # of |a - b| / |b| of every entry, as well
    noise: float | None = None  # of a training step: how far processors and threads move it
    function: str = ""
    reason: str = ""

    def covers(self, file: str, key: str) -> bool:
        names = (fnmatch.fnmatchcase(key, pattern) for pattern in self.arrays)
        return fnmatch.fnmatchcase(file, self.file) and any(names)

    def gaps(self, actual: NDArray[Any], expected: NDArray[Any]) -> Iterator[tuple[float, float]]:
        """Yield by how much two arrays differ and how much is allowed, for each limit."""
        assert self.tolerance is not None, f"{self.arrays} are listed as not compared"
        assert actual.shape == expected.shape, f"shape {actual.shape}, golden {expected.shape}"
        if self.columns:
            columns = zip(np.moveaxis(actual, -1, 0), np.moveaxis(expected, -1, 0), strict=True)
            yield max(difference(a, b) for a, b in columns), self.tolerance
        else:
            yield difference(actual, expected), self.tolerance
        if self.pixels:
            yield np.abs(actual - expected)[..., :2].max(), self.pixels
        if self.each:
            sizes = np.abs(expected)
            least = np.maximum(sizes, SMALLEST * sizes.max())
            yield (np.abs(actual - expected) / least).max(), self.each


def read_table() -> list[Row]:
    return [
        Row(file, tuple(entry.pop("arrays")), **entry)
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

    def names(self, file: str, pattern: str) -> list[str]:
        """Return what names of arrays have in the group of a regular expression that they fit."""
        found = (re.fullmatch(pattern, key) for key in self.load(file))
        return list(dict.fromkeys(match[1] for match in found if match))

    def json(self, file: str) -> object:
        """Return the content of `golden/<file>` (.json or .json.gz)."""
        return load_json(self.root / file)

    def files(self, pattern: str) -> list[str]:
        """Return the names of the goldens of a kind, below the root."""
        paths = sorted(path for path in self.root.glob(pattern) if path.is_file())
        found = [path for path in paths if path.suffix != WORDS]
        return [path.relative_to(self.root).as_posix() for path in found]

    def check(
        self, file: str, key: str, actual: ArrayLike, defined: NDArray[np.bool_] | None = None
    ) -> None:
        """Compare with the array `key` of an .npz, within the table's tolerance.

        What `defined` leaves out has no right value on one of the two sides.
        """
        expected = self.load(file)[key]
        if defined is None:
            self.check_value(file, key, actual, expected)
        else:
            assert defined.any(), f"{file}: nothing of {key} would be compared"
            self.check_value(file, key, np.asarray(actual)[defined], expected[defined])

    def check_known(self, file: str, found: Arrays) -> None:
        """Compare those arrays, by their keys, that this .npz has and the table compares."""
        for key in found.keys() & self.load(file).keys():
            if self.row(file, key).tolerance is not None:
                self.check(file, key, found[key])

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
        """Return the one row of the table that covers an array.

        A row of fewer files goes before one of more: the longest pattern counts.
        """
        covering = [row for row in self.rows if row.covers(file, key)]
        longest = max((len(row.file) for row in covering), default=0)
        matching = [row for row in covering if len(row.file) == longest]
        assert len(matching) == 1, f"{file}: {key} stands in {len(matching)} rows of coverage.toml"
        return matching[0]

    def check_value(self, file: str, key: str, actual: ArrayLike, expected: ArrayLike) -> None:
        """Compare with a golden value that was taken out of a JSON file."""
        a, b = np.asarray(actual), np.asarray(expected)
        for number, (found, allowed) in enumerate(self.row(file, key).gaps(a, b)):
            if number == 0:
                self.differences[file, key] = max(found, self.differences.get((file, key), 0.0))
            assert found <= allowed, f"{file}: {key} differs by {found:.3g}, allowed {allowed:.3g}"

    def each_array(self) -> Iterator[tuple[str, str, Row]]:
        """Yield every array that lies there: file, key and row.

        Raises:
            AssertionError: none covers it, or several do.
        """
        for file in self.files("**/*"):
            for key in keys_of(self.root / file):
                yield file, key, self.row(file, key)

    def never_compared(self) -> list[str]:
        """Return the arrays that the table compares and no test has."""
        return [
            f"{file}: {key}"
            for file, key, row in self.each_array()
            if row.tolerance is not None and (file, key) not in self.differences
        ]


def difference(actual: NDArray[Any], expected: NDArray[Any]) -> float:
    """Return max|a - b| / max|b| of two arrays of one shape; infinite for NaN in other places."""
    if expected.dtype.kind not in "fiub":
        return 0.0 if np.array_equal(actual, expected) else np.inf
    a, b = actual.astype(np.float64), expected.astype(np.float64)
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        return float("inf")
    gap = np.nan_to_num(np.abs(a - b), nan=0.0, posinf=np.inf)
    gap = np.where(a == b, 0.0, gap)  # infinities that agree
    if not gap.size or gap.max() == 0:
        return 0.0
    with np.errstate(divide="ignore", over="ignore"):  # of a golden that is all 0
        return float(gap.max() / np.nanmax(np.abs(b)))
