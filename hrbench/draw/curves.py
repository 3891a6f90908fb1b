"""A run's curve, as numbers and as a picture: PCKh by threshold, faces by their error."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hrbench.arrays import Pixels
from hrbench.data.images import write_png
from hrbench.metrics.metric import CurveAxes
from hrbench.report import charts

TABLE, PICTURE = "curve.csv", "curve.png"
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
    write_png(path, picture(curve, names))
    return path


def picture(curve: Mapping[str, Sequence[float | None]], names: CurveAxes) -> Pixels:
    """Return the lines of a curve in per cent over its first column, as a BGR picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  takes long

    figure = charts.curve(curve, names, SIZE)
    figure.set_dpi(FINENESS)
    canvas: Any = FigureCanvasAgg(figure)  # untyped
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., 2::-1])


def _cells(values: tuple[float | None, ...]) -> list[str]:
    """Return numbers without the last digits that binary fractions leave, as of 0.35."""
    return ["" if value is None else f"{value:.12g}" for value in values]
