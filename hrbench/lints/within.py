"""Whether annotated positions lie in their pictures, of which some are looked at.

Where they do not, the pictures were made smaller after they were annotated, or are others.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hrbench.data.faults import Fault, fault_of
from hrbench.data.headers import headers
from hrbench.lints.thresholds import is_widespread

LOOKED_AT = 64  # pictures; a header takes less than a millisecond where files lie near
EDGE = 0.02  # of a picture's size, beyond its edge: where annotators still click
NAME = "outside-picture"  # what `--allow` takes


def faults(
    images: Sequence[Path],
    image: NDArray[np.int64],
    keypoints: NDArray[np.float64],
    visible: NDArray[np.bool_],
) -> list[Fault]:
    """Return which of the persons or faces in some pictures are mostly outside of them.

    Args:
        images: (M,) files; those that have no header, or are not there, are passed over.
        image: (N,) index of each person's.
        keypoints: (N, K, 2) x, y in image pixels from 0.
        visible: (N, K) those that are annotated.
    """
    labelled = visible.any(axis=1)
    used = np.unique(image[labelled])
    if len(used) > LOOKED_AT:
        used = used[np.linspace(0, len(used) - 1, LOOKED_AT).astype(np.intp)]
    odd, count = [], 0
    for index, header in zip(used.tolist(), headers([images[i] for i in used]), strict=True):
        if header is None:
            continue
        rows = np.flatnonzero((image == index) & labelled)
        size = np.array(header.size)
        beyond = (keypoints[rows] < -EDGE * size) | (keypoints[rows] > (1 + EDGE) * size)
        outside = (beyond.any(axis=2) & visible[rows]).sum(axis=1)
        missed = int((2 * outside > visible[rows].sum(axis=1)).sum())
        words = f"{images[index].name} is {header.size[0]} x {header.size[1]}"
        odd += [words] * missed
        count += len(rows)
    kind = f"persons or faces mostly outside of their picture, among {count} looked at"
    return fault_of(kind, odd, fatal=is_widespread(len(odd), count), name=NAME)
