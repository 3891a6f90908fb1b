"""A run's curve, as numbers and as a picture: PCKh by threshold, faces by their error.

Letters: T thresholds.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hrbench.arrays import Floats, Pixels
from hrbench.data.images import write_png
from hrbench.metrics.metric import CurveAxes

Color = tuple[int, int, int]

TABLE, PICTURE = "curve.csv", "curve.png"
THRESHOLDS = "thresholds"
FULL = 100.0  # per cent
WIDTH, HEIGHT = 800, 600
LEFT, RIGHT, TOP, BOTTOM = 75, 775, 55, 525  # of the axes
LEGEND = 150  # of the width, where there is more than one line
TICKS = 5
FONT, LETTERS = cv2.FONT_HERSHEY_SIMPLEX, 0.55
BLACK, GREY, PALE, WHITE = (20, 20, 20), (110, 110, 110), (225, 225, 225), (255, 255, 255)
COLORS: tuple[Color, ...] = (  # BGR, told apart by the colour-blind (Okabe and Ito 2008)
    *(BLACK, (0, 159, 230), (233, 180, 86), (115, 158, 0)),
    *((178, 114, 0), (0, 94, 213), (167, 121, 204), (140, 140, 140)),
)


@dataclass(frozen=True, slots=True)
class Axes:
    """Where on the picture a threshold and a share in per cent lie."""

    right: int  # the last column
    limit: float  # the last threshold

    def columns(self, thresholds: Floats) -> Floats:
        """Return where thresholds lie, in pixels from the left."""
        return LEFT + thresholds / self.limit * (self.right - LEFT)

    def rows(self, shares: Floats) -> Floats:
        """Return where shares lie, in pixels from the top."""
        return BOTTOM - shares / FULL * (BOTTOM - TOP)


def draw(folder: Path, groups: Mapping[str, Any], names: CurveAxes | None) -> Path | None:
    """Write `curve.csv` and `curve.png` if a record's groups have a curve; return the picture.

    The first column has the thresholds; a share that is null has an empty cell, and no line.
    """
    curve: dict[str, list[float | None]] | None = groups.get("curve")
    if curve is None or names is None:
        return None
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(curve)
        lines.writerows(map(_cells, zip(*curve.values(), strict=True)))
    numbers = {name: np.array(values, dtype=np.float64) for name, values in curve.items()}
    thresholds = numbers.pop(THRESHOLDS)
    path = folder / PICTURE
    write_png(path, picture(thresholds, numbers, names))
    return path


def _cells(values: tuple[float | None, ...]) -> list[str]:
    """Return numbers without the last digits that binary fractions leave, as of 0.35."""
    return ["" if value is None else f"{value:.12g}" for value in values]


def picture(thresholds: Floats, shares: Mapping[str, Floats], names: CurveAxes) -> Pixels:
    """Return the lines of (T,) shares in per cent over (T,) thresholds, from 0, as a BGR picture.

    The first line is the one that counts and lies above the others. NaN leaves a gap; a line
    of nothing else is neither drawn nor named.
    """
    known = {name: values for name, values in shares.items() if not np.isnan(values).all()}
    legend = LEGEND if len(shares) > 1 else 0
    axes = Axes(RIGHT - legend, float(thresholds[-1]))
    canvas = np.full((HEIGHT, WIDTH, 3), WHITE, dtype=np.uint8)
    _frame(canvas, axes, names)
    colors = dict(zip(shares, COLORS, strict=False))
    for place, (name, values) in reversed(list(enumerate(known.items()))):
        thickness = 3 if name == next(iter(shares)) else 2
        _line(canvas, axes.columns(thresholds), axes.rows(values), colors[name], thickness)
        if legend:
            y = TOP + 14 + 28 * place
            ends = (axes.right + 16, y), (axes.right + 46, y)
            cv2.line(canvas, *ends, colors[name], thickness, cv2.LINE_AA)
            _write(canvas, name, (axes.right + 54, y + 5))
    return canvas


def _frame(canvas: Pixels, axes: Axes, names: CurveAxes) -> None:
    parts = np.linspace(0, 1, TICKS + 1)
    for threshold, x in zip(parts * axes.limit, axes.columns(parts * axes.limit), strict=True):
        cv2.line(canvas, (round(x), TOP), (round(x), BOTTOM), PALE, 1)
        cv2.line(canvas, (round(x), BOTTOM), (round(x), BOTTOM + 6), GREY, 1)
        _write(canvas, f"{threshold:.3g}", (round(x), BOTTOM + 26), share_left=0.5)
    for share, y in zip(parts * FULL, axes.rows(parts * FULL), strict=True):
        cv2.line(canvas, (LEFT, round(y)), (axes.right, round(y)), PALE, 1)
        cv2.line(canvas, (LEFT - 6, round(y)), (LEFT, round(y)), GREY, 1)
        _write(canvas, f"{share:.0f}", (LEFT - 12, round(y) + 6), share_left=1)
    cv2.rectangle(canvas, (LEFT, TOP), (axes.right, BOTTOM), GREY, 1)
    _write(canvas, names.across, ((LEFT + axes.right) // 2, BOTTOM + 56), share_left=0.5)
    _write(canvas, names.up, (LEFT - 40, TOP - 22))


def _line(canvas: Pixels, x: Floats, y: Floats, color: Color, thickness: int) -> None:
    known = ~np.isnan(y)
    points = np.rint(np.stack([x, np.where(known, y, 0)], axis=1)).astype(np.int32)
    changes = np.flatnonzero(np.diff(known)) + 1
    pieces = [
        p for p, k in zip(np.split(points, changes), np.split(known, changes), strict=True) if k[0]
    ]
    cv2.polylines(
        canvas, pieces, isClosed=False, color=color, thickness=thickness, lineType=cv2.LINE_AA
    )


def _write(canvas: Pixels, words: str, place: tuple[int, int], *, share_left: float = 0) -> None:
    """Write words on a line; of their width, so much lies to the left of the place."""
    (width, _), _ = cv2.getTextSize(words, FONT, LETTERS, 1)
    x, y = place
    start = x - round(share_left * width), y
    cv2.putText(canvas, words, start, FONT, LETTERS, BLACK, 1, cv2.LINE_AA)
