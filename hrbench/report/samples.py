"""The errors of single samples as a table for other programs: CSV, or JSON with a line for each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hrbench.errors import RunError
from hrbench.whole import whole

LINES = (".jsonl", ".ndjson")
DIGITS = 15  # behind the point, as many as pandas writes


def require_known(path: Path) -> None:
    """Refuse a file whose name does not say how it is to be written.

    Raises:
        RunError: it does not.
    """
    if path.suffix.lower() not in {".csv", *LINES}:
        raise RunError(f"{path}: samples are written as .csv or .jsonl; name the file so")


def write(path: Path, columns: Mapping[str, Sequence[Any]]) -> int:
    """Write a row for each sample, whole or not at all, and return how many there are.

    What is not known is empty, or null.

    Raises:
        RunError: it cannot be written.
    """
    table = pd.DataFrame(columns)
    if path.suffix.lower() in LINES:
        text = table.to_json(orient="records", lines=True, double_precision=DIGITS)
    else:
        text = table.to_csv(index=False, lineterminator="\n")
    with whole(path, "Name another file with -o.") as draft:
        draft.write_text(text, "utf-8")
    return len(table)
