"""`log.csv` as lines: the loss by step, the validated figure by epoch."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.errors import RunError
from hrbench.report.charts import Line

FILE = "log.csv"
LOSS, STEP, EPOCH, METRIC, VALUE = "loss", "step", "epoch", "metric", "value"
MOST = 300  # places of a line; of more, means of neighbours


@dataclass(frozen=True, slots=True)
class Training:
    """What training left in its log."""

    loss: Line | None
    validated: Line | None  # by epoch, named as the figure is


def read(folder: Path) -> Training:
    """Return the lines of a run's log; none of a run that was given its weights.

    Raises:
        RunError: the log is not as training writes it.
    """
    path = folder / FILE
    if not path.is_file():
        return Training(None, None)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        losses = [(float(row[STEP]), float(row[LOSS])) for row in rows if row[LOSS]]
        validated = [
            (float(row[EPOCH]), float(row[VALUE])) for row in rows if row.get(VALUE) and row[METRIC]
        ]
        names = {row[METRIC]: None for row in rows if row.get(METRIC)}
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise RunError(
            f"{path}: is not a training's log ({error}). Delete it, and its curves are left out."
        ) from error
    return Training(_line("loss", losses), _line(next(iter(names), ""), validated, marked=True))


def _line(name: str, points: list[tuple[float, float]], *, marked: bool = False) -> Line | None:
    if not points:
        return None
    across, up = np.array(points, dtype=np.float64).T
    count = min(len(across), MOST)
    return Line(name, _means(across, count), _means(up, count), marked)


def _means(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the means of so many parts of a line."""
    return np.array([part.mean() for part in np.array_split(values, count)], np.float64)
