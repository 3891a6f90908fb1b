"""Labels of YOLO poses: a text for each image, a line for each object.

Letters: K keypoints.

Source: docs.ultralytics.com, "Pose Estimation Datasets".
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hrbench.convert.labels import SEEN, Box, Labelled
from hrbench.data.headers import Size, header
from hrbench.errors import DataError

IMAGES, LABELS = "images", "labels"  # folders that take each other's place in a path
DIGITS = 6  # of a share: a hundredth of a pixel in the largest pictures
BOX = 5  # numbers of a line before its keypoints: the class, and the box
BEYOND = 0.01  # of a picture that a share may be outside of it, as with Ultralytics


class OutsideError(DataError):
    """A label has a number that is no share of its picture."""


def objects(image: Path, count: int, numbers: int) -> Iterator[Labelled]:
    """Yield the objects of an image, those without a labelled keypoint too.

    Args:
        image: its file; its labels lie in a folder `labels` where it lies in `images`.
        count: K.
        numbers: of a keypoint: 2, or 3 with its flag.

    Raises:
        OutsideError: a label has a number outside of 0 … 1.
        DataError: the image is not whole, or a label is not as it should be.
    """
    labels = _labels_of(image)
    if not labels.is_file():
        return
    seen = header(image)
    if seen is None:
        raise DataError(f"{image} is annotated and is not a whole image; fetch it again")
    for where, row in _rows(labels):
        yield _object(where, row, seen.turned, count, numbers)


def _labels_of(image: Path) -> Path:
    """Return the file of an image's labels: its path with the last 'images' as 'labels'."""
    parts = list(image.parts)
    places = [place for place, part in enumerate(parts) if part == IMAGES]
    if places:
        parts[places[-1]] = LABELS
    return Path(*parts).with_suffix(".txt")


def text_of(file: Path) -> list[str]:
    """Return the lines of a text.

    Raises:
        DataError: it is none.
    """
    try:
        return file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read as text: {error}") from error


def _rows(labels: Path) -> Iterator[tuple[str, list[float]]]:
    """Yield where each line of numbers stands, in words, and the numbers.

    Raises:
        DataError: it is no text, or something in it is no number.
    """
    for number, line in enumerate(text_of(labels), 1):
        where = f"{labels}, line {number}"
        words = line.split()
        try:
            row = [float(word) for word in words]
        except ValueError as error:
            raise DataError(f"{where}: {error}") from error
        if not all(map(math.isfinite, row)):
            raise DataError(f"{where} has a number that is none or without end")
        if row:
            yield where, row


def _object(where: str, row: list[float], size: Size, count: int, numbers: int) -> Labelled:
    wanted = BOX + count * numbers
    if len(row) != wanted:
        raise DataError(
            f"{where} has {len(row)} numbers, and kpt_shape [{count}, {numbers}] wants {wanted}: "
            "class, box and keypoints"
        )
    width, height = size
    flat = np.array(row[BOX:]).reshape(count, numbers)
    flags = np.full((count, 1), SEEN) if numbers == 2 else flat[:, 2:]
    if not np.isin(flags, (0, 1, 2)).all():
        odd = next(flag for flag in flags.ravel().tolist() if flag not in {0, 1, 2})
        raise DataError(
            f"{where}: the visibility of a keypoint is {odd:g}; write 0 (not labelled), 1 (hidden) "
            "or 2 (to be seen)"
        )
    absent = (flags == 0) | ((numbers == 2) & (flat[:, :2] == 0).all(axis=1, keepdims=True))
    points = np.hstack([flat[:, :2] * size, flags])
    points[absent.ravel()] = 0
    _require_shares(where, [*row[1:BOX], *flat[~absent.ravel(), :2].ravel().tolist()])
    x, y, across, down = row[1:BOX]
    box = ((x - across / 2) * width, (y - down / 2) * height, across * width, down * height)
    return Labelled(points, box if across > 0 and down > 0 else None)


def _require_shares(where: str, numbers: Sequence[float]) -> None:
    for number in numbers:
        if not -BEYOND <= number <= 1 + BEYOND:
            raise OutsideError(
                f"{where}: {number:g} is no share of the picture, from 0 to 1; divide x by its "
                "width and y by its height"
            )


def lines(objects: Sequence[Labelled], size: Size, left_out: Counter[str]) -> Iterator[str]:
    """Yield the line of each object, in shares of the picture, cut off at its edges.

    Ultralytics passes over a whole picture with a number outside of 0 … 1; so keypoints out of
    the picture are not labelled here. Crowds, and objects of which no box is left, are none.

    Args:
        objects: of a picture.
        size: its width and height.
        left_out: counts what has no place in a label, in words.
    """
    for labelled in objects:
        box = None if labelled.box is None else _inside(labelled.box, size)
        if labelled.crowd or box is None:
            left_out["crowds" if labelled.crowd else "objects without a box in their picture"] += 1
            continue
        points = labelled.points.copy()
        shares = points[:, :2] / size
        outside = (points[:, 2] > 0) & ((shares < 0) | (shares > 1)).any(axis=1)
        left_out["keypoints outside of their picture"] += int(outside.sum())
        shares[outside | (points[:, 2] == 0)] = 0
        flags = np.where(outside, 0, points[:, 2]).astype(np.int64).tolist()
        pairs = zip(shares.tolist(), flags, strict=True)
        words = [f"{x:.{DIGITS}f} {y:.{DIGITS}f} {flag}" for (x, y), flag in pairs]
        yield " ".join(["0", *(f"{share:.{DIGITS}f}" for share in box), *words])


def _inside(box: Box, size: Size) -> tuple[float, ...] | None:
    """Return the middle and extent of what of a box is in a picture, as shares; None of nothing."""
    (x, y, across, down), (width, height) = box, size
    left, right = (min(max(edge, 0), width) for edge in (x, x + across))
    top, bottom = (min(max(edge, 0), height) for edge in (y, y + down))
    if right <= left or bottom <= top:
        return None
    return (
        (left + right) / 2 / width,
        (top + bottom) / 2 / height,
        (right - left) / width,
        (bottom - top) / height,
    )
