"""Annotated objects as columns.

Letters: M images, N annotations, K keypoints.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

OF_ANNOTATIONS = (  # fields that are a column of N
    *("ids", "image", "boxes", "areas", "crowd", "num_keypoints", "keypoints"),
    *("derived", "unsized"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Annotations:
    """The persons of a file, column by column, in file order."""

    image_ids: NDArray[np.int64]  # (M,)
    file_names: tuple[str, ...]  # (M,)
    image_sizes: NDArray[np.int64]  # (M, 2) width, height
    ids: NDArray[np.int64]  # (N,)
    image: NDArray[np.int64]  # (N,) index of its image; -1 if that is not listed
    boxes: NDArray[np.float64]  # (N, 4) x, y, width, height
    areas: NDArray[np.float64]  # (N,) of the segment
    crowd: NDArray[np.bool_]  # (N,)
    num_keypoints: NDArray[np.int64]  # (N,) as the file says
    keypoints: NDArray[np.float64]  # (N, K, 3) x, y, visibility
    derived: NDArray[np.bool_]  # (N,) the file has no box: it is that of the keypoints
    unsized: NDArray[np.bool_]  # (N,) the file has a box and no area: it is that of the box
    # The image of each annotation that is no row here, -1 where that is not listed, by why.
    passed_over: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()  # in words, the faults that --allow let pass
    categories: Mapping[int, str] = field(default_factory=dict)  # their names by their ids
    # (M,) of each field by which images are divided, the values that each has.
    values: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)

    def rows(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> "Annotations":
        """Return some of the N annotations, beside all M images."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in OF_ANNOTATIONS})
