"""Boxes for pictures that a program gives as numbers.

Letters: N boxes.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from hrbench.arrays import Floats, Pixels
from hrbench.commands.predict.pictures import Picture
from hrbench.data.faults import Fault, fault_of, let_pass
from hrbench.errors import DataError
from hrbench.lints.boxes import doubts, in_words

FORM = "(N, 4) finite numbers x, y, width, height"


def given(
    boxes: Sequence[ArrayLike],
    allow: Sequence[str],
    pictures: Sequence[Picture],
    images: Sequence[Pixels],
) -> list[Floats]:
    """Return the (N, 5) boxes x, y, width, height, score of pictures, whose id is their place.

    Raises:
        DataError: they have another shape, or are not in the picture.
    """
    found = []
    for one, image in zip(pictures, images, strict=True):
        numbers = _numbers(boxes[one.image_id])
        height, width = image.shape[:2]
        for fault in let_pass(_faults(numbers, (width, height)), allow):
            if fault.fatal:
                onward = f'; hrbench.load(…, allow=("{fault.name}",)) takes them' * bool(fault.name)
                raise DataError(f"boxes: {fault}{onward}")
        found.append(np.column_stack([numbers, np.ones(len(numbers))]))
    return found


def _numbers(boxes: ArrayLike) -> Floats:
    try:
        numbers = np.asarray(boxes, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"boxes: {FORM}, and these are none ({error})") from error
    if not numbers.size:
        return np.zeros((0, 4))
    if numbers.ndim != 2 or numbers.shape[1] != 4:
        raise DataError(f"boxes: {FORM}, not {numbers.shape}")
    if not np.isfinite(numbers).all():
        raise DataError(f"boxes: {FORM}; some are not finite")
    return numbers


def _faults(boxes: Floats, size: tuple[int, int]) -> list[Fault]:
    """Return what is wrong with boxes, all of it a reason to stop."""
    if len(flat := np.flatnonzero((boxes[:, 2:] <= 0).any(axis=1))):
        return fault_of("boxes without width or height", in_words(boxes[flat], flat.tolist()))
    sizes = np.tile(np.array(size, dtype=np.int64), (len(boxes), 1))
    return [replace(fault, fatal=True) for fault in doubts(boxes, sizes, range(len(boxes)))]
