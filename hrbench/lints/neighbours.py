"""Frames of one video that are measured, while frames beside them are trained on.

Names tell which images may be neighbours: the same but for a number, and that close together. But
photographs are numbered too. So pictures of a few such pairs are compared, small and grey: frames
of a video are much nearer to their neighbours than to frames elsewhere, photographs are not.

Letters: P pairs.
"""

import re
import warnings
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hrbench.data import stored
from hrbench.data.faults import Fault
from hrbench.data.headers import UNREADABLE
from hrbench.lints.thresholds import FEW, is_widespread

NAME = "neighbours"  # what `--allow` takes
ADVICE = (
    "[split] in the dataset's file keeps the frames of a video on one side, as `hrbench convert "
    "--split-by` writes it (docs/splits.md)"
)
CLOSE = 30  # frames: a second of most videos
LOOKED_AT = 32  # pairs of pictures, and as many of others to compare them with
SMALL = 32  # pixels, across
ALIKE, RATHER = 0.5, 0.75  # of the difference between others: sure, and to be looked at
NUMBERED = re.compile(r"(.*?)(\d+)(\D*)")
Pair = tuple[Path, Path]  # a measured file, and the nearest one that is trained on


def faults(training: Sequence[Path], measured: Sequence[Path], *, grouped: bool) -> list[Fault]:
    """Return what is wrong where measured images are frames beside those that are trained on.

    It is fatal where many are and their pictures show it, but not where the images are divided by
    groups that a user has named (`grouped`): then it is said.
    """
    pairs = by_name(training, measured)
    if not is_widespread(len(pairs), len(measured)) or len(pairs) < FEW:
        return []
    nearness = _nearness(pairs)
    if not nearness < RATHER:
        return []
    kind = (
        f"images, of the {len(measured)} that are measured, that are frames of a video beside "
        "others that are trained on, by their names and pictures, so that the figures say little "
        "of other videos"
    )
    fatal = nearness < ALIKE and not grouped
    examples = tuple(
        f"{one.parent.name}/{one.name} beside {other.name}" for one, other in pairs[:2]
    )
    return [Fault(kind, len(pairs), examples, fatal, NAME, said=not fatal)]


def by_name(training: Sequence[Path], measured: Sequence[Path]) -> list[Pair]:
    """Return the measured files whose names are numbered close to one that is trained on."""
    numbers: dict[tuple[Path, str, str], list[tuple[int, Path]]] = {}
    for path in training:
        if (found := _numbered(path)) is not None:
            numbers.setdefault(found[0], []).append((found[1], path))
    for of_key in numbers.values():
        of_key.sort()
    pairs = []
    for path in measured:
        found = _numbered(path)
        if found is None or found[0] not in numbers:
            continue
        beside = numbers[found[0]]
        at = bisect_left(beside, (found[1], path))
        nearest = min(beside[max(at - 1, 0) : at + 1], key=lambda one: abs(one[0] - found[1]))
        if 0 < abs(nearest[0] - found[1]) <= CLOSE:
            pairs.append((path, nearest[1]))
    return pairs


def _numbered(path: Path) -> tuple[tuple[Path, str, str], int] | None:
    """Return what of a name is no number, and the last number in it; None where there is none."""
    parts = NUMBERED.fullmatch(path.stem)
    return None if parts is None else ((path.parent, parts[1], parts[3]), int(parts[2]))


def _nearness(pairs: Sequence[Pair]) -> float:
    """Return how different neighbours look, as a share of how different others do; NaN if unknown.

    The others are the same pictures, each with the neighbour of a pair far away.
    """
    rows = np.unique(np.linspace(0, len(pairs) - 1, LOOKED_AT).astype(np.intp)).tolist()
    shown = [(_small(pairs[row][0]), _small(pairs[row][1])) for row in rows]
    known = [(one, other) for one, other in shown if one is not None and other is not None]
    if len(known) < FEW:
        return float("nan")
    away = len(known) // 2
    beside = [_difference(one, other) for one, other in known]
    others = [_difference(one, known[place - away][1]) for place, (one, _) in enumerate(known)]
    least = float(np.median(others))
    return float(np.median(beside)) / least if least else float("nan")


def _small(path: Path) -> NDArray[np.float64] | None:
    """Return a picture, small and grey; None where it cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, on EXIF data and on very large pictures
            with Image.open(stored.source(path)) as image:
                image.draft("L", (2 * SMALL, 2 * SMALL))  # JPEG files are read small
                grey = image.convert("L").resize((SMALL, SMALL), Image.Resampling.BOX)
                return np.asarray(grey, np.float64)
    except UNREADABLE:
        return None


def _difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.abs(one - other).mean())
