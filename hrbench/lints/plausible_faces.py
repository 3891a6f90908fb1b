"""What makes faces implausible, though every number of them can be read.

A slip of the program that wrote a file shows in many faces: then it is fatal, and `--allow` with
its name lets it pass. Official files have none of it.

Letters: N faces, K points.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.data.faults import Fault, fault_of
from hrbench.face_geometry import UNIT
from hrbench.lints import thresholds

REACH = 1.0  # of the box's edge, from its middle: points beyond are far outside of it
FILLED = 0.04  # of the box's edge, at least, is what the points extend to


def faults(
    places: Sequence[str],
    images: Sequence[Path],
    points: NDArray[np.float64],
    centers: NDArray[np.float32],
    scales: NDArray[np.float64],
) -> list[Fault]:
    """Return what is implausible about faces.

    Args:
        places: (N,) where each stands, in words.
        images: (N,) its image.
        points: (N, K, 2) in image pixels; those whose y is not above 0 are not looked at.
        centers: (N, 2) of their boxes.
        scales: (N,) edges of their boxes over `UNIT`.
    """
    seen = points[..., 1] > 0
    known = seen.sum(axis=1) >= min(2, points.shape[1])
    low = np.where(seen[..., None], points, np.inf).min(axis=1)
    high = np.where(seen[..., None], points, -np.inf).max(axis=1)
    small = known & (high <= thresholds.UNIT).all(axis=1)
    edges = UNIT * scales
    far = np.abs(points - centers[:, None]).max(axis=2) > REACH * edges[:, None]
    outside = 2 * (far & seen).sum(axis=1) > seen.sum(axis=1)
    tiny = np.where(known[:, None], high - low, 0).max(axis=1) < FILLED * edges
    odd = known & ~small & (outside | tiny)
    unit = "faces whose points are in 0 … 1; they should be in pixels of the image"
    boxed = "faces whose points are not those of their box (its centre, and scale x 200 pixels)"
    return [
        *_lint(unit, "unit", places, small),
        *_lint(boxed, "outside", places, odd),
        *_lint("faces that stand twice", "twice", places, again(images, points)),
    ]


def _lint(kind: str, name: str, places: Sequence[str], odd: NDArray[np.bool_]) -> list[Fault]:
    rows = np.flatnonzero(odd).tolist()
    fatal = thresholds.is_widespread(len(rows), len(places))
    return fault_of(kind, [places[row] for row in rows], fatal=fatal, name=name)


def again(images: Sequence[object], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (N,): whether the points of one are, to the last digit, those of one before.

    In the same image, that is: `images` are (N,) paths or numbers.
    """
    keys = [(image, face.tobytes()) for image, face in zip(images, points, strict=True)]
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    return np.array([first[key] != row for row, key in enumerate(keys)], dtype=np.bool_)
