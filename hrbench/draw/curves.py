"""A run's curve, as numbers and as a picture: PCKh by threshold, faces by their error.

And as a picture how far its scores can be read as probabilities.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hrbench.arrays import Pixels
from hrbench.data.images import write_png
from hrbench.metrics.metric import CurveAxes
from hrbench.report import charts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLE, PICTURE = "curve.csv", "curve.png"
RELIABILITY = "reliability.png"
SIZE, FINENESS = (6.4, 4.8), 125  # inches; pixels an inch


def draw(folder: Path, groups: Mapping[str, Any], names: CurveAxes | None) -> Path | None:
    """Write `curve.csv` and `curve.png` if a record's groups have a curve; return the picture.

    The first column has what the lines are drawn over; a share that is null has an empty cell,
    and no line.
    """
    curve: dict[str, list[float | None]] | None = groups.get("curve")
    if curve is None or names is None:
        return None
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(curve)
        lines.writerows(map(_cells, zip(*curve.values(), strict=True)))
    path = folder / PICTURE
    write_png(path, picture(charts.curve(curve, names, SIZE)))
    return path


def draw_reliability(folder: Path, groups: Mapping[str, Any]) -> Path | None:
    """Write `reliability.png` if a record's groups say how its scores are calibrated."""
    bins: dict[str, dict[str, float]] | None = groups.get("reliability")
    if not bins:
        return None
    path = folder / RELIABILITY
    write_png(path, picture(charts.reliability(bins, SIZE)))
    return path


def picture(figure: "Figure") -> Pixels:
    """Return a figure as a BGR picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  takes long

    figure.set_dpi(FINENESS)
    canvas: Any = FigureCanvasAgg(figure)  # untyped
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., 2::-1])


def _cells(values: tuple[float | None, ...]) -> list[str]:
    """Return numbers without the last digits that binary fractions leave, as of 0.35."""
    return ["" if value is None else f"{value:.12g}" for value in values]
